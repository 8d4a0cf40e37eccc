"""Whose a request is: the account and the session of whoever asks."""

from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import SignInRequired


def account_of(actor: Actor) -> UUID:
    """Raises: SignInRequired."""
    if actor.account_id is None:
        raise SignInRequired
    return actor.account_id


def session_id_of(actor: Actor) -> UUID:
    """Raises: SignInRequired."""
    if actor.session_id is None:
        raise SignInRequired
    return actor.session_id
