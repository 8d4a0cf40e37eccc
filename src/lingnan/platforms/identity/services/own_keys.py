"""Keys people hold themselves, taken off their account."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound

from ..errors import SecondFactorKept
from ..models import HolderCertificate, Passkey, Session
from ..queries.keys import has_own_key
from .proofs import session_of
from .ways_in import check_way_in, hold_ways_in

Key = TypeVar("Key", Passkey, HolderCertificate)


def take_off(kind: type[Key], *, actor: Actor, key_id: UUID, at: datetime) -> tuple[Key, Session]:
    """Remove a live key of the account in use; work keeps at least one. Returns it, and the session
    it was removed in. In the caller's transaction.

    Raises: SignInRequired, NotFound (404), SecondFactorKept, OnlyWayIn (409).
    """
    session = session_of(actor)
    account = session.account
    hold_ways_in(account)
    rows = kind._default_manager.select_for_update()
    row = rows.filter(pk=key_id, account_id=account.pk, removed_at=None).first()
    if row is None:
        raise NotFound
    row.removed_at = at
    row.save(update_fields=["removed_at"])
    works = account.officers.filter(active=True).exists()
    if works and not account.has_second_factor and not has_own_key(account.pk, at=at):
        raise SecondFactorKept
    if kind is Passkey:
        check_way_in(account)
    row.account = account
    return row, session
