"""Preparing a list: first draft, changes as new versions, adoption, content shipped with code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden, NotFound
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.codes.types import item_code

from .. import queries
from ..access import access_item, access_version
from ..checks import consistency_problems, raise_found, unified_problems
from ..content import ItemContent, columns, content_of, parse_content, parse_legal_basis
from ..errors import (
    BadContent,
    ChangedMeanwhile,
    InPreparation,
    ItemExists,
    NotAServiceItem,
    WrongState,
)
from ..events import ItemAdopted, ItemCancelled, ItemDrafted, ItemPublished
from ..models import BasicItem, ItemVersion, ServiceItem, ServiceOption
from ..types import (
    EDIT,
    SUPERVISION_TYPES,
    BodyNature,
    ExerciseLevel,
    Item,
    ItemState,
    ItemType,
    VersionState,
)
from .indexing import hold_index, index_basic_item
from .steps import actor_id, record_step

PREPARING = (VersionState.DRAFT, VersionState.IN_REVIEW)


@transaction.atomic
def create_item(
    *,
    actor: Actor,
    basic_code: str,
    agency_id: UUID,
    exercise_level: int,
    content: Mapping[str, Any],
    body_nature: str = BodyNature.STATUTORY,
    at: datetime,
) -> ItemVersion:
    """Claim a basic item for an agency (认领): its implementation list with a first draft.

    Raises: Forbidden (403); NotFound (404); ItemExists, NotAServiceItem, Inconsistent and its
    kinds (409); UnifiedField, BadContent (422).
    """
    agency = agencies.agency(agency_id)
    actor.check(EDIT, agency_id=agency_id, region_path=agency.region_path)
    basic = BasicItem.objects.filter(code12=basic_code, is_active=True).first()
    if basic is None:
        raise NotFound(basic_code=basic_code)
    parsed = parse_content(content)
    item = _create_row(basic, agency, exercise_level, body_nature)
    version = write_version(item, parsed, number=1, actor=actor)
    record_step(ItemDrafted, item=item, version=version, actor=actor, at=at)
    return version


def _create_row(
    basic: BasicItem, agency: AgencyCard, exercise_level: int, body_nature: str
) -> ServiceItem:
    check_service_type(basic.item_type)
    code31 = _code31(agency.uscc, exercise_level, basic.code12 or "")
    locks.hold("matters.service_item", code31)
    if ServiceItem.objects.filter(code31=code31).exists():
        raise ItemExists(item_code=code31)
    return ServiceItem.objects.create(
        code31=code31,
        basic_item=basic,
        agency_id=agency.id,
        keeper_id=agency.id,
        region_path=agency.region_path,
        exercise_level=exercise_level,
        body_nature=body_nature,
    )


def check_service_type(item_type: str) -> None:
    """Raises: NotAServiceItem (409)."""
    if item_type in SUPERVISION_TYPES:
        raise NotAServiceItem(type=ItemType(item_type).label)


def _code31(uscc: str, exercise_level: int, code12: str) -> str:
    if exercise_level not in ExerciseLevel.values:
        raise BadContent(
            fields=[FieldProblem("exercise_level", "input.choice", str(exercise_level))]
        )
    return item_code.build_implementation(body_uscc=uscc, level=str(exercise_level), basic=code12)


def write_version(
    item: ServiceItem,
    content: ItemContent,
    *,
    number: int,
    actor: Actor,
    note: str = "",
) -> ItemVersion:
    """A new draft after the checks of a save; the caller holds the item."""
    raise_found(consistency_problems(content))
    version = ItemVersion.objects.create(
        service_item=item,
        number=number,
        change_note=note,
        drafted_by=actor_id(actor),
        **columns(content),
    )
    _write_options(version, item, content)
    return version


def _write_options(version: ItemVersion, item: ServiceItem, content: ItemContent) -> None:
    ServiceOption.objects.filter(version=version).delete()
    prefix = item.code31 or ""
    ServiceOption.objects.bulk_create(
        [
            ServiceOption(
                version=version,
                code33=f"{prefix}{option.number:02d}",
                name=option.name,
                conditions=list(option.conditions),
                material_codes=list(option.material_codes),
            )
            for option in content.options
        ]
    )


def check_unified(item: ServiceItem, content: ItemContent) -> None:
    """Hold the list against the level above it. Raises: Loosens, Differs, Inconsistent (409)."""
    above = queries.list_above(item)
    if above is None:
        return
    upper = above.service_item
    raise_found(
        unified_problems(
            content,
            level=item.exercise_level,
            above=content_of(above),
            above_level=upper.exercise_level,
            above_name=upper.agency.name if upper.agency else "",
            elements=queries.unified_elements(),
        )
    )


@transaction.atomic
def save_draft(
    *,
    actor: Actor,
    version_id: UUID,
    revision: int,
    content: Mapping[str, Any],
    at: datetime,
) -> ItemVersion:
    """Replace the content of a draft. `revision` is the one that was opened.

    Raises: NotFound (404); Forbidden (403); WrongState, ChangedMeanwhile, Inconsistent and its
    kinds (409); UnifiedField, BadContent (422).
    """
    version = access_version(actor, version_id, EDIT, lock=True)
    check_state(version, VersionState.DRAFT)
    if version.revision != revision:
        raise ChangedMeanwhile(revision=version.revision)
    parsed = parse_content(content)
    replace_content(version, parsed)
    record_step(ItemDrafted, item=version.service_item, version=version, actor=actor, at=at)
    return version


def replace_content(version: ItemVersion, content: ItemContent) -> None:
    """Write content over a draft the caller holds. Raises: Inconsistent and its kinds (409)."""
    raise_found(consistency_problems(content))
    for name, value in columns(content).items():
        setattr(version, name, value)
    version.revision += 1
    version.save()
    _write_options(version, version.service_item, content)


def check_state(version: ItemVersion, *allowed: VersionState) -> None:
    """Raises: WrongState (409)."""
    if version.state not in allowed:
        raise WrongState(state=VersionState(version.state).label, version=version.number)


@transaction.atomic
def start_change(*, actor: Actor, service_item_id: UUID, note: str, at: datetime) -> ItemVersion:
    """Open a new version as a copy of the one in force, which stays in force meanwhile.

    Raises: NotFound (404); Forbidden (403); WrongState, InPreparation (409).
    """
    item = access_item(actor, service_item_id, EDIT, lock=True)
    versions = list(ItemVersion.objects.filter(service_item=item).order_by("-number"))
    preparing = next((v for v in versions if v.state in PREPARING), None)
    if preparing is not None:
        raise InPreparation(number=preparing.number)
    base = next((v for v in versions if v.state in queries.IN_FORCE), None)
    if base is None:
        raise WrongState(state=ItemState(item.state).label)
    content = content_of(base).model_copy(update={"effective_from": None})
    version = write_version(item, content, number=versions[0].number + 1, actor=actor, note=note)
    record_step(ItemDrafted, item=item, version=version, actor=actor, at=at, note=note)
    return version


@transaction.atomic
def discard_draft(*, actor: Actor, version_id: UUID, at: datetime) -> ItemVersion:
    """Give up a version that is being prepared; the row stays as cancelled.

    Raises: NotFound (404); Forbidden (403); WrongState (409).
    """
    version = access_version(actor, version_id, EDIT, lock=True)
    check_state(version, VersionState.DRAFT)
    version.state = VersionState.CANCELLED
    version.save(update_fields=["state"])
    record_step(ItemCancelled, item=version.service_item, version=version, actor=actor, at=at)
    return version


@transaction.atomic
def adopt_item(
    *,
    actor: Actor,
    service_item_id: UUID,
    basic_code: str,
    agency_id: UUID,
    exercise_level: int,
    at: datetime,
) -> ServiceItem:
    """Make a list taken over from another scheme one of ours: our basic item, our agency, our code.

    Its local code and scheme stay beside ours; what the source called the body stays as well.

    Raises: NotFound (404); Forbidden (403); WrongState, ItemExists, NotAServiceItem (409).
    Source: standards 1.7: both local and national codes are kept.
    """
    agency = agencies.agency(agency_id)
    actor.check(EDIT, agency_id=agency_id, region_path=agency.region_path)
    basic = BasicItem.objects.filter(code12=basic_code, is_active=True).first()
    if basic is None:
        raise NotFound(basic_code=basic_code)
    check_service_type(basic.item_type)
    code31 = _code31(agency.uscc, exercise_level, basic_code)
    locks.hold("matters.service_item", code31)
    item = access_item(actor, service_item_id, EDIT, lock=True)
    if item.code31 is not None:
        raise WrongState(state=ItemState(item.state).label)
    if ServiceItem.objects.filter(code31=code31).exists():
        raise ItemExists(item_code=code31)
    item.code31, item.basic_item, item.exercise_level = code31, basic, exercise_level
    item.agency_id = item.keeper_id = agency.id
    item.region_path = agency.region_path
    item.save()
    for version in ItemVersion.objects.filter(service_item=item):
        _write_options(version, item, content_of(version))
    record_step(ItemAdopted, item=item, version=None, actor=actor, at=at, note=code31)
    return item


@transaction.atomic
def publish_from_content(
    content: Mapping[str, Any], *, agency_id: UUID, actor: Actor, at: datetime
) -> Item:
    """Publish a list that ships with the product, for one agency; the same content twice does
    nothing, other content becomes a new version.

    `content` is {"basic": {"code12", "name", "legal_basis", "everyday_words"}, "exercise_level",
    "body_nature"?, "list": {fields of ItemContent}}. Only the system may: no one reviews it.

    Raises: Forbidden (403); Inconsistent and its kinds, Loosens, Differs (409); BadContent (422).
    """
    if not actor.is_system:
        raise Forbidden(needs="system")
    agency = agencies.agency(agency_id)
    basic = _upsert_basic(content["basic"])
    parsed = parse_content(content["list"])
    level = int(content["exercise_level"])
    hold_index(basic.id)
    code31 = _code31(agency.uscc, level, basic.code12 or "")
    item = ServiceItem.objects.select_for_update().filter(code31=code31).first()
    if item is None:
        nature = str(content.get("body_nature", BodyNature.STATUTORY))
        item = _create_row(basic, agency, level, nature)
    versions = list(ItemVersion.objects.filter(service_item=item).order_by("-number"))
    current = next((v for v in versions if v.state in queries.IN_FORCE), None)
    if current is not None and _says_the_same(current, parsed):
        index_basic_item(basic.id)
        return queries.item_version(current.id)
    check_unified(item, parsed)
    if any(v.state in PREPARING for v in versions):
        raise InPreparation(number=versions[0].number)
    number = versions[0].number + 1 if versions else 1
    version = write_version(item, parsed, number=number, actor=actor)
    put_in_force(item, version, at=at)
    index_basic_item(basic.id)
    record_step(
        ItemPublished,
        item=item,
        version=version,
        actor=actor,
        at=at,
        version_number=version.number,
    )
    return queries.item_version(version.id)


def _upsert_basic(data: Mapping[str, Any]) -> BasicItem:
    code = item_code.parse_basic(str(data["code12"]))
    laws = parse_legal_basis(data.get("legal_basis", []))
    words = list(data.get("everyday_words", []))
    locks.hold("matters.basic_item", str(code))
    basic, created = BasicItem.objects.get_or_create(
        code12=str(code),
        defaults={
            "name": data["name"],
            "item_type": code.item_type,
            "legal_basis": laws,
            "everyday_words": words,
        },
    )
    if not created and (basic.name, basic.legal_basis, basic.everyday_words) != (
        data["name"],
        laws,
        words,
    ):
        basic.name, basic.legal_basis, basic.everyday_words = data["name"], laws, words
        basic.revision += 1
        basic.save()
    return basic


def _says_the_same(version: ItemVersion, content: ItemContent) -> bool:
    """Whether a version has this content; the day it took effect is not content."""
    same_day = {"effective_from": version.effective_from}
    return content_of(version) == content.model_copy(update=same_day)


def put_in_force(item: ServiceItem, version: ItemVersion, *, at: datetime) -> None:
    """Make a version the one in force; the caller holds the item and has checked everything."""
    ItemVersion.objects.filter(service_item=item, state__in=queries.IN_FORCE).update(
        state=VersionState.SUPERSEDED
    )
    version.state = VersionState.PUBLISHED
    version.published_at = at
    version.effective_from = version.effective_from or clock.local_date(at)
    version.save()
    item.state = ItemState.PUBLISHED
    item.save(update_fields=["state"])
