"""Signing in and out, who a token is, and in which identity one acts."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.prepared import Given, Prepared
from lingnan.security.audit import services as audit

from ..errors import (
    NotAnOfficer,
    NotYourIdentity,
    OutsideMandate,
    SecondFactorNotSet,
    SecondFactorRequired,
    SecondFactorWrong,
    SignInFailed,
)
from ..models import Account, ApiToken, Client, OAuthToken, Officer, Session, SignInCounter
from ..queries.accounts import person_recorded
from ..queries.assurance import level_from_rights
from ..queries.keys import has_own_key
from ..queries.mandates import mandate as mandate_of
from ..queries.rights import (
    build_rights,
    choices_of,
    ended_identity,
    is_named,
    load_actor,
    load_choices,
)
from ..queries.rules import rule
from ..sealing import (
    TOKEN_PREFIX_API,
    TOKEN_PREFIX_OAUTH,
    TOKEN_PREFIX_SESSION,
    digest,
    normalise_phone,
    phone_index,
)
from ..types import NO_DEVICE, Choice, Device, Identification, SignedIn
from . import attempts, passwords, second_factor
from .devices import device_digest, record_arrival, sweep_devices
from .owners import session_id_of

PENDING_LIMIT = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
KEPT_AFTER_END = timedelta(days=183)  # Cybersecurity Law art. 21(3): at least six months


def sign_in(
    *,
    username: str,
    password: str,
    at: datetime,
    address: str,
    code: str = "",
    as_officer: bool | None = None,
    channel: str = Session.Channel.WEB,
    device: Device = NO_DEVICE,
    wait: bool = False,
) -> SignedIn:
    """Open a session for a name or telephone number, a password, and the code if one is needed.

    With `as_officer` None an account with a person behind it opens as that person. On the web a
    session may come back in a stage before `open`: then `continue_sign_in` goes on. Over the API
    the code comes with the password, unless the caller says that it can `wait` for a second step.

    Not atomic as a whole: a failed attempt has to stay counted.
    Raises: SignInFailed, SecondFactorRequired, SecondFactorWrong (401), TooManyAttempts (429),
    NotAnOfficer (403), SecondFactorNotSet (409).
    Source: GB/T 22239-2019 8.1.4.1.
    """
    account = account_named(username)
    named = f"id:{account.pk}" if account else f"name:{username.strip().lower()}"
    keys = attempts.keys_for(account=named, address=address)
    attempts.reserve(keys, at=at)
    right = passwords.is_password(password, account.password if account else None)
    if account is None or not right:
        fail_sign_in(keys, account, address, at)
        raise SignInFailed
    officer = officer_for(account, as_officer)
    if officer is None and (as_officer or account.person_id is None):
        attempts.settle(keys, ok=None, at=at)
        raise NotAnOfficer
    proven = False
    if account.has_second_factor and code:
        if not second_factor.use_code(account, code, at):
            fail_sign_in(keys, account, address, at)
            raise SecondFactorWrong
        proven = True
    stage = stage_of(account, officer=officer, proven=proven, at=at)
    attempts.settle(keys, ok=True if stage != Session.Stage.CODE else None, at=at)
    if channel == Session.Channel.API:
        if stage == Session.Stage.CODE and not wait:
            raise SecondFactorRequired
        if stage == Session.Stage.ENROL:
            raise SecondFactorNotSet
    return open_session(
        account,
        officer=officer,
        stage=stage,
        proven=proven,
        channel=channel,
        address=address,
        device=device,
        at=at,
    )


def continue_sign_in(*, session_id: UUID, at: datetime, code: str = "") -> SignedIn:
    """Take a session that is not open yet one stage further; its token is replaced.

    In stage `code` the code is judged here; the stages `enrol` and `password` are left when the
    account has what was missing.
    Raises: NotFound (404), SecondFactorWrong (401), TooManyAttempts (429).
    """
    pending = Session.objects.select_related("account", "officer").filter(pk=session_id).first()
    if pending is None or pending.ended_at is not None or pending.expires_at <= at:
        raise NotFound
    account = pending.account
    proven = pending.second_factor
    if pending.stage == Session.Stage.CODE:
        keys = attempts.keys_for(account=f"id:{account.pk}", address=pending.address)
        attempts.reserve(keys, at=at)
        if not second_factor.use_code(account, code, at):
            fail_sign_in(keys, account, pending.address, at)
            raise SecondFactorWrong
        attempts.settle(keys, ok=True, at=at)
        proven = True
    return advance(pending, method="totp" if proven else "", at=at)


def advance(
    pending: Session, *, method: str, at: datetime, passkey_id: UUID | None = None
) -> SignedIn:
    """Open the next stage in place of a pending one; callers have judged `method`.

    Raises: NotFound (404).
    """
    account, proven = pending.account, pending.second_factor or bool(method)
    with transaction.atomic():
        ended = Session.objects.filter(pk=pending.pk, ended_at=None).update(ended_at=at)
        if not ended:
            raise NotFound
        return open_session(
            account,
            officer=pending.officer,
            stage=stage_of(account, officer=pending.officer, proven=proven, at=at),
            proven=proven,
            channel=pending.channel,
            address=pending.address,
            device=Device(agent=pending.device),
            device_known_as=pending.device_digest,
            methods=list(dict.fromkeys([*pending.methods, *([method] if method else [])])),
            passkey_id=passkey_id or pending.passkey_id,
            at=at,
        )


def identify(*, token: str, at: datetime, address: str) -> Identification | None:
    """Who shows this token; None for one that is unknown, ended, idle or past its term.

    Stage "ended" where the post, mandate or firm it was for is gone: nobody acts then.
    One query while nothing changed; the time last seen is written once a minute.
    """
    row: Session | ApiToken | OAuthToken | None = None
    if token.startswith(TOKEN_PREFIX_SESSION):
        row = _session.first(digest=digest(token), at=at)
    elif token.startswith(TOKEN_PREFIX_API):
        row = _api_token.first(digest=digest(token), at=at)
    elif token.startswith(TOKEN_PREFIX_OAUTH):
        row = _oauth_token.first(digest=digest(token), at=at)
    if row is None or row.account.state != Account.State.ACTIVE or is_shut(row.account):
        return None
    if isinstance(row, Session) and row.last_seen_at <= at - row.idle_limit:
        return None
    if row.ended_at is not None:
        return _ended_with_post(row, address=address)
    if isinstance(row, Session) and row.stage != Session.Stage.OPEN:
        return Identification(
            actor=ANONYMOUS, account_id=row.account_id, credential_id=row.pk, stage=row.stage
        )
    return _identified(row, at=at, address=address)


_in_force = Q(token_digest=Given("digest"), expires_at__gt=Given("at"))
_session = Prepared(Session.objects.select_related("account").filter(_in_force))
_api_token = Prepared(ApiToken.objects.select_related("account").filter(_in_force))
_oauth_token = Prepared(
    OAuthToken.objects.select_related("account", "client").filter(
        _in_force,
        Q(authorisation__offline=True)
        | Q(
            authorisation__session__ended_at=None,
            authorisation__session__expires_at__gt=Given("at"),
        ),
        client__state=Client.State.APPROVED,
        authorisation__ended_at=None,
    )
)
_VIA: dict[type, Literal["session", "token", "oauth"]] = {
    Session: "session",
    ApiToken: "token",
    OAuthToken: "oauth",
}


def _identified(
    row: Session | ApiToken | OAuthToken, *, at: datetime, address: str
) -> Identification | None:
    on = clock.local_date(at)
    changed: list[str] = []
    if row.actor_version != row.account.version:
        row.actor, row.actor_version = build_rights(row, row.account), row.account.version
        changed = ["actor", "actor_version"]
    choices = load_choices(row.actor, on)
    current = next((choice for choice in choices if is_named(row, choice)), None)
    if current is not None and row.actor["current"] != current.key:
        row.actor = build_rights(row, row.account)  # it had not begun when this was built
        changed = ["actor", "actor_version"]
    if row.last_seen_at <= at - SEEN_EVERY:
        row.last_seen_at = at
        changed.append("last_seen_at")
    if changed:
        row.save(update_fields=changed)
    if current is None:
        return _ended(row, choices, address=address)
    scopes = None if isinstance(row, Session) else frozenset(row.scopes)
    actor = load_actor(
        row.actor,
        on=on,
        session_id=row.pk,
        address=address,
        assurance_level=_level(row, at),
        scopes=scopes,
    )
    return Identification(
        actor=actor,
        account_id=row.account_id,
        credential_id=row.pk,
        choices=choices,
        current=current.key,
        via=_VIA[type(row)],
        program=row.client.client_id if isinstance(row, OAuthToken) else "",
        program_name=row.client.name if isinstance(row, OAuthToken) else "",
    )


def _ended(
    row: Session | ApiToken | OAuthToken, choices: tuple[Choice, ...], *, address: str
) -> Identification | None:
    """The identity ended (a mandate's term, a post): never on as oneself, never for another."""
    ended = ended_identity(row)
    if ended is None:
        return None
    nobody = Actor(kind="anonymous", account_id=row.account_id, session_id=row.pk, address=address)
    return Identification(
        actor=nobody,
        account_id=row.account_id,
        credential_id=row.pk,
        stage="ended",
        choices=choices if isinstance(row, Session) else (),
        via=_VIA[type(row)],
        ended=ended,
    )


def _ended_with_post(
    row: Session | ApiToken | OAuthToken, *, address: str
) -> Identification | None:
    """A credential that ended because its officer left says so; any other ended one is unknown."""
    if row.officer_id is None or Officer.objects.filter(pk=row.officer_id, active=True).exists():
        return None
    return _ended(row, (), address=address)


def _level(row: Session | ApiToken | OAuthToken, at: datetime) -> int:
    """How surely the owner showed himself, capped by how surely we know who he is.

    An officer is known to the agency that made his account.
    """
    if row.actor["actor"]["kind"] == "officer":
        return row.level
    return min(row.level, level_from_rights(row.actor.get("levels", ()), at))


@transaction.atomic
def act_as(*, actor: Actor, kind: str, choice_id: UUID, at: datetime) -> Choice:
    """Switch the session to another identity of the account, also when the present one ended.

    Raises: NotYourIdentity (403), SecondFactorNotSet (409), NotFound (404) without a session.
    Source: Plan 五（一）2（2）.
    """
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("account__person__region")
        .filter(pk=session_id_of(actor), ended_at=None)
        .first()
    )
    if session is None:
        raise NotFound
    on = clock.local_date(at)
    for choice in choices_of(session.account):
        if choice.kind == kind and choice.id == choice_id and choice.is_open(on):
            break
    else:
        raise NotYourIdentity
    if choice.kind == "officer" and not session.second_factor:
        raise SecondFactorNotSet
    session.officer_id = choice.id if choice.kind == "officer" else None
    session.mandate_id = choice.mandate_id
    own_firm = choice.kind == "organisation" and choice.mandate_id is None
    session.organisation_id = choice.id if own_firm else None
    session.actor = build_rights(session, session.account)
    session.actor_version = session.account.version
    session.save(update_fields=["officer", "mandate", "organisation", "actor", "actor_version"])
    if actor.is_anonymous:  # the identity ended; its owner goes on
        actor = _bare_actor(session.account, None, actor.address, session.pk)
    audit.record(
        actor=actor,
        act="identity.acting_as",
        object_kind=choice.kind,
        object_id=choice.id,
        facts={"mandate_id": choice.mandate_id},
        at=at,
    )
    return choice


def check_covered(*, actor: Actor, item_code: str, at: datetime) -> None:
    """Whoever acts under a mandate may act in this matter today; others need no mandate.

    Reads the mandate itself, not the session's copy: one revoked a moment ago no longer counts.
    Raises: OutsideMandate (403).
    """
    if actor.mandate_id is None:
        return
    held = mandate_of(actor.mandate_id)
    if held.agent_id != actor.person_id or not held.covers(item_code, clock.local_date(at)):
        raise OutsideMandate(item_code=item_code)


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Forget sessions and tokens six months after their end, devices and networks not used for 400
    days, and counters after a day."""
    limit = at - KEPT_AFTER_END
    over = Q(ended_at__lt=limit) | Q(expires_at__lt=limit)
    count = Session.objects.filter(over).delete()[0] + ApiToken.objects.filter(over).delete()[0]
    sweep_devices(at=at)
    SignInCounter.objects.filter(last_attempt_at__lt=at - timedelta(days=1)).delete()
    return count


def account_named(text: str) -> Account | None:
    """By name or telephone number; the same queries whether either exists."""
    phone = normalise_phone(text)
    wanted = Q(username=text.strip().lower()) | Q(phone_index=phone_index(phone or text.strip()))
    active = Account.objects.select_related("person").filter(state=Account.State.ACTIVE)
    found = active.filter(wanted).first()
    return None if found is None or is_shut(found) else found


def is_shut(account: Account) -> bool:
    """A demo account, whose password everyone knows, in a database that went into production."""
    return account.is_demo and settings.LINGNAN.production


def officer_for(account: Account, as_officer: bool | None) -> Officer | None:
    if as_officer is False or (as_officer is None and account.person_id is not None):
        return None
    return account.officers.filter(active=True).order_by("id").first()


def stage_of(account: Account, *, officer: Officer | None, proven: bool, at: datetime) -> str:
    """What is still missing before the session is open."""
    account.refresh_from_db(
        fields=["totp_confirmed_at", "must_change_password", "password_changed_at"]
    )
    if account.has_second_factor and not proven:
        return Session.Stage.CODE
    if officer is not None and not proven:
        # The password alone sets up a first factor only where there was none, ever or expired.
        own_key = has_own_key(account.pk)
        return Session.Stage.CODE if own_key else Session.Stage.ENROL
    days = rule("passwords", on=clock.local_date(at)).parameters["officer.days"]
    too_old = officer is not None and account.password_changed_at <= at - timedelta(days=days)
    if account.must_change_password or (too_old and not account.is_demo):
        return Session.Stage.PASSWORD
    return Session.Stage.OPEN


@transaction.atomic
def open_session(
    account: Account,
    *,
    officer: Officer | None,
    stage: str,
    proven: bool,
    channel: str,
    address: str,
    device: Device,
    at: datetime,
    methods: Sequence[str] = (),
    passkey_id: UUID | None = None,
    device_known_as: str = "",
) -> SignedIn:
    """Write a session and its token. Callers have judged `methods`: by default a password, and a
    code where `proven`. The owner is told of an open one from somewhere new.

    `device_known_as`: the digest of the device where an earlier stage wrote it down.
    """
    methods = methods or (("password", "totp") if proven else ("password",))
    is_open = stage == Session.Stage.OPEN
    on = clock.local_date(at)
    limits = rule("sessions", on=on).parameters
    who = "officer" if officer is not None else "person"
    worth = rule("assurance", on=on).parameters
    token = TOKEN_PREFIX_SESSION + secrets.token_urlsafe(32)
    session = Session.objects.create(
        account=account,
        token_digest=digest(token),
        officer=officer,
        stage=stage,
        second_factor=proven,
        level=max((worth[f"{method}.session"] for method in methods), default=1),
        methods=list(methods),
        passkey_id=passkey_id,
        channel=channel,
        address=address[:45],
        device=device.agent[:200],
        device_digest=device_known_as or device_digest(account.pk, device),
        idle_limit=timedelta(minutes=limits[f"{who}.idle_minutes"]),
        last_seen_at=at,
        expires_at=at + (timedelta(hours=limits[f"{who}.hours"]) if is_open else PENDING_LIMIT),
    )
    if is_open:
        if account.administration and officer is not None:
            # One session per administrator; GB/T 22239-2019 level 3.
            Session.objects.filter(
                account=account, officer=officer, ended_at=None, channel=channel
            ).exclude(pk=session.pk).update(ended_at=at)
        actor = _bare_actor(account, officer, address, session.pk)
        audit.record(
            actor=actor,
            act="identity.signed_in",
            object_kind="account",
            object_id=account.pk,
            facts={"channel": channel, "second_factor": proven},
            at=at,
        )
        record_arrival(session, account, actor=actor, at=at)
    return SignedIn(
        token=token, session_id=session.pk, stage=str(stage), expires_at=session.expires_at
    )


@transaction.atomic
def fail_sign_in(
    keys: Sequence[attempts.Key], account: Account | None, address: str, at: datetime
) -> None:
    locked = attempts.settle(keys, ok=False, at=at)
    audit.record(
        actor=Actor(kind="anonymous", address=address),
        act="identity.sign_in_failed",
        object_kind="account",
        object_id=account.pk if account else "",
        outcome="refused",
        facts={"locked": locked},
        at=at,
    )


def _bare_actor(account: Account, officer: Officer | None, address: str, session_id: UUID) -> Actor:
    person = account.person
    return Actor(
        kind="officer" if officer else "person",
        name=officer.name if officer else (person.name if person else account.username),
        account_id=account.pk,
        person_id=person_recorded(officer) if officer else account.person_id,
        officer_id=officer.pk if officer else None,
        agency_id=officer.agency_id if officer else None,
        session_id=session_id,
        address=address,
    )
