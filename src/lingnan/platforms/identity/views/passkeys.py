"""Passkeys on pages: the list, a new one, and coming in with one."""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..asking import device_of, identification_of, parse_uuid
from ..errors import SignInAgain
from ..forms import PasskeyForm, show_refusal
from ..services import Asked
from .signing_in import end_present, go_on, next_of

COOKIE = "lingnan_passkey"
COOKIE_PATH = "/account/sign-in/"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def passkeys(request: HttpRequest) -> HttpResponse:
    """The passkeys of the account; POST takes one a browser has just made."""
    actor = actor_of(request)
    assert actor.account_id is not None, "someone signed in has an account"
    form = PasskeyForm(request.POST or None, initial={"name": ""})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.add_passkey(
                    actor=actor,
                    attempt_id=parse_uuid(form.cleaned_data["attempt"]),
                    name=form.cleaned_data["name"],
                    answer=form.cleaned_data["credential"],
                    at=clock.now(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, _("The passkey is kept; you can sign in with it."))
                return HttpResponseRedirect(reverse("identity:passkeys"))
    context = {
        "form": form,
        "keys": queries.live_passkeys(actor.account_id),
        "offered": services.passkeys_offered(),
        "fresh": services.is_fresh(actor=actor, at=clock.now()),
    }
    return render(request, "identity/passkeys.html", context, status=status)


@signed_in
@require_POST
def new_passkey_challenge(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make a passkey."""
    try:
        asked = services.ask_new_passkey(actor=actor_of(request), at=clock.now())
    except Refusal as refusal:
        return _refused(refusal)
    return JsonResponse(_told(asked))


@signed_in
@require_POST
def remove_passkey(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    services.remove_passkey(actor=actor_of(request), passkey_id=passkey_id, at=clock.now())
    messages.success(request, _("The passkey opens nothing any more."))
    return HttpResponseRedirect(reverse("identity:passkeys"))


@open_to_all
@require_POST
def challenge(request: HttpRequest) -> HttpResponse:
    """What the browser needs to sign: as an awaited second step, else to come in."""
    found = identification_of(request)
    at = clock.now()
    try:
        if found is not None and found.stage == "code":
            return JsonResponse(
                _told(services.ask_second_step(session_id=found.credential_id, at=at))
            )
        asked = services.ask_sign_in(address=client_address(request), at=at)
    except Refusal as refusal:
        return _refused(refusal)
    response = JsonResponse(_told(asked))
    response.set_cookie(
        COOKIE,
        asked.binding,
        max_age=600,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or request.is_secure(),
        samesite="Strict",
        path=COOKIE_PATH,
    )
    return response


@open_to_all
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """The browser's answer: a session, or back to where one signs in, saying why not."""
    onward = next_of(request)
    found = identification_of(request)
    second = found is not None and found.stage == "code"
    try:
        attempt_id = parse_uuid(request.POST.get("attempt", ""))
        answer = request.POST.get("credential", "")
        if found is not None and second:
            opened = services.continue_with_passkey(
                session_id=found.credential_id,
                attempt_id=attempt_id,
                answer=answer,
                at=clock.now(),
            )
        else:
            opened = services.sign_in_with_passkey(
                attempt_id=attempt_id,
                binding=request.COOKIES.get(COOKIE, ""),
                answer=answer,
                as_officer=True if onward.startswith(("/desk/", "/cockpit/")) else None,
                device=device_of(request),
                address=client_address(request),
                at=clock.now(),
            )
    except Refusal as refusal:
        messages.error(request, f"{refusal.text} {refusal.remedy}")
        back = reverse("identity:sign_in_code" if second else "identity:sign_in")
        query = {"next": onward} if onward else {}
        return HttpResponseRedirect(f"{back}?{urlencode(query)}" if query else back)
    if not second:
        end_present(request)
    response = go_on(request, opened, onward)
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
    return response


def _told(asked: Asked) -> dict[str, Any]:
    return {"id": str(asked.attempt_id), "options": asked.options}


def _refused(refusal: Refusal) -> JsonResponse:
    text = f"{refusal.text} {refusal.remedy}".strip()
    onward = reverse("identity:sign_in") if isinstance(refusal, SignInAgain) else ""
    return JsonResponse({"problem": text, "onward": onward}, status=refusal.status)


def options_json(shown: dict[str, Any]) -> str:
    """The question of a proof by passkey, for the page's attribute; empty for other proofs."""
    options = shown.get("passkey")
    return json.dumps(options) if options else ""
