"""Publishing processes and decision tables; asking a decision table."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.errors import FieldProblem
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit

from .. import registry
from ..definitions import Definition, read_process
from ..dmn import Table, read_decision
from ..engine import compile_spec
from ..errors import DecisionUnknown, DefinitionInvalid
from ..layout import with_diagram
from ..models import DecisionVersion, ProcessVersion
from ..types import PUBLISH_DEFINITIONS, DecisionResult, DefinitionProblem


def check_process(bpmn: str | bytes) -> tuple[Definition | None, list[DefinitionProblem]]:
    """Read a process and list what would keep it from being published. Writes nothing."""
    roles = {role.code for role in identity.roles()}
    decisions = set(DecisionVersion.objects.values_list("key", flat=True).distinct())
    return read_process(
        bpmn,
        known_actions=registry.actions() or None,
        known_decisions=decisions,
        known_roles=roles or None,
    )


@transaction.atomic
def publish_process(*, key: str, bpmn: str | bytes, actor: Actor, at: datetime) -> ProcessVersion:
    """Publish the next version of a process; running instances stay on theirs.

    The same text again is the same version. Raises: DefinitionInvalid (422) with each problem.
    """
    actor.check(PUBLISH_DEFINITIONS)
    source = bpmn.decode() if isinstance(bpmn, bytes) else bpmn
    locks.hold("workflow.process", key)
    digest = sha256(source.encode()).hexdigest()
    latest = ProcessVersion.objects.filter(key=key).order_by("-number").first()
    if latest is not None and latest.digest == digest:
        return latest
    definition, problems = check_process(source)
    if definition is None:
        raise _invalid(problems)
    compile_spec(definition)
    version = ProcessVersion.objects.create(
        key=key,
        number=latest.number + 1 if latest else 1,
        name=definition.name,
        source=with_diagram(source, definition),
        digest=digest,
        steps=definition.steps(),
        published_by=actor.name[:100],
        published_at=at,
    )
    _audit(actor, "workflow.process_published", "process_version", version.pk, key, at)
    return version


@transaction.atomic
def publish_decision(
    *,
    key: str,
    dmn: str | bytes,
    actor: Actor,
    at: datetime,
    effective_from: date | None = None,
) -> DecisionVersion:
    """Publish the next version of a decision table, checked for gaps and overlaps.

    It holds for facts of `effective_from` and later (today, unless said); the first version holds
    for all facts. Raises: DefinitionInvalid (422).
    """
    actor.check(PUBLISH_DEFINITIONS)
    source = dmn.decode() if isinstance(dmn, bytes) else dmn
    locks.hold("workflow.decision", key)
    digest = sha256(source.encode()).hexdigest()
    latest = DecisionVersion.objects.filter(key=key).order_by("-number").first()
    if latest is not None and latest.digest == digest:
        return latest
    table, problems = read_decision(source)
    if table is None:
        raise _invalid(problems)
    number = DecisionVersion.objects.filter(key=key).aggregate(last=Max("number"))["last"] or 0
    first = date(1949, 10, 1) if number == 0 else local_date(at)
    version = DecisionVersion.objects.create(
        key=key,
        number=number + 1,
        name=table.name,
        source=source,
        digest=digest,
        effective_from=effective_from or first,
        published_by=actor.name[:100],
        published_at=at,
    )
    _audit(actor, "workflow.decision_published", "decision_version", version.pk, key, at)
    return version


def evaluate(decision_key: str, facts: Mapping[str, Any], *, at: datetime | date) -> DecisionResult:
    """Ask the version of a decision table that held on the day of the facts. One query.

    Raises: DecisionUnknown (404), NoRuleMatched (409), SeveralRulesMatched (409).
    """
    on = local_date(at) if isinstance(at, datetime) else at
    version = (
        DecisionVersion.objects.filter(key=decision_key, effective_from__lte=on)
        .order_by("-effective_from", "-number")
        .only("id", "key", "number")
        .first()
    )
    if version is None:
        raise DecisionUnknown(decision=decision_key)
    value, rules = table_of(version.pk).evaluate(facts)
    return DecisionResult(key=version.key, version=version.number, value=value, rules=rules)


@lru_cache(maxsize=500)
def table_of(version_id: UUID) -> Table:
    """A published table, read once per process."""
    source = DecisionVersion.objects.values_list("source", flat=True).get(pk=version_id)
    table, problems = read_decision(source)
    assert table is not None, problems
    return table


def _invalid(problems: list[DefinitionProblem]) -> DefinitionInvalid:
    fields = [
        FieldProblem(item.element or "definition", f"workflow.{item.code}", item.message)
        for item in problems
    ]
    return DefinitionInvalid(count=len(problems), fields=fields)


def _audit(actor: Actor, act: str, kind: str, object_id: UUID, key: str, at: datetime) -> None:
    audit.record(
        actor=actor, act=act, object_kind=kind, object_id=object_id, facts={"key": key}, at=at
    )
