"""What people agree to: which data and scopes, to which program, for how long; and taking it back.

Source: Personal Information Protection Law arts. 13, 14, 15, 23.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound, SignInRequired
from lingnan.security.audit import services as audit

from ...events import ConsentGiven, ConsentWithdrawn
from ...models import Account, Authorisation, Client, Consent
from ..types import claims_of

TERM = timedelta(days=365)  # our default; shown to whoever agrees


def is_covered(
    *, account_id: UUID, client: Client, scopes: Iterable[str], claims: Iterable[str], at: datetime
) -> bool:
    """Whether a live consent holds all of these. One query."""
    row = Consent.objects.filter(
        account_id=account_id, client=client, withdrawn_at=None, until__gt=at
    ).first()
    return (
        row is not None
        and set(scopes) <= set(row.scopes)
        and set(claims) | set(claims_of(scopes)) <= set(row.claims)
    )


def has_consent(*, account_id: UUID, client: Client, at: datetime) -> bool:
    """Whether anything is agreed between the two that has not ended. One query."""
    return Consent.objects.filter(
        account_id=account_id, client=client, withdrawn_at=None, until__gt=at
    ).exists()


@transaction.atomic
def give_consent(
    *,
    actor: Actor,
    client: Client,
    scopes: Sequence[str],
    claims: Sequence[str],
    at: datetime,
) -> Consent:
    """Remember what was agreed; what was agreed before at this client stays agreed.

    Raises: SignInRequired (401).
    """
    if actor.account_id is None:
        raise SignInRequired
    Account.objects.select_for_update().get(pk=actor.account_id)
    former = Consent.objects.filter(
        account_id=actor.account_id, client=client, withdrawn_at=None
    ).first()
    all_scopes, all_claims = list(scopes), [*claims, *claims_of(scopes)]
    if former is not None:
        if former.until > at:
            all_scopes += former.scopes
            all_claims += former.claims
        former.withdrawn_at = at
        former.save(update_fields=["withdrawn_at"])
    consent = Consent.objects.create(
        account_id=actor.account_id,
        client=client,
        scopes=sorted(set(all_scopes)),
        claims=sorted(set(all_claims)),
        given_at=at,
        until=at + TERM,
    )
    events.publish(ConsentGiven(consent_id=consent.pk, account_id=actor.account_id), at=at)
    _record(actor, "identity.consent_given", consent, at, scopes=consent.scopes)
    return consent


@transaction.atomic
def withdraw_consent(*, actor: Actor, consent_id: UUID, at: datetime) -> None:
    """Take it back: every token of that program in one's name is dead at once.

    Raises: SignInRequired (401), NotFound (404).
    """
    if actor.account_id is None:
        raise SignInRequired
    Account.objects.select_for_update().get(pk=actor.account_id)
    consent = Consent.objects.filter(
        pk=consent_id, account_id=actor.account_id, withdrawn_at=None
    ).first()
    if consent is None:
        raise NotFound
    consent.withdrawn_at = at
    consent.save(update_fields=["withdrawn_at"])
    Authorisation.objects.filter(
        account_id=actor.account_id, client_id=consent.client_id, ended_at=None
    ).update(ended_at=at, ended_because=Authorisation.End.CONSENT)
    events.publish(ConsentWithdrawn(consent_id=consent.pk, account_id=actor.account_id), at=at)
    _record(actor, "identity.consent_withdrawn", consent, at)


def _record(actor: Actor, act: str, consent: Consent, at: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="consent",
        object_id=consent.pk,
        facts={"client": str(consent.client_id), **facts},
        at=at,
    )
