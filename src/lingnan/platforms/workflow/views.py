"""The workbench: inbox, task, process picture, delegations, definitions."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import Malformed, NotFound, Refusal
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, officer_only, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.identity import queries as identity
from lingnan.standards.calendar.types import CalendarDays, Workdays
from lingnan.standards.regions import queries as regions

from . import queries, services
from .access import Standing, access_instance, access_task, is_own_submission, may_work, standing
from .dmn import Table, read_decision
from .errors import DefinitionInvalid
from .layout import drawing, in_language
from .models import WorkTask
from .reading import split_name
from .registry import note_look, subject_url, task_url
from .services.running import loaded
from .timeline import OUTCOMES, outcome_label
from .types import (
    APPROVE_EXTENSIONS,
    ASSIGN_TASKS,
    NO_DUE,
    PUBLISH_DEFINITIONS,
    READ_PROCESSES,
    STOP_CLOCKS,
    SUSPENSION_REASONS,
    WORK_TASKS,
    InstanceState,
    Light,
    TaskFilters,
    TaskKind,
)

SCOPES = ("all", "mine", "pool", "delegated", "done")
LIGHT_COLOURS = {"green": "green", "yellow": "yellow", "red": "red", "stopped": "grey"}


def _scopes(counts: queries.InboxCounts) -> list[tuple[str, str, int | None]]:
    return [
        ("all", _("All"), None),
        ("mine", _("Mine"), counts.mine),
        ("pool", _("Waiting for someone"), counts.pool),
        ("delegated", _("For absent colleagues"), counts.delegated),
        ("done", _("Finished by me"), None),
    ]


def _filters(request: HttpRequest) -> TaskFilters:
    scope = request.GET.get("scope", "all")
    return TaskFilters(
        scope=scope if scope in SCOPES else "all",  # type: ignore[arg-type]
        light=request.GET.get("light", "")[:8],
        process_key=request.GET.get("process", "")[:80],
        region_path=request.GET.get("region", "")[:120],
        number=request.GET.get("q", "").strip()[:64],
        step_id=request.GET.get("step", "")[:80],
    )


def _row(task: WorkTask) -> dict[str, Any]:
    own = task.is_open and task.kind != TaskKind.CONSULT
    place = task_url(task.subject_kind, task.subject_id, task.pk) if own else ""
    return {
        "task": task,
        "url": place or reverse("workflow:task", args=[task.pk]),
        "due_on": None if task.due_on == NO_DUE else task.due_on,
        "colour": LIGHT_COLOURS.get(task.light, ""),
        "outcome": outcome_label(task.outcome) if task.outcome else "",
    }


@require_GET
@officer_only
def inbox(request: HttpRequest) -> HttpResponse:
    """Every task of every application one may work on, due first."""
    actor, at = actor_of(request), clock.now()
    filters = _filters(request)
    page = queries.open_tasks(actor, filters, cursor=request.GET.get("cursor") or None, at=at)
    counts = queries.inbox_counts(actor, at=at)
    batch = {
        outcome: outcome_label(outcome)
        for task in page.items
        if task.allows_batch and task.is_open
        for outcome in task.outcomes
    }
    context = {
        "page": page,
        "rows": [_row(task) for task in page.items],
        "filters": filters,
        "counts": counts,
        "scopes": _scopes(counts),
        "lights": [(light.value, light.label) for light in Light if light != Light.NONE],
        "processes": queries.processes(),
        "regions": _regions(actor),
        "batch": batch,
        "is_narrowed": bool(request.GET.keys() - {"scope", "cursor"}),
    }
    return render(request, "workflow/inbox.html", context)


def _regions(actor: Actor) -> list[tuple[str, str]]:
    """The subtrees the officer's grants reach, to narrow by."""
    paths = {grant.region_path for grant in actor.grants if grant.region_path}
    codes = {path: path.rstrip("/").split("/")[-1] for path in sorted(paths)}
    cards = regions.regions(list(codes.values()))
    return [
        (path, localise(cards[code].name) if code in cards else code)
        for path, code in codes.items()
    ]


@require_POST
@permitted(WORK_TASKS)
def complete_batch(request: HttpRequest) -> HttpResponse:
    """Finish the marked tasks at once."""
    try:
        ids = [UUID(text) for text in request.POST.getlist("task")]
    except ValueError as error:
        raise Malformed from error
    result = services.complete_tasks(
        actor=actor_of(request),
        task_ids=ids,
        outcome=request.POST.get("outcome", ""),
        opinion=request.POST.get("opinion", ""),
        at=clock.now(),
    )
    done, refused = len(result.done), len(result.refused)
    if done:
        text = ngettext("%(n)s task finished.", "%(n)s tasks finished.", done) % {"n": done}
        messages.success(request, text)
    if refused:
        text = ngettext(
            "%(n)s task was refused; open it to see why.",
            "%(n)s tasks were refused; open them to see why.",
            refused,
        )
        messages.warning(request, text % {"n": refused})
    return redirect("workflow:inbox")


# --- one task ----------------------------------------------------------------------------------


@require_GET
@officer_only
def task_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """One task: what it is about, what can be done, what happened before."""
    return _task_page(request, task_id)


def _task_page(request: HttpRequest, task_id: UUID, refusal: Refusal | None = None) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    who = standing(actor, at=at)
    task = access_task(who, task_id)
    instance = task.instance
    note_look(task.subject_kind, task.subject_id, actor, at)
    earlier = [
        (other.step_id, other.step_name)
        for other in queries.tasks_of(instance.pk)
        if other.done_at and other.step_id != task.step_id and other.kind == TaskKind.STEP
    ]
    context = {
        **_row(task),
        "instance": instance,
        "subject_url": subject_url(task.subject_kind, task.subject_id),
        "clock": queries.clock(instance.pk, at=at),
        "can_work": task.is_open and _can_work(who, task),
        "is_mine": task.assignee_id is not None and task.assignee_id in who.officer_ids,
        "is_own_submission": task.is_separate and is_own_submission(actor, task),
        "can_assign": task.is_open
        and actor.can(ASSIGN_TASKS, agency_id=task.agency_id, region_path=task.region_path),
        "outcomes": [(code, outcome_label(code)) for code in task.outcomes],
        "earlier": list(dict(earlier).items()),
        "colleagues": _colleagues(task) if task.is_open else [],
        "consultations": list(
            WorkTask.objects.filter(asked_by=task).select_related("assignee").order_by("id")
        ),
        "timeline": queries.timeline(task.subject_kind, task.subject_id, audience="officer"),
        "refusal": refusal,
        "typed": request.POST,
    }
    status = refusal.status if refusal else 200
    return render(request, "workflow/task.html", context, status=status)


def _can_work(who: Standing, task: WorkTask) -> bool:
    if task.assignee_id is not None:
        return task.assignee_id in who.officer_ids
    return any(may_work(one, task) for one in who.everyone)


def _colleagues(task: WorkTask) -> list[Any]:
    found = identity.officers_with(
        WORK_TASKS, agency_id=task.agency_id, region_path=task.region_path
    )
    return [card for card in found if card.id != task.assignee_id]


def _officer_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("officer", ""))
    except ValueError as error:
        raise Malformed from error


def _do_claim(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.claim_task(actor=actor_of(request), task_id=task_id, at=at)
    return _("You have taken the task.")


def _do_release(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.release_task(actor=actor_of(request), task_id=task_id, at=at)
    return _("The task is back in the pool.")


def _do_complete(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.complete_task(
        actor=actor_of(request),
        task_id=task_id,
        outcome=request.POST.get("outcome", ""),
        opinion=request.POST.get("opinion", "")[:4000],
        at=at,
    )
    return _("The task is finished.")


def _do_return(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.return_task(
        actor=actor_of(request),
        task_id=task_id,
        reason=request.POST.get("reason", "")[:4000],
        to_step=request.POST.get("to_step", ""),
        at=at,
    )
    return _("The matter went back to the earlier step.")


def _do_transfer(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.transfer_task(
        actor=actor_of(request),
        task_id=task_id,
        to_officer_id=_officer_id(request),
        reason=request.POST.get("reason", "")[:1000],
        at=at,
    )
    return _("The task was handed over.")


def _do_consult(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.add_consultant(
        actor=actor_of(request),
        task_id=task_id,
        officer_id=_officer_id(request),
        question=request.POST.get("question", "")[:2000],
        at=at,
    )
    return _("The colleague was asked.")


def _do_urge(request: HttpRequest, task_id: UUID, at: datetime) -> str:
    services.urge(
        actor=actor_of(request),
        task_id=task_id,
        note=request.POST.get("reason", "")[:1000],
        at=at,
    )
    return _("The task was urged.")


TASK_VERBS: dict[str, tuple[Callable[[HttpRequest, UUID, datetime], str], bool]] = {
    # verb -> what it does, and whether the page of the task is still the place to be
    "claim": (_do_claim, True),
    "release": (_do_release, False),
    "complete": (_do_complete, False),
    "return": (_do_return, False),
    "transfer": (_do_transfer, False),
    "consult": (_do_consult, True),
    "urge": (_do_urge, True),
}


@require_POST
@officer_only
def task_verb(request: HttpRequest, task_id: UUID, verb: str) -> HttpResponse:
    """Do something with a task; a refusal shows on the task's page with what was typed."""
    if verb not in TASK_VERBS:
        raise NotFound
    act, stays = TASK_VERBS[verb]
    try:
        said = act(request, task_id, clock.now())
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _task_page(request, task_id, refusal)
    messages.success(request, said)
    own = reverse("workflow:task", args=[task_id]) if stays else reverse("workflow:inbox")
    return HttpResponseRedirect(_next(request, own))


def _next(request: HttpRequest, fallback: str) -> str:
    """The address a page of another module asked to go back to, if it is ours."""
    target = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return target if known else fallback


# --- the process drawn -------------------------------------------------------------------------


@require_GET
@officer_only
def process_page(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """The process with where it stands, its clocks, and every step so far."""
    return _process_page(request, instance_id)


def _process_page(
    request: HttpRequest, instance_id: UUID, refusal: Refusal | None = None
) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    instance = access_instance(standing(actor, at=at), instance_id)
    note_look(instance.subject_kind, instance.subject_id, actor, at)
    definition, _spec = loaded(instance.version_id)
    current = queries.current_steps(instance_id)
    lit = {step.step_id for step in current if step.kind == "task"}
    at_home = partial(actor.can, agency_id=instance.agency_id, region_path=instance.region_path)
    is_running = instance.state == InstanceState.RUNNING
    state = queries.clock(instance_id, at=at)
    context = {
        "instance": instance,
        "name": definition.name,
        "clock": state,
        "colour": LIGHT_COLOURS.get(state.light, ""),
        "current": current,
        "lit": ",".join(sorted(lit)),
        "passed": ",".join(sorted(instance.visited)),
        "drawing": drawing(definition, current=lit, passed=set(instance.visited)),
        "tasks": [_row(task) for task in queries.tasks_of(instance_id)],
        "timeline": queries.timeline(
            instance.subject_kind, instance.subject_id, audience="officer"
        ),
        "subject_url": subject_url(instance.subject_kind, instance.subject_id),
        "extensions": list(instance.extensions.order_by("id")),
        "reasons": [(r.code, r.title, r.source) for r in SUSPENSION_REASONS.values()],
        "can_stop": is_running and state.is_running and at_home(STOP_CLOCKS),
        "can_ask": is_running and state.is_running and at_home(WORK_TASKS),
        "can_approve": is_running and at_home(APPROVE_EXTENSIONS),
        "refusal": refusal,
        "typed": request.POST,
    }
    status = refusal.status if refusal else 200
    return render(request, "workflow/process.html", context, status=status)


@require_GET
@officer_only
def diagram(request: HttpRequest, instance_id: UUID) -> HttpResponse:
    """The BPMN of the instance's version, for the viewer."""
    instance = access_instance(standing(actor_of(request), at=clock.now()), instance_id)
    text = in_language(instance.version.source)
    return HttpResponse(text, content_type="application/xml; charset=utf-8")


@require_POST
@officer_only
def clock_verb(request: HttpRequest, instance_id: UUID, verb: str) -> HttpResponse:
    """Stop, resume, ask for an extension, answer one."""
    actor, at = actor_of(request), clock.now()
    access_instance(standing(actor, at=at), instance_id)
    if verb not in {"suspend", "resume", "extend", "answer"}:
        raise NotFound
    try:
        _move_clock(request, instance_id, verb, at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _process_page(request, instance_id, refusal)
    messages.success(request, _("Saved."))
    return redirect("workflow:process", instance_id=instance_id)


def _move_clock(request: HttpRequest, instance_id: UUID, verb: str, at: datetime) -> None:
    actor, form = actor_of(request), request.POST
    note = form.get("note", "")[:2000]
    number = _whole(form.get("days", ""))
    if verb == "suspend":
        kind = CalendarDays if form.get("unit") == "days" else Workdays
        services.suspend(
            instance_id=instance_id,
            reason_code=form.get("reason", ""),
            days=kind(number) if number else None,
            note=note,
            actor=actor,
            at=at,
        )
    elif verb == "resume":
        services.resume(instance_id=instance_id, note=note, actor=actor, at=at)
    elif verb == "extend":
        services.request_extension(
            instance_id=instance_id,
            workdays=number,
            reason=note,
            joint=form.get("joint") == "on",
            actor=actor,
            at=at,
        )
    else:
        try:
            request_id = UUID(form.get("request", ""))
        except ValueError as error:
            raise Malformed from error
        answer = (
            services.approve_extension
            if form.get("answer") == "approve"
            else services.refuse_extension
        )
        answer(request_id=request_id, actor=actor, answer=note, at=at)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


# --- delegations -------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@officer_only
def delegations_page(request: HttpRequest) -> HttpResponse:
    """Who does my tasks while I am away, and whose I do."""
    actor, at = actor_of(request), clock.now()
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            services.delegate(
                actor=actor,
                to_officer_id=_officer_id(request),
                from_on=_day(request.POST.get("from_on", "")),
                until_on=_day(request.POST.get("until_on", "")),
                reason=request.POST.get("reason", ""),
                at=at,
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Your colleague sees your tasks during that time."))
            return redirect("workflow:delegations")
    colleagues = []
    if actor.agency_id is not None:
        found = identity.officers_with(
            WORK_TASKS, agency_id=actor.agency_id, region_path=actor.region_path
        )
        colleagues = [
            c for c in found if c.id != actor.officer_id and c.agency_id == actor.agency_id
        ]
    context = {
        "rows": queries.delegations(actor, at=at),
        "me": actor.officer_id,
        "colleagues": colleagues,
        "today": local_date(at),
        "refusal": refusal,
        "typed": request.POST,
    }
    status = refusal.status if refusal else 200
    return render(request, "workflow/delegations.html", context, status=status)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed from error


@require_POST
@officer_only
def end_delegation(request: HttpRequest, delegation_id: UUID) -> HttpResponse:
    """Back early."""
    services.end_delegation(actor=actor_of(request), delegation_id=delegation_id, at=clock.now())
    messages.success(request, _("The delegation has ended."))
    return redirect("workflow:delegations")


# --- definitions -------------------------------------------------------------------------------


@require_GET
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def definitions_page(request: HttpRequest) -> HttpResponse:
    """Every process and decision table, with its newest version."""
    context = {
        "processes": queries.processes(),
        "decisions": queries.decisions(),
        "can_publish": actor_of(request).can(PUBLISH_DEFINITIONS),
    }
    return render(request, "workflow/definitions.html", context)


@require_http_methods(["GET", "POST"])
@permitted(PUBLISH_DEFINITIONS)
def publish_page(request: HttpRequest) -> HttpResponse:
    """Publish a version from a file; what is wrong is listed, nothing is lost."""
    problems: list[Any] = []
    status = 200
    if request.method == "POST":
        try:
            return _publish(request)
        except DefinitionInvalid as refusal:
            problems, status = list(refusal.fields), refusal.status
        except Malformed as refusal:
            problems, status = [refusal], refusal.status
    context = {"problems": problems, "typed": request.POST}
    return render(request, "workflow/publish.html", context, status=status)


def _publish(request: HttpRequest) -> HttpResponse:
    key, text = request.POST.get("key", "").strip(), request.POST.get("source", "")
    upload = request.FILES.get("file")
    if upload is not None:
        text = upload.read(1_000_001).decode("utf-8", "replace")
    if not key or not key.replace("_", "").replace(".", "").isalnum() or not text:
        raise Malformed
    actor, at = actor_of(request), clock.now()
    if request.POST.get("kind") == "decision":
        starts = request.POST.get("effective_from", "")
        services.publish_decision(
            key=key,
            dmn=text,
            actor=actor,
            at=at,
            effective_from=_day(starts) if starts else None,
        )
        messages.success(request, _("The decision table is published."))
        return redirect("workflow:decision", key=key)
    services.publish_process(key=key, bpmn=text, actor=actor, at=at)
    messages.success(request, _("The process is published."))
    return redirect("workflow:definition", key=key)


@require_GET
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def definition_page(request: HttpRequest, key: str) -> HttpResponse:
    """One process: its picture, its steps, its versions."""
    roles = {role.code: role.name for role in identity.roles()}
    versions = queries.process_versions(key)
    wanted = _whole(request.GET.get("version", ""))
    version = next((v for v in versions if v.number == wanted), versions[0])
    definition, _spec = loaded(version.pk)
    running = queries.running_by_version(key)
    context = {
        "version": version,
        "versions": [(v, running.get(v.pk, 0)) for v in versions],
        "steps": [
            {**step, "role_name": roles.get(step.get("role") or "")} for step in version.steps
        ],
        "drawing": drawing(definition, current=set(), passed=set()),
        "outcomes": OUTCOMES,
    }
    return render(request, "workflow/definition.html", context)


@require_GET
@permitted(READ_PROCESSES, PUBLISH_DEFINITIONS)
def decision_page(request: HttpRequest, key: str) -> HttpResponse:
    """One decision table as a table, with its versions."""
    versions = queries.decision_versions(key)
    wanted = _whole(request.GET.get("version", ""))
    version = next((v for v in versions if v.number == wanted), versions[0])
    table, _problems = read_decision(version.source)
    return render(
        request,
        "workflow/decision.html",
        {"version": version, "versions": versions, "table": table and _shown_table(table)},
    )


def _shown_table(table: Table) -> dict[str, object]:
    """A decision table in words: both languages split, yes and no, money as money."""
    words = {"true": _("Yes"), "false": _("No")}
    return {
        "inputs": [localise(split_name(column.label)) for column in table.inputs],
        "outputs": [_("Amount") if name.endswith("_fen") else name for name in table.outputs],
        "rules": [
            {
                "number": rule.number,
                "tests": [words.get(test.text, test.text) for test in rule.tests],
                "outputs": [
                    format_fen(int(cell.text))
                    if name.endswith("_fen") and cell.text.isdigit()
                    else cell.text
                    for name, cell in zip(table.outputs, rule.outputs, strict=True)
                ],
                "note": rule.note,
            }
            for rule in table.rules
        ],
    }
