"""Providers whose sign-in is accepted, on the desk: proposed, put in force, looked at, ended."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from ...forms import show_refusal
from ...models import UpstreamProvider
from ..provider_forms import ProviderForm, changed_fields, initial_of
from ..queries import open_changes, providers
from ..services import providers as services
from ..services import saml, upstream
from ..types import MANAGE_UPSTREAMS


@permitted(MANAGE_UPSTREAMS)
@require_safe
def provider_list(request: HttpRequest) -> HttpResponse:
    rows = providers()
    present = {row.code: row for row in rows}
    context = {
        "rows": rows,
        "changes": [(row, changed_fields(row, present.get(row.code))) for row in open_changes()],
        "own_officer": actor_of(request).officer_id,
    }
    return render(request, "identity/sso/providers.html", context)


@permitted(MANAGE_UPSTREAMS)
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, code: str = "") -> HttpResponse:
    """A new provider, or a change of the one named."""
    row = UpstreamProvider.objects.filter(code=code).first() if code else None
    if code and row is None:
        raise NotFound
    form = ProviderForm(request.POST or None, initial=initial_of(row) if row else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values: dict[str, Any] = dict(form.cleaned_data)
            named, secret = values.pop("code"), values.pop("secret")
            try:
                services.propose_provider(
                    actor=actor_of(request),
                    code=code or named,
                    values=values,
                    secret=secret,
                    at=clock.now(),
                )
            except Refusal as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(
                    request, _("Proposed. It counts once another administrator enables it.")
                )
                return HttpResponseRedirect(reverse("identity:upstream_providers"))
    return render(
        request, "identity/sso/provider_edit.html", {"form": form, "row": row}, status=status
    )


@permitted(MANAGE_UPSTREAMS)
@require_POST
def decide(request: HttpRequest, change_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    if request.POST.get("act") == "enable":
        services.enable_change(actor=actor, change_id=change_id, at=at)
        messages.success(request, _("In force: people can sign in with it now."))
    else:
        services.decline_change(actor=actor, change_id=change_id, at=at)
        messages.success(request, _("The change is dropped."))
    return HttpResponseRedirect(reverse("identity:upstream_providers"))


@permitted(MANAGE_UPSTREAMS)
@require_safe
def provider(request: HttpRequest, code: str) -> HttpResponse:
    """One provider, the addresses to register there, and with `test` what a look at it shows."""
    row = UpstreamProvider.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    is_saml = row.protocol == UpstreamProvider.Protocol.SAML
    context = {
        "row": row,
        "is_saml": is_saml,
        "return_url": saml.acs_address(code) if is_saml else upstream.callback_address(code),
        "entity_id": saml.entity_id(code) if is_saml else "",
        "levels": sorted(row.levels.items()),
        "probes": (
            services.probe_provider(actor=actor_of(request), code=code, at=clock.now())
            if "test" in request.GET
            else None
        ),
    }
    return render(request, "identity/sso/provider.html", context)


@permitted(MANAGE_UPSTREAMS)
@require_POST
def disable(request: HttpRequest, code: str) -> HttpResponse:
    services.disable_provider(actor=actor_of(request), code=code, at=clock.now())
    messages.success(request, _("Nobody comes in by it any more."))
    return HttpResponseRedirect(reverse("identity:upstream_providers"))
