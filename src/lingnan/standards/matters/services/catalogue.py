"""Duties, basic items, and the unified elements: what the level above owns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.kernel.text import LocalisedText
from lingnan.standards.codes.types import item_code

from ..checks import ELEMENT_KEYS
from ..content import parse_legal_basis
from ..errors import BadContent, ChangedMeanwhile, ItemExists
from ..events import BasicItemChanged
from ..models import BasicItem, Duty, UnifiedElement
from ..types import CATALOGUE, ExerciseLevel, ItemType
from .indexing import hold_index, index_basic_item
from .steps import actor_id


@transaction.atomic
def create_duty(
    *,
    actor: Actor,
    code: str,
    name: LocalisedText,
    item_type: str,
    agency_id: UUID,
    legal_basis: Sequence[dict[str, Any]] = (),
    responsibility: LocalisedText | None = None,
) -> Duty:
    """Enter a power or responsibility in the list of an agency.

    Raises: Forbidden (403); ItemExists (409); BadContent (422).
    Source: Plan 七（二）, 权责清单.
    """
    actor.check(CATALOGUE)
    _check_type(item_type)
    locks.hold("matters.duty", code)
    if Duty.objects.filter(code=code).exists():
        raise ItemExists(item_code=code)
    return Duty.objects.create(
        code=code,
        name=name,
        item_type=item_type,
        agency_id=agency_id,
        legal_basis=parse_legal_basis(legal_basis),
        responsibility=responsibility or {},
    )


@transaction.atomic
def create_basic_item(
    *,
    actor: Actor,
    code12: str,
    name: LocalisedText,
    legal_basis: Sequence[dict[str, Any]],
    everyday_words: Sequence[str] = (),
    duty_id: UUID | None = None,
    at: datetime,
) -> BasicItem:
    """Enter an item in the basic catalogue. Its type is the one its code carries.

    Raises: Forbidden (403); ItemExists (409); refusals of `codes.item_code`; BadContent (422).
    """
    actor.check(CATALOGUE)
    basic = item_code.parse_basic(code12)
    _check_type(basic.item_type)
    locks.hold("matters.basic_item", str(basic))
    if BasicItem.objects.filter(code12=str(basic)).exists():
        raise ItemExists(item_code=str(basic))
    row = BasicItem.objects.create(
        code12=str(basic),
        name=_checked_name(name),
        item_type=basic.item_type,
        legal_basis=parse_legal_basis(legal_basis),
        everyday_words=list(everyday_words),
        duty_id=duty_id,
    )
    _announce(row, actor, at)
    return row


@transaction.atomic
def change_basic_item(
    *,
    actor: Actor,
    basic_item_id: UUID,
    revision: int,
    name: LocalisedText,
    legal_basis: Sequence[dict[str, Any]],
    everyday_words: Sequence[str],
    at: datetime,
) -> BasicItem:
    """Change what every level shares; code and type never change. The index follows.

    Raises: Forbidden (403); NotFound (404); ChangedMeanwhile (409); BadContent (422).
    Source: Plan 七（二）, 四级四同.
    """
    actor.check(CATALOGUE)
    hold_index(basic_item_id)
    row = BasicItem.objects.select_for_update().filter(pk=basic_item_id).first()
    if row is None:
        raise NotFound(basic_item_id=basic_item_id)
    if row.revision != revision:
        raise ChangedMeanwhile(revision=row.revision)
    row.name = _checked_name(name)
    row.legal_basis = parse_legal_basis(legal_basis)
    row.everyday_words = list(everyday_words)
    row.revision += 1
    row.save()
    index_basic_item(row.id)
    _announce(row, actor, at)
    return row


@transaction.atomic
def set_unified_element(
    *,
    actor: Actor,
    key: str,
    name: LocalisedText,
    owner_level: int,
    rule: str,
    is_active: bool = True,
) -> UnifiedElement:
    """Say who owns an element and what lower levels may do with it.

    Raises: Forbidden (403); NotFound (404); BadContent (422).
    Source: Plan 七（二）, 三级十统.
    """
    actor.check(CATALOGUE)
    if key not in ELEMENT_KEYS:
        raise NotFound(element=key)
    problems = []
    if owner_level not in ExerciseLevel.values:
        problems.append(FieldProblem("owner_level", "input.choice", str(owner_level)))
    if rule not in {"same", "tighten"}:
        problems.append(FieldProblem("rule", "input.choice", rule))
    if problems:
        raise BadContent(fields=problems)
    row, _created = UnifiedElement.objects.update_or_create(
        key=key,
        defaults={"name": name, "owner_level": owner_level, "rule": rule, "is_active": is_active},
    )
    return row


def _check_type(item_type: str) -> None:
    if item_type not in ItemType.values:
        raise BadContent(fields=[FieldProblem("item_type", "input.choice", item_type)])


def _checked_name(name: LocalisedText) -> LocalisedText:
    chinese = name.get("zh-hans", "").strip()
    if not chinese or len(chinese) > 1000:
        raise BadContent(fields=[FieldProblem("name", "input.length", "1-1000")])
    return {language: text.strip() for language, text in name.items() if text.strip()}


def _announce(row: BasicItem, actor: Actor, at: datetime) -> None:
    events.publish(
        BasicItemChanged(
            basic_item_id=row.id, actor_id=actor_id(actor), actor_name=actor.name[:100]
        ),
        at=at,
    )
