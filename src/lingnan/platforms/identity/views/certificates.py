"""SM2 certificates on pages: bound by a signature, removed, and used as the second step."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.kernel.web.pages import render

from .. import queries, services
from ..adapters.base import Answer
from ..asking import identification_of, parse_uuid
from ..forms import CertificateForm, ProofForm
from ..proof_words import reason_text
from ..services import Asked
from .signing_in import go_on, next_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def certificates(request: HttpRequest) -> HttpResponse:
    """Those of the account; POST of a certificate asks for a signature, POST of that binds it."""
    actor = actor_of(request)
    assert actor.account_id is not None, "someone signed in has an account"
    form = CertificateForm(None)
    status = 200
    if request.method == "POST" and request.POST.get("attempt"):
        try:
            services.bind_certificate(
                actor=actor,
                attempt_id=parse_uuid(request.POST["attempt"]),
                answer=_answer(request),
                at=clock.now(),
            )
        except Refusal as refusal:
            messages.error(request, _words(refusal))
            return HttpResponseRedirect(reverse("identity:certificates"))
        messages.success(request, _("The certificate is bound; it has confirmed who you are."))
        return HttpResponseRedirect(reverse("identity:certificates"))
    if request.method == "POST":
        form = CertificateForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            try:
                asked = services.ask_certificate(
                    actor=actor, certificate=form.certificate(), at=clock.now()
                )
            except Refusal as refusal:
                form.add_error(None, _words(refusal))
                status = refusal.status
            else:
                return _sign_page(request, asked, reverse("identity:certificates"))
    context = {
        "form": form,
        "rows": queries.live_certificates(actor.account_id),
        "at": clock.now(),
        "offered": services.certificates_offered(),
        "fresh": services.is_fresh(actor=actor, at=clock.now()),
    }
    return render(request, "identity/certificates.html", context, status=status)


@signed_in
@require_POST
def remove_certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    services.remove_certificate(
        actor=actor_of(request), certificate_id=certificate_id, at=clock.now()
    )
    messages.success(request, _("The certificate is removed."))
    return HttpResponseRedirect(reverse("identity:certificates"))


@open_to_all
@require_POST
def sign_in_certificate(request: HttpRequest) -> HttpResponse:
    """The second step: first what to sign, then the signature."""
    found = identification_of(request)
    if found is None or found.stage != "code":
        return HttpResponseRedirect(reverse("identity:sign_in"))
    try:
        if not request.POST.get("attempt"):
            asked = services.ask_certificate_step(session_id=found.credential_id, at=clock.now())
            return _sign_page(request, asked, reverse("identity:sign_in_certificate"))
        opened = services.continue_with_certificate(
            session_id=found.credential_id,
            attempt_id=parse_uuid(request.POST["attempt"]),
            answer=_answer(request),
            at=clock.now(),
        )
    except Refusal as refusal:
        messages.error(request, _words(refusal))
        return HttpResponseRedirect(reverse("identity:sign_in_code"))
    return go_on(request, opened, next_of(request))


def _sign_page(request: HttpRequest, asked: Asked, action: str) -> HttpResponse:
    context: dict[str, Any] = {
        "form": ProofForm(services.signature_fields()),
        "shown": asked.options,
        "attempt": asked.attempt_id,
        "action": action,
        "next": next_of(request),
    }
    return render(request, "identity/certificate_sign.html", context)


def _answer(request: HttpRequest) -> Answer:
    form = ProofForm(services.signature_fields(), request.POST, request.FILES)
    if not form.is_valid():
        return Answer(values={})
    return Answer(values=form.typed(), files=form.uploads())


def _words(refusal: Refusal) -> str:
    reason = reason_text(str(refusal.facts.get("reason", "")))
    return " ".join(filter(None, (str(refusal.text), reason, str(refusal.remedy))))
