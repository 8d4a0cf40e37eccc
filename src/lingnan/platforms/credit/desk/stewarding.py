"""Rules, scorecards, measures and rosters: read them with their dates and sources, propose a next
version, publish what a colleague proposed.
"""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import access, queries, services, shaping
from ..errors import RuleContentWrong, RuleReachesBack
from ..types import STEWARD, ProposalState, RuleKind

get_only = require_http_methods(["GET", "HEAD"])
page = require_http_methods(["GET", "HEAD", "POST"])
FIELDS = {
    "credit.rule_not_new": "version",
    "credit.rule_reaches_back": "effective_from",
    "credit.reason_missing": "reason",
}


@get_only
@permitted(STEWARD)
def rules(request: HttpRequest) -> HttpResponse:
    """Everything a steward looks after, by kind; what is proposed stands at the top."""
    today = clock.today()
    files = queries.rule_files()
    groups = [
        (
            RuleKind(kind).label,
            [
                (row, next((v for v in row.versions if v.holds(today)), row.newest))
                for row in files
                if row.kind == kind
            ],
        )
        for kind in RuleKind.values
    ]
    context = {
        "groups": groups,
        "proposals": queries.proposals(state=ProposalState.PROPOSED).items,
        "today": today,
    }
    return render(request, "credit/desk_rules.html", context)


@get_only
@permitted(STEWARD)
def rule(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """One of them: every version with its days and source, what was proposed, and its values."""
    found = queries.rule_file(kind, code)
    today = clock.today()
    wanted = request.GET.get("version", "")
    shown = next(
        (row for row in found.versions if wanted and row.version == wanted),
        next((row for row in found.versions if row.holds(today)), found.newest),
    )
    context = {
        "file": found,
        "shown": shown,
        "lines": shaping.lines(shown.content),
        "versions": [(row, row.holds(today)) for row in found.versions],
        "proposals": queries.proposals_of(kind, code),
        "today": today,
    }
    return render(request, "credit/desk_rule.html", context)


@page
@permitted(STEWARD)
def propose(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """The next version, line by line, beginning from the newest."""
    found = queries.rule_file(kind, code)
    content = found.newest.content
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        typed = {
            name.removeprefix("line."): str(value)
            for name, value in request.POST.items()
            if name.startswith("line.")
        }
        content, wrong = shaping.read_lines(content, typed)
        try:
            if wrong:
                raise RuleContentWrong(place=wrong[0].path, fields=wrong)
            made = services.propose_rule(
                actor=actor_of(request),
                kind=kind,
                code=code,
                version=request.POST.get("version", ""),
                source=request.POST.get("source", ""),
                effective_from=_day(request) if found.is_dated else None,
                content=content,
                reason=request.POST.get("reason", ""),
                at=clock.now(),
            )
            messages.success(request, _("Proposed. A colleague publishes or refuses it."))
            return HttpResponseRedirect(reverse("credit:desk_proposal", args=[made.pk]))
        except Refusal as refusal:
            problems = [
                FieldProblem(f"line.{problem.path}", problem.code, problem.message)
                for problem in refusal.fields
            ] or [
                FieldProblem(
                    FIELDS.get(refusal.code, "reason"),
                    refusal.code,
                    f"{refusal.text} {refusal.remedy}".strip(),
                )
            ]
            status = refusal.status
    rows = shaping.lines(content)
    if request.method == "POST":
        rows = [
            shaping.ContentLine(
                path=row.path,
                kind=row.kind,
                text=request.POST.get(f"line.{row.path}", row.text),
            )
            for row in rows
        ]
    context = {
        "file": found,
        "lines": rows,
        "problems": problems,
        "posted": request.POST,
        "wrong": {problem.path for problem in problems},
    }
    return render(request, "credit/desk_propose.html", context, status=status)


@page
@permitted(STEWARD)
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """One proposal: what changes, and the decision of someone else."""
    actor, at = actor_of(request), clock.now()
    row = access.access_proposal(actor, proposal_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        act, note = request.POST.get("act", ""), request.POST.get("note", "")
        try:
            if act == "withdraw":
                services.withdraw_proposal(actor=actor, proposal_id=proposal_id, at=at)
            else:
                services.decide_proposal(
                    actor=actor,
                    proposal_id=proposal_id,
                    publish=act == "publish",
                    note=note,
                    at=at,
                )
            return HttpResponseRedirect(request.path)
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            problems = [
                FieldProblem("note", refusal.code, f"{refusal.text} {refusal.remedy}".strip())
            ]
            status = refusal.status
    before = {line.path: line.text for line in shaping.lines(row.before)}
    after = shaping.lines(row.content)
    paths = {line.path for line in after}
    context = {
        "row": row,
        "changed": [
            (line, before.get(line.path, ""))
            for line in after
            if before.get(line.path) != line.text
        ],
        "dropped": [line for line in shaping.lines(row.before) if line.path not in paths],
        "unchanged": sum(before.get(line.path) == line.text for line in after),
        "is_own": actor.officer_id == row.proposed_by_id,
        "is_open": row.state == ProposalState.PROPOSED,
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "credit/desk_proposal.html", context, status=status)


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("effective_from", ""))
    except ValueError as error:
        raise RuleReachesBack(today=clock.today().isoformat()) from error
