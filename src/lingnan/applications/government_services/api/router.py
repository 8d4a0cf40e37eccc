"""The router all parts share."""

from django.http import HttpResponse
from ninja import Router

from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents import services as document_services
from lingnan.platforms.documents.types import FileCard

router = Router(tags=["government services"])

UPLOAD_BYTES_MAX = 50_000_000


def download(file: FileCard) -> HttpResponse:
    """A stored file as an attachment that no browser executes."""
    response = HttpResponse(document_services.read_file(file.id), content_type=file.media_type)
    response.headers["Content-Disposition"] = "attachment"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Length"] = str(file.size_bytes)
    return response


__all__ = ("UPLOAD_BYTES_MAX", "documents", "download", "router")
