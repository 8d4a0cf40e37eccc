"""Verifying for anyone."""

from typing import Annotated

from django.http import HttpRequest
from ninja import File, UploadedFile
from pydantic import Field

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all

from .. import verification
from ..disclosure import disclose
from ..errors import DocumentUnreadable
from ..schemas import VerificationOut
from .router import router

UPLOAD_MAX_BYTES = 20_000_000


@router.get("/licences/verify/{identifier}", response=VerificationOut, url_name="licences_verify")
@open_to_all
def verify(
    request: HttpRequest,
    identifier: str,
    code: Annotated[
        str, Field(description="From the QR on the licence; opens the personal fields")
    ] = "",
) -> VerificationOut:
    """Verify a licence by its identifier, as anyone."""
    found = verification.verify_identifier(identifier, code=code, at=clock.now())
    return VerificationOut.of(disclose(found))


@router.post("/licences/verify", response=VerificationOut, url_name="licences_verify_file")
@open_to_all
def verify_file(request: HttpRequest, file: File[UploadedFile]) -> VerificationOut:
    """Verify an OFD or PDF licence file. The file is not kept."""
    if (file.size or 0) > UPLOAD_MAX_BYTES:
        raise DocumentUnreadable(reason="too large")
    return VerificationOut.of(disclose(verification.verify_file(file.read(), at=clock.now())))
