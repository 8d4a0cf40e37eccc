"""Seals on the desk: for keepers, approvers and security administrators."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import seal_access, services
from ..document_checks import FILE_MAX_BYTES
from ..errors import DocumentTooLarge, SealNotReplaceable
from ..models import Seal, SealApplication, SealRequest
from ..seal_forms import DecisionForm, DropForm, SealApplicationForm, SealRequestForm, StepForm
from ..types import APPROVE_SEALS, KEEP_SEALS, MANAGE_SEALS, SealKind, SealState

_UNDER_WAY = (SealRequest.State.STOPPED, SealRequest.State.RUNNING)
show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def seals(request: HttpRequest) -> HttpResponse:
    """The seals within reach; what waits for someone stands first."""
    actor = actor_of(request)
    context = {
        "page": seal_access.page_of_seals(actor, cursor=request.GET.get("cursor")),
        "applications": seal_access.page_of_applications(actor, limit=10).items,
        "requests": seal_access.page_of_requests(actor, limit=10).items,
        "may_apply": actor.can(KEEP_SEALS),
    }
    return render(request, "licences/desk_seals.html", context)


@show_or_send
@permitted(KEEP_SEALS)
def apply_for_seal(request: HttpRequest) -> HttpResponse:
    """Ask for a seal."""
    actor = actor_of(request)
    if actor.agency_id is None:
        raise Forbidden(permission=KEEP_SEALS)
    own = [
        (str(row.pk), f"{row.name} · {row.get_kind_display()} · {row.get_state_display()}")
        for row in seal_access.replaceable_seals(actor)
    ]
    form = SealApplicationForm(request.POST or None, seals=own)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                made = services.apply_for_seal(
                    agency_id=actor.agency_id,
                    kind=SealKind(values["kind"]),
                    text=values["text"],
                    reason=values["reason"],
                    replaces_id=UUID(values["replaces"]) if values["replaces"] else None,
                    actor=actor,
                    at=clock.now(),
                )
            except NotFound:
                raise
            except Refusal as refusal:
                place = "replaces" if isinstance(refusal, SealNotReplaceable) else "text"
                form.add_error(place, refusal.text)
            else:
                messages.success(request, _("Your application waits for another's approval."))
                return redirect("licences:seal_application", made.pk)
    return render(request, "licences/desk_seal_apply.html", {"form": form}, status=status)


@show_or_send
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def application(request: HttpRequest, application_id: UUID) -> HttpResponse:
    """One application: decided here, and made here once approved."""
    actor = actor_of(request)
    row = seal_access.access_application(actor=actor, application_id=application_id)
    form, status, problem = DecisionForm(request.POST or None), 200, None
    if request.method == "POST":
        try:
            if "make" in request.POST:
                _check(request, MANAGE_SEALS)
                seal = services.make_seal(
                    application_id=application_id, actor=actor, at=clock.now()
                )
                messages.success(request, _("The seal is made. Record it, then enable it."))
                return redirect("licences:seal", seal.pk)
            _check(request, APPROVE_SEALS)
            if form.is_valid():
                services.decide_on_seal(
                    application_id=application_id,
                    approves=form.cleaned_data["approves"] == "yes",
                    ground=form.cleaned_data["ground"],
                    actor=actor,
                    at=clock.now(),
                )
                return redirect("licences:seal_application", row.pk)
            status = 422
        except (NotFound, Forbidden):
            raise
        except Refusal as refusal:
            problem, status = refusal, refusal.status
    waits = row.state == SealApplication.State.APPLIED
    is_own = row.applied_by_account == actor.account_id
    context = {
        "row": row,
        "form": form,
        "problem": problem,
        "may_decide": waits and not is_own and actor.can(APPROVE_SEALS),
        "is_own": waits and is_own,
        "may_make": row.state == SealApplication.State.APPROVED and actor.can(MANAGE_SEALS),
    }
    return render(request, "licences/desk_seal_application.html", context, status=status)


def _check(request: HttpRequest, permission: str) -> None:
    if not actor_of(request).can(permission):
        raise Forbidden(permission=permission)


@require_GET
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def seal(request: HttpRequest, seal_id: UUID) -> HttpResponse:
    """One seal: what it looks like, its life, its uses."""
    row = seal_access.access_seal(actor=actor_of(request), seal_id=seal_id)
    return _seal_page(request, row, None)


def _steps(request: HttpRequest, row: Seal) -> list[str]:
    actor, steps = actor_of(request), services.steps_from(SealState(row.state))
    if actor.can(MANAGE_SEALS):
        return list(steps)
    return [step for step in steps if step == "report-lost" and actor.can(KEEP_SEALS)]


def _seal_page(
    request: HttpRequest, row: Seal, form: StepForm | None, *, status: int = 200
) -> HttpResponse:
    steps = _steps(request, row)
    if form is None and steps:
        form = StepForm(steps=steps)
    context = {
        "row": row,
        "successor": seal_access.successor_of_seal(row),
        "changes": seal_access.changes_of_seal(row),
        "uses": seal_access.page_of_uses(row, cursor=request.GET.get("cursor")),
        "form": form,
        "may_use": row.state == SealState.ACTIVE and actor_of(request).can(KEEP_SEALS),
    }
    return render(request, "licences/desk_seal.html", context, status=status)


@require_POST
@permitted(KEEP_SEALS, MANAGE_SEALS)
def step(request: HttpRequest, seal_id: UUID) -> HttpResponse:
    """Take a step in a seal's life, from its page."""
    actor = actor_of(request)
    row = seal_access.access_seal(actor=actor, seal_id=seal_id)
    form = StepForm(request.POST, steps=_steps(request, row))
    if not form.is_valid():
        return _seal_page(request, row, form, status=422)
    try:
        services.SEAL_STEPS[form.cleaned_data["step"]](
            seal_id, form.cleaned_data["ground"], actor, clock.now()
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _seal_page(request, row, form, status=refusal.status)
    messages.success(request, _("Done; it stands in the seal's history."))
    return redirect("licences:seal", seal_id)


@require_GET
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def picture(request: HttpRequest, seal_id: UUID) -> HttpResponse:
    """The seal's picture."""
    row = seal_access.access_seal(actor=actor_of(request), seal_id=seal_id)
    return HttpResponse(bytes(row.picture), content_type="image/png")


@show_or_send
@permitted(KEEP_SEALS)
def ask(request: HttpRequest, seal_id: UUID) -> HttpResponse:
    """Hand in documents to be sealed."""
    actor = actor_of(request)
    row = seal_access.access_seal(actor=actor, seal_id=seal_id, permission=KEEP_SEALS)
    form, status = SealRequestForm(), 200
    if request.method == "POST":
        form, status = SealRequestForm(request.POST, request.FILES), 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                if any((file.size or 0) > FILE_MAX_BYTES for file in values["documents"]):
                    raise DocumentTooLarge(limit_mb=FILE_MAX_BYTES // 1_000_000)
                made = services.ask_for_seal(
                    seal_id=seal_id,
                    purpose=values["purpose"],
                    files=[(file.name or "", file.read()) for file in values["documents"]],
                    straddles=values["straddles"],
                    closing=not values["leaves_open"],
                    actor=actor,
                    at=clock.now(),
                )
            except NotFound:
                raise
            except Refusal as refusal:
                for text in [str(one.message) for one in refusal.fields] or [refusal.text]:
                    form.add_error("documents", text)
                status = refusal.status
            else:
                messages.success(request, _("Your request waits for another's approval."))
                return redirect("licences:seal_request", made.pk)
    context = {"row": row, "form": form}
    return render(request, "licences/desk_seal_ask.html", context, status=status)


@show_or_send
@permitted(KEEP_SEALS, APPROVE_SEALS, MANAGE_SEALS)
def seal_request(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: decided here, watched here, its documents fetched here."""
    actor = actor_of(request)
    row = seal_access.access_request(actor=actor, request_id=request_id)
    drops, is_askers = "drop" in request.POST, services.is_asker(actor, row)
    form = DecisionForm(None if drops else request.POST or None)
    drop_form = DropForm(request.POST if drops else None, is_askers=is_askers)
    status, problem = 200, None
    if request.method == "POST":
        try:
            if "resume" in request.POST:
                _check(request, KEEP_SEALS)
                services.resume_request(request_id=request_id, actor=actor, at=clock.now())
                return redirect("licences:seal_request", row.pk)
            if drops and drop_form.is_valid():
                services.drop_request(
                    request_id=request_id,
                    ground=drop_form.cleaned_data["dropped_ground"],
                    actor=actor,
                    at=clock.now(),
                )
                messages.success(request, _("The request is given up; what was sealed stays."))
                return redirect("licences:seal_request", row.pk)
            if not drops:
                _check(request, APPROVE_SEALS)
            if not drops and form.is_valid():
                services.decide_on_request(
                    request_id=request_id,
                    approves=form.cleaned_data["approves"] == "yes",
                    ground=form.cleaned_data["ground"],
                    actor=actor,
                    at=clock.now(),
                )
                return redirect("licences:seal_request", row.pk)
            status = 422
        except (NotFound, Forbidden):
            raise
        except Refusal as refusal:
            problem, status = refusal, refusal.status
    waits = row.state == SealRequest.State.ASKED
    context = {
        "row": row,
        "items": seal_access.items_of(row),
        "form": form,
        "problem": problem,
        "may_decide": waits and not is_askers and actor.can(APPROVE_SEALS),
        "is_own": waits and is_askers,
        "is_askers": is_askers,
        "drop_form": drop_form,
        "may_drop": services.can_be_dropped(row, is_askers=is_askers)
        and (is_askers or actor.can(KEEP_SEALS)),
        "may_resume": row.state in _UNDER_WAY
        and row.seal.state not in (SealState.DESTROYED, SealState.LOST)
        and actor.can(KEEP_SEALS),
        "is_running": row.state == SealRequest.State.RUNNING,
    }
    return render(request, "licences/desk_seal_request.html", context, status=status)
