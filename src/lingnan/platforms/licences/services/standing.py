"""Where a licence stands: suspended, resumed, revoked, cancelled, expired, superseded."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.security.audit import services as audit

from ..access import access_licence_to_change
from ..errors import GroundMissing, StatusRefused
from ..events import LicenceRevoked, LicenceStatusChanged
from ..models import Licence, StatusChange
from ..types import Status

_EXPIRED_GROUND = "行政许可法 70（一）：有效期届满未延续"
_BATCH = 500

# From where to where. Expired licences can still be revoked or cancelled for the record.
_ALLOWED: dict[Status, frozenset[Status]] = {
    Status.SUSPENDED: frozenset({Status.VALID}),
    Status.VALID: frozenset({Status.SUSPENDED}),
    Status.REVOKED: frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED}),
    Status.CANCELLED: frozenset({Status.VALID, Status.SUSPENDED, Status.EXPIRED}),
    Status.EXPIRED: frozenset({Status.VALID}),
    Status.SUPERSEDED: frozenset({Status.VALID, Status.EXPIRED}),
}


def suspend_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Take a licence out of use for the time being (暂扣). Raises: see `revoke_licence`."""
    return _change(licence_id, Status.SUSPENDED, ground, reason, actor, at)


def resume_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Give a suspended licence back (暂扣发还). Raises: see `revoke_licence`."""
    return _change(licence_id, Status.VALID, ground, reason, actor, at)


def revoke_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Revoke a licence (撤销, 吊销); a second revocation is told so.

    Locks the licence. Raises: LicenceUnknown (404, also outside the officer's reach), Forbidden
    (403), GroundMissing (422), StatusRefused (409).
    Source: 行政许可法 69, 70.
    """
    return _change(licence_id, Status.REVOKED, ground, reason, actor, at)


def cancel_licence(
    *, licence_id: UUID, ground: str, reason: str = "", actor: Actor, at: datetime
) -> Licence:
    """Cancel a licence (注销): the holder gave it up or is gone. Raises: see `revoke_licence`."""
    return _change(licence_id, Status.CANCELLED, ground, reason, actor, at)


@transaction.atomic
def _change(
    licence_id: UUID, status: Status, ground: str, reason: str, actor: Actor, at: datetime
) -> Licence:
    licence = access_licence_to_change(actor=actor, licence_id=licence_id)
    change_status(licence, status=status, ground=ground, reason=reason, actor=actor, at=at)
    return licence


def change_status(
    licence: Licence, *, status: Status, ground: str, reason: str, actor: Actor, at: datetime
) -> None:
    """Change the status of a row the caller has locked, with history, event and audit entry."""
    if not ground.strip():
        raise GroundMissing
    before = Status(licence.status)
    if before not in _ALLOWED[status]:
        raise StatusRefused(status=before.label, wanted=status.label)
    licence.status, licence.status_ground = status, ground.strip()[:300]
    licence.save(update_fields=["status", "status_ground"])
    StatusChange.objects.create(
        licence=licence,
        status_before=before,
        status=status,
        ground=licence.status_ground,
        reason=reason,
        changed_by=actor.name[:200],
        changed_at=at,
    )
    events.publish(
        LicenceStatusChanged(
            licence_id=licence.pk,
            identifier=licence.identifier,
            status_before=before.value,
            status=status.value,
            ground=licence.status_ground,
            subject_kind=licence.subject_kind,
            subject_id=licence.subject_id,
            changed_at=at,
        ),
        at=at,
    )
    if status is Status.REVOKED:
        events.publish(
            LicenceRevoked(
                licence_id=licence.pk,
                identifier=licence.identifier,
                ground=licence.status_ground,
                subject_kind=licence.subject_kind,
                subject_id=licence.subject_id,
                revoked_at=at,
            ),
            at=at,
        )
    audit.record(
        actor=actor,
        act=f"licences.{status.value}" if status is not Status.VALID else "licences.resumed",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"before": before, "ground": licence.status_ground},
        at=at,
    )


def expire_licences(*, on: date, at: datetime) -> int:
    """Mark as expired what ended before `on`; return how many. Runs in batches of its own."""
    actor, total = system_actor("licences.expire"), 0
    while True:
        with transaction.atomic():
            rows = list(
                Licence.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(status=Status.VALID, valid_until__lt=on)
                .order_by("valid_until")[:_BATCH]
            )
            for licence in rows:
                change_status(
                    licence,
                    status=Status.EXPIRED,
                    ground=_EXPIRED_GROUND,
                    reason="",
                    actor=actor,
                    at=at,
                )
        total += len(rows)
        if len(rows) < _BATCH:
            return total
