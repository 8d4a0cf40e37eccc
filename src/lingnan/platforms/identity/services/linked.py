"""WeChat and Alipay: linked to an account, taken off it, and used to come in.

The state is one row and good once; for a link it belongs to the session, for a sign-in to the
browser that keeps it in a cookie. A provider's word opens the account it was linked to and gives no
level of who one is. Source: RFC 6749 10.12; Plan 五（一）2（2）.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.networks import counted_as
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from .. import wording
from ..adapters.outside_accounts import OutsideAccount, OutsideProvider, read_providers
from ..errors import (
    OutsideAccountKnown,
    OutsideAccountRefused,
    OutsideAccountUnknown,
    ProofOver,
    ProofUnknown,
    TooManyProofs,
)
from ..models import Account, LinkedAccount, ProofAttempt, Session, UpstreamLink
from ..queries.rules import rule
from ..types import NO_DEVICE, Device, SignedIn
from . import attempts
from .challenges import ask, take
from .proofs import check_fresh, check_rate, session_of
from .sessions import is_shut, open_session
from .telling import tell_owner
from .ways_in import check_way_in, hold_ways_in

PURPOSE = "identity.linked_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOutside:
    """Where a browser goes, and the state it has to come back with."""

    url: str
    state: str


def outside_providers() -> tuple[OutsideProvider, ...]:
    """Those this installation is registered with."""
    config = settings.LINGNAN
    return read_providers(config.linked_accounts_dir, production=config.production)


def outside_provider(code: str) -> OutsideProvider:
    """Raises: ProofUnknown (404)."""
    for provider in outside_providers():
        if provider.code == code:
            return provider
    raise ProofUnknown(method=code)


def begin_link(*, actor: Actor, provider: str, at: datetime) -> SentOutside:
    """Send whoever uses the session to a provider, to link his account there.

    Raises: SignInRequired, SignInAgain (403), ProofUnknown (404), TooManyProofs (429).
    """
    session = session_of(actor)
    check_fresh(session, at)
    check_rate(session.account_id, at)
    return _send(outside_provider(provider), ProofAttempt.Purpose.LINK, at, session=session)


def finish_link(
    *, actor: Actor, provider: str, state: str, code: str, at: datetime
) -> LinkedAccount:
    """He is back: the account there is his here. The owner is told.

    Raises: SignInRequired, ProofUnknown (404), ProofOver (410), OutsideAccountRefused (403),
    OutsideAccountKnown (409), ProofUnavailable.
    """
    session = session_of(actor)
    chosen = outside_provider(provider)
    _take(chosen, state, ProofAttempt.Purpose.LINK, at, session_id=session.pk)
    found = _identify(chosen, code, at)
    try:
        with transaction.atomic():
            row = LinkedAccount.objects.create(
                account=session.account,
                provider=chosen.code,
                subject_index=_index(chosen, found),
                nickname=found.nickname,
                is_test=chosen.is_test,
            )
            _record(actor, "identity.account_linked", row, wording.ACCOUNT_LINKED, at)
    except IntegrityError as known:
        raise OutsideAccountKnown from known
    return row


@transaction.atomic
def unlink(*, actor: Actor, link_id: UUID, at: datetime) -> None:
    """Nobody signs in by it any more; who came in by its provider elsewhere is signed out.

    Keys for programs that were made meanwhile go on: they have a page and an end of their own.
    Raises: SignInRequired, NotFound (404), OnlyWayIn (409).
    """
    session = session_of(actor)
    hold_ways_in(session.account)
    row = (
        LinkedAccount.objects.select_for_update()
        .filter(pk=link_id, account_id=session.account_id, ended_at=None)
        .first()
    )
    if row is None:
        raise NotFound
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    check_way_in(session.account)
    _end_sessions_by(row.provider, session, at)
    row.account = session.account
    _record(actor, "identity.account_unlinked", row, wording.ACCOUNT_UNLINKED, at)


@transaction.atomic
def unlink_upstream(*, actor: Actor, link_id: UUID, at: datetime) -> None:
    """An account at a provider of identity opens nothing here any more, also not by the document it
    names, until its owner links it again; who came in by a provider elsewhere is signed out.

    What the provider vouched for stays until its term.
    Raises: SignInRequired, NotFound (404), OnlyWayIn (409).
    """
    session = session_of(actor)
    hold_ways_in(session.account)
    row = (
        UpstreamLink.objects.select_for_update(of=("self",))
        .select_related("provider")
        .filter(pk=link_id, account_id=session.account_id, ended_at=None)
        .first()
    )
    if row is None:
        raise NotFound
    row.ended_at, row.ended_by_owner = at, True
    row.save(update_fields=["ended_at", "ended_by_owner"])
    check_way_in(session.account)
    _end_sessions_by("upstream", session, at)
    name = row.provider.name
    facts: dict[str, object] = {"provider": {"zh-hans": name, "en": name}, "when": at}
    tell_owner(session.account, wording.ACCOUNT_UNLINKED, facts, at=at)
    audit.record(
        actor=actor,
        act="identity.upstream_unlinked",
        object_kind="account",
        object_id=session.account_id,
        facts={"provider": row.provider.code, "link": row.pk, "test": row.provider.is_test},
        at=at,
    )


def _end_sessions_by(method: str, present: Session, at: datetime) -> None:
    """Of the account, those that began by a method; not the one in use."""
    came_in = Session.objects.filter(
        account_id=present.account_id, ended_at=None, methods__0=method
    )
    came_in.exclude(pk=present.pk).update(ended_at=at)


def begin_outside_sign_in(*, provider: str, address: str, at: datetime) -> SentOutside:
    """Send a browser to a provider to come in with. Raises: ProofUnknown (404), TooManyProofs."""
    chosen = outside_provider(provider)
    limit = rule("codes", on=clock.local_date(at)).parameters["passkeys_an_hour"]
    network = counted_as(address)
    begun = ProofAttempt.objects.filter(
        account=None,
        purpose=ProofAttempt.Purpose.SIGN_IN,
        created_at__gt=at - timedelta(hours=1),
        address=network,
    )
    if begun.count() >= limit:
        raise TooManyProofs(retry_after_s=3600)
    return _send(chosen, ProofAttempt.Purpose.SIGN_IN, at, address=network)


def finish_outside_sign_in(
    *,
    provider: str,
    state: str,
    code: str,
    at: datetime,
    address: str,
    channel: str = Session.Channel.WEB,
    device: Device = NO_DEVICE,
) -> SignedIn:
    """A session for the account it is linked to; a second factor set here is still asked for.

    Raises: ProofUnknown (404), ProofOver (410), OutsideAccountRefused (403), OutsideAccountUnknown
    (403), TooManyAttempts (429), ProofUnavailable.
    """
    chosen = outside_provider(provider)
    keys = attempts.keys_for(address=address)
    attempts.reserve(keys, at=at)
    ok = False
    try:
        _take(chosen, state, ProofAttempt.Purpose.SIGN_IN, at)
        found = _identify(chosen, code, at)
        row = (
            LinkedAccount.objects.select_related("account__person")
            .filter(provider=chosen.code, subject_index=_index(chosen, found), ended_at=None)
            .first()
        )
        account = row.account if row else None
        if row is None or account is None or not _opens(account):
            raise OutsideAccountUnknown(name=str(chosen.name))
        LinkedAccount.objects.filter(pk=row.pk).update(last_used_at=at)
        ok = True
    finally:
        attempts.settle(keys, ok=ok, at=at)
    return open_session(
        account,
        officer=None,
        stage="code" if account.has_second_factor else "open",
        proven=False,
        methods=(chosen.code,),
        channel=channel,
        address=address,
        device=device,
        at=at,
    )


def _opens(account: Account) -> bool:
    """Only a person comes in this way; work asks for a key of one's own."""
    return (
        account.state == Account.State.ACTIVE
        and account.person_id is not None
        and not is_shut(account)
    )


def callback_url(provider: str) -> str:
    """Where a provider sends people back to."""
    path = reverse("identity:linked_callback", args=[provider])
    return f"{settings.LINGNAN.public_url}{path}"


def _send(
    chosen: OutsideProvider,
    purpose: str,
    at: datetime,
    *,
    session: Session | None = None,
    address: str = "",
) -> SentOutside:
    asked = ask(chosen.code, purpose, {}, {}, session=session, address=address, at=at, bound=True)
    state = f"{asked.attempt_id.hex}{asked.binding}"
    url = chosen.authorize_url(state=state, redirect_uri=callback_url(chosen.code))
    return SentOutside(url=url, state=state)


def _take(
    chosen: OutsideProvider,
    state: str,
    purpose: str,
    at: datetime,
    *,
    session_id: UUID | None = None,
) -> None:
    try:
        attempt_id = UUID(hex=state[:32])
    except ValueError as wrong:
        raise ProofOver from wrong
    take(chosen.code, attempt_id, purpose, session_id=session_id, binding=state[32:] or "-", at=at)


def purpose_of(state: str) -> str:
    """What a state was made for, so that the one address back leads on; empty where unknown."""
    try:
        attempt_id = UUID(hex=state[:32])
    except ValueError:
        return ""
    rows = ProofAttempt.objects.filter(pk=attempt_id)
    return rows.values_list("purpose", flat=True).first() or ""


def _identify(chosen: OutsideProvider, code: str, at: datetime) -> OutsideAccount:
    if not code or len(code) > 200:
        raise OutsideAccountRefused(reason="code")
    return chosen.identify(code, at=at)


def _index(chosen: OutsideProvider, found: OutsideAccount) -> str:
    test = "test:" if chosen.is_test else ""
    return crypto.blind_index(f"{test}{chosen.code}:{found.subject}", purpose=PURPOSE)


def _record(
    actor: Actor,
    act: str,
    row: LinkedAccount,
    template: str,
    at: datetime,
) -> None:
    names = wording.PROVIDERS[row.provider]
    facts: dict[str, object] = {"provider": names, "when": at}
    tell_owner(row.account, template, facts, at=at)
    audit.record(
        actor=actor,
        act=act,
        object_kind="account",
        object_id=row.account_id,
        facts={"provider": row.provider, "link": row.pk, "test": row.is_test},
        at=at,
    )
