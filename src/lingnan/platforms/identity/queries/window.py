"""Checks of identity made at windows, as far as their agencies' officers may see them."""

from uuid import UUID

from django.db.models import QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import Account, DetailsChange, WindowCheck
from ..sealing import DOCUMENT, unseal
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS, mask_number


def checks_in_reach(actor: Actor) -> QuerySet[WindowCheck]:
    """A supervisor sees those of his agencies and subtrees, a clerk his own. With all it shows."""
    rows = WindowCheck.objects.filter(actor.reach(WITHDRAW_CHECKS).q("agency_id", "region_path"))
    if actor.can(VERIFY_PERSONS) and actor.officer_id is not None:
        rows = rows | WindowCheck.objects.filter(officer_id=actor.officer_id)
    return rows.select_related("evidence__person", "officer", "agency", "withdrawn_by")


def list_checks(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[WindowCheck]:
    """The newest first. One query."""
    return keyset_page(checks_in_reach(actor), order=("-id",), cursor=cursor, limit=limit)


def changes_in_reach(actor: Actor) -> QuerySet[DetailsChange]:
    """Changes of names and documents: a supervisor sees those of his windows, a clerk his own."""
    rows = DetailsChange.objects.filter(
        actor.reach(WITHDRAW_CHECKS).q("check_made__agency_id", "check_made__region_path")
    )
    if actor.can(VERIFY_PERSONS) and actor.officer_id is not None:
        rows = rows | DetailsChange.objects.filter(check_made__officer_id=actor.officer_id)
    return rows.select_related(
        "person", "decided_by", "check_made__officer", "check_made__agency", "check_made__evidence"
    )


def proposed_number(row: DetailsChange) -> str:
    """The number of the document a change brings, in part; empty where it brings none."""
    return mask_number(unseal(row.document_number_sealed, purpose=DOCUMENT))


def list_changes(
    actor: Actor, *, waiting: bool = False, cursor: str | None = None, limit: int = 20
) -> Page[DetailsChange]:
    """The newest first; those that wait alone, if asked. One query."""
    rows = changes_in_reach(actor)
    if waiting:
        rows = rows.filter(state=DetailsChange.State.WAITING)
    return keyset_page(rows, order=("-id",), cursor=cursor, limit=limit)


def lacks_account(person_id: UUID) -> bool:
    """Whether a person has no account, or closed the one he had. One query."""
    return (
        not Account.objects.filter(person_id=person_id)
        .exclude(state=Account.State.CLOSED, closed_because=Account.Closed.PERSON)
        .exists()
    )


def last_place(actor: Actor) -> str:
    """Where this clerk sat at his last check; empty at the first."""
    if actor.officer_id is None:
        return ""
    rows = WindowCheck.objects.filter(officer_id=actor.officer_id).order_by("-id")
    return rows.values_list("place", flat=True).first() or ""
