"""The clerk's pages: whose document is this, is it this person; and taking a check back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.codes.types import DocumentType

from .. import queries, services
from ..forms import show_refusal
from ..models import WindowCheck
from ..queries.window import last_place
from ..services.details import FRESH as DETAILS_FRESH
from ..services.undoing import has_changes
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS, PersonCard, mask_name, mask_number
from ..window_forms import WindowAccountForm, WindowCheckForm, WindowFindForm, WithdrawCheckForm


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@require_http_methods(["GET", "HEAD"])
def checks(request: HttpRequest) -> HttpResponse:
    """A clerk's own checks, a supervisor's windows."""
    actor = actor_of(request)
    page = queries.list_checks(actor, cursor=request.GET.get("cursor") or None)
    context = {
        "rows": [_shown(row) for row in page.items],
        "page": page,
        "may_check": actor.can(VERIFY_PERSONS),
        "waiting": queries.changes_in_reach(actor).filter(state="waiting").count(),
    }
    return render(request, "identity/window_checks.html", context)


@permitted(VERIFY_PERSONS)
@sensitive_post_parameters("document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def new_check(request: HttpRequest) -> HttpResponse:
    """The number on the document first; then what to compare, and what was seen."""
    actor, at = actor_of(request), clock.now()
    if request.method != "POST":
        return _ask_number(request, WindowFindForm(), 200)
    find = WindowFindForm(request.POST)
    if not find.is_valid():
        return _ask_number(request, find, 422)
    try:
        card = services.find_at_window(actor=actor, **find.cleaned_data, at=at)
    except Refusal as refusal:
        show_refusal(find, refusal)
        return _ask_number(request, find, refusal.status)
    seen = request.POST.get("step") == "seen"
    initial = {**find.cleaned_data, "place": last_place(actor)}
    form = WindowCheckForm(request.POST if seen else None, initial=initial)
    status = 200
    if seen and form.is_valid():
        values = {**form.cleaned_data, "name_agrees": form.cleaned_data["name_agrees"] == "yes"}
        try:
            made = services.check_at_window(actor=actor, **values, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            _say(request, made)
            return HttpResponseRedirect(reverse("identity:window_check", args=[made.pk]))
    elif seen:
        status = 422
    context = {
        "form": form,
        "number": mask_number(find.cleaned_data["document_number"]),
        "card": card,
        "document": _document(card.document_type),
        "sex": _sex(card),
        "nationality": _("China") if card.nationality == "CHN" else card.nationality,
        "level": queries.level_of_person(card.id, at=at),
    }
    return render(request, "identity/window_compare.html", context, status=status)


@permitted(VERIFY_PERSONS)
@require_http_methods(["GET", "HEAD", "POST"])
def open_account(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Whoever was just checked and has no account gets one."""
    actor = actor_of(request)
    row = queries.checks_in_reach(actor).filter(pk=check_id).first()
    if row is None or row.officer_id != actor.officer_id:
        raise NotFound
    form = WindowAccountForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.open_at_window(
                    actor=actor, check_id=check_id, phone=form.cleaned_data["phone"], at=clock.now()
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(
                    request,
                    _("The account is open; the first password went to the person's telephone."),
                )
                return HttpResponseRedirect(reverse("identity:window_check", args=[check_id]))
    context = {**_shown(row), "form": form}
    return render(request, "identity/window_account.html", context, status=status)


@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """One check; its supervisor withdraws it here."""
    actor = actor_of(request)
    row = queries.checks_in_reach(actor).filter(pk=check_id).first()
    if row is None:
        raise NotFound
    form = WithdrawCheckForm(request.POST or None)
    status = 200
    if request.method == "POST":
        actor.check(WITHDRAW_CHECKS)
        if form.is_valid():
            try:
                services.withdraw_check(
                    actor=actor, check_id=check_id, at=clock.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("The check is withdrawn and the person is told."))
                return HttpResponseRedirect(reverse("identity:window_check", args=[row.pk]))
        else:
            status = 422
    changed = has_changes(row)
    context = {
        **_shown(row),
        "form": form,
        "has_changes": changed,
        "may_change": row.officer_id == actor.officer_id
        and row.photo == WindowCheck.Photo.SAME
        and row.evidence.withdrawn_at is None
        and row.checked_at > clock.now() - DETAILS_FRESH,
        "may_open_account": row.officer_id == actor.officer_id
        and _counts(row)
        and queries.lacks_account(row.evidence.person_id),
        "may_withdraw": row.officer_id != actor.officer_id
        and (_counts(row) or (row.evidence.withdrawn_at is None and changed))
        and actor.can(WITHDRAW_CHECKS, agency_id=row.agency_id, region_path=row.region_path),
    }
    return render(request, "identity/window_check.html", context, status=status)


def _ask_number(request: HttpRequest, form: WindowFindForm, status: int) -> HttpResponse:
    return render(request, "identity/window_find.html", {"form": form}, status=status)


def _say(request: HttpRequest, made: WindowCheck) -> None:
    if made.evidence.level:
        text = _("Confirmed. The person is at level %(level)s now and gets a message.")
        messages.success(request, text % {"level": made.evidence.level})
    else:
        messages.warning(request, _("Kept as not passed; the level stays as it was."))


def _shown(row: WindowCheck) -> dict[str, Any]:
    return {
        "row": row,
        "person": mask_name(row.evidence.person.name),
        "document": _document(row.document_type),
        "photo": WindowCheck.Photo(row.photo).label,
        "counts": _counts(row),
    }


def _counts(row: WindowCheck) -> bool:
    evidence = row.evidence
    lasting = evidence.expires_at is None or evidence.expires_at > clock.now()
    return evidence.outcome == "passed" and evidence.withdrawn_at is None and lasting


def _document(code: str) -> Any:
    return DocumentType(code).label


def _sex(card: PersonCard) -> str:
    return {"1": _("Male"), "2": _("Female")}.get(card.sex, "—")
