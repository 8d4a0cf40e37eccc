"""The keys people hold themselves."""

from datetime import datetime
from uuid import UUID

from ..models import HolderCertificate, Passkey


def live_passkeys(account_id: UUID) -> list[Passkey]:
    """Those that open the account, the newest first. One query."""
    return list(Passkey.objects.filter(account_id=account_id, removed_at=None).order_by("-id"))


def live_certificates(account_id: UUID) -> list[HolderCertificate]:
    """Those bound to the account, the newest first, also expired ones. One query."""
    rows = HolderCertificate.objects.filter(account_id=account_id, removed_at=None)
    return list(rows.order_by("-id"))


def has_own_key(account_id: UUID, *, at: datetime | None = None) -> bool:
    """Whether the account has a second factor of its own besides the authenticator's codes.

    Without `at` an expired certificate counts as well: whoever had a key does not come in without.
    """
    if Passkey.objects.filter(account_id=account_id, removed_at=None).exists():
        return True
    bound = HolderCertificate.objects.filter(account_id=account_id, removed_at=None)
    return (bound if at is None else bound.filter(not_after__gt=at)).exists()
