"""Sources, rules and policies: what ships, and what the credit office maintains."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import locks, seeds
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import LocalisedText
from lingnan.platforms.workflow import services as workflow
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies

from ..errors import BasisMissing, SourceTaken
from ..models import (
    CreditSource,
    MeasureKind,
    PolicyDocument,
    RosterKind,
    RuleSet,
    Scorecard,
)
from ..queries.rules import rule
from ..types import MANAGE

CONTENT = Path(__file__).resolve().parents[1] / "content"
SEED = "credit.content"
EDITION = "1"
PROCESSES = {
    "credit_roster": "roster",
    "credit_objection": "objection",
    "credit_repair": "repair",
    "credit_breach": "breach",
    "credit_complaint": "complaint",
}


def load_content(*, at: datetime) -> bool:
    """Rules and policies that ship. The same edition again does nothing."""
    digest = seeds.digest_of(CONTENT.iterdir(), edition=EDITION)
    if seeds.is_loaded(SEED, digest):
        return False
    actor = system_actor("credit.content")
    with transaction.atomic():
        for row in _read("rules.json"):
            set_rule(
                actor=actor,
                code=row["code"],
                version=row["version"],
                title=row["title"],
                source=row["source"],
                effective_from=date.fromisoformat(row["effective_from"]),
                parameters=row["parameters"],
                at=at,
            )
        for row in _read("policies.json"):
            PolicyDocument.objects.update_or_create(
                code=row["code"],
                defaults={
                    "title": row["title"],
                    "issuer": row["issuer"],
                    "document_number": row["document_number"],
                    "effective_from": date.fromisoformat(row["effective_from"]),
                    "effective_until": row["effective_until"] or None,
                    "summary": row["summary"],
                },
            )
        _load_rosters()
        for key in PROCESSES:
            publish_procedure(key, actor=actor, at=at)
        seeds.mark_loaded(SEED, digest)
    return True


def _load_rosters() -> None:
    for row in _read("scorecards.json"):
        effective_from = date.fromisoformat(row["effective_from"])
        Scorecard.objects.get_or_create(
            code=row["code"],
            version=row["version"],
            defaults={**row, "effective_from": effective_from},
        )
    for row in _read("measures.json"):
        MeasureKind.objects.update_or_create(
            code=row["code"], defaults={k: v for k, v in row.items() if k != "code"}
        )
    for row in _read("rosters.json"):
        codes = row.pop("measures")
        kind, _created = RosterKind.objects.update_or_create(
            code=row["code"], defaults={k: v for k, v in row.items() if k != "code"}
        )
        kind.measures.set(MeasureKind.objects.filter(code__in=codes))


def publish_procedure(key: str, *, actor: Actor, at: datetime) -> None:
    """A shipped procedure, with the periods of the rule in force."""
    source = (CONTENT / f"{key}.bpmn").read_text(encoding="utf-8")
    for name, days in rule(PROCESSES[key], local_date(at)).parameters.items():
        source = source.replace(f"{{{name.removesuffix('_workdays')}}}", str(int(days)))
    workflow.publish_process(key=key, bpmn=source, actor=actor, at=at)


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((CONTENT / name).read_text(encoding="utf-8"))
    return rows


@transaction.atomic
def set_rule(
    *,
    actor: Actor,
    code: str,
    version: str,
    title: LocalisedText,
    source: str,
    effective_from: date,
    parameters: dict[str, Any],
    at: datetime,
) -> RuleSet:
    """Enter a version of a rule; the version before it ends where this begins.

    The same version again changes nothing. Raises: Forbidden (403), BasisMissing (422).
    """
    actor.check(MANAGE)
    return enter_rule(
        actor=actor,
        code=code,
        version=version,
        title=title,
        source=source,
        effective_from=effective_from,
        parameters=parameters,
        at=at,
    )


def enter_rule(
    *,
    actor: Actor,
    code: str,
    version: str,
    title: LocalisedText,
    source: str,
    effective_from: date,
    parameters: dict[str, Any],
    at: datetime,
) -> RuleSet:
    """`set_rule` after who may was decided, in the caller's transaction."""
    if not source.strip():
        raise BasisMissing
    locks.hold("credit.rule", code)
    known = RuleSet.objects.filter(code=code, version=version).first()
    if known is not None:
        return known
    later = RuleSet.objects.filter(code=code, effective_from__gt=effective_from)
    following = later.order_by("effective_from").first()
    RuleSet.objects.filter(code=code, effective_from__lt=effective_from).exclude(
        effective_until__lte=effective_from
    ).update(effective_until=effective_from)
    row = RuleSet.objects.create(
        code=code,
        version=version,
        title=title,
        source=source.strip(),
        effective_from=effective_from,
        effective_until=following.effective_from if following else None,
        parameters=parameters,
    )
    audit.record(
        actor=actor,
        act="credit.rule_set",
        object_kind="credit_rule",
        object_id=row.pk,
        facts={"code": code, "version": version, "from": effective_from.isoformat()},
        at=at,
    )
    return row


@transaction.atomic
def register_source(
    *,
    actor: Actor,
    code: str,
    title: LocalisedText,
    agency_id: UUID,
    kind: str,
    section: str,
    legal_basis: str,
    cycle: str,
    publicity_rule: str,
    at: datetime,
) -> CreditSource:
    """Register what an agency reports. Raises: Forbidden (403), BasisMissing (422), SourceTaken."""
    agency = agencies.agency(agency_id)
    actor.check(MANAGE, agency_id=agency.id, region_path=agency.region_path)
    if not legal_basis.strip():
        raise BasisMissing
    locks.hold("credit.source", code)
    if CreditSource.objects.filter(code=code).exists():
        raise SourceTaken(source_code=code)
    row = CreditSource.objects.create(
        code=code,
        title=title,
        agency_id=agency.id,
        region_path=agency.region_path,
        kind=kind,
        section=section,
        legal_basis=legal_basis.strip(),
        cycle=cycle,
        publicity_rule=publicity_rule,
    )
    audit.record(
        actor=actor,
        act="credit.source_registered",
        object_kind="credit_source",
        object_id=row.pk,
        facts={"code": code, "agency": str(agency.id)},
        at=at,
    )
    return row
