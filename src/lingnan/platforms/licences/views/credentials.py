"""Pages of open credentials: the holder puts a licence into a wallet; an officer asks to see it."""

from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted, signed_in
from lingnan.kernel.web.pages import render

from .. import queries
from ..access import access_own_licence
from ..credential_forms import AskForm
from ..credentials import issuing, offers, register, requests, words
from ..credentials.claims import claims_of
from ..credentials.types import Wanted
from ..types import SCAN

show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@show_or_send
@signed_in
def wallet_credentials(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Where a licence stands in wallets; a press of the button makes a code for one more."""
    actor, now = actor_of(request), clock.now()
    row = access_own_licence(actor=actor, licence_id=licence_id)
    context: dict[str, object] = {"card": queries.card(row)}
    status = 200
    if request.method == "POST":
        try:
            made = offers.make_offer(actor=actor, licence_id=licence_id, at=now)
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            context["offer"] = made
            context["svg"] = segno.make(made.link, error="m").svg_data_uri(scale=6, border=3)
    context["credentials"] = register.credentials_of(licence_id)
    response = render(request, "licences/wallet_credentials.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def withdraw_credential(request: HttpRequest, credential_id: UUID) -> HttpResponse:
    """Take a credential back: whoever is shown it reads that it is invalid."""
    row = issuing.withdraw_credential(
        actor=actor_of(request), credential_id=credential_id, at=clock.now()
    )
    messages.success(request, _("It is invalid from now on, wherever it is shown."))
    return redirect("licences:wallet_credentials", row.licence_id)


@show_or_send
@permitted(SCAN)
def ask(request: HttpRequest) -> HttpResponse:
    """An officer says what he needs to see and what for."""
    kinds = queries.types(on=clock.today())
    form = AskForm(request.POST or None, types=[(row.code, localise(row.name)) for row in kinds])
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                asked = requests.ask_presentation(
                    actor=actor_of(request),
                    wanted=_wanted(form.cleaned_data["type_code"]),
                    item_code=form.cleaned_data["item_code"],
                    purpose=form.cleaned_data["purpose"],
                    at=clock.now(),
                )
            except Refusal as refusal:
                form.add_error(None, refusal.text)
                for problem in refusal.fields:
                    form.add_error(None, problem.message)
                status = refusal.status
            else:
                return _asked(request, asked.request_id, asked.link)
    page = requests.page_of_requests(actor_of(request), cursor=request.GET.get("cursor"))
    context = {"form": form, "page": page}
    return render(request, "licences/desk_ask_wallet.html", context, status=status)


def _wanted(type_code: str) -> tuple[Wanted, ...]:
    """Everything a type says, where the officer chose a type and no matter."""
    if not type_code:
        return ()
    kind = queries.type_in_force(type_code, on=clock.today())
    return (Wanted(type_code=type_code, paths=tuple(claims_of(kind))),)


def _asked(request: HttpRequest, request_id: UUID, link: str) -> HttpResponse:
    """The square code, shown once: the address it holds is kept nowhere."""
    row = requests.access_request(actor=actor_of(request), request_id=request_id)
    context = {
        "asked": row,
        "link": link,
        "svg": segno.make(link, error="l").svg_data_uri(scale=6, border=3),
        "wanted": requests.titles_of(row),
    }
    response = render(request, "licences/desk_ask_wallet_code.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@permitted(SCAN)
def asked(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """What became of a request: waiting, or what was shown and what is proven of it."""
    row = requests.access_request(actor=actor_of(request), request_id=request_id)
    context = {
        "asked": row,
        "wanted": requests.titles_of(row),
        "shown": words.shown_in_words(row),
        "problem": words.problem_in_words(row.last_problem),
        "is_open": row.is_open(clock.now()),
    }
    response = render(request, "licences/desk_asked_wallet.html", context)
    response["Cache-Control"] = "no-store"
    return response
