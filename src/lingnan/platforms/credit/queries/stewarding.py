"""Rules, scorecards and catalogues as their stewards read them."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lingnan.kernel.pagination import Page, keyset_page

from ..errors import RuleUnknown
from ..models import MeasureKind, RosterKind, RuleProposal, RuleSet, Scorecard
from ..types import ProposalState, RuleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version; `effective_until` is the first day it does not hold any more."""

    version: str
    source: str
    effective_from: date | None
    effective_until: date | None
    content: dict[str, Any]

    def holds(self, on: date) -> bool:
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_until is None or on < self.effective_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """Everything of one rule: its versions, the newest first, and what is proposed."""

    kind: str
    code: str
    title: dict[str, str]
    versions: tuple[RuleVersion, ...] = ()
    proposal: RuleProposal | None = field(default=None)

    @property
    def is_dated(self) -> bool:
        return self.kind in {RuleKind.RULE, RuleKind.SCORECARD}

    @property
    def newest(self) -> RuleVersion:
        return self.versions[0]


def rule_files() -> list[RuleFile]:
    """Every rule, scorecard, measure and roster, with all versions. Six queries."""
    open_ones = {
        (row.kind, row.code): row
        for row in RuleProposal.objects.filter(state=ProposalState.PROPOSED)
    }
    found: list[RuleFile] = []
    rules: dict[str, list[RuleSet]] = {}
    for rule in RuleSet.objects.order_by("code", "-effective_from"):
        rules.setdefault(rule.code, []).append(rule)
    cards: dict[str, list[Scorecard]] = {}
    for card in Scorecard.objects.order_by("code", "-effective_from", "-id"):
        cards.setdefault(card.code, []).append(card)
    for code, rows in rules.items():
        found.append(
            RuleFile(
                kind=RuleKind.RULE,
                code=code,
                title=rows[0].title,
                versions=tuple(
                    RuleVersion(
                        version=row.version,
                        source=row.source,
                        effective_from=row.effective_from,
                        effective_until=row.effective_until,
                        content=row.parameters,
                    )
                    for row in rows
                ),
                proposal=open_ones.get((RuleKind.RULE, code)),
            )
        )
    for code, own in cards.items():
        ends = [None, *(row.effective_from for row in own)]
        found.append(
            RuleFile(
                kind=RuleKind.SCORECARD,
                code=code,
                title=own[0].title,
                versions=tuple(
                    RuleVersion(
                        version=row.version,
                        source=row.source,
                        effective_from=row.effective_from,
                        effective_until=end,
                        content={
                            "base_points": row.base_points,
                            "grades": row.grades,
                            "indicators": row.indicators,
                        },
                    )
                    for row, end in zip(own, ends, strict=False)
                ),
                proposal=open_ones.get((RuleKind.SCORECARD, code)),
            )
        )
    for kind in MeasureKind.objects.order_by("nature", "code"):
        content: dict[str, Any] = {
            "title": kind.title,
            "legal_basis": kind.legal_basis,
            "catalogue": kind.catalogue,
            "applies_to": kind.applies_to,
            "executor_kinds": kind.executor_kinds,
        }
        found.append(_undated(RuleKind.MEASURE, kind, content, open_ones))
    for roster in RosterKind.objects.prefetch_related("measures").order_by("nature", "code"):
        content = {
            "title": roster.title,
            "conduct": roster.conduct,
            "legal_basis": roster.legal_basis,
            "term_months": roster.term_months,
            "repair_after_months": roster.repair_after_months,
            "exit_conditions": roster.exit_conditions,
            "remedy": roster.remedy,
            "measures": sorted(measure.code for measure in roster.measures.all()),
        }
        found.append(_undated(RuleKind.ROSTER, roster, content, open_ones))
    return found


def _undated(
    kind: str,
    row: MeasureKind | RosterKind,
    content: dict[str, Any],
    open_ones: dict[tuple[str, str], RuleProposal],
) -> RuleFile:
    version = RuleVersion(
        version="",
        source=row.legal_basis,
        effective_from=None,
        effective_until=None,
        content=content,
    )
    return RuleFile(
        kind=kind,
        code=row.code,
        title=row.title,
        versions=(version,),
        proposal=open_ones.get((kind, row.code)),
    )


def rule_file(kind: str, code: str) -> RuleFile:
    """One of them. Raises: RuleUnknown (404)."""
    found = next((row for row in rule_files() if (row.kind, row.code) == (kind, code)), None)
    if found is None:
        raise RuleUnknown
    return found


def proposals(*, state: str = "", cursor: str | None = None, limit: int = 20) -> Page[RuleProposal]:
    """What was proposed, newest first. One query."""
    rows = RuleProposal.objects.all()
    if state in ProposalState.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-proposed_at", "-id"), cursor=cursor, limit=limit)


def proposals_of(kind: str, code: str) -> list[RuleProposal]:
    """What was ever proposed for one rule, newest first, at most fifty."""
    rows = RuleProposal.objects.filter(kind=kind, code=code)
    return list(rows.order_by("-proposed_at", "-id")[:50])
