"""Systems of agencies that are told results of bills, and what was sent to them, for programs."""

from uuid import UUID

from django.http import HttpRequest
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import access, queries, services
from ..result_schemas import (
    DeliveryDetailOut,
    DeliveryOut,
    EndpointDetailOut,
    EndpointIn,
    EndpointOut,
    EndpointSecretOut,
)
from ..types import MANAGE_RESULTS, DeliveryState
from .router import router


@router.get("/payment/result-endpoints", response=paged(EndpointOut), summary="Connected systems")
@permitted(MANAGE_RESULTS)
def list_endpoints(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=200)
) -> object:
    """Those of the agencies in one's reach, newest first."""
    return queries.result_endpoints(actor_of(request), cursor=cursor, limit=limit)


@router.post("/payment/result-endpoints", response=EndpointSecretOut, summary="Connect a system")
@permitted(MANAGE_RESULTS)
def register_endpoint(request: HttpRequest, body: EndpointIn) -> EndpointSecretOut:
    """The secret is shown once and kept nowhere, so an idempotency key does not bring it back. An
    address is connected once per agency; where the answer was lost, make a new key.
    """
    return EndpointSecretOut.of(
        services.register_endpoint(
            actor=actor_of(request), agency_id=body.agency_id, url=body.url, at=clock.now()
        )
    )


@router.get(
    "/payment/result-endpoints/{endpoint_id}",
    response=EndpointDetailOut,
    summary="One connected system",
)
@permitted(MANAGE_RESULTS)
def show_endpoint(request: HttpRequest, endpoint_id: UUID) -> object:
    return access.access_result_endpoint(actor=actor_of(request), endpoint_id=endpoint_id)


@router.post(
    "/payment/result-endpoints/{endpoint_id}/keys",
    response=EndpointSecretOut,
    summary="Make a new key",
)
@permitted(MANAGE_RESULTS)
def rotate_endpoint_key(request: HttpRequest, endpoint_id: UUID) -> EndpointSecretOut:
    """The keys before it sign beside it for the time of overlap. Shown once, as the first."""
    return EndpointSecretOut.of(
        services.rotate_endpoint_key(
            actor=actor_of(request), endpoint_id=endpoint_id, at=clock.now()
        )
    )


@router.post(
    "/payment/result-endpoints/{endpoint_id}/end",
    response=EndpointDetailOut,
    summary="End a connection",
)
@permitted(MANAGE_RESULTS)
@idempotent
def end_endpoint(request: HttpRequest, endpoint_id: UUID) -> object:
    """Nothing is sent there any more; what waits is given up."""
    return services.end_endpoint(actor=actor_of(request), endpoint_id=endpoint_id, at=clock.now())


@router.get(
    "/payment/result-deliveries", response=paged(DeliveryOut), summary="Results sent or to be sent"
)
@permitted(MANAGE_RESULTS)
def list_deliveries(
    request: HttpRequest,
    state: Chosen[DeliveryState] = None,
    endpoint_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> object:
    """Newest first; `state` dead: given up after the last repeat."""
    only = {"endpoint_id": endpoint_id} if endpoint_id else {}
    return queries.result_deliveries(
        actor_of(request), state=state or "", cursor=cursor, limit=limit, **only
    )


@router.get(
    "/payment/result-deliveries/{delivery_id}", response=DeliveryDetailOut, summary="One result"
)
@permitted(MANAGE_RESULTS)
def show_delivery(request: HttpRequest, delivery_id: UUID) -> object:
    """With its text and each try."""
    return access.access_result_delivery(actor=actor_of(request), delivery_id=delivery_id)


@router.post(
    "/payment/result-deliveries/{delivery_id}/resend",
    response=DeliveryDetailOut,
    summary="Send a dead letter again",
)
@permitted(MANAGE_RESULTS)
@idempotent
def resend_result(request: HttpRequest, delivery_id: UUID) -> object:
    """With the same delivery id."""
    return services.resend_result(actor=actor_of(request), delivery_id=delivery_id, at=clock.now())
