"""A person is bound to the organisation he leads: he names it, then proves it.

Naming gives nothing: a firm that nobody has proved to lead is at level 0, and whoever proves it
first becomes its legal representative here, whoever named it before.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.platforms.messaging import services as messaging
from lingnan.security.audit import services as audit

from .. import wording
from ..events import OrganisationLeaderChanged
from ..models import AssuranceEvidence, FirmClaim, Organisation
from .evidence import renew_rights
from .people import checked_registration, register_organisation


@transaction.atomic
def claim_organisation(
    *,
    actor: Actor,
    name: str,
    registration_number: str,
    at: datetime,
    registration_type: str = "uscc",
    registration_place: str = "",
    phone: str = "",
    address: str = "",
    region_code: str = "",
) -> UUID:
    """Say that one leads an organisation; returns its id, to prove it by.

    A number nobody named before is entered as declared. One that is known gives only a claim: its
    name as typed, nothing of what is on record. The same claim again is the same claim.
    Raises: NotFound (404), DetailsWrong (422).
    Source: Plan 五（一）2（1）, accounts of legal persons.
    """
    if actor.person_id is None or not actor.is_person:
        raise NotFound
    number, place = checked_registration(
        name=name,
        registration_type=registration_type,
        registration_number=registration_number,
        registration_place=registration_place,
    )
    locks.hold("identity.organisation", f"{registration_type}:{place}:{number}")
    firm = Organisation.objects.filter(
        registration_type=registration_type, registration_place=place, registration_number=number
    ).first()
    if firm is None:
        firm = register_organisation(
            actor=actor,
            name=name,
            registration_number=registration_number,
            legal_representative_id=actor.person_id,
            registration_type=registration_type,
            registration_place=registration_place,
            phone=phone,
            address=address,
            region_code=region_code,
            at=at,
        )
    FirmClaim.objects.bulk_create(
        [
            FirmClaim(
                person_id=actor.person_id,
                organisation=firm,
                named_as=" ".join(name.split()),
                made_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    audit.record(
        actor=actor,
        act="identity.organisation_claimed",
        object_kind="organisation",
        object_id=firm.pk,
        at=at,
    )
    return firm.pk


def claim_of(*, actor: Actor, organisation_id: UUID) -> FirmClaim:
    """The asker's own claim, or that of a leader on record. Raises: NotFound (404)."""
    if actor.person_id is None or not actor.is_person:
        raise NotFound
    claim = (
        FirmClaim.objects.select_related("organisation")
        .filter(person_id=actor.person_id, organisation_id=organisation_id)
        .first()
    )
    if claim is not None:
        return claim
    led = Organisation.objects.filter(
        pk=organisation_id, legal_representative_id=actor.person_id
    ).first()
    if led is None:
        raise NotFound
    return FirmClaim(
        person_id=actor.person_id,
        organisation=led,
        named_as=led.name,
        state=FirmClaim.State.PROVEN,
        made_at=led.created_at,
    )


def named_as(person_id: UUID, organisation_id: UUID) -> str:
    """The name a claimant gave; empty where he claimed nothing."""
    rows = FirmClaim.objects.filter(person_id=person_id, organisation_id=organisation_id)
    return rows.values_list("named_as", flat=True).first() or ""


def bind(*, actor: Actor, person_id: UUID, organisation_id: UUID, at: datetime) -> None:
    """The person has just proved that he leads it: now he does here too, the former one no more.

    In the caller's transaction. What the former representative gave as mandates stays: they are the
    organisation's own. He is told. Source: 民法典 61-65.
    """
    firm = Organisation.objects.select_for_update().get(pk=organisation_id)
    former = firm.legal_representative_id
    claims = FirmClaim.objects.filter(person_id=person_id, organisation=firm)
    claims.update(state=FirmClaim.State.PROVEN, proven_at=at)
    named = claims.values_list("named_as", flat=True).first()
    if firm.source == Organisation.Source.DECLARED and named:
        firm.name = named  # the register has just compared it
    if former == person_id:
        firm.save(update_fields=["name"])
        renew_rights(person_id=person_id)
        return
    firm.legal_representative_id = person_id
    firm.save(update_fields=["name", "legal_representative"])
    AssuranceEvidence.objects.filter(organisation=firm, person_id=former, withdrawn_at=None).update(
        withdrawn_at=at
    )
    renew_rights(person_id=former)
    renew_rights(person_id=person_id)
    events.publish(
        OrganisationLeaderChanged(
            organisation_id=firm.pk, former_leader_id=former, leader_id=person_id
        ),
        at=at,
    )
    messaging.send(
        template=wording.LEADER_CHANGED,
        facts={"organisation": firm.name},
        subject_kind="identity.organisation",
        subject_id=firm.pk,
        person_id=former,
        channels=("inbox",),
        at=at,
    )
    audit.record(
        actor=actor,
        act="identity.organisation_leader_changed",
        object_kind="organisation",
        object_id=firm.pk,
        facts={"former": former, "leader": person_id},
        at=at,
    )
