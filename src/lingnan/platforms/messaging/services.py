"""Messaging's verbs: tell someone, mark as read. Bringing messages out is in `delivery`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from lingnan.kernel.actors import Actor
from lingnan.security.crypto import services as crypto

from . import queries, types
from .access import access_message
from .delivery import PURPOSE, deliver_dispatch, seal_secrets
from .models import Dispatch, Message
from .types import Channel

INBOX = "inbox"
HIDDEN = "••••••"


@transaction.atomic
def send(
    *,
    template: str,
    facts: dict[str, Any],
    subject_kind: str,
    subject_id: UUID,
    at: datetime,
    person_id: UUID | None = None,
    organisation_id: UUID | None = None,
    officer_id: UUID | None = None,
    channels: Sequence[str] = (INBOX, Channel.SMS),
    phone: str = "",
    email: str = "",
    link: str = "",
    secrets: Mapping[str, str] | None = None,
) -> Message:
    """Tell exactly one recipient something, in the caller's transaction.

    A channel without an address is left out: the inbox copy is always there to be found. `link` is
    the path the message leads to; without it, what the subject's module registered. `secrets` are
    facts only the outside channels say (a code to type): the message shows dots in their place.

    Raises: KeyError for an unknown template or a missing fact; ValueError unless there is exactly
    one recipient.
    """
    if sum(recipient is not None for recipient in (person_id, organisation_id, officer_id)) != 1:
        raise ValueError("a message has exactly one recipient")
    words = types.template(template)
    hidden = dict.fromkeys(secrets or (), HIDDEN)
    facts = {**facts, **hidden}
    message = Message.objects.create(
        person_id=person_id,
        organisation_id=organisation_id,
        officer_id=officer_id,
        template=template,
        title=words.say(words.title, facts),
        body=words.say(words.body, facts),
        facts={key: _plain(value) for key, value in facts.items()},
        subject_kind=subject_kind,
        subject_id=subject_id,
        link=link or types.subject_link(subject_kind, subject_id),
        in_inbox=INBOX in channels,
        sent_at=at,
    )
    for channel, address in ((Channel.SMS, phone), (Channel.EMAIL, email)):
        if channel in channels and address:
            dispatch = Dispatch.objects.create(
                message=message,
                channel=channel,
                address_sealed=crypto.encrypt(address.encode(), purpose=PURPOSE),
                secrets_sealed=seal_secrets(secrets),
            )
            deliver_dispatch.enqueue(dispatch_id=str(dispatch.pk))
    return message


@transaction.atomic
def read_message(*, actor: Actor, message_id: UUID, at: datetime) -> Message:
    """Open one message; the first time says when. Raises: MessageNotFound (404)."""
    message = access_message(actor=actor, message_id=message_id)
    if message.read_at is None:
        Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)
        message.refresh_from_db(fields=["read_at"])
    return message


@transaction.atomic
def read_all_messages(*, actor: Actor, at: datetime) -> int:
    """Mark the whole inbox as read; return how many were not."""
    return queries.inbox(actor).filter(read_at__isnull=True).update(read_at=at)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str | dict | list):
        return value
    return str(value)
