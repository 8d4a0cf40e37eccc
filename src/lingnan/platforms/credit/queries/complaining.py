"""Complaints: whose, and those of an office."""

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from ..models import Complaint
from ..types import MANAGE, AppealState


def own_q(actor: Actor) -> Q:
    """The complaints of whom the actor acts for. None under a mandate for certain matters."""
    if not actor.is_person or actor.matter_codes is not None or actor.principal is None:
        return Q(pk__in=[])
    return Q(principal_kind=actor.principal.kind, principal_id=actor.principal.id)


def own_complaints(actor: Actor) -> list[Complaint]:
    """Newest first, at most a hundred. One query."""
    rows = Complaint.objects.filter(own_q(actor)).select_related("subject")
    return list(rows.order_by("-opened_at", "-id")[:100])


def complaints(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[Complaint]:
    """Complaints to the credit offices in an officer's reach, newest first. One query."""
    rows = Complaint.objects.filter(actor.reach(MANAGE).q()).select_related("subject")
    if state in AppealState.values:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-opened_at", "-id"), cursor=cursor, limit=limit)
