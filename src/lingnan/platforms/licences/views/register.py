"""The officers' register: licences within reach and where they stand."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.workflow import services as workflow
from lingnan.security.masking.types import Purpose

from .. import queries, services
from ..access import access_licence_to_view, needs_whole
from ..disclosure import shown_to
from ..forms import SearchForm, StatusForm
from ..types import CHANGE_STATUS, VIEW_LICENCES


@require_GET
@permitted(VIEW_LICENCES)
def desk(request: HttpRequest) -> HttpResponse:
    """The officers' register: licences within reach."""
    actor = actor_of(request)
    types = [(row.code, localise(row.name)) for row in queries.types(on=clock.today())]
    form = SearchForm(request.GET, types=types)
    rows, page = [], None
    if form.is_valid():
        page = queries.search(actor, **form.cleaned_data, cursor=request.GET.get("cursor"))
        rows = [shown_to(actor, card, purpose=Purpose.LIST) for card in queries.cards(page.items)]
    return render(request, "licences/desk.html", {"form": form, "rows": rows, "page": page})


@require_GET
@permitted(VIEW_LICENCES)
def desk_licence(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """One licence for an officer, with its history."""
    return _desk_page(request, licence_id, StatusForm())


@require_http_methods(["POST"])
@permitted(CHANGE_STATUS)
def change_status(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Suspend, resume, revoke or cancel, from the officer's page."""
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _desk_page(request, licence_id, form, status=422)
    values = form.cleaned_data
    verbs = {
        "suspend": services.suspend_licence,
        "resume": services.resume_licence,
        "revoke": services.revoke_licence,
        "cancel": services.cancel_licence,
    }
    try:
        verbs[values["change"]](
            licence_id=licence_id,
            ground=values["ground"],
            reason=values["reason"],
            actor=actor_of(request),
            at=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _desk_page(request, licence_id, form, status=refusal.status)
    messages.success(request, _("The status was changed and is public at once."))
    return HttpResponseRedirect(f"/desk/licences/{licence_id}/")


def _desk_page(
    request: HttpRequest, licence_id: UUID, form: StatusForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    needs = needs_whole(actor, row, at=clock.now())
    card = queries.card(row)
    shown = shown_to(actor, card, purpose=Purpose.DECIDE if needs else Purpose.LIST)
    context = {
        "card": shown,
        "is_masked": shown != card,
        "subject_url": (
            workflow.subject_url(row.subject_kind, row.subject_id) if row.subject_id else ""
        ),
        "seal": queries.seal_card(row.seal),
        "changes": queries.changes_of(row.pk),
        "form": form,
        "may_change": actor.can(CHANGE_STATUS, agency_id=row.agency_id)
        or actor.can(CHANGE_STATUS, region_path=row.region_path),
    }
    return render(request, "licences/desk_licence.html", context, status=status)
