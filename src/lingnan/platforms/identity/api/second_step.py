"""The second step of a sign-in over HTTP: by code, passkey or SM2 certificate.

Each is asked with the token of a session in stage `code`, which opens nothing else.
"""

import json
from typing import Any

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.errors import SignInRequired
from lingnan.kernel.web.guard import open_to_all

from .. import services
from ..adapters.base import Answer
from ..asking import identification_of
from ..schemas import (
    CertificateAskedOut,
    CertificateBindIn,
    CodeIn,
    PasskeyChallengeOut,
    PasskeyStepIn,
    SessionOut,
)
from ..types import Identification
from .router import router


class SecondStepOut(Schema):
    """Which ways the second step may be shown by."""

    code: bool = Field(description="Six digits of the authenticator, or a recovery code")
    passkey: bool
    certificate: bool


def _waiting(request: HttpRequest) -> Identification:
    """Raises: SignInRequired (401): no session waits for its second step."""
    found = identification_of(request)
    if found is None or found.stage != "code":
        raise SignInRequired
    return found


@router.get("/second-step", response=SecondStepOut, summary="Ways of my second step")
@open_to_all
def second_steps(request: HttpRequest) -> dict[str, bool]:
    return services.second_steps(_waiting(request).account_id)


@router.post("/second-step", response={201: SessionOut}, summary="Show the second step by a code")
@open_to_all
def by_code(request: HttpRequest, body: CodeIn) -> Status[Any]:
    """The token sent ends; go on with the one in the answer."""
    opened = services.continue_sign_in(
        session_id=_waiting(request).credential_id, code=body.code, at=clock.now()
    )
    return Status(201, opened)


@router.post(
    "/second-step/passkey-challenge",
    response={201: PasskeyChallengeOut},
    summary="Begin the second step with a passkey",
)
@open_to_all
def ask_passkey_step(request: HttpRequest) -> Status[Any]:
    """`options` go to `navigator.credentials.get`."""
    asked = services.ask_second_step(session_id=_waiting(request).credential_id, at=clock.now())
    told = {"id": asked.attempt_id, "options": asked.options, "expires_at": asked.expires_at}
    return Status(201, told)


@router.post(
    "/second-step/passkey",
    response={201: SessionOut},
    summary="Show the second step by a passkey",
)
@open_to_all
def by_passkey(request: HttpRequest, body: PasskeyStepIn) -> Status[Any]:
    """The token sent ends; go on with the one in the answer."""
    opened = services.continue_with_passkey(
        session_id=_waiting(request).credential_id,
        attempt_id=body.id,
        answer=json.dumps(body.credential.model_dump()),
        at=clock.now(),
    )
    return Status(201, opened)


@router.post(
    "/second-step/certificate-challenge",
    response={201: CertificateAskedOut},
    summary="Begin the second step with an SM2 certificate",
)
@open_to_all
def ask_certificate_step(request: HttpRequest) -> Status[Any]:
    """Sign `challenge` with SM2 over SM3, user identity 1234567812345678."""
    asked = services.ask_certificate_step(
        session_id=_waiting(request).credential_id, at=clock.now()
    )
    told = {"id": asked.attempt_id, "expires_at": asked.expires_at, **asked.options}
    return Status(201, told)


@router.post(
    "/second-step/certificate",
    response={201: SessionOut},
    summary="Show the second step by an SM2 certificate",
)
@open_to_all
def by_certificate(request: HttpRequest, body: CertificateBindIn) -> Status[Any]:
    """The token sent ends; go on with the one in the answer."""
    opened = services.continue_with_certificate(
        session_id=_waiting(request).credential_id,
        attempt_id=body.id,
        answer=Answer(values={"signature": body.signature}),
        at=clock.now(),
    )
    return Status(201, opened)
