"""A person's own pages: details, devices, password, second factor, firms, mandates, tokens."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, person_only, signed_in
from lingnan.kernel.web.pages import render
from lingnan.standards.codes.types import DocumentType

from .. import queries, services
from ..asking import identification_of, parse_uuid
from ..choosing import name_matters
from ..forms import (
    CodeForm,
    ContactForm,
    MandateForm,
    OrganisationForm,
    PasswordForm,
    RemoveSecondFactorForm,
    TokenForm,
    show_refusal,
)
from ..proof_words import kind_text
from .own_name import in_own_name
from .signing_in import enrolment

_MANDATE_ACTS = {
    "accept": services.accept_mandate,
    "decline": services.decline_mandate,
    "revoke": services.revoke_mandate,
}


@signed_in
@require_http_methods(["GET", "HEAD"])
def account(request: HttpRequest) -> HttpResponse:
    """Everything about the account, and where each thing is changed."""
    actor = actor_of(request)
    account_id = _account(actor)
    card = queries.account_card(account_id)
    person = queries.person(card.person_id) if card.person_id else None
    found = identification_of(request)
    current = found.current if found else ""
    context: dict[str, Any] = {
        "card": card,
        "person": person,
        "other_documents": [
            (DocumentType(other.type).label, other) for other in queries.documents_of(person.id)[1:]
        ]
        if person
        else [],
        "document_label": DocumentType(person.document_type).label if person else "",
        "devices": queries.live_sessions(account_id, at=clock.now()).count(),
        "post_offers": queries.count_open_offers(account_id, at=clock.now()),
        "certificates": len(queries.live_certificates(account_id)),
        "linked": [
            *(kind_text(link.provider) for link in queries.linked_accounts(account_id)),
            *(link.provider.name for link in queries.upstream_links(account_id)),
        ],
        "passkeys": len(queries.live_passkeys(account_id)),
        "choices": [
            {"choice": choice, "label": choice.label, "is_current": choice.key == current}
            for choice in (found.choices if found else ())
        ],
    }
    return render(request, "identity/account.html", context)


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    card = queries.person(_person(actor))
    initial = {
        "email": card.email,
        "address": card.address,
        "region_code": card.region_code,
    }
    form = ContactForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.update_contact(actor=actor, **form.cleaned_data, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Your details are saved."))
            return HttpResponseRedirect(reverse("identity:account"))
    return render(request, "identity/contact.html", {"form": form}, status=status)


@signed_in
@sensitive_post_parameters("present", "new_password", "new_again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = PasswordForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(
                actor=actor,
                account_id=_account(actor),
                present=form.cleaned_data["present"],
                new=form.cleaned_data["new_password"],
                keep=actor.session_id,
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The new password counts. Other devices are signed out."))
            return HttpResponseRedirect(reverse("identity:account"))
    return render(request, "identity/password.html", {"form": form}, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set the second factor up; or, where there is one, remove it."""
    actor = actor_of(request)
    account_id = _account(actor)
    if queries.account_card(account_id).has_second_factor:
        return _remove_second_factor(request, actor)
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.confirm_second_factor(
                actor=actor,
                account_id=account_id,
                code=form.cleaned_data["code"],
                session_id=actor.session_id,
                at=clock.now(),
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            kept = {"codes": codes, "onward": reverse("identity:account")}
            return render(request, "identity/recovery_codes.html", kept)
    context: dict[str, Any] = {"form": form, **enrolment(account_id, actor.session_id)}
    return render(request, "identity/second_factor.html", context, status=status)


def _remove_second_factor(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = RemoveSecondFactorForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.remove_second_factor(
                actor=actor, account_id=_account(actor), **form.cleaned_data, at=clock.now()
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The second factor is removed."))
            return HttpResponseRedirect(reverse("identity:account"))
    return render(request, "identity/remove_second_factor.html", {"form": form}, status=status)


@signed_in
@require_POST
def acting_as(request: HttpRequest) -> HttpResponse:
    """Act in another identity; `principal` is "kind:id"."""
    kind, _colon, chosen = request.POST.get("principal", "").partition(":")
    choice = services.act_as(
        actor=actor_of(request), kind=kind, choice_id=parse_uuid(chosen), at=clock.now()
    )
    messages.success(request, _("You now act as %(name)s.") % {"name": choice.label})
    target = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    is_work = target.startswith(("/desk/", "/cockpit/"))
    if not allowed or not target.startswith("/") or is_work != (choice.kind == "officer"):
        target = reverse("identity:welcome")
    return HttpResponseRedirect(target)


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
def add_organisation(request: HttpRequest) -> HttpResponse:
    """Someone names the firm he leads; the next page lets him prove it."""
    actor = actor_of(request)
    form = OrganisationForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            firm_id = services.claim_organisation(actor=actor, **form.cleaned_data, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            return HttpResponseRedirect(reverse("identity:organisation", args=[firm_id]))
    return render(request, "identity/organisation.html", {"form": form}, status=status)


@person_only
@require_http_methods(["GET", "HEAD"])
def mandates(request: HttpRequest) -> HttpResponse:
    person_id = _person(actor_of(request))
    found = queries.mandates_of(person_id)
    codes = {code for card in found for code in card.item_codes}
    context = {
        "matters": {choice.value: choice.label for choice in name_matters(sorted(codes))},
        "held": [card for card in found if card.agent_id == person_id],
        "given": [card for card in found if card.agent_id != person_id],
    }
    return render(request, "identity/mandates.html", context)


@person_only
@require_http_methods(["GET", "HEAD", "POST"])
@in_own_name
def give_mandate(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    initial = {"valid_from": today, "valid_until": today.replace(day=1, year=today.year + 1)}
    form = MandateForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            services.give_mandate(actor=actor_of(request), **form.cleaned_data, at=clock.now())
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("The mandate is offered. It counts once accepted."))
            return HttpResponseRedirect(reverse("identity:mandates"))
    context = {"form": form, "unproven_firm": _unproven_firm(actor_of(request))}
    return render(request, "identity/mandate_new.html", context, status=status)


def _unproven_firm(actor: Actor) -> UUID | None:
    """The firm someone acts for as its leader, where nobody has proved to lead it."""
    firm = actor.principal
    if firm is None or firm.kind != "organisation" or actor.mandate_id is not None:
        return None
    return None if queries.level_of_organisation(firm.id, at=clock.now()) else firm.id


@person_only
@require_POST
def answer_mandate(request: HttpRequest, mandate_id: UUID) -> HttpResponse:
    act = _MANDATE_ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise NotFound
    act(actor=actor_of(request), mandate_id=mandate_id, at=clock.now())
    messages.success(request, _("Done."))
    return HttpResponseRedirect(reverse("identity:mandates"))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Keys for programs: the list, and a new one."""
    actor = actor_of(request)
    form = TokenForm(request.POST or None)
    status, made = 200, ""
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_api_token(
                actor=actor,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"].split(),
                days=form.cleaned_data["days"],
                at=clock.now(),
            ).token
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            form = TokenForm()
    rows = queries.live_tokens(_account(actor), at=clock.now())
    context = {"form": form, "tokens": rows, "made": made}
    return render(request, "identity/tokens.html", context, status=status)


@signed_in
@require_POST
def revoke_token(request: HttpRequest, token_id: UUID) -> HttpResponse:
    services.revoke_api_token(actor=actor_of(request), token_id=token_id, at=clock.now())
    messages.success(request, _("The token no longer works."))
    return HttpResponseRedirect(reverse("identity:tokens"))


def _account(actor: Actor) -> UUID:
    assert actor.account_id is not None, "someone signed in has an account"
    return actor.account_id


def _person(actor: Actor) -> UUID:
    assert actor.person_id is not None, "a person is someone"
    return actor.person_id
