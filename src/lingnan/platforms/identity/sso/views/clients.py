"""Developers register their programs; officers judge them; people see and take back consents."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, permitted, signed_in
from lingnan.kernel.web.pages import render

from ...forms import show_refusal
from ...models import Client
from .. import queries, services
from ..forms import ClientForm, ReasonForm
from ..metadata import metadata
from ..types import CLAIMS, CLIENT_SCOPES, REVIEW_CLIENTS, SCOPES, scope_title


@signed_in
@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """The programs of whom one acts for, and how to begin."""
    page = queries.clients_of(actor_of(request), cursor=request.GET.get("cursor"))
    scopes = [
        {"code": scope.code, "title": scope.title, "claims": scope.claims}
        for scope in (*SCOPES.values(), *CLIENT_SCOPES.values())
    ]
    context = {"page": page, "scopes": scopes, "metadata": metadata()}
    return render(request, "identity/sso/clients.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    """The form; who may not register says so before anything is typed."""
    if request.method != "POST":
        try:
            services.check_may_register(actor_of(request))
        except Refusal as refusal:
            return render(request, "identity/sso/client_new.html", {"refused": refusal})
    form = ClientForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            made = services.register_client(
                actor=actor_of(request), details=form.details(), at=clock.now()
            )
        except Refusal as refusal:
            names = {
                problem.path: f"purpose_{problem.path.partition('.')[2]}"
                if problem.path.startswith("purposes.")
                else problem.path.partition(".")[0]
                for problem in refusal.fields
            }
            show_refusal(form, refusal, **names)
            status = refusal.status
        else:
            context = {
                "client": queries.own_client(actor_of(request), made.id),
                "secret": made.secret,
                "fresh": True,
            }
            return render(request, "identity/sso/client_made.html", context, status=201)
    return render(request, "identity/sso/client_new.html", {"form": form}, status=status)


@signed_in
@require_safe
def client(request: HttpRequest, client_pk: UUID) -> HttpResponse:
    row = queries.own_client(actor_of(request), client_pk)
    context = {"client": row, "purposes": _purposes(row)}
    return render(request, "identity/sso/client.html", context)


@signed_in
@require_POST
def renew_secret(request: HttpRequest, client_pk: UUID) -> HttpResponse:
    secret = services.renew_secret(actor=actor_of(request), client_pk=client_pk, at=clock.now())
    context = {"client": queries.own_client(actor_of(request), client_pk), "secret": secret}
    return render(request, "identity/sso/client_made.html", context)


@permitted(REVIEW_CLIENTS)
@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    page = queries.clients_to_review(
        actor_of(request),
        state=state if state in Client.State.values else "",
        cursor=request.GET.get("cursor"),
    )
    context = {"page": page, "state": state, "states": Client.State.values}
    return render(request, "identity/sso/review_list.html", context)


@permitted(REVIEW_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, client_pk: UUID) -> HttpResponse:
    """Look at one registration and decide: approve, refuse, suspend, let speak again."""
    actor = actor_of(request)
    row = queries.may_review(actor, client_pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        try:
            _decide(request, row, form)
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Decided; the owner sees it at once."))
            return HttpResponseRedirect(reverse("identity:review_client", args=[client_pk]))
    context = {"client": row, "purposes": _purposes(row), "form": form}
    return render(request, "identity/sso/review.html", context, status=status)


def _decide(request: HttpRequest, row: Client, form: ReasonForm) -> None:
    actor, now = actor_of(request), clock.now()
    decision = request.POST.get("decision")
    reason = request.POST.get("reason", "")[:1000]
    form.is_valid()
    if decision == "approve":
        services.approve_client(actor=actor, client_pk=row.pk, at=now)
    elif decision == "suspend":
        services.suspend_client(actor=actor, client_pk=row.pk, reason=reason, at=now)
    else:
        services.refuse_client(actor=actor, client_pk=row.pk, reason=reason, at=now)


@signed_in
@require_safe
def consents(request: HttpRequest) -> HttpResponse:
    """Which programs know what of me, why and until when."""
    account_id = actor_of(request).account_id
    assert account_id is not None, "someone signed in has an account"
    rows = [
        {
            "consent": row,
            "data": [CLAIMS[claim] for claim in CLAIMS if claim in row.claims],
            "powers": [
                scope_title(code)
                for code in row.scopes
                if code not in SCOPES or not SCOPES[code].claims
            ],
        }
        for row in queries.live_consents(account_id, at=clock.now())
    ]
    return render(request, "identity/sso/consents.html", {"rows": rows})


@signed_in
@require_POST
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    services.withdraw_consent(actor=actor_of(request), consent_id=consent_id, at=clock.now())
    messages.success(request, _("Taken back. The program can ask nothing more in your name."))
    return HttpResponseRedirect(reverse("identity:consents"))


def _purposes(row: Client) -> list[dict[str, str]]:
    return [
        {"code": code, "title": scope_title(code), "purpose": row.purposes.get(code, "")}
        for code in row.scopes
    ]
