"""The officers' register: licences within reach and where they stand."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.formats import format_date
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.workflow import services as workflow
from lingnan.security.masking.types import Purpose
from lingnan.standards.agencies import queries as agencies

from .. import grades, payload, queries, services
from ..access import access_licence_to_view, can_at_work, needs_whole
from ..disclosure import shown_to
from ..forms import SearchForm, StatusForm
from ..life import NATIONAL_STATUS, may_be_renewed, verbs_for
from ..rows import problems_in_words
from ..types import CHANGE_STATUS, ISSUE, VIEW_LICENCES, Grade, Status


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
    context = {"form": form, "rows": rows, "page": page, "may_issue": actor.can(ISSUE)}
    return render(request, "licences/desk.html", context)


@require_GET
@permitted(VIEW_LICENCES)
def desk_licence(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """One licence for an officer, with its history."""
    return _desk_page(request, licence_id)


@require_http_methods(["POST"])
@permitted(CHANGE_STATUS)
def change_status(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Suspend, give back, revoke, take away, cancel, move or restore, from the officer's page."""
    actor = actor_of(request)
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    form = StatusForm(request.POST, status=row.status_on(clock.today()), on=clock.today())
    if not form.is_valid():
        return _desk_page(request, licence_id, form=form, status=422)
    values = form.cleaned_data
    try:
        services.act_on_licence(
            licence_id=licence_id,
            verb=values["change"],
            ground=values["ground"],
            ground_code=values["ground_code"],
            reason=values["reason"],
            actor=actor,
            at=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _desk_page(request, licence_id, form=form, status=refusal.status)
    messages.success(request, _("The status was changed and is public at once."))
    return HttpResponseRedirect(f"/desk/licences/{licence_id}/")


@require_http_methods(["POST"])
@permitted(ISSUE)
def convert(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Seal a licence that was brought in, as its issuer; what was refused stands on its page."""
    try:
        made = services.convert(actor=actor_of(request), licence_id=licence_id, at=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return _desk_page(request, licence_id, unsealed=refusal, status=refusal.status)
    until = format_date(made.valid_until) if made.valid_until else _("without end")
    told = _(
        "The licence is issued with the term it had (%(first)s – %(last)s); the holder sees it in"
        " the wallet."
    )
    messages.success(request, told % {"first": format_date(made.valid_from), "last": until})
    return redirect("licences:desk_licence", made.pk)


def _desk_page(
    request: HttpRequest,
    licence_id: UUID,
    *,
    form: StatusForm | None = None,
    unsealed: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    row = services.open_licence(actor=actor, licence_id=licence_id, at=clock.now())
    needs = needs_whole(actor, row, at=clock.now())
    card = queries.card(row)
    shown = shown_to(actor, card, purpose=Purpose.DECIDE if needs else Purpose.LIST)
    context = {
        "card": shown,
        "national_status": NATIONAL_STATUS[card.status],
        "is_masked": shown != card,
        "needs_purpose": not needs,
        "subject_url": (
            workflow.subject_url(row.subject_kind, row.subject_id) if row.subject_id else ""
        ),
        "seal": queries.seal_card(row.seal) if row.seal else None,
        "grade": grades.rule_for(row.grade, on=clock.today()),
        "changes": queries.changes_of(row.pk),
        "versions": queries.versions_of(row),
        "form": form or StatusForm(status=card.status, on=clock.today()),
        "may_change": bool(verbs_for(card.status))
        and (
            actor.can(CHANGE_STATUS, agency_id=row.agency_id)
            or actor.can(CHANGE_STATUS, region_path=row.region_path)
        ),
        "may_convert": row.grade == Grade.B
        and card.status is Status.VALID
        and actor.agency_id is not None
        and can_at_work(actor, ISSUE)
        and agencies.agency(actor.agency_id).uscc == payload.payload_of(row)["issuer"]["uscc"]
        and queries.successor(row.pk) is None,
        "unsealed": unsealed,
        "unsealed_fields": problems_in_words(
            [(problem.path, str(problem.message)) for problem in unsealed.fields], row.type
        )
        if unsealed
        else [],
        "may_renew": row.seal is not None
        and may_be_renewed(row)
        and actor.can(ISSUE, agency_id=row.agency_id, region_path=row.region_path)
        and queries.successor(row.pk) is None,
    }
    return render(request, "licences/desk_licence.html", context, status=status)
