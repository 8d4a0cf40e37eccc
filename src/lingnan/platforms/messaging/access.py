"""From an outside id to a message of the asker."""

from uuid import UUID

from lingnan.kernel.actors import Actor

from . import queries
from .errors import MessageNotFound
from .models import Message


def access_message(*, actor: Actor, message_id: UUID) -> Message:
    """One message of the actor's inbox. Raises: MessageNotFound (404)."""
    found = queries.inbox(actor).filter(pk=message_id).first()
    if found is None:
        raise MessageNotFound
    return found
