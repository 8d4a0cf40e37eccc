"""Files for programs. Uploads belong to the modules that own the files."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router

from lingnan.kernel.web.guard import actor_of, open_to_all

from . import queries
from .access import access_file
from .schemas import FileOut
from .views import file_response

router = Router(tags=["documents"])


@router.get("/documents/{file_id}", response=FileOut, summary="What is known of a file")
@open_to_all
def show_file(request: HttpRequest, file_id: UUID) -> object:
    """404 for a file that is not the asker's to read, as for one that does not exist."""
    return queries.card(access_file(actor=actor_of(request), file_id=file_id))


@router.get(
    "/documents/{file_id}/content",
    summary="A file's bytes",
    openapi_extra={
        "responses": {
            200: {
                "description": "The file",
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        }
    },
)
@open_to_all
def download_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    return file_response(request, actor=actor_of(request), file_id=file_id)
