"""The life of a list after the draft: review, publication, suspension, the end."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import FieldProblem

from .. import queries
from ..access import access_item, access_version
from ..checks import completeness_problems, consistency_problems, raise_found
from ..content import content_of
from ..errors import (
    AlreadyEnded,
    NotAdopted,
    NotYetEffective,
    ReasonNeeded,
    SelfReview,
    WrongState,
)
from ..events import (
    ItemAct,
    ItemCancelled,
    ItemPublished,
    ItemResumed,
    ItemReturned,
    ItemSubmitted,
    ItemSuspended,
)
from ..models import ItemVersion, ServiceItem
from ..types import EDIT, REVIEW, ItemState, VersionState
from .drafts import PREPARING, check_service_type, check_state, check_unified, put_in_force
from .indexing import hold_index, index_basic_item
from .steps import actor_id, record_step


@transaction.atomic
def submit_for_review(
    *, actor: Actor, version_id: UUID, note: str = "", at: datetime
) -> ItemVersion:
    """Ask for review. The draft must be complete and ask no more than the level above.

    Raises: NotFound (404); Forbidden (403); WrongState, NotAdopted, Incomplete, Inconsistent and
    its kinds, Loosens, Differs (409).
    """
    version = access_version(actor, version_id, EDIT, lock=True)
    check_state(version, VersionState.DRAFT)
    _check_publishable(version)
    version.state = VersionState.IN_REVIEW
    version.submitted_by = actor_id(actor)
    version.submitted_at = at
    version.reviewed_by = None
    version.save(update_fields=["state", "submitted_by", "submitted_at", "reviewed_by"])
    record_step(
        ItemSubmitted, item=version.service_item, version=version, actor=actor, at=at, note=note
    )
    return version


def _check_publishable(version: ItemVersion) -> None:
    item = version.service_item
    if item.is_foreign:
        raise NotAdopted(scheme=item.local_scheme)
    check_service_type(item.basic_item.item_type)
    content = content_of(version)
    raise_found(
        [
            *completeness_problems(content, legal_basis=item.basic_item.legal_basis),
            *consistency_problems(content),
        ]
    )
    check_unified(item, content)


@transaction.atomic
def publish_version(*, actor: Actor, version_id: UUID, at: datetime) -> ItemVersion:
    """Approve a submitted version: it is in force, the former one superseded, the index follows.

    Checks everything again, since the level above may have changed. Of two reviewers at once, one
    publishes and the other is told.

    Raises: NotFound (404); Forbidden (403); SelfReview, WrongState, NotYetEffective, AlreadyEnded,
    and what `submit_for_review` raises (409).
    """
    version = _hold_for_review(actor, version_id)
    item = version.service_item
    today = clock.local_date(at)
    if version.effective_from and version.effective_from > today:
        raise NotYetEffective(on=version.effective_from.isoformat())
    if version.effective_until and version.effective_until <= today:
        raise AlreadyEnded(on=version.effective_until.isoformat())
    _check_publishable(version)
    version.reviewed_by = actor_id(actor)
    put_in_force(item, version, at=at)
    index_basic_item(item.basic_item_id)
    record_step(
        ItemPublished,
        item=item,
        version=version,
        actor=actor,
        at=at,
        version_number=version.number,
    )
    return version


def _hold_for_review(actor: Actor, version_id: UUID) -> ItemVersion:
    """Lock index, item and version, and see that this reviewer may decide."""
    seen = access_version(actor, version_id, REVIEW)
    hold_index(seen.service_item.basic_item_id)
    version = access_version(actor, version_id, REVIEW, lock=True)
    check_state(version, VersionState.IN_REVIEW)
    if version.submitted_by is not None and version.submitted_by == actor_id(actor):
        raise SelfReview
    return version


@transaction.atomic
def return_version(*, actor: Actor, version_id: UUID, reason: str, at: datetime) -> ItemVersion:
    """Send a submitted version back to its drafter.

    Raises: NotFound (404); Forbidden (403); SelfReview, WrongState (409); ReasonNeeded (422).
    """
    reason = _checked_reason(reason)
    version = _hold_for_review(actor, version_id)
    version.state = VersionState.DRAFT
    version.reviewed_by = actor_id(actor)
    version.revision += 1
    version.save(update_fields=["state", "reviewed_by", "revision"])
    record_step(
        ItemReturned, item=version.service_item, version=version, actor=actor, at=at, note=reason
    )
    return version


@transaction.atomic
def suspend_item(*, actor: Actor, service_item_id: UUID, reason: str, at: datetime) -> ServiceItem:
    """Take no more applications for a while; running cases keep their version.

    Raises: NotFound (404); Forbidden (403); WrongState (409); ReasonNeeded (422).
    """
    reason = _checked_reason(reason)
    item = _hold(actor, service_item_id)
    version = _in_force(item, VersionState.PUBLISHED)
    return _move(item, version, VersionState.SUSPENDED, ItemSuspended, actor, reason, at)


@transaction.atomic
def resume_item(*, actor: Actor, service_item_id: UUID, at: datetime) -> ServiceItem:
    """Take applications again. Raises: NotFound (404); Forbidden (403); WrongState (409)."""
    item = _hold(actor, service_item_id)
    version = _in_force(item, VersionState.SUSPENDED)
    return _move(item, version, VersionState.PUBLISHED, ItemResumed, actor, "", at)


@transaction.atomic
def cancel_item(*, actor: Actor, service_item_id: UUID, reason: str, at: datetime) -> ServiceItem:
    """End a list for good; a version being prepared ends with it.

    Raises: NotFound (404); Forbidden (403); WrongState (409); ReasonNeeded (422).
    """
    reason = _checked_reason(reason)
    item = _hold(actor, service_item_id)
    if item.state == ItemState.CANCELLED:
        raise WrongState(state=ItemState.CANCELLED.label)
    ItemVersion.objects.filter(service_item=item, state__in=PREPARING).update(
        state=VersionState.CANCELLED
    )
    version = ItemVersion.objects.filter(service_item=item, state__in=queries.IN_FORCE).first()
    return _move(item, version, VersionState.CANCELLED, ItemCancelled, actor, reason, at)


def _hold(actor: Actor, service_item_id: UUID) -> ServiceItem:
    seen = access_item(actor, service_item_id, REVIEW)
    hold_index(seen.basic_item_id)
    return access_item(actor, service_item_id, REVIEW, lock=True)


def _in_force(item: ServiceItem, state: VersionState) -> ItemVersion:
    version = ItemVersion.objects.filter(service_item=item, state=state).first()
    if version is None:
        raise WrongState(state=ItemState(item.state).label)
    return version


def _move(
    item: ServiceItem,
    version: ItemVersion | None,
    state: VersionState,
    event: type[ItemAct],
    actor: Actor,
    note: str,
    at: datetime,
) -> ServiceItem:
    if version is not None:
        version.state = state
        version.save(update_fields=["state"])
    item.state = ItemState(state.value)
    item.save(update_fields=["state"])
    index_basic_item(item.basic_item_id)
    record_step(event, item=item, version=version, actor=actor, at=at, note=note)
    return item


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise ReasonNeeded(
            fields=[FieldProblem("reason", ReasonNeeded.code, str(ReasonNeeded.message))]
        )
    return reason.strip()[:2000]


def end_due_items(*, on: date, at: datetime) -> int:
    """Cancel lists whose last day has passed; returns how many."""
    actor = system_actor("matters.end_due_items")
    due = queries.due_to_end(on)
    for service_item_id in due:
        cancel_item(actor=actor, service_item_id=service_item_id, reason="effective_until", at=at)
    return len(due)
