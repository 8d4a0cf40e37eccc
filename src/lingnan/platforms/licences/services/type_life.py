"""The life of a type of licence: drafted by one, reviewed and published by another."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import clock, events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit

from .. import type_content
from ..errors import (
    LicenceTypeMalformed,
    LicenceTypeUnknown,
    TypeChangedMeanwhile,
    TypeDateRefused,
    TypeInPreparation,
    TypeReasonMissing,
    TypeSelfReview,
    TypeStateRefused,
)
from ..events import LicenceTypePublished
from ..models import LicenceType, TypeDraft, TypeStep
from ..type_access import access_draft, check_department
from ..type_checks import earliest_day, problems_of
from ..type_content import TypeContent
from ..types import DEFINE_TYPES, REVIEW_TYPES
from .catalogue import define_type

_State = TypeDraft.State
_SEQUENCES = 1000


@transaction.atomic
def start_type(
    *, actor: Actor, department_code: str, content: Mapping[str, object], at: datetime
) -> TypeDraft:
    """A draft of a new type of a department, or of the next version where its code is known.

    `department_code` is the department's credit code. A content without a code gets the next free
    one of the department; the same is how a type is imported.
    Raises: Forbidden (403) outside reach; TypeInPreparation (409); LicenceTypeMalformed (422).
    Source: GB/T 36903-2018; GB/T 36904-2018.
    """
    read = type_content.read_content(content)
    body = check_department(actor, read.code or department_code, DEFINE_TYPES)
    if not read.code:
        locks.hold("licences.type_code", body.uscc)
        read = read.model_copy(update={"code": _next_code(body.uscc)})
    if len(read.code) != 21:
        text = LicenceTypeMalformed.message
        raise LicenceTypeMalformed(fields=[FieldProblem("code", "licences.type_code", str(text))])
    return _start(actor, read, _newest(read.code), at=at)


@transaction.atomic
def start_version(*, actor: Actor, code: str, at: datetime) -> TypeDraft:
    """A draft of a type's next version, which begins as the newest one is.

    Raises: LicenceTypeUnknown (404); Forbidden (403); TypeInPreparation (409).
    """
    newest = _newest(code)
    if newest is None:
        raise LicenceTypeUnknown(type_code=code)
    check_department(actor, code, DEFINE_TYPES)
    return _start(actor, type_content.content_of(newest), newest, at=at)


def _start(
    actor: Actor, content: TypeContent, newest: LicenceType | None, *, at: datetime
) -> TypeDraft:
    locks.hold("licences.type", content.code)
    body = check_department(actor, content.code, DEFINE_TYPES)
    open_rows = TypeDraft.objects.filter(
        code=content.code, state__in=(_State.DRAFT, _State.IN_REVIEW)
    )
    if open_rows.exists():
        raise TypeInPreparation
    draft = TypeDraft.objects.create(
        code=content.code,
        agency_id=body.id,
        region_path=body.region_path,
        based_on=newest,
        content=type_content.plain(content),
        written_by=ids_of(actor),
        drafted_by=actor.name[:200],
    )
    _record(draft, "drafted", actor=actor, at=at)
    return draft


@transaction.atomic
def save_type_draft(
    *,
    actor: Actor,
    draft_id: UUID,
    revision: int,
    content: Mapping[str, object],
    at: datetime,
) -> TypeDraft:
    """Keep what was written, complete or not. `revision` is the one that was read.

    Raises: TypeDraftUnknown (404); Forbidden (403); TypeStateRefused, TypeChangedMeanwhile (409);
    LicenceTypeMalformed (422) where it is not even a draft, or the code is another one.
    """
    draft = access_draft(actor=actor, draft_id=draft_id, permission=DEFINE_TYPES, lock=True)
    _check_state(draft, _State.DRAFT)
    if draft.revision != revision:
        raise TypeChangedMeanwhile
    read = type_content.read_content(content)
    if read.code != draft.code:
        text = str(LicenceTypeMalformed.message)
        raise LicenceTypeMalformed(fields=[FieldProblem("code", "licences.type_code", text)])
    draft.content = type_content.plain(read)
    draft.revision += 1
    draft.written_by = sorted({*draft.written_by, *ids_of(actor)})
    draft.save(update_fields=["content", "revision", "written_by"])
    audit.record(
        actor=actor,
        act="licences.type_saved",
        object_kind="licences.type",
        object_id=draft.code,
        facts={"revision": draft.revision},
        at=at,
    )
    return draft


@transaction.atomic
def submit_type(*, actor: Actor, draft_id: UUID, note: str = "", at: datetime) -> TypeDraft:
    """Ask for review; the draft must be complete and consistent.

    Raises: TypeDraftUnknown (404); Forbidden (403); TypeStateRefused (409); LicenceTypeMalformed
    (422) with every problem.
    """
    draft = access_draft(actor=actor, draft_id=draft_id, permission=DEFINE_TYPES, lock=True)
    _check_state(draft, _State.DRAFT)
    _check_complete(draft)
    draft.state, draft.submitted_at = _State.IN_REVIEW, at
    draft.written_by = sorted({*draft.written_by, *ids_of(actor)})
    draft.save(update_fields=["state", "submitted_at", "written_by"])
    _record(draft, "submitted", actor=actor, at=at, note=note)
    return draft


@transaction.atomic
def return_type(*, actor: Actor, draft_id: UUID, reason: str, at: datetime) -> TypeDraft:
    """Send a draft back to who wrote it, and say why.

    Raises: TypeDraftUnknown (404); Forbidden, TypeSelfReview (403); TypeStateRefused (409);
    TypeReasonMissing (422).
    """
    reason = checked_words(reason)
    draft = _hold_for_review(actor, draft_id)
    draft.state, draft.reviewed_by = _State.DRAFT, _own_id(actor)
    draft.revision += 1
    draft.save(update_fields=["state", "reviewed_by", "revision"])
    _record(draft, "returned", actor=actor, at=at, note=reason)
    return draft


@transaction.atomic
def publish_type(
    *,
    actor: Actor,
    draft_id: UUID,
    effective_from: date,
    revision: int | None = None,
    note: str = "",
    at: datetime,
) -> TypeDraft:
    """Make a submitted draft the next version of its type, in force from a day on.

    `revision` is the one that was read: a draft sent back and submitted anew is another.
    Issued licences keep the version they were issued under. Everything is checked again.
    Raises: TypeDraftUnknown (404); Forbidden, TypeSelfReview (403); TypeStateRefused,
    TypeChangedMeanwhile, TypeDateRefused (409); LicenceTypeMalformed (422).
    """
    draft = _hold_for_review(actor, draft_id)
    if revision is not None and draft.revision != revision:
        raise TypeChangedMeanwhile
    content = _check_complete(draft)
    newest = _newest(draft.code)
    earliest = earliest_day(newest, today=clock.local_date(at))
    if effective_from < earliest:
        raise TypeDateRefused(on=effective_from, earliest=earliest)
    definition = {
        **type_content.definition_of(content),
        "effective_from": effective_from.isoformat(),
    }
    made = define_type(definition, at=at, actor=actor)
    draft.state, draft.made, draft.reviewed_by = _State.PUBLISHED, made, _own_id(actor)
    draft.save(update_fields=["state", "made", "reviewed_by"])
    _record(draft, "published", actor=actor, at=at, note=note, version=made.version)
    events.publish(
        LicenceTypePublished(
            type_code=made.code,
            version=made.version,
            effective_from=effective_from,
            published_at=at,
        ),
        at=at,
    )
    return draft


@transaction.atomic
def discard_type(*, actor: Actor, draft_id: UUID, at: datetime) -> TypeDraft:
    """Give up a draft. Raises: TypeDraftUnknown (404); Forbidden (403); TypeStateRefused (409)."""
    draft = access_draft(actor=actor, draft_id=draft_id, permission=DEFINE_TYPES, lock=True)
    _check_state(draft, _State.DRAFT)
    draft.state = _State.DISCARDED
    draft.save(update_fields=["state"])
    _record(draft, "discarded", actor=actor, at=at)
    return draft


def _hold_for_review(actor: Actor, draft_id: UUID) -> TypeDraft:
    draft = access_draft(actor=actor, draft_id=draft_id, permission=REVIEW_TYPES, lock=True)
    _check_state(draft, _State.IN_REVIEW)
    if is_among(actor, draft.written_by):
        raise TypeSelfReview
    return draft


def _check_state(draft: TypeDraft, wanted: TypeDraft.State) -> None:
    if draft.state != wanted:
        raise TypeStateRefused(state=_State(draft.state).label)


def _check_complete(draft: TypeDraft) -> TypeContent:
    content = type_content.read_content(draft.content)
    problems = problems_of(content)
    if problems:
        raise LicenceTypeMalformed(fields=problems)
    return content


def _newest(code: str) -> LicenceType | None:
    return LicenceType.objects.filter(code=code).order_by("-version").first()


def _next_code(body_uscc: str) -> str:
    """The first free code of a department; also those of drafts are taken."""
    taken = {
        *LicenceType.objects.filter(code__startswith=body_uscc).values_list("code", flat=True),
        *TypeDraft.objects.filter(code__startswith=body_uscc).values_list("code", flat=True),
    }
    for number in range(1, _SEQUENCES):
        code = f"{body_uscc}{number:03d}"
        if code not in taken:
            return code
    raise TypeInPreparation


def ids_of(actor: Actor) -> list[str]:
    """Under which ids someone is known: one person writes and reviews under none of them."""
    known = (*actor.persons, actor.officer_id, actor.account_id)
    return sorted({str(one) for one in known if one is not None})


def is_among(actor: Actor, ids: Iterable[str]) -> bool:
    """Whether someone known by these ids is the actor, with whichever account. A query for each."""
    if set(ids) & set(ids_of(actor)):
        return True
    own = actor.persons
    return bool(own) and any(own & identity.persons_behind(UUID(one)) for one in ids)


def _own_id(actor: Actor) -> UUID | None:
    return actor.officer_id or actor.account_id


def checked_words(reason: str) -> str:
    """Raises: TypeReasonMissing (422)."""
    if not reason.strip():
        text = str(TypeReasonMissing.message)
        raise TypeReasonMissing(fields=[FieldProblem("reason", TypeReasonMissing.code, text)])
    return reason.strip()[:2000]


def _record(
    draft: TypeDraft,
    act: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> None:
    record_step(draft.code, draft, act, actor=actor, at=at, note=note, version=version)


def record_step(
    code: str,
    draft: TypeDraft | None,
    act: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    version: int | None = None,
) -> None:
    """Write a step into the history of a type, and into the audit chain."""
    TypeStep.objects.create(
        code=code,
        draft=draft,
        act=act,
        version=version,
        note=note.strip()[:2000],
        actor_name=actor.name[:200],
        at=at,
    )
    audit.record(
        actor=actor,
        act=f"licences.type_{act}",
        object_kind="licences.type",
        object_id=code,
        facts={"version": version, "note": note[:300]},
        at=at,
    )
