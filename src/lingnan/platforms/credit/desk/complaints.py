"""Complaints at the workbench of the credit office."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel.web.guard import actor_of, officer_only, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents

from .. import access, queries
from ..types import COMPLAINT_STATES, COMPLAINT_SUBJECT, MANAGE
from .work import work_on


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE)
def complaints(request: HttpRequest) -> HttpResponse:
    """Complaints to one's office, newest first."""
    state = request.GET.get("state", "")
    context = {
        "page": queries.complaints(
            actor_of(request), state=state, cursor=request.GET.get("cursor") or None
        ),
        "state": state,
        "states": COMPLAINT_STATES.items(),
    }
    return render(request, "credit/desk_complaints.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@officer_only
def complaint(request: HttpRequest, complaint_id: UUID) -> HttpResponse:
    """One complaint and the step at hand."""
    row = access.access_complaint(actor_of(request), complaint_id)
    return work_on(
        request,
        kind=COMPLAINT_SUBJECT,
        row=row,
        template="credit/desk_complaint.html",
        context={"files": documents.files_of(COMPLAINT_SUBJECT, row.pk)},
    )
