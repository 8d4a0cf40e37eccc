"""The devices of an account: signed in now, and seen before."""

from datetime import datetime
from uuid import UUID

from ..device_words import device_kind, device_name, short_address
from ..models import KnownDevice, Session
from ..types import DeviceCard
from .accounts import live_sessions

SHOWN = 50


def signed_in_devices(
    account_id: UUID, *, present: UUID | None, at: datetime
) -> tuple[DeviceCard, ...]:
    """Where an account is signed in now, the one used last first. Two queries."""
    sessions = list(live_sessions(account_id, at=at)[:SHOWN])
    known = _known(account_id, {row.device_digest for row in sessions})
    return tuple(
        DeviceCard(
            id=known[row.device_digest].pk if row.device_digest in known else None,
            session_id=row.pk,
            name=device_name(row.device),
            kind=device_kind(row.device),
            channel=row.channel,
            address=short_address(row.address),
            methods=tuple(row.methods),
            first_seen_at=_first_seen(row, known),
            signed_in_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.pk == present,
        )
        for row in sessions
    )


def devices_before(account_id: UUID, *, at: datetime) -> tuple[DeviceCard, ...]:
    """Devices an account was used with and is not signed in with now. One query."""
    live = live_sessions(account_id, at=at).order_by().values("device_digest")
    rows = KnownDevice.objects.filter(account_id=account_id).exclude(key_digest__in=live)
    return tuple(
        DeviceCard(
            id=row.pk,
            session_id=None,
            name=device_name(row.agent),
            kind=device_kind(row.agent),
            channel="",
            address="",
            methods=(),
            first_seen_at=row.created_at,
            signed_in_at=None,
            last_seen_at=row.last_used_at,
            is_current=False,
        )
        for row in rows.order_by("-last_used_at")[:SHOWN]
    )


def _known(account_id: UUID, digests: set[str]) -> dict[str, KnownDevice]:
    rows = KnownDevice.objects.filter(account_id=account_id, key_digest__in=digests)
    return {row.key_digest: row for row in rows}


def _first_seen(session: Session, known: dict[str, KnownDevice]) -> datetime:
    device = known.get(session.device_digest)
    return device.created_at if device else session.created_at
