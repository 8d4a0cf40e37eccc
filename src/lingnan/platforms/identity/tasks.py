"""What identity does by the clock."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job, periodic

from . import services
from .sso import services as sso


@periodic("identity.expire_mandates", cron="5 16 * * *")
def expire_mandates(*, timestamp: int) -> None:
    """Just after midnight in China, mark the mandates whose last day is over."""
    services.expire_mandates(at=clock.now())


@periodic("identity.expire_grants", cron="6 16 * * *")
def expire_grants(*, timestamp: int) -> None:
    """Just after midnight in China, close the roles whose last day is over."""
    services.expire_grants(at=clock.now())


@periodic("identity.sweep", cron="35 19 * * *")
def sweep(*, timestamp: int) -> None:
    """Forget sessions, tokens, counters and attempts whose term of keeping is over."""
    services.sweep(at=clock.now())
    services.sweep_attempts(at=clock.now())


@periodic("identity.rotate_signing_keys", cron="15 18 * * *")
def rotate_signing_keys(*, timestamp: int) -> None:
    """Publish successors of keys in their last day; forget those no token is signed with."""
    sso.rotate_keys(at=clock.now())


@periodic("identity.sweep_single_sign_on", cron="45 19 * * *")
def sweep_single_sign_on(*, timestamp: int) -> None:
    """Forget codes, tokens and device requests a day after their end."""
    sso.sweep(at=clock.now())


@periodic("identity.single_sign_out", cron="* * * * *")
def single_sign_out(*, timestamp: int) -> None:
    """Each minute, whatever way sessions ended: tell the programs that relied on them."""
    sso.end_with_sessions(at=clock.now())


@job("identity.sign_out_everywhere")
def sign_out_everywhere() -> None:
    """The same at once, after someone signed out."""
    sso.end_with_sessions(at=clock.now())


@job("identity.tell_signed_out", retries=8)
def tell_signed_out(*, authorisation_id: str) -> None:
    sso.tell_signed_out(authorisation_id=UUID(authorisation_id), at=clock.now())
