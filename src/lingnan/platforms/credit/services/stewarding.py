"""New versions of rules and scorecards and changes of the catalogues: one proposes, another
publishes. No version reaches back: facts before its first day keep the rule they had.

Source: Plan 五（四）2（3） (制度支撑); two persons: GB/T 22239-2019 8.1.4.2.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import SelfApproval, is_own
from lingnan.platforms.workflow import queries as workflow
from lingnan.security.audit import services as audit

from .. import access
from ..errors import (
    ProposalDecided,
    ProposalOpen,
    ReasonMissing,
    RuleContentWrong,
    RuleNotNew,
    RuleReachesBack,
)
from ..models import MeasureKind, RosterKind, RuleProposal, RuleSet, Scorecard
from ..queries.stewarding import RuleFile, rule_file
from ..shaping import meaning_problems, shape_problems
from ..types import STEWARD, ProposalState, RuleKind
from . import rules


@transaction.atomic
def propose_rule(
    *,
    actor: Actor,
    kind: str,
    code: str,
    version: str = "",
    source: str,
    effective_from: date | None = None,
    content: dict[str, Any],
    reason: str,
    at: datetime,
) -> RuleProposal:
    """Propose the next version of a rule or scorecard, or a change of a measure or roster.

    Raises: Forbidden (403), RuleUnknown (404), ReasonMissing, RuleContentWrong (422), RuleNotNew,
    RuleReachesBack, ProposalOpen (409).
    """
    actor.check(STEWARD)
    assert actor.officer_id is not None, "officers propose"
    if not reason.strip() or not source.strip():
        raise ReasonMissing
    found = rule_file(kind, code)
    _check_content(found, content)
    if found.is_dated:
        _check_dates(found, version=version, effective_from=effective_from, at=at)
    else:
        version, effective_from = "", None
    row = RuleProposal(
        kind=kind,
        code=code,
        version=version.strip()[:20],
        title=found.title,
        source=source.strip()[:300],
        effective_from=effective_from,
        before=found.newest.content,
        content=content,
        reason=reason.strip()[:1000],
        proposed_at=at,
        proposed_by_id=actor.officer_id,
        proposed_by=actor.name[:100],
        proposer_account_id=actor.account_id,
        proposer_person_id=actor.person_id,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "credit_proposal_one_open" not in str(error):
            raise
        raise ProposalOpen from error
    _audit(actor, "credit.rule_proposed", row, at)
    return row


def _check_content(found: RuleFile, content: dict[str, Any]) -> None:
    problems = shape_problems(found.newest.content, content)
    if not problems:
        problems = meaning_problems(found.kind, content)
    if not problems and found.kind == RuleKind.ROSTER:
        known = set(MeasureKind.objects.values_list("code", flat=True))
        if set(content["measures"]) - known:
            raise RuleContentWrong(place="measures")
    if problems:
        raise RuleContentWrong(place=problems[0].path, fields=problems)


def _check_dates(
    found: RuleFile, *, version: str, effective_from: date | None, at: datetime
) -> None:
    if not version.strip() or any(row.version == version.strip() for row in found.versions):
        raise RuleNotNew
    newest = found.newest.effective_from
    today = local_date(at)
    if effective_from is None or effective_from <= today or (newest and effective_from <= newest):
        raise RuleReachesBack(today=today.isoformat())


@transaction.atomic
def decide_proposal(
    *, actor: Actor, proposal_id: UUID, publish: bool, note: str, at: datetime
) -> RuleProposal:
    """Another steward publishes a proposal or refuses it, with a reason.

    Raises: Forbidden (403), ProposalNotFound (404), SelfApproval (403), ReasonMissing (422),
    ProposalDecided, RuleReachesBack (its day has passed meanwhile) (409).
    """
    actor.check(STEWARD)
    access.access_proposal(actor, proposal_id)
    row = RuleProposal.objects.select_for_update().get(pk=proposal_id)
    if row.state != ProposalState.PROPOSED:
        raise ProposalDecided
    behind = identity.persons_behind(row.proposer_account_id)
    own = is_own(actor, row.proposer_account_id, row.proposer_person_id, *behind)
    if own or actor.officer_id == row.proposed_by_id:
        raise SelfApproval
    if not publish and not note.strip():
        raise ReasonMissing
    if publish:
        _publish(row, actor=actor, at=at)
    _decide(row, ProposalState.PUBLISHED if publish else ProposalState.REFUSED, actor, note, at)
    return row


@transaction.atomic
def withdraw_proposal(*, actor: Actor, proposal_id: UUID, at: datetime) -> RuleProposal:
    """Whoever proposed takes it back. Raises: ProposalNotFound (404), ProposalDecided (409)."""
    actor.check(STEWARD)
    row = access.own_proposal(actor, proposal_id)
    row = RuleProposal.objects.select_for_update().get(pk=row.pk)
    if row.state != ProposalState.PROPOSED:
        raise ProposalDecided
    _decide(row, ProposalState.WITHDRAWN, actor, "", at)
    return row


def _decide(row: RuleProposal, state: str, actor: Actor, note: str, at: datetime) -> None:
    row.state, row.decided_at, row.note = state, at, note.strip()[:1000]
    row.decided_by_id, row.decided_by = actor.officer_id, actor.name[:100]
    row.save(update_fields=["state", "decided_at", "note", "decided_by_id", "decided_by"])
    _audit(actor, f"credit.rule_{state}", row, at)


def _publish(row: RuleProposal, *, actor: Actor, at: datetime) -> None:
    locks.hold("credit.rulebook", f"{row.kind}:{row.code}")
    if row.effective_from is not None and row.effective_from <= local_date(at):
        raise RuleReachesBack(today=local_date(at).isoformat())
    content = row.content
    if row.kind == RuleKind.RULE:
        assert row.effective_from is not None
        rules.enter_rule(
            actor=actor,
            code=row.code,
            version=row.version,
            title=row.title,
            source=row.source,
            effective_from=row.effective_from,
            parameters=content,
            at=at,
        )
    elif row.kind == RuleKind.SCORECARD:
        assert row.effective_from is not None
        Scorecard.objects.create(
            code=row.code,
            version=row.version,
            title=row.title,
            source=row.source,
            effective_from=row.effective_from,
            **content,
        )
    elif row.kind == RuleKind.MEASURE:
        MeasureKind.objects.filter(code=row.code).update(**content)
    else:
        fields = {name: value for name, value in content.items() if name != "measures"}
        RosterKind.objects.filter(code=row.code).update(**fields)
        kind = RosterKind.objects.get(code=row.code)
        kind.measures.set(MeasureKind.objects.filter(code__in=content["measures"]))


def refresh_procedures(*, at: datetime) -> int:
    """From the first day of a new version of periods on, the procedures are published with them;
    also where that day was missed.

    Cases under way keep the version they began with. How many were published.
    """
    today = local_date(at)
    begun = RuleSet.objects.filter(
        effective_from__lte=today, code__in=list(rules.PROCESSES.values())
    ).values_list("code", "effective_from")
    newest = dict(begun.order_by("effective_from"))
    done = {row.key: local_date(row.published_at) for row in workflow.processes()}
    keys = [
        key
        for key, code in rules.PROCESSES.items()
        if code in newest and (newest[code] == today or newest[code] > done.get(key, date.min))
    ]
    for key in keys:
        rules.publish_procedure(key, actor=system_actor("credit.rules"), at=at)
    return len(keys)


def _audit(actor: Actor, act: str, row: RuleProposal, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="credit_rule_proposal",
        object_id=row.pk,
        facts={"kind": row.kind, "code": row.code, "version": row.version},
        at=at,
    )
