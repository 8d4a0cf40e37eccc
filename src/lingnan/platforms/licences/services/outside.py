"""Licences issued outside a case: by an agency's own system, at the desk, or from a table."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from lingnan.kernel.actors import Actor
from lingnan.standards.agencies import queries as agencies

from .. import payload, queries
from ..errors import LicenceUnknown, SourceIdReused
from ..models import Licence
from ..types import ISSUE, HolderGiven
from .holders import ensure_holder, same_name
from .issuing import Look, Order, issue_apart

SUBJECT_KIND = "outside"


def issue_outside(
    *,
    actor: Actor,
    agency_id: UUID,
    type_code: str,
    holder: HolderGiven,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    source_id: str,
    supersedes: str = "",
    at: datetime,
) -> Licence:
    """Issue a licence that another system decided on, once per agency and source number.

    The agency must be within the actor's reach and issue the type. `supersedes` is the identifier
    of the agency's own licence that this one renews or changes. Asked again with the same source
    number and the same contents, the licence that is there is returned. The seal signs between two
    transactions (`issue_apart`).
    Raises: Forbidden (403); SourceIdReused, HolderNameDiffers, HolderUnknown (409); and as
    `issue_apart`, identity's `register_person`.
    Source: Plan 五（二）2（1）, （4）; GB/T 36906-2018.
    """
    return issue_apart(
        outside_order(
            actor=actor,
            agency_id=agency_id,
            type_code=type_code,
            holder=holder,
            fields=fields,
            valid_from=valid_from,
            valid_until=valid_until,
            source_id=source_id,
            supersedes=supersedes,
            at=at,
        )
    )


def outside_order(
    *,
    actor: Actor,
    agency_id: UUID,
    type_code: str,
    holder: HolderGiven,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    source_id: str,
    supersedes: str = "",
    at: datetime,
) -> Look:
    """How to look, within a transaction, at what `issue_outside` is to issue."""

    def look() -> Order | Licence:
        agency = agencies.agency(agency_id)
        actor.check(ISSUE, agency_id=agency.id, region_path=agency.region_path)
        subject_id = subject_of(agency.id, source_id)
        existing = _existing(type_code, subject_id)
        if existing is not None:
            _check_same(existing, holder, fields, valid_from, valid_until, source_id)
            return existing
        return Order(
            type_code=type_code,
            holder=ensure_holder(holder, actor=actor, at=at),
            fields=fields,
            agency_id=agency.id,
            valid_from=valid_from,
            valid_until=valid_until,
            supersedes_id=_superseded(agency.id, supersedes, type_code),
            subject_kind=SUBJECT_KIND,
            subject_id=subject_id,
            actor=actor,
            at=at,
        )

    return look


def subject_of(agency_id: UUID, source_id: str) -> UUID:
    """The subject under which an agency's source number is unique."""
    return uuid5(NAMESPACE_URL, f"urn:lingnan:licences:{agency_id}:{source_id.strip()}")


def _existing(type_code: str, subject_id: UUID) -> Licence | None:
    return (
        Licence.objects.select_related("type", "agency", "seal")
        .filter(type_code=type_code, subject_kind=SUBJECT_KIND, subject_id=subject_id)
        .first()
    )


def _check_same(
    licence: Licence,
    holder: HolderGiven,
    fields: Mapping[str, object],
    valid_from: date,
    valid_until: date | None,
    source_id: str,
) -> None:
    content = payload.payload_of(licence)
    number = queries.holder_code_index(holder.number)
    if (
        licence.holder_code_index != number
        or not same_name(content["holder"]["name"], holder.name)
        or content["fields"] != dict(fields)
        or (licence.valid_from, licence.valid_until) != (valid_from, valid_until)
    ):
        raise SourceIdReused(source_id=source_id)


def _superseded(agency_id: UUID, identifier: str, type_code: str) -> UUID | None:
    if not identifier.strip():
        return None
    found = Licence.objects.filter(
        agency_id=agency_id, identifier=identifier.strip().upper(), type_code=type_code
    ).first()
    if found is None:
        raise LicenceUnknown
    return found.pk
