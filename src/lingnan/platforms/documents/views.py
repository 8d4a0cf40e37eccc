"""Downloads. Who may read a file, its owner's module decides."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.web.guard import actor_of, open_to_all

from . import services
from .access import access_file
from .types import JPEG, PDF, PNG, note_look

SHOWN_IN_PLACE = (PDF, PNG, JPEG)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_http_methods(["GET", "HEAD"])
@open_to_all
def download(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """A file as attachment; with ?view=1 a PDF or picture in place."""
    return file_response(request, actor=actor_of(request), file_id=file_id)


def file_response(request: HttpRequest, *, actor: Actor, file_id: UUID) -> HttpResponse:
    """The answer that carries a file, with headers that keep it from acting as a page of ours.

    The content is compared with its digest first: what was changed in the store is not handed out.
    """
    row = access_file(actor=actor, file_id=file_id)
    note_look(row.owner_kind, actor, row.owner_id, clock.now())
    tag = f'"{row.digest_sm3}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    in_place = request.GET.get("view") == "1" and row.media_type in SHOWN_IN_PLACE
    content = b"" if request.method == "HEAD" else services.read_file(row.pk)
    response = HttpResponse(content, content_type=row.media_type)
    response["Content-Length"] = str(row.size_bytes)
    disposition = content_disposition_header(as_attachment=not in_place, filename=row.name)
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = tag
    return response
