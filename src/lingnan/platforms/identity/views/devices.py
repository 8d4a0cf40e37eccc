"""The devices of an account on pages: seen, signed out, forgotten; “that was not me”."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.web.guard import actor_of, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..asking import parse_uuid


@signed_in
@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    assert actor.account_id is not None, "someone signed in has an account"
    context = {
        "present": queries.signed_in_devices(actor.account_id, present=actor.session_id, at=at),
        "before": queries.devices_before(actor.account_id, at=at),
    }
    return render(request, "identity/devices.html", context)


@signed_in
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out one device, or all others."""
    actor = actor_of(request)
    chosen = request.POST.get("session", "")
    if chosen == "others":
        services.end_other_sessions(actor=actor, at=clock.now())
    else:
        services.end_session(actor=actor, session_id=parse_uuid(chosen), at=clock.now())
    messages.success(request, _("Signed out there."))
    return HttpResponseRedirect(reverse("identity:devices"))


@signed_in
@require_POST
def forget(request: HttpRequest, device_id: UUID) -> HttpResponse:
    services.forget_device(actor=actor_of(request), device_id=device_id, at=clock.now())
    messages.success(request, _("We will tell you when that device signs in again."))
    return HttpResponseRedirect(reverse("identity:devices"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest) -> HttpResponse:
    """Someone else came in: everything else ends, and the password is next."""
    if request.method == "POST":
        services.disown_sign_ins(actor=actor_of(request), at=clock.now())
        messages.success(request, _("Everything else is signed out. Now change the password here."))
        return HttpResponseRedirect(reverse("identity:password"))
    return render(request, "identity/not_me.html")
