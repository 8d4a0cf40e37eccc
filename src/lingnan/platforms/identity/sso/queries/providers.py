"""Providers whose sign-in is accepted, and changes of them that wait."""

from ...models import UpstreamChange, UpstreamProvider


def providers() -> list[UpstreamProvider]:
    """All of them, by code; there are few. One query."""
    return list(UpstreamProvider.objects.order_by("code")[:200])


def open_changes() -> list[UpstreamChange]:
    """Changes that wait for a second person, the oldest first. One query."""
    rows = UpstreamChange.objects.filter(state=UpstreamChange.State.OPEN)
    return list(rows.select_related("proposed_by__agency").order_by("id")[:200])
