"""Accounts, their devices and their keys."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from lingnan.kernel.actors import Actor

from ..models import Account, ApiToken, Officer, RecoveryCode, Session, UpstreamProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """What its owner sees of an account."""

    id: UUID
    username: str
    person_id: UUID | None
    has_second_factor: bool
    second_factor_since: datetime | None
    recovery_codes_left: int
    password_changed_at: datetime
    is_officer: bool


def account_card(account_id: UUID) -> AccountCard:
    row = Account.objects.get(pk=account_id)
    return AccountCard(
        id=row.pk,
        username=row.username,
        person_id=row.person_id,
        has_second_factor=row.has_second_factor,
        second_factor_since=row.totp_confirmed_at,
        recovery_codes_left=RecoveryCode.objects.filter(account=row, used_at=None).count(),
        password_changed_at=row.password_changed_at,
        is_officer=row.officers.filter(active=True).exists(),
    )


def persons_behind(account_id: UUID | None) -> frozenset[UUID]:
    """Who an account belongs to: its person, and whoever the records of its posts name. One query.

    More than one only where a record is wrong; then each of them counts.
    """
    if account_id is None:
        return frozenset()
    rows = Account.objects.filter(pk=account_id).values_list(
        "person_id", "officers__person_id", "merged_into__person_id"
    )
    return frozenset(person for row in rows for person in row if person is not None)


def persons_of(actor: Actor) -> frozenset[UUID]:
    """Who the actor is, by this identity and by every record of his account. One query.

    Empty where no record says who he is.
    """
    return persons_behind(actor.account_id) | actor.persons


def person_recorded(officer: Officer, behind: frozenset[UUID] | None = None) -> UUID | None:
    """Who an officer is: as this post's record says, else as his account or its other posts do.

    None where nothing says so, or where records contradict each other. At most one query; none
    where the caller has `persons_behind` his account.
    """
    if officer.person_id is not None or officer.account.person_id is not None:
        return officer.person_id or officer.account.person_id
    behind = persons_behind(officer.account_id) if behind is None else behind
    return next(iter(behind)) if len(behind) == 1 else None


def live_sessions(account_id: UUID, *, at: datetime) -> QuerySet[Session]:
    """The devices signed in now, the one used last first."""
    return Session.objects.filter(
        account_id=account_id,
        ended_at=None,
        expires_at__gt=at,
        last_seen_at__gt=at - F("idle_limit"),
        stage=Session.Stage.OPEN,
    ).order_by("-last_seen_at")


def live_tokens(account_id: UUID, *, at: datetime) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(
        account_id=account_id, ended_at=None, expires_at__gt=at
    ).order_by("-created_at")


def upstream_providers() -> list[UpstreamProvider]:
    """The providers whose accounts one may sign in with."""
    return list(UpstreamProvider.objects.filter(active=True).order_by("created_at"))
