"""Readings of licences that are not the audit's: scans, what a wallet showed, readings with
consent, officers' checks.

`/account/looks/` shows them beside the rest. Source: 个人信息保护法 44.
"""

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.kernel.text import localise
from lingnan.platforms.identity.types import AccessLine

from .models import LicenceUse
from .queries import held_through
from .types import UseKind

READINGS = (UseKind.SHOWN, UseKind.PRESENTED, UseKind.CONSENT, UseKind.CHECKED)


def uses_as_looks(actor: Actor, cursor: str | None, limit: int) -> Page[AccessLine]:
    """Readings of the licences of whom one acts for, newest first. One query."""
    rows = LicenceUse.objects.select_related("licence__type").filter(
        held_through(actor), kind__in=READINGS
    )
    page = keyset_page(rows, order=("-used_at", "-id"), cursor=cursor, limit=limit)
    lines = [
        AccessLine(
            id=use.pk,
            at=use.used_at,
            agency_id=use.agency_id,
            officer_id=None,
            what=_("a licence"),
            matter=localise(use.licence.type.name),
            number=use.licence.identifier,
            purpose=use.purpose or str(UseKind(use.kind).label),
            who=use.used_by,
        )
        for use in page.items
    ]
    return Page(lines, page.next_cursor)
