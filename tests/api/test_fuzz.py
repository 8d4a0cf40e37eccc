"""Schemathesis asks every operation, as three kinds of people, what its own document allows.

Never a 5xx; every answer has a declared status, media type and shape; what a request changed is
rolled back after it. `LINGNAN_FUZZ_EXAMPLES=50` digs deeper, `LINGNAN_FUZZ_ONLY=identity,credit`
asks the operations of these groups alone.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lingnan.project.api import api, openapi
from lingnan.project.wsgi import application

from .conftest import WHO, World

EXAMPLES = int(os.environ.get("LINGNAN_FUZZ_EXAMPLES", "3"))
ONLY = set(filter(None, os.environ.get("LINGNAN_FUZZ_ONLY", "").split(",")))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 3,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# Whom the guard lets pass; that it stops the others is tested without Schemathesis.
RULES = {
    "anonymous": {"open"},
    "resident": {"signed_in", "person"},
    "officer": {"signed_in", "officer", "permission"},
}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests of the WSGI application keep the connection of the test, as Django's client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.timeout(max(600, 200 * EXAMPLES))
@pytest.mark.parametrize("who", WHO)
def test_no_answer_breaks_the_document(world: World, who: str) -> None:
    schema = schemathesis.openapi.from_dict(openapi(api))
    schema.app = application
    failures: list[str] = []
    asked = 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if operation.definition.raw["x-access"] not in RULES[who]:
            continue
        if ONLY and operation.definition.raw["tags"][0] not in ONLY:
            continue
        known = world.known(operation.path, who)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            failure = _failure_of(operation, mode, known, world.headers(who))
            asked += 1
            if failure:
                failures.append(f"{operation.label} ({mode.value}): {failure}")
    assert not failures, "\n\n".join(failures)
    assert asked > (0 if ONLY else 60), "the document lost its operations"


def _failure_of(
    operation: Any, mode: GenerationMode, known: dict[str, str], headers: dict[str, str]
) -> str:
    """What the first bad answer of the operation was; empty if there was none."""
    strategy = operation.as_strategy(mode, path_parameters=known or None, headers=headers or None)

    @SETTINGS
    @given(case=strategy)
    def ask(case: Any) -> None:
        with transaction.atomic():
            response = case.call()
            transaction.set_rollback(True)
        case.validate_response(response, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        return ""  # nothing wrong can be sent to what takes no input
    except FailureGroup as group:
        return "\n".join(f"{failure}: {failure.message}" for failure in group.exceptions)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
