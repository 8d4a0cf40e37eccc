"""A seal's life: applied for, approved by another, made, recorded, enabled, and taken out of use.

Source: GB/T 38540-2020, 6; 国发〔1999〕25号. Whoever asks does not decide; the security
administrator makes, records and enables what was approved, and takes seals out of use.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db import transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor, system_actor
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import is_own
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from ..errors import (
    SealDecidedByOneself,
    SealGroundMissing,
    SealNotReplaceable,
    SealStateRefused,
    SealTaken,
    SealTextMissing,
)
from ..models import Seal, SealApplication
from ..seal_access import access_application, access_seal
from ..types import APPROVE_SEALS, KEEP_SEALS, MANAGE_SEALS, SealKind, SealState
from .sealing import make_seal_for, move_seal

# From where each step may be taken.
_ALLOWED: dict[SealState, frozenset[SealState]] = {
    SealState.RECORDED: frozenset({SealState.MADE}),
    SealState.ACTIVE: frozenset({SealState.RECORDED, SealState.SUSPENDED}),
    SealState.SUSPENDED: frozenset({SealState.ACTIVE}),
    SealState.LOST: frozenset({SealState.ACTIVE, SealState.SUSPENDED, SealState.RECORDED}),
    SealState.DESTROYED: frozenset(set(SealState) - {SealState.DESTROYED}),
    SealState.EXPIRED: frozenset({SealState.ACTIVE, SealState.SUSPENDED}),
}
_BATCH = 200


def _ground(text: str) -> str:
    if not text.strip():
        raise SealGroundMissing
    return text.strip()[:500]


@transaction.atomic
def apply_for_seal(
    *,
    agency_id: UUID,
    kind: SealKind,
    text: str,
    reason: str,
    actor: Actor,
    at: datetime,
    replaces_id: UUID | None = None,
) -> SealApplication:
    """Ask for a seal, or for one in place of another (变更).

    `text` is what it says: for a seal of the unit its agency's name, whatever was typed.
    Raises: Forbidden (403), SealUnknown (404), SealNotReplaceable (409); SealTextMissing,
    SealGroundMissing (422).
    """
    agency = agencies.agency(agency_id)
    actor.check(KEEP_SEALS, agency_id=agency.id, region_path=agency.region_path)
    replaces = None
    if replaces_id is not None:
        replaces = access_seal(actor=actor, seal_id=replaces_id, permission=KEEP_SEALS)
        same = (replaces.agency_id, replaces.kind) == (agency.id, kind)
        if not same or replaces.state == SealState.DESTROYED:
            raise SealNotReplaceable
    wording = agency.name if kind is SealKind.UNIT else text.strip()[:60]
    if not wording:
        raise SealTextMissing
    assert actor.account_id is not None
    application = SealApplication.objects.create(
        agency_id=agency.id,
        kind=kind,
        text=wording[:60],
        reason=_ground(reason),
        replaces=replaces,
        applied_by=actor.name[:200],
        applied_by_account=actor.account_id,
        applied_at=at,
    )
    _record(application, "applied", actor=actor, at=at)
    return application


@transaction.atomic
def decide_on_seal(
    *, application_id: UUID, approves: bool, ground: str, actor: Actor, at: datetime
) -> SealApplication:
    """Approve or refuse an application, as another person than who asked.

    Raises: SealUnknown (404); SealDecidedByOneself (403); SealStateRefused (409);
    SealGroundMissing (422).
    """
    application = access_application(
        actor=actor, application_id=application_id, permission=APPROVE_SEALS, lock=True
    )
    # Whoever asked is one person, with however many accounts.
    asker = application.applied_by_account
    if is_own(actor, asker, *identity.persons_behind(asker)):
        raise SealDecidedByOneself
    if application.state != SealApplication.State.APPLIED:
        raise SealStateRefused(state=SealApplication.State(application.state).label)
    application.state = (
        SealApplication.State.APPROVED if approves else SealApplication.State.REFUSED
    )
    application.decided_by = actor.name[:200]
    application.decided_by_account = actor.account_id
    application.decided_at, application.ground = at, _ground(ground)
    application.save()
    _record(application, application.state, actor=actor, at=at)
    return application


@transaction.atomic
def make_seal(*, application_id: UUID, actor: Actor, at: datetime) -> Seal:
    """Make the seal that was approved; it is not in use yet.

    Raises: SealUnknown (404), SealStateRefused (409).
    """
    application = access_application(
        actor=actor, application_id=application_id, permission=MANAGE_SEALS, lock=True
    )
    if application.state != SealApplication.State.APPROVED:
        raise SealStateRefused(state=SealApplication.State(application.state).label)
    seal = make_seal_for(
        application.agency_id,
        kind=SealKind(application.kind),
        text=application.text,
        replaces=application.replaces,
        actor=actor,
        at=at,
    )
    application.state, application.seal = SealApplication.State.MADE, seal
    application.save(update_fields=["state", "seal"])
    return seal


@transaction.atomic
def record_seal(*, seal_id: UUID, record_number: str, actor: Actor, at: datetime) -> Seal:
    """Enter a made seal into the register (备案) under its number there.

    Raises: SealUnknown (404), SealStateRefused (409), SealGroundMissing (422).
    """
    seal = _locked(seal_id, SealState.RECORDED, actor)
    seal.record_number = _ground(record_number)[:60]
    seal.save(update_fields=["record_number"])
    move_seal(seal, SealState.RECORDED, ground=seal.record_number, actor=actor, at=at)
    return seal


@transaction.atomic
def enable_seal(*, seal_id: UUID, ground: str, actor: Actor, at: datetime) -> Seal:
    """Put a recorded or suspended seal into use; the one it replaces is destroyed with that.

    Raises: SealUnknown (404); SealStateRefused, SealTaken (409); SealGroundMissing (422).
    """
    why = _ground(ground)
    seal = _locked(seal_id, SealState.ACTIVE, actor)
    locks.hold("licences.seal", seal.agency_id)
    old = seal.replaces
    if old is not None and old.state != SealState.DESTROYED:
        old = Seal.objects.select_for_update(of=("self",)).get(pk=old.pk)
        _destroy(old, ground=f"{seal.name}：{why}", reason="superseded", actor=actor, at=at)
    taken = Seal.objects.filter(
        agency_id=seal.agency_id, kind=seal.kind, state=SealState.ACTIVE
    ).exclude(pk=seal.pk)
    if seal.kind != SealKind.UNIT:
        taken = taken.filter(name=seal.name)
    if taken.exists():
        raise SealTaken
    move_seal(seal, SealState.ACTIVE, ground=why, actor=actor, at=at)
    return seal


@transaction.atomic
def suspend_seal(*, seal_id: UUID, ground: str, actor: Actor, at: datetime) -> Seal:
    """Take a seal out of use for the time being (停用). Raises: as `enable_seal`."""
    why = _ground(ground)
    seal = _locked(seal_id, SealState.SUSPENDED, actor)
    move_seal(seal, SealState.SUSPENDED, ground=why, actor=actor, at=at)
    return seal


@transaction.atomic
def report_seal_lost(*, seal_id: UUID, ground: str, actor: Actor, at: datetime) -> Seal:
    """Report that others may use the seal's key (挂失): its certificate is revoked at once.

    What it sealed before stays proven where a time stamp proves the time. Keepers may report too.
    Raises: as `enable_seal`.
    """
    why = _ground(ground)
    seal = _locked(seal_id, SealState.LOST, actor, KEEP_SEALS, MANAGE_SEALS)
    move_seal(seal, SealState.LOST, ground=why, actor=actor, at=at)
    crypto.revoke_certificate(certificate_id=seal.certificate_id, at=at, reason="key_compromise")
    return seal


@transaction.atomic
def destroy_seal(*, seal_id: UUID, ground: str, actor: Actor, at: datetime) -> Seal:
    """End a seal for good (注销): certificate revoked, key blanked, row and history kept.

    Raises: as `enable_seal`.
    """
    why = _ground(ground)
    seal = _locked(seal_id, SealState.DESTROYED, actor)
    _destroy(seal, ground=why, reason="cessation_of_operation", actor=actor, at=at)
    return seal


def _destroy(seal: Seal, *, ground: str, reason: str, actor: Actor, at: datetime) -> None:
    move_seal(seal, SealState.DESTROYED, ground=ground, actor=actor, at=at)
    crypto.revoke_certificate(certificate_id=seal.certificate_id, at=at, reason=reason)
    crypto.retire_key(key_id=seal.key_id, at=at)
    crypto.destroy_key(key_id=seal.key_id, at=at)


def _locked(seal_id: UUID, state: SealState, actor: Actor, *permissions: str) -> Seal:
    wanted = permissions or (MANAGE_SEALS,)
    seal = access_seal(actor=actor, seal_id=seal_id, permission=wanted, lock=True)
    if seal.state not in _ALLOWED[state]:
        raise SealStateRefused(state=SealState(seal.state).label)
    return seal


def expire_seals(*, at: datetime) -> int:
    """Mark as past their term the seals that are; return how many. Batches of their own."""
    actor, total = system_actor("licences.expire_seals"), 0
    while True:
        with transaction.atomic():
            rows = list(
                Seal.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(state=SealState.ACTIVE, valid_until__lte=at)
                .order_by("valid_until")[:_BATCH]
            )
            for seal in rows:
                move_seal(seal, SealState.EXPIRED, ground="有效期届满", actor=actor, at=at)
        total += len(rows)
        if len(rows) < _BATCH:
            return total


def _record(application: SealApplication, what: str, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"licences.seal_application_{what}",
        object_kind="licences.seal_application",
        object_id=application.pk,
        facts={"kind": application.kind, "text": application.text},
        at=at,
    )


Step = Callable[[UUID, str, Actor, datetime], Seal]

# The steps by their names in addresses and forms.
SEAL_STEPS: Mapping[str, Step] = MappingProxyType(
    {
        "record": lambda seal_id, ground, actor, at: record_seal(
            seal_id=seal_id, record_number=ground, actor=actor, at=at
        ),
        "enable": lambda seal_id, ground, actor, at: enable_seal(
            seal_id=seal_id, ground=ground, actor=actor, at=at
        ),
        "suspend": lambda seal_id, ground, actor, at: suspend_seal(
            seal_id=seal_id, ground=ground, actor=actor, at=at
        ),
        "report-lost": lambda seal_id, ground, actor, at: report_seal_lost(
            seal_id=seal_id, ground=ground, actor=actor, at=at
        ),
        "destroy": lambda seal_id, ground, actor, at: destroy_seal(
            seal_id=seal_id, ground=ground, actor=actor, at=at
        ),
    }
)


def steps_from(state: SealState) -> tuple[str, ...]:
    """The steps that may be taken from a state."""
    targets = {
        "record": SealState.RECORDED,
        "enable": SealState.ACTIVE,
        "suspend": SealState.SUSPENDED,
        "report-lost": SealState.LOST,
        "destroy": SealState.DESTROYED,
    }
    return tuple(step for step, target in targets.items() if state in _ALLOWED[target])
