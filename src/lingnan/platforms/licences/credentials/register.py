"""Where licences stand in wallets: the holder's own list."""

from uuid import UUID

from ..models import Credential


def credentials_of(licence_id: UUID) -> list[Credential]:
    """The credentials of a licence, newest first; the caller has checked who asks. One query."""
    rows = Credential.objects.filter(licence_id=licence_id).order_by("-issued_at", "-id")
    return list(rows[:100])


def has_live_credentials(licence_id: UUID) -> bool:
    """Whether a licence stands in a wallet. One query."""
    return Credential.objects.filter(licence_id=licence_id, ended_at=None).exists()
