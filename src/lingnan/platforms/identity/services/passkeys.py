"""Passkeys: made, removed, and used to come in, alone or after the password.

Each challenge is one row, good once and for minutes, for one session or one browser. It is used up
before the answer is judged: what failed cannot be tried again with it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from lingnan.kernel import clock, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.kernel.networks import counted_as
from lingnan.security.audit import services as audit

from .. import wording
from ..adapters import webauthn
from ..errors import (
    DetailsWrong,
    NotAnOfficer,
    PasskeyRefused,
    TooManyProofs,
)
from ..models import Account, Passkey, ProofAttempt, Session
from ..queries.keys import live_passkeys
from ..queries.rules import rule
from ..types import NO_DEVICE, Device, SignedIn
from . import attempts
from .challenges import Asked, ask, state_of, take, waiting_session
from .key_use import key_named, public_url, use_passkey
from .own_keys import take_off
from .proofs import check_may_add_key, check_rate, session_of
from .sessions import advance, fail_sign_in, is_shut, officer_for, open_session, stage_of
from .telling import tell_owner

KIND = "passkey"
PASSKEYS_MAX = 20  # our default: more devices than anyone has
NAME_MAX = 60


def ask_new_passkey(*, actor: Actor, at: datetime) -> Asked:
    """Begin to make a passkey for the account of the present session.

    Raises: SignInRequired, SignInAgain, OwnKeyFirst (403), PasskeysNotOffered (409), TooManyProofs
    (429).
    """
    session = session_of(actor)
    check_may_add_key(session, at)
    check_rate(session.account_id, at)
    known = live_passkeys(session.account_id)
    if len(known) >= PASSKEYS_MAX:
        raise TooManyProofs
    options, state = webauthn.ask_new(
        public_url(),
        account_id=session.account_id,
        username=session.account.username,
        known=[key.public_key for key in known],
    )
    return ask(KIND, ProofAttempt.Purpose.ENROL, options, state, session=session, at=at)


def add_passkey(*, actor: Actor, attempt_id: UUID, name: str, answer: str, at: datetime) -> Passkey:
    """Take the key a browser made. The owner is told.

    Raises: SignInRequired, DetailsWrong (422), ProofOver (410), PasskeyRefused (401).
    """
    session = session_of(actor)
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_MAX:
        message = _("Give the passkey a name of at most 60 characters.")
        raise DetailsWrong(fields=[FieldProblem("name", "length", message)])
    attempt = take(KIND, attempt_id, ProofAttempt.Purpose.ENROL, session_id=session.pk, at=at)
    try:
        made = webauthn.check_new(public_url(), state=state_of(attempt), answer=answer)
    except webauthn.AnswerBroken as broken:
        raise PasskeyRefused from broken
    row = Passkey(
        account=session.account,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        name=name,
        is_synced=made.is_synced,
    )
    try:
        with transaction.atomic():
            locks.hold("identity.passkeys", session.account_id)
            if len(live_passkeys(session.account_id)) >= PASSKEYS_MAX:
                raise TooManyProofs
            row.save(force_insert=True)
            _record(actor, "identity.passkey_added", row, wording.PASSKEY_ADDED, at)
    except IntegrityError as known:
        raise PasskeyRefused from known
    return row


@transaction.atomic
def remove_passkey(*, actor: Actor, passkey_id: UUID, at: datetime) -> None:
    """It opens nothing any more; what it had opened elsewhere is signed out. The owner is told.

    Raises: SignInRequired, NotFound (404), SecondFactorKept, OnlyWayIn (409).
    """
    row, session = take_off(Passkey, actor=actor, key_id=passkey_id, at=at)
    others = Session.objects.filter(passkey=row, ended_at=None).exclude(pk=session.pk)
    others.update(ended_at=at)
    _record(actor, "identity.passkey_removed", row, wording.PASSKEY_REMOVED, at)


def ask_sign_in(*, address: str, at: datetime) -> Asked:
    """Begin to sign in with whatever passkey the browser has for us; nobody is named.

    Raises: PasskeysNotOffered (409), TooManyProofs (429).
    """
    limit = rule("codes", on=clock.local_date(at)).parameters["passkeys_an_hour"]
    since, network = at - timedelta(hours=1), counted_as(address)
    asked = ProofAttempt.objects.filter(
        account=None, purpose=ProofAttempt.Purpose.SIGN_IN, created_at__gt=since, address=network
    )
    if asked.count() >= limit:
        raise TooManyProofs(retry_after_s=3600)
    options, state = webauthn.ask_signature(public_url())
    return ask(KIND, ProofAttempt.Purpose.SIGN_IN, options, state, address=network, at=at)


def sign_in_with_passkey(
    *,
    attempt_id: UUID,
    binding: str,
    answer: str,
    at: datetime,
    address: str,
    as_officer: bool | None = None,
    channel: str = Session.Channel.WEB,
    device: Device = NO_DEVICE,
) -> SignedIn:
    """Open a session for the owner of a passkey: the device and the finger are two factors.

    Not atomic as a whole: a failed attempt has to stay counted.
    Raises: ProofOver (410), PasskeyRefused (401), TooManyAttempts (429), NotAnOfficer (403).
    Source: GB/T 22239-2019 8.1.4.1, one of two factors cryptographic.
    """
    attempt = take(KIND, attempt_id, ProofAttempt.Purpose.SIGN_IN, binding=binding, at=at)
    found = key_named(answer)
    named = f"id:{found[0].account_id}" if found else ""
    keys = attempts.keys_for(account=named, address=address)
    attempts.reserve(keys, at=at)
    try:
        row = use_passkey(state=state_of(attempt), answer=answer, at=at)
    except PasskeyRefused:
        fail_sign_in(keys, found[0].account if found else None, address, at)
        raise
    account = row.account
    if account.state != Account.State.ACTIVE or is_shut(account):
        fail_sign_in(keys, account, address, at)
        raise PasskeyRefused
    officer = officer_for(account, as_officer)
    attempts.settle(keys, ok=True, at=at)
    if officer is None and (as_officer or account.person_id is None):
        raise NotAnOfficer
    return open_session(
        account,
        officer=officer,
        stage=stage_of(account, officer=officer, proven=True, at=at),
        proven=True,
        methods=(KIND,),
        passkey_id=row.pk,
        channel=channel,
        address=address,
        device=device,
        at=at,
    )


def ask_second_step(*, session_id: UUID, at: datetime) -> Asked:
    """For a session that waits for its second step. Raises: NotFound (404), PasskeysNotOffered."""
    pending = waiting_session(session_id, at)
    held = live_passkeys(pending.account_id)
    if not held:
        raise NotFound
    check_rate(pending.account_id, at)
    options, state = webauthn.ask_signature(public_url(), keys=[key.public_key for key in held])
    return ask(KIND, ProofAttempt.Purpose.SECOND, options, state, session=pending, at=at)


def continue_with_passkey(
    *, session_id: UUID, attempt_id: UUID, answer: str, at: datetime
) -> SignedIn:
    """The second step after the password. Raises: NotFound (404), ProofOver (410), PasskeyRefused
    (401), TooManyAttempts (429)."""
    pending = waiting_session(session_id, at)
    attempt = take(KIND, attempt_id, ProofAttempt.Purpose.SECOND, session_id=pending.pk, at=at)
    keys = attempts.keys_for(account=f"id:{pending.account_id}", address=pending.address)
    attempts.reserve(keys, at=at)
    try:
        row = use_passkey(
            state=state_of(attempt), answer=answer, account_id=pending.account_id, at=at
        )
    except PasskeyRefused:
        fail_sign_in(keys, pending.account, pending.address, at)
        raise
    attempts.settle(keys, ok=True, at=at)
    return advance(pending, method=KIND, passkey_id=row.pk, at=at)


def _record(actor: Actor, act: str, row: Passkey, template: str, at: datetime) -> None:
    tell_owner(row.account, template, {"name": row.name, "when": at}, at=at)
    audit.record(
        actor=actor,
        act=act,
        object_kind="account",
        object_id=row.account_id,
        facts={"passkey_id": row.pk, "name": row.name},
        at=at,
    )
