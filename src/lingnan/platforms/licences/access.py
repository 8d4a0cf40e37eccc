"""From an outside id to a licence: its holder, whoever acts for him, or an officer in reach."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.workflow import queries as workflow
from lingnan.standards.agencies import queries as agencies

from .errors import BatchUnknown, ConsentUnknown, LicenceUnknown
from .models import Batch, Consent, Licence, LicenceUse
from .queries import asked_by, held_by, received_by
from .types import CHANGE_STATUS, ISSUE, VIEW_LICENCES

_CARD = ("type", "agency", "seal")


def can_at_work(actor: Actor, permission: str) -> bool:
    """Whether he may do it where he works, by his agency or its region; the licence is anyone's."""
    if actor.agency_id is None:
        return False
    agency = agencies.agency(actor.agency_id)
    return actor.can(permission, agency_id=agency.id, region_path=agency.region_path)


def check_at_work(actor: Actor, permission: str) -> None:
    """Raises: Forbidden (403) unless `can_at_work`."""
    if not can_at_work(actor, permission):
        raise Forbidden(permission=permission)


def access_own_licence(*, actor: Actor, licence_id: UUID) -> Licence:
    """The licence, if the actor's principal holds it and no mandate narrows what he may see.

    Raises: LicenceUnknown (404).
    """
    if actor.matter_codes is not None:
        raise LicenceUnknown
    found = Licence.objects.select_related(*_CARD).filter(held_by(actor), pk=licence_id).first()
    if found is None:
        raise LicenceUnknown
    return found


def access_licence_to_view(*, actor: Actor, licence_id: UUID) -> Licence:
    """The licence, for its holder or an officer in reach; not under a mandate for certain matters.

    Raises: LicenceUnknown (404).
    """
    if actor.matter_codes is not None:
        raise LicenceUnknown
    return access_licence_to_use(actor=actor, licence_id=licence_id)


def access_licence_to_use(*, actor: Actor, licence_id: UUID) -> Licence:
    """The licence, for its holder, whoever applies for him, or an officer in reach who does.

    Raises: LicenceUnknown (404).
    """
    reach = actor.reach(VIEW_LICENCES)
    # Everywhere is an empty condition, and one joined by "or" would be left out.
    allowed = Q() if "" in reach.region_paths else held_by(actor) | reach.q()
    found = Licence.objects.select_related(*_CARD).filter(allowed, pk=licence_id).first()
    if found is None:
        raise LicenceUnknown
    return found


def access_licence_to_change(*, actor: Actor, licence_id: UUID) -> Licence:
    """The licence, locked, for an officer who may change its status.

    Raises: Forbidden (403) without the permission, LicenceUnknown (404) outside its reach.
    """
    if not actor.can(CHANGE_STATUS):
        raise Forbidden(permission=CHANGE_STATUS)
    found = (
        Licence.objects.select_for_update(of=("self",))
        .filter(actor.reach(CHANGE_STATUS).q(), pk=licence_id)
        .first()
    )
    if found is None:
        raise LicenceUnknown
    return found


def needs_whole(actor: Actor, licence: Licence, *, at: datetime) -> bool:
    """Whether an officer's open task is on the case the licence came from, or was handed to.

    Three queries. Source: 个人信息保护法 6.
    """
    if not actor.is_officer:
        return False
    uses = LicenceUse.objects.filter(licence=licence, kind="material", case_id__isnull=False)
    subjects = set(uses.values_list("case_id", flat=True))
    if licence.subject_id is not None:
        subjects.add(licence.subject_id)
    return workflow.works_on(actor, [subject for subject in subjects if subject], at=at)


def access_batch(*, actor: Actor, batch_id: UUID, lock: bool = False) -> Batch:
    """A batch, locked if asked, for officers who may issue there.

    Raises: BatchUnknown (404).
    """
    rows = Batch.objects.select_related("type", "agency")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(actor.reach(ISSUE).q(), pk=batch_id).first()
    if found is None:
        raise BatchUnknown
    return found


def access_received_consent(*, actor: Actor, consent_id: UUID, lock: bool = False) -> Consent:
    """A request put to the actor's principal. Raises: ConsentUnknown (404)."""
    return _consent(received_by(actor), consent_id, lock=lock)


def access_asked_consent(*, actor: Actor, consent_id: UUID, lock: bool = False) -> Consent:
    """A request the actor's agency or firm made. Raises: ConsentUnknown (404)."""
    return _consent(asked_by(actor), consent_id, lock=lock)


def access_consent(*, actor: Actor, consent_id: UUID) -> Consent:
    """A request, for either side. Raises: ConsentUnknown (404)."""
    return _consent(asked_by(actor) | received_by(actor), consent_id)


def _consent(allowed: Q, consent_id: UUID, *, lock: bool = False) -> Consent:
    rows = Consent.objects.all()
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(allowed, pk=consent_id).first()
    if found is None:
        raise ConsentUnknown
    return found


def access_copy(*, actor: Actor, use_id: UUID) -> LicenceUse:
    """A copy handed to a case: for the holder, and for officers of the agency it went to.

    Raises: LicenceUnknown (404).
    """
    use = (
        LicenceUse.objects.select_related("licence__type", "licence__agency", "licence__seal")
        .filter(pk=use_id, kind__in=("material", "copy"))
        .first()
    )
    if use is None or not may_read_copy(actor, use):
        raise LicenceUnknown
    return use


def may_read_copy(actor: Actor, use: LicenceUse) -> bool:
    """Whether the actor may read a copy."""
    principal = actor.principal
    holder = (use.licence.holder_kind, use.licence.holder_id)
    if principal is not None and (principal.kind, principal.id) == holder:
        return True
    return actor.is_system or (
        actor.is_officer
        and use.agency_id is not None
        and actor.can(VIEW_LICENCES, agency_id=use.agency_id)
    )


def can_read_licence_file(actor: Actor, licence_id: UUID) -> bool:
    """For `documents`: who may read a face."""
    try:
        access_licence_to_view(actor=actor, licence_id=licence_id)
    except LicenceUnknown:
        return False
    return True


def can_read_copy_file(actor: Actor, use_id: UUID) -> bool:
    """For `documents`: who may read a marked copy."""
    try:
        access_copy(actor=actor, use_id=use_id)
    except LicenceUnknown:
        return False
    return True
