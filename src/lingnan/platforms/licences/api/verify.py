"""Verifying for anyone."""

from typing import Annotated

from django.http import HttpRequest
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all

from .. import services, verification
from ..disclosure import disclose
from ..schemas import VerificationOut
from .router import router


def check_rate(request: HttpRequest) -> None:
    """Count a verification of anyone but an agency's. Raises: VerifiedTooOften (429)."""
    actor = actor_of(request)
    if not (actor.is_officer or actor.is_system):
        services.check_verify_rate(client_address(request), at=clock.now())


@router.get("/licences/verify/{identifier}", response=VerificationOut, url_name="licences_verify")
@open_to_all
def verify(
    request: HttpRequest,
    identifier: str,
    code: Annotated[
        str, Field(description="From the QR on the licence; opens the personal fields")
    ] = "",
) -> VerificationOut:
    """Verify a licence by its identifier, as anyone; as often in a minute as a person could.

    Requests of officers, and of the programs of agencies, are not counted.
    """
    check_rate(request)
    found = verification.verify_identifier(identifier, code=code, at=clock.now())
    return VerificationOut.of(disclose(found))
