"""The inbox, and the outbox folder while developing."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.kernel.web.pages import render

from . import queries, services
from .adapters.outbox import entries
from .adapters.registry import outbox_folder


@require_http_methods(["GET", "HEAD"])
@signed_in
def show_inbox(request: HttpRequest) -> HttpResponse:
    """Messages, newest first."""
    actor = actor_of(request)
    page = queries.messages(actor, cursor=request.GET.get("cursor") or None)
    base = "web/desk.html" if actor.is_officer else "web/portal.html"
    context = {"page": page, "base": base, "has_unread": any(not m.read_at for m in page.items)}
    return render(request, "messaging/inbox.html", context)


@require_http_methods(["GET", "HEAD"])
@signed_in
def show_message(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """One message; opening it marks it as read."""
    actor = actor_of(request)
    message = services.read_message(actor=actor, message_id=message_id, at=clock.now())
    base = "web/desk.html" if actor.is_officer else "web/portal.html"
    return render(request, "messaging/message.html", {"message": message, "base": base})


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    services.read_all_messages(actor=actor_of(request), at=clock.now())
    return HttpResponseRedirect("/messages/")


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_outbox(request: HttpRequest) -> HttpResponse:
    """What would have gone out as text messages and e-mail. Not in production."""
    if settings.LINGNAN.production:
        raise NotFound
    found = list(entries(outbox_folder()))
    return render(request, "messaging/outbox.html", {"entries": found})
