"""The page on which someone lets a kiosk or a television in."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Forbidden, Refusal
from lingnan.kernel.web.guard import actor_of, signed_in
from lingnan.kernel.web.pages import render

from ...forms import show_refusal
from ...models import DeviceRequest, Session
from ..forms import UserCodeForm
from ..services import answer_request, find_request, give_consent
from ..services.tokens import draft_authorisation, level_of_session, session_of
from .authorize import consent_page


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """Type the code; then see who asks for what."""
    form = UserCodeForm(
        request.POST or None, initial={"user_code": request.GET.get("user_code", "")[:20]}
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = _find(request, form.cleaned_data["user_code"])
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            draft = draft_authorisation(
                session=_session(request), client=row.client, scopes=row.scopes, claims={}
            )
            return consent_page(
                request,
                draft,
                action=reverse("identity:answer_device"),
                user_code=form.cleaned_data["user_code"],
            )
    return render(request, "identity/sso/device.html", {"form": form}, status=status)


@signed_in
@require_POST
def answer_device(request: HttpRequest) -> HttpResponse:
    """Yes or no, for the code that stood on the page. Raises: UserCodeUnknown (404)."""
    row = _find(request, request.POST.get("user_code", "")[:20])
    session = _session(request)
    now = clock.now()
    if request.POST.get("decision") != "allow":
        answer_request(actor=actor_of(request), row=row, draft=None, at=now)
        messages.success(request, _("The device stays out."))
        return HttpResponseRedirect(reverse("identity:device"))
    give_consent(actor=actor_of(request), client=row.client, scopes=row.scopes, claims=[], at=now)
    draft = draft_authorisation(session=session, client=row.client, scopes=row.scopes, claims={})
    answer_request(actor=actor_of(request), row=row, draft=draft, at=now)
    messages.success(request, _("Done. Look at the device: it goes on in a few seconds."))
    return HttpResponseRedirect(reverse("identity:device"))


def _find(request: HttpRequest, user_code: str) -> DeviceRequest:
    """Raises: UserCodeUnknown (404), TooManyAttempts (429), Forbidden (403)."""
    session = _session(request)
    row = find_request(actor=actor_of(request), user_code=user_code, at=clock.now())
    if level_of_session(session) < row.client.default_level:
        raise Forbidden(level=row.client.default_level)
    return row


def _session(request: HttpRequest) -> Session:
    """Only a person at a browser lets a device in. Raises: Forbidden (403)."""
    if getattr(request, "auth_via", None) != "session":
        raise Forbidden(needs="session")
    return session_of(actor_of(request))
