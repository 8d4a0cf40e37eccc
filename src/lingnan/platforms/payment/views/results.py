"""Connected systems at the desk: where results of bills go, with which keys, and what was sent."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies

from .. import access, queries, services
from ..forms import EndpointForm
from ..types import MANAGE_RESULTS, DeliveryState, SecretKey


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE_RESULTS)
def desk_results(request: HttpRequest) -> HttpResponse:
    """The connected systems in an officer's reach, and the dead letters first."""
    actor = actor_of(request)
    context = {
        "page": queries.result_endpoints(actor, cursor=request.GET.get("cursor") or None),
        "dead": queries.result_deliveries(actor, state=DeliveryState.DEAD, cursor=None, limit=5),
    }
    return render(request, "payment/desk_results.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(MANAGE_RESULTS)
@never_cache
def desk_result_new(request: HttpRequest) -> HttpResponse:
    """Connect a system; the answer shows the secret of its key, once."""
    actor = actor_of(request)
    form = EndpointForm(request.POST or None, initial=_initial(actor))
    status = 200
    if request.method == "POST" and not form.is_finding:
        status = 422
        if form.is_valid():
            try:
                endpoint, key = services.register_endpoint(
                    actor=actor,
                    agency_id=agencies.agency_by_uscc(form.cleaned_data["agency"]).id,
                    url=form.cleaned_data["url"],
                    at=clock.now(),
                )
            except Refusal as refusal:
                field = "agency" if refusal.status == 403 else "url"
                form.add_error(field, f"{refusal.text} {refusal.remedy}".strip())
                status = refusal.status
            else:
                return _show(request, endpoint.pk, made=key)
    return render(request, "payment/desk_result_new.html", {"form": form}, status=status)


def _initial(actor: Actor) -> dict[str, str]:
    if actor.agency_id is None:
        return {}
    own = agencies.agency(actor.agency_id)
    may = actor.can(MANAGE_RESULTS, agency_id=own.id, region_path=own.region_path)
    return {"agency": own.uscc} if may else {}


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(MANAGE_RESULTS)
@never_cache
def desk_result(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """One connected system: its keys, a new key, its end, and what was sent to it."""
    actor, act = actor_of(request), request.POST.get("act", "")
    access.access_result_endpoint(actor=actor, endpoint_id=endpoint_id)
    if request.method != "POST":
        return _show(request, endpoint_id)
    try:
        if act == "rotate":
            _endpoint, key = services.rotate_endpoint_key(
                actor=actor, endpoint_id=endpoint_id, at=clock.now()
            )
            return _show(request, endpoint_id, made=key)
        if act == "end":
            services.end_endpoint(actor=actor, endpoint_id=endpoint_id, at=clock.now())
            messages.success(request, _("Nothing is sent there any more."))
    except Refusal as refusal:
        return _show(request, endpoint_id, refusal=refusal)
    return HttpResponseRedirect(reverse("payment:desk_result", args=[endpoint_id]))


def _show(
    request: HttpRequest,
    endpoint_id: UUID,
    *,
    made: SecretKey | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    actor, at = actor_of(request), clock.now()
    endpoint = access.access_result_endpoint(actor=actor, endpoint_id=endpoint_id)
    context = {
        "endpoint": endpoint,
        "keys": [
            (key, key.ends_at is not None and key.ends_at <= at)
            for key in endpoint.keys.order_by("-made_at", "-id")
        ],
        "made": made,
        "problems": _problems(refusal),
        "page": queries.result_deliveries(
            actor, state="", cursor=request.GET.get("cursor") or None, endpoint_id=endpoint_id
        ),
    }
    status = refusal.status if refusal else 200
    return render(request, "payment/desk_result.html", context, status=status)


def _problems(refusal: Refusal | None) -> list[FieldProblem]:
    if refusal is None:
        return []
    return [FieldProblem("act", refusal.code, f"{refusal.text} {refusal.remedy}".strip())]


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE_RESULTS)
def desk_result_deliveries(request: HttpRequest) -> HttpResponse:
    """What was sent, is to be sent, or was given up."""
    state = request.GET.get("state", "")
    page = queries.result_deliveries(
        actor_of(request), state=state, cursor=request.GET.get("cursor") or None
    )
    context = {"page": page, "state": state, "states": DeliveryState.choices}
    return render(request, "payment/desk_result_deliveries.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(MANAGE_RESULTS)
def desk_result_delivery(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    """One result: its text, each try; a dead letter is sent again from here."""
    actor = actor_of(request)
    delivery = access.access_result_delivery(actor=actor, delivery_id=delivery_id)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            services.resend_result(actor=actor, delivery_id=delivery_id, at=clock.now())
        except Refusal as found:
            refusal = found
        else:
            messages.success(request, _("It is sent again within a minute."))
            return HttpResponseRedirect(reverse("payment:desk_result_delivery", args=[delivery_id]))
    context = {
        "delivery": delivery,
        "endpoint": delivery.endpoint,
        "body": json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2),
        "tries": delivery.tries.order_by("tried_at", "id"),
        "problems": _problems(refusal),
        "can_resend": delivery.state == DeliveryState.DEAD and delivery.endpoint.ended_at is None,
    }
    status = refusal.status if refusal else 200
    return render(request, "payment/desk_result_delivery.html", context, status=status)
