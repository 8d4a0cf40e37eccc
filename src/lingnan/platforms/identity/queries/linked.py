"""Accounts elsewhere that sign someone in here."""

from uuid import UUID

from ..models import LinkedAccount, UpstreamLink


def linked_accounts(account_id: UUID) -> list[LinkedAccount]:
    """Those that open the account. One query."""
    rows = LinkedAccount.objects.filter(account_id=account_id, ended_at=None)
    return list(rows.order_by("provider"))


def upstream_links(account_id: UUID) -> list[UpstreamLink]:
    """Accounts at providers of identity that open the account, with the provider. One query."""
    rows = UpstreamLink.objects.filter(account_id=account_id, ended_at=None)
    return list(rows.select_related("provider").order_by("provider__code"))
