"""What objections and repairs share: their thing, their files, their end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel.actors import Actor
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import DataClass
from lingnan.platforms.workflow import services as workflow
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from .. import access
from ..errors import AppealNotFound, AppealSettled
from ..models import CreditRecord, CreditSubject, Objection, Repair, RosterEntry
from ..types import OBJECTION_SUBJECT, REPAIR_SUBJECT, AppealState
from . import telling

CREDIT_OFFICE = "development_reform"
KINDS = {Objection: OBJECTION_SUBJECT, Repair: REPAIR_SUBJECT}
FILES_MAX = 10
_WORDS = {
    Objection: {"zh-hans": "信用异议", "en": "objection"},
    Repair: {"zh-hans": "信用修复申请", "en": "application for repair"},
}
_OUTCOMES = {
    AppealState.GRANTED: {"zh-hans": "予以支持", "en": "granted"},
    AppealState.DENIED: {"zh-hans": "不予支持", "en": "denied"},
    AppealState.REFUSED: {"zh-hans": "不予受理", "en": "not accepted"},
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file handed in with an appeal, as it came."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Thing:
    """What is appealed against: a record or an entry, locked; and who decided on it."""

    subject: CreditSubject
    record: CreditRecord | None
    entry: RosterEntry | None
    agency: AgencyCard


def own_thing(actor: Actor, *, record_id: UUID | None, entry_id: UUID | None) -> Thing:
    """One's own record or entry, locked. Raises: RecordNotFound, EntryNotFound (404)."""
    if record_id is not None:
        found = access.own_record(actor, record_id)
        record = CreditRecord.objects.select_for_update(of=("self",)).get(pk=found.pk)
        agency = agencies.agency(record.agency_id)
        return Thing(found.subject, record, None, agency)
    assert entry_id is not None, "an appeal is about a record or an entry"
    own = access.own_entry(actor, entry_id)
    entry = (
        RosterEntry.objects.select_for_update(of=("self",)).select_related("kind").get(pk=own.pk)
    )
    return Thing(own.subject, None, entry, agencies.agency(entry.agency_id))


def credit_office(region_path: str) -> AgencyCard:
    """The credit office there or nearest above. Raises: agencies' NoAgencyOfKind (404)."""
    return agencies.agency_of_kind(CREDIT_OFFICE, region_path)


def keep_files(
    appeal: Objection | Repair, files: list[Evidence], *, actor: Actor, at: datetime
) -> None:
    """Check and store what was handed in. Raises: documents' refusals of uploads."""
    for file in files[:FILES_MAX]:
        checked = documents.check_upload(file.content, name=file.name)
        documents.store(
            checked.content,
            name=checked.name,
            media_type=checked.media_type,
            actor=actor,
            owner_kind=KINDS[type(appeal)],
            owner_id=appeal.pk,
            data_class=DataClass.SENSITIVE,
            at=at,
        )


def mark(thing: Thing, value: bool) -> None:
    """Put up or take away the mark 异议处理中 on a locked record or entry."""
    for row in (thing.record, thing.entry):
        if row is not None:
            row.under_objection = value
            row.save(update_fields=["under_objection"])


def lock_appeal(model: type[Objection] | type[Repair], pk: UUID) -> Objection | Repair:
    """The open appeal, locked. Raises: AppealNotFound (404), AppealSettled (409)."""
    found = (
        model.objects.select_for_update(of=("self",))
        .select_related("subject")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise AppealNotFound
    if found.state != AppealState.OPEN:
        raise AppealSettled
    return found


def settle(
    appeal: Objection | Repair,
    *,
    state: AppealState,
    reply: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Close a locked appeal and tell the subject."""
    appeal.state, appeal.settled_at, appeal.reply = state, at, reply.strip()[:4000]
    appeal.save(update_fields=["state", "settled_at", "reply"])
    if state in _OUTCOMES:
        telling.tell_subject(
            appeal.subject,
            template=telling.APPEAL_SETTLED,
            facts={
                "what": _WORDS[type(appeal)],
                "number": appeal.number,
                "outcome": _OUTCOMES[state],
                "reply": appeal.reply,
            },
            subject_kind=KINDS[type(appeal)],
            subject_id=appeal.pk,
            at=at,
        )
    note(actor, f"{KINDS[type(appeal)]}_{state}", appeal, at=at)


@transaction.atomic
def withdraw_appeal(
    *, actor: Actor, model: type[Objection] | type[Repair], appeal_id: UUID, at: datetime
) -> None:
    """Take one's objection or application back. Raises: AppealNotFound (404), AppealSettled."""
    appeal = access.own_appeal(actor, model, appeal_id)
    if appeal.state != AppealState.OPEN or appeal.instance_id is None:
        raise AppealSettled
    workflow.withdraw(instance_id=appeal.instance_id, actor=actor, at=at)
    locked = lock_appeal(model, appeal_id)
    if isinstance(locked, Objection):
        mark(thing_of(locked), False)
    settle(locked, state=AppealState.WITHDRAWN, reply="", actor=actor, at=at)


def thing_of(appeal: Objection | Repair) -> Thing:
    """The current version of the record an appeal is about, or its entry, locked."""
    record = entry = None
    if appeal.record_id is not None:
        series = CreditRecord.objects.values_list("series", flat=True).get(pk=appeal.record_id)
        record = (
            CreditRecord.objects.select_for_update(of=("self",))
            .select_related("subject", "source")
            .get(series=series, is_current=True)
        )
    if appeal.entry_id is not None:
        entry = (
            RosterEntry.objects.select_for_update(of=("self",))
            .select_related("kind", "subject")
            .get(pk=appeal.entry_id)
        )
    return Thing(appeal.subject, record, entry, agencies.agency(appeal.agency_id))


def note(
    actor: Actor, act: str, appeal: Objection | Repair, *, at: datetime, **facts: object
) -> None:
    """An audit row about an appeal."""
    audit.record(
        actor=actor,
        act=act,
        object_kind=KINDS[type(appeal)],
        object_id=appeal.pk,
        facts={"number": appeal.number, **facts},
        at=at,
    )
