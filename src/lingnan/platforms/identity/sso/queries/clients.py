"""Which registrations someone may see: of whom he acts for, or in a reviewer's reach."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page, keyset_page

from ...models import Authorisation, Client, Consent
from ..types import REVIEW_CLIENTS


def owned_by(actor: Actor) -> Q:
    """The condition on clients whose owner one acts for now: a firm, or one's agency. A mandate for
    named matters is not one for the firm's programs."""
    if actor.is_officer and actor.agency_id is not None:
        return Q(owner_agency_id=actor.agency_id)
    principal = actor.principal
    if principal is None or actor.matter_codes is not None:
        return Q(pk__in=[])
    if principal.kind == "organisation":
        return Q(owner_organisation_id=principal.id)
    return Q(pk__in=[])


def clients_of(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[Client]:
    """The registrations of whom one acts for, the newest first."""
    return keyset_page(
        Client.objects.filter(owned_by(actor)), order=("-id",), cursor=cursor, limit=limit
    )


def own_client(actor: Actor, client_pk: UUID) -> Client:
    """Raises: NotFound (404), also for someone else's."""
    row = Client.objects.filter(owned_by(actor), pk=client_pk).first()
    if row is None:
        raise NotFound
    return row


def in_review(actor: Actor) -> QuerySet[Client]:
    return Client.objects.filter(actor.reach(REVIEW_CLIENTS).q("owner_agency_id", "region_path"))


def clients_to_review(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Client]:
    """Registrations in the reviewer's reach, the newest first."""
    rows = in_review(actor)
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)


def may_review(actor: Actor, client_pk: UUID) -> Client:
    """Raises: NotFound (404), also beyond the reach."""
    row = in_review(actor).filter(pk=client_pk).first()
    if row is None:
        raise NotFound
    return row


def live_consents(account_id: UUID, *, at: datetime) -> QuerySet[Consent]:
    """What the account agreed to and did not take back, the newest first."""
    return (
        Consent.objects.filter(account_id=account_id, withdrawn_at=None, until__gt=at)
        .select_related("client")
        .order_by("-given_at")
    )


def live_authorisations(account_id: UUID) -> QuerySet[Authorisation]:
    return Authorisation.objects.filter(account_id=account_id, ended_at=None)
