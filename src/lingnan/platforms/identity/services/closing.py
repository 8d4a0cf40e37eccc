"""The end of an account by its owner, and two accounts of one person made one.

What the law wants kept stays (decisions, cases, licences, the audit record); the way in, the names
and everything given to others in the owner's name end at once.
Source: 个人信息保护法 47; 民法典 173.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.security.audit import services as audit

from .. import wording
from ..errors import (
    AccountKept,
    AccountsOfTwo,
    PasswordWrong,
    SecondFactorNotSet,
    SecondFactorRequired,
    SecondFactorWrong,
    SignInFailed,
)
from ..events import AccountClosed, AccountsMerged, ConsentWithdrawn
from ..models import (
    Account,
    AssuranceEvidence,
    Consent,
    HolderCertificate,
    LinkedAccount,
    Officer,
    Organisation,
    Passkey,
    ProvisionedUser,
    RecoveryCode,
    UpstreamLink,
)
from ..queries.accounts import persons_behind
from ..queries.assurance import level_of_organisation
from ..types import ClosingObstacle, closing_checks
from . import attempts, passwords, second_factor
from .endings import end_access, tell_everywhere
from .mandates import end_mandates_of
from .proofs import session_of
from .roles import settle_administration
from .sessions import account_named


def closing_obstacles(*, actor: Actor, at: datetime) -> list[ClosingObstacle]:
    """What has to come to an end first, each with where. Raises: NotFound (404) for no person."""
    account = _own(actor)
    assert account.person_id is not None, "`_own` looked"
    found = [
        ClosingObstacle(
            text=_("You work for %(agency)s; your post there has to end first.")
            % {"agency": post.agency.name},
            url="",
        )
        for post in account.officers.filter(active=True).select_related("agency")
    ]
    led = Organisation.objects.filter(legal_representative_id=account.person_id).order_by("name")
    found += [
        ClosingObstacle(
            text=_("You are the legal representative of %(firm)s; someone else has to be first.")
            % {"firm": firm.name},
            url=reverse("identity:organisation", args=[firm.pk]),
        )
        for firm in led
        if level_of_organisation(firm.pk, at=at)
    ]
    for check in closing_checks():
        found += check(account.person_id)
    return found


def close_account(*, actor: Actor, password: str, code: str = "", at: datetime) -> None:
    """Close one's own account for good: nobody signs in with it again, no feed reopens it.

    Raises: NotFound (404), AccountKept (409, with what stands against it), PasswordWrong (403),
    SecondFactorRequired, SecondFactorWrong (401).
    """
    obstacles = closing_obstacles(actor=actor, at=at)
    if obstacles:
        raise AccountKept(obstacles=[str(obstacle.text) for obstacle in obstacles])
    account = _own(actor)
    _check_owner(account, password, code, at)
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=account.pk)
        obstacles = closing_obstacles(actor=actor, at=at)  # what began meanwhile
        if obstacles:
            raise AccountKept(obstacles=[str(obstacle.text) for obstacle in obstacles])
        assert account.person_id is not None, "`_own` looked"
        tell_everywhere(account, template=wording.CLOSED, facts={"when": at}, at=at)
        end_mandates_of(account.person_id, actor=actor, at=at)
        _shut(account, because=Account.Closed.PERSON, at=at)
        events.publish(AccountClosed(account_id=account.pk, person_id=account.person_id), at=at)
        _record(actor, "identity.account_closed", account.pk, at)


def merge_accounts(
    *, actor: Actor, username: str, password: str, code: str = "", at: datetime
) -> UUID:
    """The account one is signed in with takes over another of the same person; returns its id.

    The other is an account for work whose personnel record names the same document: its posts with
    their roles, its evidence and its linked providers move here; its sessions, tokens, consents and
    second factor end; it is closed. Proof of both: this session, and the other's password and code.
    Posts come to rest behind no less than they had: the session has shown a second factor, and the
    next password is an officer's.
    Raises: NotFound (404), SignInFailed, SecondFactorRequired, SecondFactorWrong, SignInRequired
    (401), TooManyAttempts (429), AccountsOfTwo, SecondFactorNotSet (409).
    """
    kept = _own(actor)
    if not session_of(actor).second_factor:
        raise SecondFactorNotSet
    other = account_named(username)
    named = f"id:{other.pk}" if other else f"name:{username.strip().lower()}"
    keys = attempts.keys_for(account=named, address=actor.address)
    attempts.reserve(keys, at=at)
    right = passwords.is_password(password, other.password if other else None)
    if other is None or not right:
        attempts.settle(keys, ok=False, at=at)
        raise SignInFailed
    if other.has_second_factor and not code:
        attempts.settle(keys, ok=None, at=at)
        raise SecondFactorRequired
    if other.has_second_factor and not second_factor.use_code(other, code, at):
        attempts.settle(keys, ok=False, at=at)
        raise SecondFactorWrong
    attempts.settle(keys, ok=True, at=at)
    with transaction.atomic():
        pair = Account.objects.select_for_update().filter(pk__in=sorted([kept.pk, other.pk]))
        rows = {row.pk: row for row in pair.order_by("pk")}
        if len(rows) != 2:
            raise AccountsOfTwo
        kept, other = rows[kept.pk], rows[other.pk]
        _check_one_person(kept, other)
        assert kept.person_id is not None, "`_own` looked"
        if other.officers.filter(active=True).exists():
            kept.must_change_password = True
            kept.save(update_fields=["must_change_password"])
        Officer.objects.filter(account=other).update(account=kept, person_id=kept.person_id)
        ProvisionedUser.objects.filter(account=other).update(account=kept)
        AssuranceEvidence.objects.filter(account=other).update(account=kept)
        linked = UpstreamLink.objects.filter(account=kept, ended_at=None).values("provider_id")
        UpstreamLink.objects.filter(account=other, ended_at=None).exclude(
            provider_id__in=linked
        ).update(account=kept)
        tell_everywhere(
            kept,
            template=wording.MERGED,
            facts={"when": at, "username": other.username},
            at=at,
        )
        _shut(other, because=Account.Closed.MERGED, at=at, into=kept)
        settle_administration(kept.pk)
        events.publish(
            AccountsMerged(
                kept_account_id=kept.pk, closed_account_id=other.pk, person_id=kept.person_id
            ),
            at=at,
        )
        _record(actor, "identity.account_merged", kept.pk, at, other=other.pk)
        _record(actor, "identity.account_closed", other.pk, at, into=kept.pk)
    return kept.pk


def _check_one_person(kept: Account, other: Account) -> None:
    """Raises: AccountsOfTwo (409)."""
    active = Account.State.ACTIVE
    if kept.state != active or other.state != active or other.person_id is not None:
        raise AccountsOfTwo
    if persons_behind(other.pk) != {kept.person_id}:
        raise AccountsOfTwo
    both = Officer.objects.filter(active=True)
    here = set(both.filter(account=kept).values_list("agency_id", flat=True))
    if here & set(both.filter(account=other).values_list("agency_id", flat=True)):
        raise AccountsOfTwo


def _check_owner(account: Account, password: str, code: str, at: datetime) -> None:
    keys = attempts.keys_for(account=f"id:{account.pk}")
    attempts.reserve(keys, at=at)
    if not passwords.is_password(password, account.password):
        attempts.settle(keys, ok=False, at=at)
        raise PasswordWrong
    if account.has_second_factor and not code:
        attempts.settle(keys, ok=None, at=at)
        raise SecondFactorRequired
    if account.has_second_factor and not second_factor.use_code(account, code, at):
        attempts.settle(keys, ok=False, at=at)
        raise SecondFactorWrong
    attempts.settle(keys, ok=True, at=at)


def _shut(account: Account, *, because: str, at: datetime, into: Account | None = None) -> None:
    """In the caller's transaction, with the row locked."""
    end_access(account.pk, at=at)
    for consent in Consent.objects.filter(account=account, withdrawn_at=None):
        consent.withdrawn_at = at
        consent.save(update_fields=["withdrawn_at"])
        events.publish(ConsentWithdrawn(consent_id=consent.pk, account_id=account.pk), at=at)
    UpstreamLink.objects.filter(account=account, ended_at=None).update(ended_at=at)
    LinkedAccount.objects.filter(account=account, ended_at=None).update(ended_at=at)
    RecoveryCode.objects.filter(account=account).delete()
    Passkey.objects.filter(account=account, removed_at=None).update(removed_at=at)
    HolderCertificate.objects.filter(account=account, removed_at=None).update(removed_at=at)
    account.state = Account.State.CLOSED
    account.closed_at, account.closed_because, account.merged_into = at, because, into
    account.username = f"closed-{account.pk.hex}"
    account.phone_index = None
    account.password, account.former_passwords = passwords.UNUSABLE, []
    account.totp_secret_sealed, account.totp_confirmed_at = "", None
    account.administration = ""
    account.version += 1
    account.save()


def _own(actor: Actor) -> Account:
    """The account of whoever acts for himself in a session. Raises: NotFound (404)."""
    if actor.session_id is None or actor.account_id is None or actor.mandate_id is not None:
        raise NotFound
    if not actor.is_person:
        raise NotFound
    account = Account.objects.filter(
        pk=actor.account_id, person__isnull=False, state=Account.State.ACTIVE
    ).first()
    if account is None:
        raise NotFound
    return account


def _record(actor: Actor, act: str, account_id: UUID, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, object_kind="account", object_id=account_id, facts=facts, at=at
    )
