"""Accounts: opening one, its password, its second factor."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.security.audit import services as audit

from ..errors import (
    DetailsWrong,
    NotToOneself,
    PasswordWeak,
    PasswordWrong,
    SecondFactorKept,
    SecondFactorSet,
    SecondFactorWrong,
    UsernameTaken,
)
from ..models import Account, HolderCertificate, Officer, Passkey, RecoveryCode, Session
from ..queries.officers import in_reach, is_oneself
from ..sealing import SECOND_FACTOR, normalise_phone, phone_index, seal, unseal
from ..types import MANAGE_OFFICERS
from . import attempts, passwords, second_factor
from .people import register_person
from .proofs import check_may_add_key
from .roles import check_not_above

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,63}", re.ASCII)


def made_up_name() -> str:
    """A sign-in name for whoever signs in with his telephone number."""
    return f"gd{secrets.randbelow(10**10):010d}"


def checked_username(username: str) -> str:
    """The sign-in name as it is stored. Raises: DetailsWrong (422)."""
    username = username.strip().lower()
    if not username:
        message = _("Enter a sign-in name.")
        raise DetailsWrong(fields=[FieldProblem("username", "required", message)])
    if not _USERNAME.fullmatch(username):
        message = _("Use 3 to 64 letters and digits, beginning with a letter.")
        raise DetailsWrong(fields=[FieldProblem("username", "shape", message)])
    return username


@transaction.atomic
def open_account(
    *,
    username: str = "",
    password: str | None,
    at: datetime,
    person_id: UUID | None = None,
    phone: str = "",
    is_officer: bool = False,
    must_change_password: bool = False,
    is_demo: bool = False,
) -> Account:
    """Open an account; without a name it gets one made up, and the telephone number signs in.
    Without a password (None) nobody comes in by one until the owner sets it.

    Raises: DetailsWrong, PasswordWeak (422); UsernameTaken (409).
    """
    username = checked_username(username.strip() or made_up_name())
    if password is not None:
        passwords.check_new_password(
            password, username=username, is_officer=is_officer, former=[], on=clock.local_date(at)
        )
    plain_phone = normalise_phone(phone)
    account = Account(
        username=username,
        phone_index=phone_index(plain_phone) if plain_phone else None,
        password=passwords.UNUSABLE if password is None else passwords.hash_password(password),
        password_changed_at=at,
        must_change_password=must_change_password,
        person_id=person_id,
        is_demo=is_demo,
    )
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as taken:
        raise UsernameTaken from taken
    return account


def sign_up(
    *,
    name: str,
    document_type: str,
    document_number: str,
    phone: str,
    password: str,
    address: str,
    at: datetime,
    username: str = "",
    name_latin: str = "",
    nationality: str = "CHN",
) -> Account:
    """A resident registers himself: person and account together, or neither.

    Attempts that meet someone already registered are counted by `address` (of the network), so that
    the answer cannot be used to try out numbers.
    Raises: DetailsWrong, PasswordWeak (422); PersonKnown, UsernameTaken (409); TooManyAttempts.
    """
    keys = attempts.keys_for(register=address)
    attempts.reserve(keys, at=at)
    failed = False
    try:
        return _sign_up(
            name=name,
            document_type=document_type,
            document_number=document_number,
            phone=phone,
            password=password,
            address=address,
            at=at,
            username=username,
            name_latin=name_latin,
            nationality=nationality,
        )
    except Refusal as refusal:
        failed = refusal.status == 409
        raise
    finally:
        attempts.settle(keys, ok=not failed, at=at)


@transaction.atomic
def _sign_up(
    *,
    name: str,
    document_type: str,
    document_number: str,
    phone: str,
    password: str,
    address: str,
    at: datetime,
    username: str,
    name_latin: str,
    nationality: str,
) -> Account:
    asker = Actor(kind=ANONYMOUS.kind, address=address)
    if not phone.strip() and not username.strip():
        message = _("Enter the telephone number you will sign in with.")
        raise DetailsWrong(fields=[FieldProblem("phone", "required", message)])
    try:
        person = register_person(
            actor=asker,
            name=name,
            document_type=document_type,
            document_number=document_number,
            phone=phone,
            name_latin=name_latin,
            nationality=nationality,
            at=at,
        )
    except DetailsWrong as refusal:
        weak = _weakness(password, username=username, at=at)  # all that is wrong is told at once
        raise DetailsWrong(fields=[*refusal.fields, *weak]) from refusal
    account = open_account(
        username=username, password=password, person_id=person.pk, phone=phone, at=at
    )
    audit.record(
        actor=asker,
        act="identity.account_opened",
        object_kind="account",
        object_id=account.pk,
        at=at,
    )
    return account


def _weakness(password: str, *, username: str, at: datetime) -> tuple[FieldProblem, ...]:
    """What is wrong with a resident's first password."""
    try:
        passwords.check_new_password(
            password, username=username, is_officer=False, former=[], on=clock.local_date(at)
        )
    except PasswordWeak as refusal:
        return refusal.fields
    return ()


@transaction.atomic
def change_password(
    *,
    actor: Actor,
    account_id: UUID,
    present: str,
    new: str,
    at: datetime,
    keep: UUID | None = None,
) -> None:
    """Set a new password; every other session of the account ends, `keep` stays.

    Raises: PasswordWrong (403), PasswordWeak (422).
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if not passwords.is_password(present, account.password):
        raise PasswordWrong
    on = clock.local_date(at)
    former = passwords.remembered(account.password, account.former_passwords, on=on)
    passwords.check_new_password(
        new,
        username=account.username,
        is_officer=account.officers.filter(active=True).exists(),
        former=former,
        on=on,
        field="new_password",
    )
    account.former_passwords = former
    account.password = passwords.hash_password(new)
    account.password_changed_at = at
    account.must_change_password = False
    account.save(
        update_fields=[
            "former_passwords",
            "password",
            "password_changed_at",
            "must_change_password",
        ]
    )
    others = Session.objects.filter(account=account, ended_at=None)
    if keep is not None:
        others = others.exclude(pk=keep)
    others.update(ended_at=at)
    _record(actor, "identity.password_changed", account, at)


@transaction.atomic
def start_second_factor(
    *, account_id: UUID, session_id: UUID | None = None, secret: str = ""
) -> str:
    """Make a secret to show as a QR code; it counts only once confirmed. The same until then.

    It belongs to the session that began: another one gets another, and neither can finish the
    other's. `session_id` is left out only where nobody is before us; a `secret` is given only where
    it is known already: the demo's are published.
    Raises: SecondFactorSet (409), NotFound (404).
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.has_second_factor:
        raise SecondFactorSet
    place = account if session_id is None else _beginning(account, session_id)
    if place.totp_secret_sealed:
        return unseal(place.totp_secret_sealed, purpose=SECOND_FACTOR)
    secret = secret or second_factor.new_secret()
    place.totp_secret_sealed = seal(secret, purpose=SECOND_FACTOR)
    place.save(update_fields=["totp_secret_sealed"])
    return secret


def _beginning(account: Account, session_id: UUID) -> Session:
    """The session in which an authenticator is set up. Raises: NotFound (404)."""
    session = Session.objects.filter(pk=session_id, account=account, ended_at=None).first()
    if session is None:
        raise NotFound
    return session


@transaction.atomic
def confirm_second_factor(
    *, actor: Actor, account_id: UUID, code: str, at: datetime, session_id: UUID | None = None
) -> list[str]:
    """Prove that the authenticator works; returns ten recovery codes, shown once.

    `session_id` is left out only where nobody is before us. Raises: SecondFactorSet (409),
    SecondFactorWrong (401), SignInAgain, OwnKeyFirst (403), NotFound (404).
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.has_second_factor:
        raise SecondFactorSet
    if session_id is not None:
        session = _beginning(account, session_id)
        check_may_add_key(session, at)
        account.totp_secret_sealed = session.totp_secret_sealed
    if not second_factor.use_code(account, code, at, confirming=True):
        raise SecondFactorWrong
    Account.objects.filter(pk=account.pk).update(
        totp_secret_sealed=account.totp_secret_sealed,
        totp_confirmed_at=at,
        version=F("version") + 1,
    )
    Session.objects.filter(account=account).exclude(totp_secret_sealed="").update(
        totp_secret_sealed=""
    )
    if session_id is not None:
        Session.objects.filter(pk=session_id, account=account).update(second_factor=True)
    _record(actor, "identity.second_factor_set", account, at)
    return second_factor.issue_recovery_codes(account)


@transaction.atomic
def renew_recovery_codes(*, actor: Actor, account_id: UUID, code: str, at: datetime) -> list[str]:
    """New recovery codes instead of the old. Raises: SecondFactorWrong (401)."""
    account = Account.objects.select_for_update().get(pk=account_id)
    if not account.has_second_factor or not second_factor.use_code(account, code, at):
        raise SecondFactorWrong
    _record(actor, "identity.recovery_codes_renewed", account, at)
    return second_factor.issue_recovery_codes(account)


@transaction.atomic
def remove_second_factor(
    *, actor: Actor, account_id: UUID, password: str, code: str, at: datetime
) -> None:
    """A resident does without. Raises: SecondFactorKept, PasswordWrong, SecondFactorWrong."""
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.officers.filter(active=True).exists():
        raise SecondFactorKept
    if not passwords.is_password(password, account.password):
        raise PasswordWrong
    if not second_factor.use_code(account, code, at):
        raise SecondFactorWrong
    _clear_second_factor(account)
    _record(actor, "identity.second_factor_removed", account, at)


@transaction.atomic
def reset_second_factor(*, actor: Actor, officer_id: UUID, at: datetime) -> None:
    """An administrator lets an officer who lost the phone set it up anew; his sessions end.

    Raises: NotFound (404), Forbidden (403; also where he has a post or a role beyond the reach),
    NotToOneself (403).
    """
    actor.check(MANAGE_OFFICERS)
    officer = in_reach(actor).filter(pk=officer_id).first()
    if officer is None:
        raise NotFound
    actor.check(
        MANAGE_OFFICERS, agency_id=officer.agency_id, region_path=officer.agency.region_path
    )
    account = Account.objects.select_for_update().get(pk=officer.account_id)
    if is_oneself(actor, officer):
        raise NotToOneself
    # The factor guards every post of the account, also where this administrator has no say.
    posts = Officer.objects.filter(account=account, active=True).select_related("agency")
    for post in posts:
        actor.check(MANAGE_OFFICERS, agency_id=post.agency_id, region_path=post.agency.region_path)
    check_not_above(actor, posts, at)
    _clear_second_factor(account)
    Passkey.objects.filter(account=account, removed_at=None).update(removed_at=at)
    HolderCertificate.objects.filter(account=account, removed_at=None).update(removed_at=at)
    Session.objects.filter(account=account, ended_at=None).update(ended_at=at)
    _record(actor, "identity.second_factor_reset", account, at)


def _clear_second_factor(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(
        totp_secret_sealed="", totp_confirmed_at=None, version=F("version") + 1
    )
    RecoveryCode.objects.filter(account=account).delete()


def _record(actor: Actor, act: str, account: Account, at: datetime) -> None:
    audit.record(actor=actor, act=act, object_kind="account", object_id=account.pk, at=at)
