"""Nobody shuts himself out: what opens an account first is given up only beside another."""

from django.conf import settings

from lingnan.kernel import locks

from ..adapters.outside_accounts import read_providers
from ..errors import OnlyWayIn
from ..models import Account, LinkedAccount, Passkey, UpstreamLink
from . import key_use, passwords


def hold_ways_in(account: Account) -> None:
    """Before one of them ends: two that end beside each other would each count the other."""
    locks.hold("identity.passkeys", account.pk)


def check_way_in(account: Account) -> None:
    """Something still opens the account, after the caller ended something in his transaction.

    Raises: OnlyWayIn (409).
    """
    if not (_has_password(account) or _has_passkey(account) or _has_account_elsewhere(account)):
        raise OnlyWayIn


def _has_password(account: Account) -> bool:
    return account.password != passwords.UNUSABLE


def _has_passkey(account: Account) -> bool:
    keys = Passkey.objects.filter(account=account, removed_at=None)
    return key_use.is_offered() and keys.exists()


def _has_account_elsewhere(account: Account) -> bool:
    config = settings.LINGNAN
    offered = read_providers(config.linked_accounts_dir, production=config.production)
    linked = LinkedAccount.objects.filter(
        account=account, ended_at=None, provider__in=[provider.code for provider in offered]
    )
    upstream = UpstreamLink.objects.filter(account=account, ended_at=None, provider__active=True)
    return linked.exists() or upstream.exists()
