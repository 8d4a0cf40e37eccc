"""Another name or document of a person: a passport was renewed, a name changed, a permit came.

The clerk who has just checked the person at a window proposes what the papers say; a supervisor
confirms or refuses. The person keeps account, licences and history; a number he was known by stays
his, so that nobody is registered under it anew. Source: Plan 五（一）2（1）, 2（2）.
"""

import unicodedata
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.codes.types import DocumentType, resident_id

from .. import wording
from ..errors import ChangeDecided, ChangeWaits, CheckOver, DetailsWrong, OwnCheck
from ..events import PersonDetailsChanged
from ..models import AssuranceEvidence, DetailsChange, Person, PersonDocument, WindowCheck
from ..queries.officers import is_oneself
from ..queries.people import person as person_of
from ..queries.people import person_row
from ..queries.window import changes_in_reach
from ..sealing import DOCUMENT, document_index, seal, unseal
from ..types import WITHDRAW_CHECKS
from .evidence import renew_rights
from .people import checked_number, hold_document
from .undoing import record_of
from .window import check_not_own, own_check

FRESH = timedelta(hours=2)
"""So long after a check its clerk may propose: the person still stands there. Our default."""
TEXT_MAX = 300


@transaction.atomic
def propose_details(
    *,
    actor: Actor,
    check_id: UUID,
    name: str = "",
    document_type: str = "",
    document_number: str = "",
    document_valid_until: date | None = None,
    replaces: bool = True,
    basis: str,
    at: datetime,
) -> DetailsChange:
    """Propose another name, another document, or both, of the person just checked.

    `replaces`: the document takes the place of the one on record, which then proves nothing; else
    he holds both. `basis` names the papers that were seen.
    Raises: Forbidden, OwnCheck (403), NotFound (404), CheckOver, ChangeWaits, ClerkUnknown (409),
    DetailsWrong (422).
    """
    check, card = own_check(actor, check_id)
    if not _shows_him(check) or check.checked_at <= at - FRESH:
        raise CheckOver
    locks.hold("identity.details", card.id)
    if DetailsChange.objects.filter(person_id=card.id, state="waiting").exists():
        raise ChangeWaits
    problems: list[FieldProblem] = []
    name = " ".join(unicodedata.normalize("NFC", name).split())
    name = "" if name == card.name else name
    if name and not 2 <= len(name) <= 100:
        problems.append(FieldProblem("name", "length", _("Enter the name as on the document.")))
    basis = " ".join(basis.split())
    if not 2 <= len(basis) <= TEXT_MAX:
        message = _("Name the papers you saw, in at most 300 characters.")
        problems.append(FieldProblem("basis", "length", message))
    number = index = ""
    if document_number.strip():
        try:
            number = checked_number(document_type, document_number)
        except DetailsWrong as wrong:
            problems += wrong.fields
        else:
            index = document_index(document_type, number)
            known = (card.document_type, card.document_number)
            if (document_type, number) == known:
                number = index = ""
            else:
                problems += _document_problems(card.id, document_type, number, index)
        if document_valid_until is not None and document_valid_until < clock.local_date(at):
            message = _("This document has expired; it proves nothing.")
            problems.append(FieldProblem("document_valid_until", "range", message))
    if not problems and not name and not index:
        message = _("This is what is on record already: there is nothing to change.")
        problems.append(FieldProblem("name", "same", message))
    if problems:
        raise DetailsWrong(fields=problems)
    made = DetailsChange.objects.create(
        person_id=card.id,
        check_made=check,
        name_before=card.name,
        name=name,
        document_type=document_type if index else "",
        document_number_sealed=seal(number, purpose=DOCUMENT) if index else "",
        document_index=index,
        document_valid_until=document_valid_until if index else None,
        replaces=replaces,
        basis=basis,
        proposed_at=at,
        proposed_by_id=check.officer_id,
    )
    _record(actor, "identity.details_proposed", made, at)
    return made


@transaction.atomic
def decide_details(
    *,
    actor: Actor,
    change_id: UUID,
    confirms: bool,
    document_number: str = "",
    reason: str = "",
    at: datetime,
) -> DetailsChange:
    """A supervisor of the window confirms what a clerk proposed, or refuses it and says why.

    Who confirms a document reads its number off the paper himself (`document_number`): two have to
    read the same.

    Raises: Forbidden, OwnCheck (403; of oneself, or one's own proposal), NotFound (404; also out of
    reach), ChangeDecided, CheckOver, ClerkUnknown (409), DetailsWrong (422; also where the number
    became another person's meanwhile).
    """
    actor.check(WITHDRAW_CHECKS)
    if not changes_in_reach(actor).filter(pk=change_id).exists():
        raise NotFound
    check_id = DetailsChange.objects.values_list("check_made_id", flat=True).get(pk=change_id)
    # In the order of `withdraw_check`: nothing is confirmed on a check that is being withdrawn.
    check = WindowCheck.objects.select_for_update(of=("self",)).get(pk=check_id)
    check.evidence = AssuranceEvidence.objects.select_for_update().get(pk=check.evidence_id)
    change = DetailsChange.objects.select_for_update(of=("self",)).get(pk=change_id)
    actor.check(WITHDRAW_CHECKS, agency_id=check.agency_id, region_path=check.region_path)
    check_not_own(actor, person_of(change.person_id))
    if is_oneself(actor, check.officer):
        raise OwnCheck
    if change.state != DetailsChange.State.WAITING:
        raise ChangeDecided
    reason = " ".join(reason.split())[:TEXT_MAX]
    if confirms:
        until = change.document_valid_until
        if not _shows_him(check) or (until is not None and until < clock.local_date(at)):
            raise CheckOver
        _check_read_again(change, document_number)
        _apply(change, at)
    elif len(reason) < 2:
        message = _("Say why, in at most 300 characters; the clerk reads it.")
        raise DetailsWrong(fields=[FieldProblem("reason", "length", message)])
    state = DetailsChange.State.CONFIRMED if confirms else DetailsChange.State.REFUSED
    change.state, change.decided_at, change.decided_for = state, at, reason
    change.decided_by_id = actor.officer_id
    change.save(update_fields=["state", "decided_at", "decided_for", "decided_by", "before"])
    act = "identity.details_changed" if confirms else "identity.details_refused"
    _record(actor, act, change, at)
    if confirms:
        _tell(change, check, at)
        renew_rights(person_id=change.person_id)
        events.publish(PersonDetailsChanged(person_id=change.person_id), at=at)
    return change


def _document_problems(
    person_id: UUID, document_type: str, number: str, index: str
) -> list[FieldProblem]:
    owner = person_row(document_type, index)
    if owner is not None and owner.pk != person_id:
        message = _("Somebody else is registered with this document.")
        return [FieldProblem("document_number", "taken", message)]
    born_on = Person.objects.values_list("born_on", flat=True).get(pk=person_id)
    is_numbered = document_type != DocumentType.PASSPORT and resident_id.is_valid(number)
    if born_on is not None and is_numbered and resident_id.parse(number).born_on != born_on:
        message = _("This number says another date of birth than the one on record.")
        return [FieldProblem("document_number", "born_on", message)]
    return []


def _check_read_again(change: DetailsChange, document_number: str) -> None:
    """Raises: DetailsWrong (422)."""
    if not change.document_index:
        return
    number = checked_number(change.document_type, document_number)
    if document_index(change.document_type, number) != change.document_index:
        message = _("This is not the number the clerk entered. Compare the paper with him.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "differs", message)])


def _apply(change: DetailsChange, at: datetime) -> None:
    person = Person.objects.select_for_update().get(pk=change.person_id)
    change.before = record_of(person)
    if change.name:
        person.name = change.name
    if change.document_index:
        hold_document(change.document_type, change.document_index)
        owner = person_row(change.document_type, change.document_index)
        if owner is not None and owner.pk != person.pk:
            message = _("Somebody else is registered with this document.")
            raise DetailsWrong(fields=[FieldProblem("document_number", "taken", message)])
        PersonDocument.objects.filter(  # one that comes back
            document_type=change.document_type, document_index=change.document_index
        ).delete()
        if change.replaces:
            PersonDocument.objects.create(
                person=person,
                document_type=person.document_type,
                document_number_sealed=person.document_number_sealed,
                document_index=person.document_index,
                document_valid_until=person.document_valid_until,
                ended_at=at,
            )
            _fill_from_number(person, change)
            person.document_type = change.document_type
            person.document_number_sealed = change.document_number_sealed
            person.document_index = change.document_index
            person.document_valid_until = change.document_valid_until
        else:
            PersonDocument.objects.create(
                person=person,
                document_type=change.document_type,
                document_number_sealed=change.document_number_sealed,
                document_index=change.document_index,
                document_valid_until=change.document_valid_until,
            )
    person.save()


def _fill_from_number(person: Person, change: DetailsChange) -> None:
    """Birth and sex, where the new number says them and the record does not."""
    number = unseal(change.document_number_sealed, purpose=DOCUMENT)
    if change.document_type == DocumentType.PASSPORT or not resident_id.is_valid(number):
        return
    read = resident_id.parse(number)
    person.born_on = person.born_on or read.born_on
    if person.sex not in (Person.Sex.MALE, Person.Sex.FEMALE):
        person.sex = Person.Sex.MALE if read.is_male else Person.Sex.FEMALE


def _shows_him(check: WindowCheck) -> bool:
    """Whether the person on record stood there: also where the name on his new paper was another
    one, or his document had expired, which prove nothing by themselves.
    """
    return check.photo == WindowCheck.Photo.SAME and check.evidence.withdrawn_at is None


def _tell(change: DetailsChange, check: WindowCheck, at: datetime) -> None:
    messaging.send(
        template=wording.DETAILS_CHANGED,
        facts={"agency": agencies.agency(check.agency_id).name, "when": at},
        subject_kind="identity.details_change",
        subject_id=change.pk,
        person_id=change.person_id,
        phone=person_of(change.person_id).phone,
        link=reverse("identity:account"),
        at=at,
    )


def _record(actor: Actor, act: str, change: DetailsChange, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="person",
        object_id=change.person_id,
        facts={
            "change": change.pk,
            "document_type": change.document_type,
        },
        at=at,
    )
