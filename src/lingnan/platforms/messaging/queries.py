"""Questions about messages."""

from uuid import UUID

from django.db.models import Q, QuerySet

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page

from .models import Message


def addressed_to(actor: Actor) -> Q:
    """The messages an actor may read: his own as he now acts, an officer's as officer.

    Acting for an organisation or another person shows theirs, not one's own; under a mandate for
    certain matters none, for a message does not say its matter.
    """
    if actor.matter_codes is not None:
        return Q(pk__in=[])
    if actor.is_officer and actor.officer_id is not None:
        return Q(officer_id=actor.officer_id)
    if actor.is_person and actor.principal is not None:
        if actor.principal.kind == "organisation":
            return Q(organisation_id=actor.principal.id)
        return Q(person_id=actor.principal.id)
    if actor.is_person and actor.person_id is not None:
        return Q(person_id=actor.person_id)
    return Q(pk__in=[])


def inbox(actor: Actor) -> QuerySet[Message]:
    """The actor's inbox."""
    return Message.objects.filter(addressed_to(actor), in_inbox=True)


def messages(actor: Actor, *, cursor: str | None = None, limit: int = 20) -> Page[Message]:
    """One page of the inbox, newest first. One query."""
    return keyset_page(inbox(actor), order=("-sent_at", "-id"), cursor=cursor, limit=limit)


def unread_count(actor: Actor) -> int:
    """How many messages wait; one query, none for who has no inbox."""
    if actor.is_anonymous or actor.is_system:
        return 0
    return inbox(actor).filter(read_at__isnull=True).count()


def messages_about(subject_kind: str, subject_id: UUID) -> list[Message]:
    """What was told about one subject, oldest first; for its owner's pages."""
    found = Message.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return list(found.order_by("sent_at", "id"))
