"""The product runs on a PostgreSQL of the operator's own, 15 or newer, as on the embedded one.

`LINGNAN_TEST_POSTGRESQL` names a server (a URL of any database on it, by a role that may create
databases); else the usual socket and port are tried. The tests of a case's whole life run there, on
tables its own migrations made.
"""

import os
import subprocess
import sys
from uuid import uuid4

import psycopg
import pytest
from psycopg import conninfo

from lingnan.project.config import BASE_DIR

VERSION_MIN = 15
PLACES = (
    "postgresql:///postgres?host=/var/run/postgresql",
    "postgresql://127.0.0.1:5432/postgres",
)
LIFE = "src/lingnan/applications/government_services/tests/test_case_life.py"

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(600)]


def _server() -> str:
    """A server that answers, is new enough and lets us make databases; else the test is skipped."""
    named = os.environ.get("LINGNAN_TEST_POSTGRESQL")
    for url in (named,) if named else PLACES:
        try:
            with psycopg.connect(url, connect_timeout=3) as probe:
                version = probe.info.server_version // 10_000
                may = probe.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError as error:
            if named:
                pytest.fail(f"LINGNAN_TEST_POSTGRESQL does not answer: {error}")
            continue
        if version >= VERSION_MIN and may == (True,):
            return url
    pytest.skip("no PostgreSQL 15 or newer answers here (LINGNAN_TEST_POSTGRESQL may name one)")


def test_a_case_lives_its_whole_life_on_another_postgresql(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = _server()
    name = f"lingnan_{uuid4().hex[:8]}"
    parts = conninfo.conninfo_to_dict(server)
    host = parts.get("host", "")
    user = parts.get("user", "")
    password = f":{parts['password']}" if parts.get("password") else ""
    port = f"&port={parts['port']}" if parts.get("port") else ""
    url = f"postgresql://{user}{password}{'@' if user else ''}/{name}?host={host}{port}"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-o", "addopts=--import-mode=importlib -q"),
            *("-p", "no:cacheprovider", "--create-db", LIFE),
        ],
        cwd=BASE_DIR,
        env={
            **os.environ,
            "DATABASE_URL": url,
            "LINGNAN_VAR": str(tmp_path_factory.mktemp("var")),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
