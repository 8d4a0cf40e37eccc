"""Accounts elsewhere that sign someone in here."""

from uuid import UUID

from ..models import LinkedAccount


def linked_accounts(account_id: UUID) -> list[LinkedAccount]:
    """Those that open the account. One query."""
    rows = LinkedAccount.objects.filter(account_id=account_id, ended_at=None)
    return list(rows.order_by("provider"))
