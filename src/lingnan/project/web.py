"""The web server: granian in WSGI mode, its processes forked from one that has loaded everything.

What is loaded before the fork (code, URLs, models, the API's shapes) is in memory once, however
many processes serve; what a process reads or makes afterwards is its own. Started as
`python -m lingnan.project.web` with the environment of `processes.environment_for`.
"""

import gc
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections
from django.urls import get_resolver
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from lingnan.kernel import text
from lingnan.standards.matters import terms

from . import processes

KILL_TIMEOUT_S = 8
_parent = os.getpid()  # in the forks too


def main() -> None:
    """Serve until told to stop."""
    gc.disable()  # what loading makes stays: looking for garbage in it is a third of a start
    _load_everything()
    gc.enable()
    config = settings.LINGNAN
    multiprocessing.set_start_method("fork")
    MPServer(
        "lingnan.project.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=config.workers or min(os.cpu_count() or 1, 8),
        blocking_threads=config.threads,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_TIMEOUT_S,
    ).serve(target_loader=_in_the_fork)


def _load_everything() -> None:
    """Load what the first request would, and set it aside where no collection touches its pages."""
    from . import wsgi  # noqa: F401, PLC0415  (every model)

    get_resolver().url_patterns  # noqa: B018  (importing every view and the API)
    terms.sounds("岭南")
    text.to_traditional("岭南")
    connections.close_all()
    gc.collect()
    gc.freeze()


def _in_the_fork(target: str) -> Callable[..., Any]:
    from .wsgi import application  # noqa: PLC0415  (it is loaded)

    processes.die_with_parent(_parent)
    return application


if __name__ == "__main__":
    main()
