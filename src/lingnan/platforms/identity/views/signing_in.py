"""Getting in: sign-in, the code, setting up the second factor, a first password, registration."""

from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all, why_signed_out
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..asking import (
    clear_session_cookie,
    device_of,
    identification_of,
    parse_uuid,
    set_session_cookie,
)
from ..forms import CodeForm, PasswordForm, RegisterForm, SignInForm, show_refusal
from ..queries.accounts import upstream_providers
from ..services.second_factor import provisioning_uri
from ..types import Identification, SignedIn

_STEPS = {
    "code": "identity:sign_in_code",
    "enrol": "identity:sign_in_second_factor",
    "password": "identity:sign_in_password",
}


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; in the demo also the list of people one can be."""
    onward = next_of(request)
    found = identification_of(request)
    if found is not None and found.ended is not None and request.method != "POST":
        return HttpResponseRedirect(_with_next("identity:choose", onward))
    initial = {
        "username": request.GET.get("username", ""),
        "as_officer": onward.startswith(("/desk/", "/cockpit/")) or "officer" in request.GET,
    }
    form = SignInForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            opened = services.sign_in(
                username=form.cleaned_data["username"],
                password=form.cleaned_data["password"],
                as_officer=True if form.cleaned_data["as_officer"] else None,
                device=device_of(request),
                address=client_address(request),
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            end_present(request)
            return go_on(request, opened, onward)
    context = {"form": form, "next": onward, "demo_accounts": _demo_accounts()}
    context["upstreams"] = upstream_providers()
    context["outside_providers"] = services.outside_providers()
    context["passkeys_offered"] = services.passkeys_offered()
    return render(request, "identity/sign_in.html", context, status=status)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step: six digits."""
    found = _waiting(request, "code")
    if found is None:
        return HttpResponseRedirect(reverse("identity:sign_in"))
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            opened = services.continue_sign_in(
                session_id=found.credential_id, code=form.cleaned_data["code"], at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return go_on(request, opened, next_of(request))
    context = {
        "form": form,
        "next": next_of(request),
        "demo_code": _demo_code(found),
        "ways": services.second_steps(found.account_id),
    }
    return render(request, "identity/sign_in_code.html", context, status=status)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_second_factor(request: HttpRequest) -> HttpResponse:
    """An officer without a second factor sets one up before he gets in."""
    found = _waiting(request, "enrol")
    if found is None:
        return HttpResponseRedirect(reverse("identity:sign_in"))
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.confirm_second_factor(
                actor=found.actor,
                account_id=found.account_id,
                session_id=found.credential_id,
                code=form.cleaned_data["code"],
                at=clock.now(),
            )
            opened = services.continue_sign_in(session_id=found.credential_id, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            kept = {"codes": codes, "onward": _onward_url(opened, next_of(request))}
            response = render(request, "identity/recovery_codes.html", kept)
            set_session_cookie(response, opened.token, request=request)
            return response
    context: dict[str, Any] = {"form": form, "next": next_of(request)}
    context |= enrolment(found.account_id, found.credential_id)
    return render(request, "identity/second_factor.html", context, status=status)


@open_to_all
@sensitive_post_parameters("present", "new_password", "new_again")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_password(request: HttpRequest) -> HttpResponse:
    """A first password, or one too old, is changed before anything else."""
    found = _waiting(request, "password")
    if found is None:
        return HttpResponseRedirect(reverse("identity:sign_in"))
    form = PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(
                actor=found.actor,
                account_id=found.account_id,
                present=form.cleaned_data["present"],
                new=form.cleaned_data["new_password"],
                keep=found.credential_id,
                at=clock.now(),
            )
            opened = services.continue_sign_in(session_id=found.credential_id, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return go_on(request, opened, next_of(request))
    context = {"form": form, "next": next_of(request)}
    return render(request, "identity/first_password.html", context, status=status)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """What one was signed in for has ended: in whose name does one go on?"""
    found = identification_of(request)
    if found is None or found.ended is None:
        return HttpResponseRedirect(reverse("identity:welcome"))
    onward = next_of(request)
    if request.method == "POST":
        kind, _colon, chosen = request.POST.get("principal", "").partition(":")
        choice = services.act_as(
            actor=found.actor, kind=kind, choice_id=parse_uuid(chosen), at=clock.now()
        )
        messages.success(request, _("You now act as %(name)s.") % {"name": choice.label})
        is_work = onward.startswith(("/desk/", "/cockpit/"))
        fits = onward and is_work == (choice.kind == "officer")
        return HttpResponseRedirect(onward if fits else reverse("identity:welcome"))
    refusal = why_signed_out(request)
    context = {"choices": found.choices, "next": onward, "refusal": refusal}
    return render(request, "identity/choose.html", context, status=401)


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    end_present(request)
    response = HttpResponseRedirect("/")
    clear_session_cookie(response)
    return response


@open_to_all
@sensitive_post_parameters("password", "password_again", "document_number")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A resident opens an account and is signed in."""
    form = RegisterForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        address = client_address(request)
        try:
            services.sign_up(
                name=data["name"],
                document_type=data["document_type"],
                document_number=data["document_number"],
                phone=data["phone"],
                password=data["password"],
                address=address,
                at=clock.now(),
            )
            opened = services.sign_in(
                username=data["phone"],
                password=data["password"],
                device=device_of(request),
                address=address,
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            end_present(request)
            messages.success(
                request,
                _(
                    "Your account is open and you are signed in. Most matters also want your"
                    " identity checked: on your account page, or when you apply."
                ),
            )
            return go_on(request, opened, next_of(request))
    context = {"form": form, "next": next_of(request)}
    if settings.LINGNAN.demo:
        context["example"] = queries.spare_number()
    return render(request, "identity/register.html", context, status=status)


def enrolment(account_id: UUID, session_id: UUID | None) -> dict[str, str]:
    """The secret to scan or to type in, of this session alone."""
    secret = services.start_second_factor(account_id=account_id, session_id=session_id)
    uri = provisioning_uri(secret, queries.account_card(account_id).username)
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff")
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return {"secret": spaced, "qr": picture}


def _waiting(request: HttpRequest, stage: str) -> Identification | None:
    found = identification_of(request)
    return found if found is not None and found.stage == stage else None


def end_present(request: HttpRequest) -> None:
    """Whatever session this browser had ends: nothing set before signing in lives on."""
    found = identification_of(request)
    actor = found.actor if found is not None else actor_of(request)
    if actor.session_id is None or (found is not None and found.via != "session"):
        return
    try:
        services.end_session(actor=actor, session_id=actor.session_id, at=clock.now())
    except NotFound:  # ended already, with the post it was for
        return


def next_of(request: HttpRequest) -> str:
    """Where to go then, only within the site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if allowed and target.startswith("/") else ""


def _onward_url(opened: SignedIn, onward: str) -> str:
    if opened.stage == "open":
        return onward or reverse("identity:welcome")
    return _with_next(_STEPS[opened.stage], onward)


def _with_next(name: str, onward: str) -> str:
    return reverse(name) + (f"?{urlencode({'next': onward})}" if onward else "")


def go_on(request: HttpRequest, opened: SignedIn, onward: str) -> HttpResponse:
    response = HttpResponseRedirect(_onward_url(opened, onward))
    set_session_cookie(response, opened.token, request=request)
    return response


def _demo_accounts() -> list[Any]:
    return queries.demo_accounts() if settings.LINGNAN.demo else []


def _demo_code(found: Identification) -> str:
    """In the demo the page shows what the phone would show."""
    if not settings.LINGNAN.demo:
        return ""
    return queries.current_code(queries.account_card(found.account_id).username, clock.now())


@open_to_all
@require_http_methods(["GET", "HEAD"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Where signing in leads without another aim: officers to work, residents home."""
    return HttpResponseRedirect("/desk/" if actor_of(request).is_officer else "/")
