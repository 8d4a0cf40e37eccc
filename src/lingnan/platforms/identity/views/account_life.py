"""Recovery of an account, another number, its end, two made one, its history."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.addresses import client_address
from lingnan.kernel.web.guard import actor_of, open_to_all, person_only, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..adapters.base import Answer
from ..asking import clear_session_cookie
from ..errors import ProofFailed, ProofOver, RecoveryOver
from ..forms import (
    ClosingForm,
    MergeForm,
    NewPasswordForm,
    PhoneCodesForm,
    PhoneForm,
    ProofForm,
    RecoveryForm,
    show_refusal,
)
from ..proof_words import reason_text
from .own_name import in_own_name

COOKIE = "lingnan_recovery"
ARRIVAL_COOKIE = "lingnan_recovery_arrival"


@open_to_all
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """First page: which account, and who one is by document."""
    form = RecoveryForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            found = services.find_account(
                **form.cleaned_data, address=client_address(request), at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return _with_token(request, "identity:recover_ways", found.token)
    return render(request, "identity/recover.html", {"form": form}, status=status)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def recover_ways(request: HttpRequest) -> HttpResponse:
    """Second page: by which way."""
    token = request.COOKIES.get(COOKIE, "")
    problem, status = "", 200
    try:
        if request.method == "POST":
            token, started = services.start_recovery(
                token=token,
                method=request.POST.get("method", ""),
                address=client_address(request),
                at=clock.now(),
            )
            if not started.url:
                return _with_token(request, "identity:recover_finish", token)
            response = _with_token(request, "identity:recover_finish", token)
            response["Location"] = started.url
            return response
        ways = services.recovery_ways(token=token, at=clock.now())
    except RecoveryOver as over:
        return _begin_again(request, over)
    except Refusal as refusal:
        problem, status = f"{refusal.text} {refusal.remedy}", refusal.status
        ways = services.recovery_ways(token=token, at=clock.now())
    context = {"ways": ways, "problem": problem}
    return render(request, "identity/recover_ways.html", context, status=status)


@open_to_all
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def recover_finish(request: HttpRequest) -> HttpResponse:
    """Third page: what the way asks, and the new password. Also the way back from outside: what
    stands in the address then moves into a cookie, out of sight and out of the history."""
    token = request.COOKIES.get(COOKIE, "")
    if request.method == "GET" and request.GET.get(services.ARRIVAL):
        response = HttpResponseRedirect(reverse("identity:recover_finish"))
        _keep(request, response, ARRIVAL_COOKIE, request.GET[services.ARRIVAL][:100])
        return response
    try:
        method, shown = services.recovery_under_way(token=token, at=clock.now())
    except RecoveryOver as over:
        return _begin_again(request, over)
    asked = ProofForm(method.fields, request.POST or None)
    form = NewPasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and asked.is_valid() and form.is_valid():
        try:
            services.finish_recovery(
                token=token,
                answer=Answer(
                    values={
                        **asked.typed(),
                        services.ARRIVAL: request.COOKIES.get(ARRIVAL_COOKIE, ""),
                    }
                ),
                new_password=form.cleaned_data["new_password"],
                address=client_address(request),
                at=clock.now(),
            )
        except (ProofOver, RecoveryOver) as over:
            return _begin_again(request, over)
        except Refusal as refusal:
            if isinstance(refusal, ProofFailed):
                words = reason_text(str(refusal.facts.get("reason", "")))
                form.add_error(None, f"{refusal.text} {words} {refusal.remedy}")
            else:
                show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(
                request, _("The new password counts. You are signed out everywhere; sign in anew.")
            )
            response = HttpResponseRedirect(reverse("identity:sign_in"))
            response.delete_cookie(COOKIE, path=reverse("identity:recover"))
            response.delete_cookie(ARRIVAL_COOKIE, path=reverse("identity:recover"))
            clear_session_cookie(response)
            return response
    context = {"method": method, "shown": shown, "asked": asked, "form": form}
    return render(request, "identity/recover_finish.html", context, status=status)


def _with_token(request: HttpRequest, url_name: str, token: str) -> HttpResponse:
    response = HttpResponseRedirect(reverse(url_name))
    _keep(request, response, COOKIE, token)
    return response


def _keep(request: HttpRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=services.RECOVERY_TERM_S,
        httponly=True,
        secure=request.is_secure(),
        samesite="Lax",
        path=reverse("identity:recover"),
    )


def _begin_again(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    messages.error(request, f"{refusal.text} {refusal.remedy}")
    response = HttpResponseRedirect(reverse("identity:recover"))
    response.delete_cookie(COOKIE, path=reverse("identity:recover"))
    return response


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """Which number it shall be."""
    form = PhoneForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            change = services.start_phone_change(
                actor=actor_of(request), phone=form.cleaned_data["phone"], at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return HttpResponseRedirect(reverse("identity:phone_codes", args=[change.attempt_id]))
    context = {"form": form, "raise_url": services.step_up_url(3, request.path)}
    return render(request, "identity/phone.html", context, status=status)


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
def phone_codes(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """The codes that went to the numbers."""
    actor = actor_of(request)
    try:
        change = services.phone_change_under_way(actor=actor, attempt_id=attempt_id, at=clock.now())
    except ProofOver as over:
        messages.error(request, f"{over.text} {over.remedy}")
        return HttpResponseRedirect(reverse("identity:phone"))
    form: forms.Form = PhoneCodesForm(bool(change.old_phone), request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.finish_phone_change(
                actor=actor,
                attempt_id=attempt_id,
                code=form.cleaned_data["code"],
                old_code=form.cleaned_data.get("old_code", ""),
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Your new number counts from now on."))
            return HttpResponseRedirect(reverse("identity:account"))
    context = {"form": form, "change": change}
    return render(request, "identity/phone_codes.html", context, status=status)


@person_only
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@in_own_name
def close(request: HttpRequest) -> HttpResponse:
    """What ends, what stays by law, and what has to be done first."""
    actor, at = actor_of(request), clock.now()
    form = ClosingForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.close_account(actor=actor, **form.cleaned_data, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            response = render(request, "identity/closed.html", {})
            clear_session_cookie(response)
            return response
    context: dict[str, Any] = {
        "form": form,
        "obstacles": services.closing_obstacles(actor=actor, at=at),
    }
    return render(request, "identity/close.html", context, status=status)


@person_only
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@in_own_name
def merge(request: HttpRequest) -> HttpResponse:
    form = MergeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.merge_accounts(actor=actor_of(request), **form.cleaned_data, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Both accounts are one now: this one."))
            return HttpResponseRedirect(reverse("identity:account"))
    return render(request, "identity/merge.html", {"form": form}, status=status)


@signed_in
@require_http_methods(["GET", "HEAD"])
def history(request: HttpRequest) -> HttpResponse:
    page = queries.account_history(actor_of(request), cursor=request.GET.get("cursor") or None)
    return render(request, "identity/history.html", {"page": page})
