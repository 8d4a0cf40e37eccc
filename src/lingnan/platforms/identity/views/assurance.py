"""Proving who one is: the levels, the ways to reach one, and each attempt."""

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
from lingnan.kernel.web.guard import actor_of, person_only, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..adapters.base import Answer
from ..asking import identification_of
from ..errors import ProofFailed, ProofOver
from ..forms import ProofForm, show_refusal
from ..proof_words import reason_text
from ..services import ABOUT_FIRMS, StartedProof
from ..types import Assurance
from .passkeys import options_json

LEVELS = (1, 2, 3, 4)


@signed_in
@require_http_methods(["GET", "HEAD"])
def assurance(request: HttpRequest) -> HttpResponse:
    """The level of the account and of this session, every proof, and how to rise."""
    actor, at = actor_of(request), clock.now()
    now = _assurance(request)
    higher = [level for level in LEVELS if level > now.level]
    context: dict[str, Any] = {
        "now": now,
        "evidence": queries.evidence_of(actor.person_id) if actor.person_id else [],
        "at": at,
        "higher": [(level, services.step_up_url(level, request.path)) for level in higher],
    }
    return render(request, "identity/assurance.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def step_up(request: HttpRequest) -> HttpResponse:
    """Rise to a level: the ways that do it; POST `method` begins one. Then back where one was."""
    actor, at = actor_of(request), clock.now()
    level, onward = _level(request), _next(request)
    now = _assurance(request)
    if now.level >= level:
        return HttpResponseRedirect(onward or reverse("identity:assurance"))
    subject = services.own_subject(actor)
    problem, status = "", 200
    if request.method == "POST":
        try:
            started = services.start_proof(
                actor=actor,
                method=request.POST.get("method", ""),
                return_to=services.step_up_url(level, onward),
                at=at,
            )
        except Refusal as refusal:
            problem, status = f"{refusal.text} {refusal.remedy}", refusal.status
        else:
            return go_to_proof(request, started)
    ways = services.methods_for(subject, now, level, at)
    context = {
        "level": level,
        "now": now,
        "next": onward,
        "person_short": now.person_level < level,
        "ways": [services.method_named(code) for code in ways],
        "problem": problem,
    }
    return render(request, "identity/step_up.html", context, status=status)


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """A firm one leads or claims to lead; POST `method` begins to prove it."""
    actor, at = actor_of(request), clock.now()
    claim = services.claim_of(actor=actor, organisation_id=organisation_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            started = services.start_proof(
                actor=actor,
                method=request.POST.get("method", ""),
                return_to=request.path,
                purpose="firm",
                organisation_id=organisation_id,
                at=at,
            )
        except Refusal as refusal:
            problem, status = f"{refusal.text} {refusal.remedy}", refusal.status
        else:
            return go_to_proof(request, started)
    leads = claim.organisation.legal_representative_id == actor.person_id
    context = {
        "claim": claim,
        "firm": claim.organisation if leads else None,
        "level": queries.level_of_organisation(organisation_id, at=at) if leads else 0,
        "own_level": queries.level_of_person(claim.person_id, at=at),
        "raise_url": services.step_up_url(2, request.path),
        "ways": services.firm_methods(actor=actor, organisation_id=organisation_id),
        "problem": problem,
    }
    return render(request, "identity/organisation_page.html", context, status=status)


@signed_in
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def proof(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Answer an attempt. Whoever comes back from a page outside is judged by what it tells us."""
    try:
        started = services.proof_under_way(
            actor=actor_of(request), attempt_id=attempt_id, at=clock.now()
        )
    except ProofOver as over:
        messages.error(request, f"{over.text} {over.remedy}")
        back = services.way_back(actor=actor_of(request), attempt_id=attempt_id)
        return HttpResponseRedirect(back or reverse("identity:assurance"))
    if started.url:
        arrival = request.GET.get(services.ARRIVAL, "")
        return _judge(request, started, Answer(values={services.ARRIVAL: arrival}))
    form = ProofForm(started.method.fields, request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        answer = Answer(values=form.typed(), files=form.uploads())
        try:
            return _done(request, started, answer)
        except Refusal as refusal:
            _show(form, refusal, started)
            status = refusal.status
    context = {
        "form": form,
        "method": started.method,
        "shown": started.shown,
        "passkey_options": options_json(started.shown),
        "again": started.return_to,
        "demo_outbox": started.method.code == "sms_code",
    }
    return render(request, "identity/proof.html", context, status=status)


def go_to_proof(request: HttpRequest, started: StartedProof) -> HttpResponse:
    """Where an attempt goes on: outside, on its page, or, with nothing to answer, at once."""
    if started.url:
        return HttpResponseRedirect(started.url)
    if started.method.fields:
        return HttpResponseRedirect(reverse("identity:proof", args=[started.attempt_id]))
    return _judge(request, started, Answer(values={}))


def _judge(request: HttpRequest, started: StartedProof, answer: Answer) -> HttpResponse:
    try:
        return _done(request, started, answer)
    except (ProofFailed, ProofOver) as refusal:
        words = reason_text(str(refusal.facts.get("reason", "")))
        messages.error(request, f"{refusal.text} {words} {refusal.remedy}")
        return HttpResponseRedirect(started.return_to or reverse("identity:assurance"))


def _done(request: HttpRequest, started: StartedProof, answer: Answer) -> HttpResponse:
    proven = services.finish_proof(
        actor=actor_of(request), attempt_id=started.attempt_id, answer=answer, at=clock.now()
    )
    if proven.method in ABOUT_FIRMS:
        messages.success(request, _("Confirmed: you lead this organisation."))
    else:
        messages.success(
            request, _("Confirmed. You are at level %(level)s now.") % {"level": proven.level}
        )
    return HttpResponseRedirect(proven.return_to or reverse("identity:assurance"))


def _show(form: ProofForm, refusal: Refusal, started: StartedProof) -> None:
    reason = reason_text(str(refusal.facts.get("reason", "")))
    fields = started.method.fields
    if isinstance(refusal, ProofFailed) and reason and len(fields) == 1:
        form.add_error(fields[0].name, reason)
    else:
        show_refusal(form, refusal)


def _assurance(request: HttpRequest) -> Assurance:
    found = identification_of(request)
    now = None
    if found is not None and found.via == "session":
        now = queries.assurance_of(found.credential_id, at=clock.now())
    if now is None:
        raise NotFound
    return now


def _level(request: HttpRequest) -> int:
    text = request.POST.get("level") or request.GET.get("level") or "2"
    if text not in {str(level) for level in LEVELS}:
        raise NotFound
    return int(text)


def _next(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    return target if services.is_inside(target) else ""
