"""Verifying a file for anyone."""

from django.http import HttpRequest
from ninja import File, UploadedFile

from lingnan.kernel import clock
from lingnan.kernel.web.guard import open_to_all

from ..document_checks import FILE_MAX_BYTES, verify_document
from ..document_schemas import DocumentOut
from ..errors import DocumentTooLarge
from ..finding_words import in_words
from .router import router
from .verify import check_rate


@router.post("/licences/verify", response=DocumentOut, url_name="licences_verify_file")
@open_to_all
def verify_file(request: HttpRequest, file: File[UploadedFile]) -> DocumentOut:
    """Verify an OFD or PDF file step by step: seals, signatures, changes. The file is not kept.

    As often in a minute as by identifier, and counted with it.
    """
    check_rate(request)
    if (file.size or 0) > FILE_MAX_BYTES:
        raise DocumentTooLarge(limit_mb=FILE_MAX_BYTES // 1_000_000)
    report = verify_document(file.read(), at=clock.now())
    return DocumentOut.of(report, in_words(report))
