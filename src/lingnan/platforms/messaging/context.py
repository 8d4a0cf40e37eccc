"""What every page shows of messages: how many wait."""

from django.http import HttpRequest

from lingnan.kernel.web.guard import actor_of

from . import queries


def unread(request: HttpRequest) -> dict[str, int]:
    """`unread_messages` for the layout. One query for who signed in, none for others."""
    return {"unread_messages": queries.unread_count(actor_of(request))}
