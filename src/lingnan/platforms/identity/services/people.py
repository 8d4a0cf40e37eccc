"""Persons and organisations come into being, and their contact details change."""

import re
import unicodedata
from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock, events, locks
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.security.audit import services as audit
from lingnan.standards.codes.errors import CodeMalformed
from lingnan.standards.codes.types import DocumentType, document_types, normalise, resident_id, uscc
from lingnan.standards.regions import queries as regions

from ..errors import ClerkUnknown, DetailsWrong, OrganisationKnown, PersonKnown
from ..events import OrganisationRegistered, PersonRegistered
from ..models import Organisation, Person
from ..queries.accounts import persons_of
from ..queries.people import person_card, person_row
from ..sealing import DOCUMENT, PHONE, document_index, normalise_phone, seal, unseal
from ..types import FIND_PERSONS, REGISTER_PERSONS, PersonCard, SelfApproval
from .evidence import record_evidence, renew_rights

_NUMBERED_BY_BIRTH = {
    DocumentType.RESIDENT_ID,
    DocumentType.HK_MACAO_TAIWAN_RESIDENCE,
    DocumentType.FOREIGN_PERMANENT,
}
_FOREIGN_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9./-]{2,39}", re.ASCII)


@transaction.atomic
def register_person(
    *,
    actor: Actor,
    name: str,
    document_type: str,
    document_number: str,
    at: datetime,
    phone: str = "",
    email: str = "",
    address: str = "",
    region_code: str = "",
    name_latin: str = "",
    nationality: str = "CHN",
    born_on: date | None = None,
    sex: str = "0",
    is_demo: bool = False,
) -> Person:
    """Enter a person once. Birth and sex come from the number where the number says them.

    Raises: DetailsWrong (422) with every wrong field; PersonKnown (409).
    """
    problems: list[FieldProblem] = []
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not 2 <= len(name) <= 100:
        problems.append(FieldProblem("name", "length", _("Enter the name as on the document.")))
    number = _checked_number(document_type, document_number, problems)
    if number and document_type in _NUMBERED_BY_BIRTH and resident_id.is_valid(number):
        read = resident_id.parse(number)
        born_on, sex = read.born_on, "1" if read.is_male else "2"
    if born_on is not None and not date(1890, 1, 1) <= born_on <= clock.local_date(at):
        problems.append(FieldProblem("born_on", "range", _("This date of birth cannot be.")))
    plain_phone, region_id = _checked_contact(phone, email, region_code, problems)
    if problems:
        raise DetailsWrong(fields=problems)
    person = Person(
        name=name,
        name_latin=name_latin.strip()[:100],
        document_type=document_type,
        document_number_sealed=seal(number, purpose=DOCUMENT),
        document_index=document_index(document_type, number),
        born_on=born_on,
        sex=sex,
        nationality=nationality,
        phone_sealed=seal(plain_phone, purpose=PHONE),
        email=email.strip(),
        address=address.strip()[:300],
        region_id=region_id,
        is_demo=is_demo,
    )
    hold_document(document_type, person.document_index)
    if person_row(document_type, person.document_index) is not None:
        raise PersonKnown
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as known:
        raise PersonKnown from known
    events.publish(PersonRegistered(person_id=person.pk), at=at)
    audit.record(
        actor=actor,
        act="identity.person_registered",
        object_kind="person",
        object_id=person.pk,
        facts={"document_type": document_type},
        at=at,
    )
    return person


@transaction.atomic
def register_organisation(
    *,
    actor: Actor,
    name: str,
    registration_number: str,
    legal_representative_id: UUID,
    at: datetime,
    registration_type: str = "uscc",
    registration_place: str = "",
    source: str = Organisation.Source.DECLARED,
    established_on: date | None = None,
    phone: str = "",
    address: str = "",
    region_code: str = "",
    is_demo: bool = False,
) -> Organisation:
    """Enter an organisation with its legal representative, who may act for it from now on.

    Someone who is not an officer or the system can only name himself as legal representative.
    Nor does an officer enter one that he leads himself: he could check himself that way.
    Raises: DetailsWrong (422), OrganisationKnown, ClerkUnknown (409), NotFound (404), SelfApproval
    (403).
    """
    if actor.is_person and actor.person_id is not None:
        legal_representative_id = actor.person_id
        source = Organisation.Source.DECLARED
    elif actor.is_officer:
        _check_not_own(actor, legal_representative_id)
    problems: list[FieldProblem] = []
    name = " ".join(name.split())
    number, place = _checked_registration(
        name, registration_type, registration_number, registration_place, problems
    )
    _plain, region_id = _checked_contact("", "", region_code, problems)
    if problems:
        raise DetailsWrong(fields=problems)
    leader = Person.objects.filter(pk=legal_representative_id).first()
    if leader is None:
        raise NotFound
    firm = Organisation(
        name=name,
        registration_type=registration_type,
        registration_number=number,
        registration_place=place,
        legal_representative=leader,
        source=source,
        established_on=established_on,
        phone=phone.strip()[:40],
        address=address.strip()[:300],
        region_id=region_id,
        is_demo=is_demo,
    )
    try:
        with transaction.atomic():
            firm.save(force_insert=True)
    except IntegrityError as known:
        raise OrganisationKnown from known
    renew_rights(person_id=leader.pk)
    from_register = source == Organisation.Source.REGISTER
    if from_register or actor.is_officer:
        record_evidence(
            kind="register" if from_register else "window",
            adapter="register" if from_register else "window",
            person_id=leader.pk,
            organisation_id=firm.pk,
            officer_id=actor.officer_id,
            at=at,
        )
    events.publish(
        OrganisationRegistered(organisation_id=firm.pk, legal_representative_id=leader.pk), at=at
    )
    audit.record(
        actor=actor,
        act="identity.organisation_registered",
        object_kind="organisation",
        object_id=firm.pk,
        facts={"registration_number": number, "source": source},
        at=at,
    )
    return firm


def checked_registration(
    *, name: str, registration_type: str, registration_number: str, registration_place: str
) -> tuple[str, str]:
    """Number and place of a registration as they are kept. Raises: DetailsWrong (422)."""
    problems: list[FieldProblem] = []
    found = _checked_registration(
        " ".join(name.split()), registration_type, registration_number, registration_place, problems
    )
    if problems:
        raise DetailsWrong(fields=problems)
    return found


def _checked_registration(
    name: str,
    registration_type: str,
    registration_number: str,
    registration_place: str,
    problems: list[FieldProblem],
) -> tuple[str, str]:
    if not 2 <= len(name) <= 200:
        problems.append(FieldProblem("name", "length", _("Enter the full registered name.")))
    number = normalise(registration_number)
    if registration_type == Organisation.RegistrationType.USCC:
        try:
            return uscc.parse(number).number, ""
        except CodeMalformed as wrong:
            problems.append(FieldProblem("registration_number", wrong.code, wrong.text))
    elif registration_type != Organisation.RegistrationType.FOREIGN:
        problems.append(FieldProblem("registration_type", "choice", _("Choose a kind of number.")))
    else:
        if not _FOREIGN_NUMBER.fullmatch(number):
            message = _("Enter the number as on the certificate of registration.")
            problems.append(FieldProblem("registration_number", "shape", message))
        if not registration_place.strip():
            message = _("Enter the country or region of registration.")
            problems.append(FieldProblem("registration_place", "required", message))
    return number, registration_place.strip()


@transaction.atomic
def change_legal_representative(
    *,
    actor: Actor,
    organisation_id: UUID,
    document_type: str,
    document_number: str,
    evidence: str,
    at: datetime,
) -> Organisation:
    """Another person leads the firm from now on, as the register says; the former one's sessions
    and tokens in its name end with their next request. `evidence` names the register's entry.

    Raises: Forbidden (403), NotFound (404; also where no one with the document is registered),
    DetailsWrong (422), SelfApproval (403; to oneself), ClerkUnknown (409).
    Source: 民法典 61, 64, 65.
    """
    actor.check(REGISTER_PERSONS)
    if len(evidence.strip()) < 2:
        message = _("Name the entry in the register that says so.")
        raise DetailsWrong(fields=[FieldProblem("evidence", "required", message)])
    number = checked_number(document_type, document_number)
    index = document_index(document_type, number)
    leader = person_row(document_type, index)
    firm = Organisation.objects.select_for_update().filter(pk=organisation_id).first()
    if firm is None or leader is None:
        raise NotFound
    former_id = firm.legal_representative_id
    _check_not_own(actor, leader.pk, former_id)
    if leader.pk != former_id:
        firm.legal_representative = leader
        firm.save(update_fields=["legal_representative"])
        renew_rights(person_id=former_id)
        renew_rights(person_id=leader.pk)
    record_evidence(
        kind="window",
        adapter="window",
        person_id=leader.pk,
        organisation_id=firm.pk,
        officer_id=actor.officer_id,
        facts={"entry": evidence.strip()[:200]},
        at=at,
    )
    audit.record(
        actor=actor,
        act="identity.legal_representative_changed",
        object_kind="organisation",
        object_id=firm.pk,
        facts={"from": former_id, "to": leader.pk, "evidence": evidence.strip()[:200]},
        at=at,
    )
    return firm


def _check_not_own(actor: Actor, *person_ids: UUID) -> None:
    """Raises: SelfApproval (403), ClerkUnknown (409) where no record says who the officer is."""
    if actor.is_system:
        return
    own = persons_of(actor)
    if not own:
        raise ClerkUnknown
    if own & set(person_ids):
        raise SelfApproval


@transaction.atomic
def update_contact(
    *,
    actor: Actor,
    email: str,
    address: str,
    region_code: str,
    at: datetime,
    phone: str | None = None,
) -> None:
    """Change how to reach the acting person himself. The name and the document are not his to edit.

    Nor is the telephone number here: `start_phone_change` asks for codes. The present one is let
    pass, so that what was read can be written back.
    Raises: DetailsWrong (422), NotFound (404).
    """
    if actor.person_id is None:
        raise NotFound
    person = Person.objects.select_for_update().get(pk=actor.person_id)
    problems: list[FieldProblem] = []
    plain_phone, region_id = _checked_contact(phone or "", email, region_code, problems)
    if plain_phone and plain_phone != unseal(person.phone_sealed, purpose=PHONE):
        message = _("A number is changed on its own page, with codes sent to it.")
        problems.append(FieldProblem("phone", "elsewhere", message))
    if problems:
        raise DetailsWrong(fields=problems)
    person.email = email.strip()
    person.address = address.strip()[:300]
    person.region_id = region_id
    person.save(update_fields=["email", "address", "region"])
    renew_rights(person_id=person.pk)
    audit.record(
        actor=actor,
        act="identity.contact_changed",
        object_kind="person",
        object_id=person.pk,
        at=at,
    )


@transaction.atomic
def find_person_for(
    *, actor: Actor, document_type: str, document_number: str, purpose: str, at: datetime
) -> PersonCard | None:
    """An officer looks a person up by the exact number, for a stated purpose; recorded either way.

    Raises: Forbidden (403), DetailsWrong (422).
    """
    actor.check(FIND_PERSONS)
    problems: list[FieldProblem] = []
    number = _checked_number(document_type, document_number, problems)
    if len(purpose.strip()) < 2:
        problems.append(FieldProblem("purpose", "required", _("Say what you look this up for.")))
    if problems:
        raise DetailsWrong(fields=problems)
    row = person_row(document_type, document_index(document_type, number))
    audit.record(
        actor=actor,
        act="identity.person_looked_up",
        object_kind="person",
        object_id=row.pk if row else "",
        facts={"purpose": purpose.strip()[:200], "found": row is not None},
        at=at,
    )
    if row is None:
        return None
    audit.record_look(
        actor=actor,
        subject=Principal(kind="person", id=row.pk, name=row.name),
        act="identity.person_read",
        object_kind="person",
        object_id=row.pk,
        purpose=purpose.strip(),
        at=at,
    )
    return person_card(row)


def hold_document(document_type: str, index: str) -> None:
    """One at a time gives a number to a person, in the caller's transaction."""
    locks.hold("identity.document", f"{document_type}:{index}")


def checked_number(document_type: str, text: str) -> str:
    """The number as it is stored. Raises: DetailsWrong (422)."""
    problems: list[FieldProblem] = []
    number = _checked_number(document_type, text, problems)
    if problems:
        raise DetailsWrong(fields=problems)
    return number


def _checked_number(document_type: str, text: str, problems: list[FieldProblem]) -> str:
    if document_type not in DocumentType.values:
        message = _("Choose a kind of document.")
        problems.append(FieldProblem("document_type", "choice", message))
        return ""
    try:
        return document_types.check_number(document_type, text)
    except CodeMalformed as wrong:
        problems.append(FieldProblem("document_number", wrong.code, wrong.text))
        return ""


def _checked_contact(
    phone: str, email: str, region_code: str, problems: list[FieldProblem]
) -> tuple[str, UUID | None]:
    plain_phone = ""
    if phone.strip():
        plain_phone = normalise_phone(phone) or ""
        if not plain_phone:
            message = _("Enter a telephone number, such as 13800000000 or +852 6123 4567.")
            problems.append(FieldProblem("phone", "shape", message))
    if email.strip():
        try:
            validate_email(email.strip())
        except ValidationError:
            problems.append(FieldProblem("email", "shape", _("Enter an e-mail address.")))
    region_id = None
    if region_code.strip():
        try:
            region_id = regions.region(region_code.strip()).id
        except Refusal:
            problems.append(FieldProblem("region_code", "choice", _("Choose a region.")))
    return plain_phone, region_id
