"""Devices an account is used with: known, told of when new, signed out, forgotten.

A sign-in from a device or a network not seen before is told to the owner at once, in the
transaction that opens the session; the first one of an account is not, because that is how every
account begins. Source: GB/T 22239-2019 8.1.4.1, 8.1.5.4; 400 days are our default.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from lingnan.kernel import jobs
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.text import in_every_language
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import wording
from ..device_words import device_name, network_of, short_address
from ..models import Account, KnownDevice, KnownNetwork, Session
from ..proof_words import kind_text
from ..types import Device
from .endings import end_access
from .owners import account_of, session_id_of
from .telling import tell_owner

KEPT = timedelta(days=400)
PURPOSE = "identity.device"


def device_digest(account_id: UUID, device: Device) -> str:
    """How a device is known to one account: by its key, else by what it calls itself."""
    known_by = f"key:{device.key}" if device.key else f"name:{device.agent[:200]}"
    return crypto.blind_index(f"{account_id}:{known_by}", purpose=PURPOSE)


def record_arrival(session: Session, account: Account, *, actor: Actor, at: datetime) -> None:
    """Remember where a session that has just opened is; tell the owner of what is new about it.

    In the transaction that opens the session.
    """
    device, new_device = KnownDevice.objects.get_or_create(
        account=account,
        key_digest=session.device_digest,
        defaults={"agent": session.device, "last_used_at": at},
    )
    if not new_device:
        KnownDevice.objects.filter(pk=device.pk).update(agent=session.device, last_used_at=at)
    new_network = _record_network(session, account, at)
    first = account.first_signed_in_at is None and (
        Account.objects.filter(pk=account.pk, first_signed_in_at=None).update(first_signed_in_at=at)
        == 1
    )
    if first or not (new_device or new_network):
        return
    tell_owner(
        account,
        wording.NEW_SIGN_IN,
        {
            "when": at,
            "device": in_every_language(lambda: device_name(session.device)),
            "where": short_address(session.address) or "—",
            "way": in_every_language(lambda: "、".join(kind_text(way) for way in session.methods)),
        },
        link=reverse("identity:not_me"),
        at=at,
    )
    audit.record(
        actor=actor,
        act="identity.new_sign_in",
        object_kind="account",
        object_id=account.pk,
        facts={"device": new_device, "network": new_network, "session_id": session.pk},
        at=at,
    )


def _record_network(session: Session, account: Account, at: datetime) -> bool:
    network = network_of(session.address)
    if not network:
        return False
    row, is_new = KnownNetwork.objects.get_or_create(
        account=account,
        network_index=crypto.blind_index(f"{account.pk}:{network}", purpose=PURPOSE),
        defaults={"last_used_at": at},
    )
    if not is_new:
        KnownNetwork.objects.filter(pk=row.pk).update(last_used_at=at)
    return is_new


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID, at: datetime) -> None:
    """Sign out here or on another device of one's own. Raises: NotFound (404)."""
    own = Session.objects.filter(pk=session_id, account_id=account_of(actor))
    if not _sign_out(own, at):
        raise NotFound
    audit.record(
        actor=actor, act="identity.signed_out", object_kind="session", object_id=session_id, at=at
    )


@transaction.atomic
def end_other_sessions(*, actor: Actor, at: datetime) -> int:
    """Sign out everywhere else; returns how many devices."""
    own = Session.objects.filter(account_id=account_of(actor))
    count = _sign_out(own.exclude(pk=session_id_of(actor)), at)
    _record(actor, "identity.other_sessions_ended", at, count=count)
    return count


@transaction.atomic
def forget_device(*, actor: Actor, device_id: UUID, at: datetime) -> None:
    """A device is signed out and known no more: its next sign-in is told of again.

    Not the one in use. Raises: SignInRequired, NotFound (404).
    """
    account_id, present = account_of(actor), session_id_of(actor)
    row = KnownDevice.objects.select_for_update().filter(pk=device_id, account_id=account_id)
    device = row.first()
    here = Session.objects.filter(pk=present).values_list("device_digest", flat=True).first()
    if device is None or device.key_digest == here:
        raise NotFound
    _sign_out(Session.objects.filter(account_id=account_id, device_digest=device.key_digest), at)
    device.delete()
    _record(actor, "identity.device_forgotten", at, device_id=device_id)


@transaction.atomic
def disown_sign_ins(*, actor: Actor, at: datetime) -> int:
    """“That was not me”: every other session, key of a program and consent ends, and every other
    device and network is forgotten. Returns how many sessions ended. The password comes next.

    Raises: SignInRequired.
    """
    account_id, present = account_of(actor), session_id_of(actor)
    Account.objects.select_for_update().get(pk=account_id)
    count = end_access(account_id, keep=present, at=at)
    here = Session.objects.filter(pk=present).values_list("device_digest", flat=True).first()
    KnownDevice.objects.filter(account_id=account_id).exclude(key_digest=here or "").delete()
    network = network_of(actor.address)
    index = crypto.blind_index(f"{account_id}:{network}", purpose=PURPOSE)
    KnownNetwork.objects.filter(account_id=account_id).exclude(network_index=index).delete()
    _record(actor, "identity.sign_ins_disowned", at, count=count)
    return count


def sweep_devices(*, at: datetime) -> int:
    """Forget devices and networks not used for 400 days. In the caller's transaction."""
    limit = at - KEPT
    old = KnownDevice.objects.filter(last_used_at__lt=limit)
    return old.delete()[0] + KnownNetwork.objects.filter(last_used_at__lt=limit).delete()[0]


def _sign_out(sessions: QuerySet[Session], at: datetime) -> int:
    count = sessions.filter(ended_at=None).update(ended_at=at)
    jobs.enqueue("identity.sign_out_everywhere", key="all")
    return count


def _record(actor: Actor, act: str, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="account",
        object_id=account_of(actor),
        facts=facts,
        at=at,
    )
