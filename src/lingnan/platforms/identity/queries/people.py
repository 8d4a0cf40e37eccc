"""Persons and organisations, and what forms may take from them."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound

from ..models import Organisation, Person, PersonDocument
from ..sealing import DOCUMENT, PHONE, document_index, unseal
from ..types import DocumentCard, OrganisationCard, PersonCard, Prefilled


def person(person_id: UUID) -> PersonCard:
    """Raises: NotFound (404)."""
    row = Person.objects.select_related("region", "account").filter(pk=person_id).first()
    if row is None:
        raise NotFound
    return person_card(row)


def born_on(person_id: UUID) -> date | None:
    """A person's birthday where it is known. Raises: NotFound (404)."""
    found = Person.objects.filter(pk=person_id).values_list("born_on", flat=True)
    for value in found:
        return value
    raise NotFound


def is_only_one_named(name: str, born_on: date) -> bool:
    """Whether exactly one registered person has this name and birthday. One query."""
    return Person.objects.filter(name=name, born_on=born_on)[:2].count() == 1


def find_person(document_type: str, number: str) -> PersonCard | None:
    """By the exact number of a document, normalised: the one on record, a further one, or one that
    was replaced (`is_former_document`). Callers record why they looked. At most two queries.
    """
    row = person_row(document_type, document_index(document_type, number))
    return person_card(row) if row else None


def person_row(document_type: str, index: str) -> Person | None:
    """As `find_person`, by the blind index."""
    rows = Person.objects.select_related("region", "account")
    found = rows.filter(document_type=document_type, document_index=index).first()
    if found is None:
        found = rows.filter(
            documents__document_type=document_type, documents__document_index=index
        ).first()
    return found


def is_former_document(document_type: str, number: str) -> bool:
    """Whether another document took this one's place. One query."""
    return PersonDocument.objects.filter(
        document_type=document_type,
        document_index=document_index(document_type, number),
        ended_at__isnull=False,
    ).exists()


def documents_of(person_id: UUID) -> list[DocumentCard]:
    """Every document a person is or was known by, the one on record first. Two queries.

    Raises: NotFound (404).
    """
    row = Person.objects.filter(pk=person_id).first()
    if row is None:
        raise NotFound
    others = PersonDocument.objects.filter(person_id=person_id)
    return [
        _document_card(row, ended_at=None),
        *(
            _document_card(kept, ended_at=kept.ended_at)
            for kept in others.order_by(F("ended_at").desc(nulls_first=True), "-id")
        ),
    ]


def _document_card(row: Person | PersonDocument, *, ended_at: datetime | None) -> DocumentCard:
    return DocumentCard(
        type=row.document_type,
        number=unseal(row.document_number_sealed, purpose=DOCUMENT),
        valid_until=row.document_valid_until,
        ended_at=ended_at,
    )


def person_card(row: Person) -> PersonCard:
    account = getattr(row, "account", None)
    return PersonCard(
        id=row.pk,
        name=row.name,
        name_latin=row.name_latin,
        document_type=row.document_type,
        document_number=unseal(row.document_number_sealed, purpose=DOCUMENT),
        born_on=row.born_on,
        sex=row.sex,
        nationality=row.nationality,
        phone=unseal(row.phone_sealed, purpose=PHONE),
        email=row.email,
        address=row.address,
        region_code=row.region.code if row.region else "",
        region_path=row.region.path if row.region else "",
        account_id=account.pk if account else None,
        is_demo=row.is_demo,
    )


def organisation(organisation_id: UUID) -> OrganisationCard:
    """Raises: NotFound (404)."""
    row = (
        Organisation.objects.select_related("region", "legal_representative")
        .filter(pk=organisation_id)
        .first()
    )
    if row is None:
        raise NotFound
    return organisation_card(row)


def organisation_by_number(uscc: str) -> OrganisationCard | None:
    row = (
        Organisation.objects.select_related("region", "legal_representative")
        .filter(registration_type="uscc", registration_number=uscc)
        .first()
    )
    return organisation_card(row) if row else None


def organisations_led_by(person_id: UUID) -> list[OrganisationCard]:
    rows = Organisation.objects.select_related("region", "legal_representative")
    return [
        organisation_card(row)
        for row in rows.filter(legal_representative_id=person_id).order_by("name")
    ]


def organisation_card(row: Organisation) -> OrganisationCard:
    return OrganisationCard(
        id=row.pk,
        name=row.name,
        registration_type=row.registration_type,
        registration_number=row.registration_number,
        registration_place=row.registration_place,
        legal_representative_id=row.legal_representative_id,
        legal_representative_name=row.legal_representative.name,
        source=row.source,
        established_on=row.established_on,
        phone=row.phone,
        address=row.address,
        region_code=row.region.code if row.region else "",
        region_path=row.region.path if row.region else "",
        is_demo=row.is_demo,
    )


def prefill(actor: Actor) -> dict[str, Prefilled]:
    """What a form may take from identity for whoever one acts for.

    `person.*` is the principal if he is a person, else the one who acts; `agent.*` is the one who
    acts for another; `organisation.*` is the firm acted for. `legal_representative.*` is who leads
    that firm, his document number only where it is he who acts; a person acted for stands there
    himself, as the founder of a firm. Empty values are left out.
    Source: experience rule 2, ask nothing the government knows.
    """
    values: dict[str, Prefilled] = {}
    if actor.person_id is None:
        return values
    own = _person_values(person(actor.person_id))
    principal = actor.principal
    account_source = _("your account")
    if principal is None or principal.id == actor.person_id:
        _put(values, "person", own, account_source)
        _put(values, "legal_representative", _named(own), account_source)
    elif principal.kind == "person":
        theirs = _person_values(person(principal.id))
        _put(values, "person", theirs, _("the account you act for"))
        _put(values, "legal_representative", _named(theirs), _("the account you act for"))
        _put(values, "agent", own, account_source)
    else:
        firm = organisation(principal.id)
        source = (
            _("the business register")
            if firm.source == Organisation.Source.REGISTER
            else _("the details given by the legal representative")
        )
        _put(values, "organisation", _organisation_values(firm), source)
        leads = firm.legal_representative_id == actor.person_id
        leader = _named(own) if leads else {"name": firm.legal_representative_name}
        _put(values, "legal_representative", leader, account_source if leads else source)
        _put(values, "person", own, account_source)
        _put(values, "agent", own, account_source)
    return values


def _put(target: dict[str, Prefilled], part: str, values: dict[str, str], source: object) -> None:
    for key, value in values.items():
        if value:
            target[f"{part}.{key}"] = Prefilled(value=value, source=source)  # type: ignore[arg-type]


def _person_values(card: PersonCard) -> dict[str, str]:
    return {
        "name": card.name,
        "name_latin": card.name_latin,
        "document_type": card.document_type,
        "document_number": card.document_number,
        "birth_date": card.born_on.isoformat() if card.born_on else "",
        "sex": card.sex if card.sex in {"1", "2"} else "",
        "nationality": card.nationality,
        "phone": card.phone,
        "email": card.email,
        "address": card.address,
        "region_code": card.region_code,
    }


def _named(values: dict[str, str]) -> dict[str, str]:
    return {key: values[key] for key in ("name", "document_type", "document_number")}


def _organisation_values(card: OrganisationCard) -> dict[str, str]:
    return {
        "name": card.name,
        "uscc": card.uscc,
        "registration_number": card.registration_number,
        "legal_representative": card.legal_representative_name,
        "established_on": card.established_on.isoformat() if card.established_on else "",
        "phone": card.phone,
        "address": card.address,
        "region_code": card.region_code,
    }
