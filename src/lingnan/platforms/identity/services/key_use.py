"""One answer of a passkey, judged: whose key, signed for us now, counting up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.security.audit import services as audit

from .. import wording
from ..adapters import webauthn
from ..errors import PasskeyRefused, PasskeysNotOffered
from ..models import Passkey
from .telling import tell_owner


def public_url() -> str:
    """The address passkeys are made for. Raises: PasskeysNotOffered (409)."""
    url: str = settings.LINGNAN.public_url
    if not webauthn.is_offered(url):
        raise PasskeysNotOffered
    return url


def is_offered() -> bool:
    return webauthn.is_offered(settings.LINGNAN.public_url)


def key_named(answer: str) -> tuple[Passkey, bytes] | None:
    """The live key an answer claims to be of, and whose it says it is; None where there is none."""
    try:
        shown = webauthn.read_answer(answer)
    except webauthn.AnswerBroken:
        return None
    row = (
        Passkey.objects.select_related("account__person")
        .filter(credential_id=shown.credential_id, removed_at=None)
        .first()
    )
    return (row, shown.user_handle) if row else None


def use_passkey(
    *, state: Mapping[str, Any], answer: str, at: datetime, account_id: UUID | None = None
) -> Passkey:
    """The key that gave this answer, counted on. Without `account_id` the answer has to say whose
    it is, as keys kept on a device do.

    A counter that does not rise means that two of the key are about: the owner is told.
    Raises: PasskeyRefused (401). Source: W3C Web Authentication Level 2, 7.2.
    """
    url = public_url()
    found = key_named(answer)
    if found is None:
        raise PasskeyRefused
    row, handle = found
    named = handle == row.account_id.bytes
    if (account_id is None and not named) or (handle and not named):
        raise PasskeyRefused
    if account_id is not None and row.account_id != account_id:
        raise PasskeyRefused
    try:
        counter = webauthn.check_signature(
            url, state=state, public_key=row.public_key, answer=answer
        )
    except webauthn.AnswerBroken as broken:
        raise PasskeyRefused from broken
    rising = Q(sign_count__lt=counter) if counter else Q(sign_count=0)
    live = Passkey.objects.filter(rising, pk=row.pk, removed_at=None)
    if not live.update(sign_count=counter, last_used_at=at):
        _refuse_copy(row, counter, at)
        raise PasskeyRefused
    return row


@transaction.atomic
def _refuse_copy(row: Passkey, counter: int, at: datetime) -> None:
    tell_owner(
        row.account,
        wording.PASSKEY_COPIED,
        {"name": row.name, "when": at},
        at=at,
    )
    audit.record(
        actor=Actor(kind=ANONYMOUS.kind),
        act="identity.passkey_copied",
        object_kind="account",
        object_id=row.account_id,
        outcome="refused",
        facts={"passkey_id": row.pk, "counter": counter, "known": row.sign_count},
        at=at,
    )
