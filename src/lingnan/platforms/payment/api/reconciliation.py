"""Business days, differences and the flow of money, for programs."""

from datetime import date
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from ninja import File, Form
from ninja.files import UploadedFile
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import access, flow_queries, queries, services
from ..errors import StatementFault, StatementUnreadable
from ..models import Account
from ..schemas import (
    BeginDayIn,
    BusinessDayDetailOut,
    BusinessDayOut,
    ChannelFlowOut,
    DifferenceDetailOut,
    DifferenceOut,
    FlowEntryOut,
    FlowOut,
    LatePageOut,
    ReasonIn,
    ResolutionIn,
    StatementOut,
    SuspendedOut,
)
from ..types import (
    CLOSE_DAYS,
    LATE_AFTER,
    READ_FLOWS,
    RECONCILE,
    Resolution,
    Source,
)
from .router import router


@router.get("/payment/days", response=paged(BusinessDayOut), summary="Business days, newest first")
@permitted(RECONCILE, CLOSE_DAYS)
def list_days(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(20, ge=1, le=200)
) -> object:
    """With the sums of channel, platform and treasury."""
    return queries.business_days(actor_of(request), cursor=cursor, limit=limit)


@router.post("/payment/days", response=BusinessDayOut, summary="Reconcile a channel's day")
@permitted(RECONCILE)
@idempotent
def begin_day(request: HttpRequest, body: BeginDayIn) -> object:
    """Fetches the channel's statement and compares, in the background; ask the day for its step."""
    return services.begin_reconciliation(
        actor=actor_of(request), channel=body.channel, on=body.on, at=clock.now()
    )


@router.get("/payment/days/{day_id}", response=BusinessDayDetailOut, summary="One business day")
@permitted(RECONCILE, CLOSE_DAYS)
def show_day(request: HttpRequest, day_id: UUID) -> object:
    return access.access_day_to_see(actor=actor_of(request), day_id=day_id)


@router.post(
    "/payment/days/{day_id}/statements", response=StatementOut, summary="Import a statement"
)
@permitted(RECONCILE)
def import_statement(
    request: HttpRequest, day_id: UUID, source: Form[Source], file: File[UploadedFile]
) -> object:
    """The channel's own file, or the treasury's as CSV; then the day is compared."""
    actor, at = actor_of(request), clock.now()
    access.access_day(RECONCILE, actor=actor, day_id=day_id)
    if (file.size or 0) > settings.LINGNAN.upload_max_bytes:
        raise StatementUnreadable(StatementFault.TOO_LARGE)
    found = services.import_file(
        day_id,
        source=source,
        name=file.name or "",
        content=file.read(),
        actor=actor,
        at=at,
    )
    services.work_through(day_id, download=False, at=at)
    return found


@router.post("/payment/days/{day_id}/close", response=BusinessDayOut, summary="Close a day")
@permitted(CLOSE_DAYS)
@idempotent
def close_day(request: HttpRequest, day_id: UUID) -> object:
    """At zero differences three ways, or on another officer's reasoned request."""
    return services.close_day(actor=actor_of(request), day_id=day_id, at=clock.now())


@router.post(
    "/payment/days/{day_id}/close-request", response=BusinessDayOut, summary="Ask to close a day"
)
@permitted(RECONCILE)
@idempotent
def ask_to_close(request: HttpRequest, day_id: UUID, body: ReasonIn) -> object:
    """With differences open: another officer then decides."""
    return services.ask_to_close(
        actor=actor_of(request), day_id=day_id, reason=body.reason, at=clock.now()
    )


@router.get(
    "/payment/days/{day_id}/differences",
    response=paged(DifferenceOut),
    summary="The differences of a day",
)
@permitted(RECONCILE, CLOSE_DAYS)
def list_differences(
    request: HttpRequest,
    day_id: UUID,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> object:
    access.access_day_to_see(actor=actor_of(request), day_id=day_id)
    return queries.differences(day_id, cursor=cursor, limit=limit)


@router.get(
    "/payment/differences/{difference_id}", response=DifferenceDetailOut, summary="One difference"
)
@permitted(RECONCILE, CLOSE_DAYS)
def show_difference(request: HttpRequest, difference_id: UUID) -> object:
    """Both sides, what can be done about it, and what stands in suspense for it."""
    return access.access_difference_to_see(actor=actor_of(request), difference_id=difference_id)


@router.get("/payment/suspense", response=paged(SuspendedOut), summary="What stands in suspense")
@permitted(RECONCILE, CLOSE_DAYS)
def list_suspense(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(50, ge=1, le=200)
) -> object:
    """The tickets, of any day, whose money is not cleared up; the oldest first."""
    return flow_queries.tickets_in_suspense(actor_of(request), cursor=cursor, limit=limit)


@router.post(
    "/payment/differences/{difference_id}/take", response=DifferenceOut, summary="Take a ticket"
)
@permitted(RECONCILE)
@idempotent
def take_difference(request: HttpRequest, difference_id: UUID) -> object:
    return services.take_difference(
        actor=actor_of(request), difference_id=difference_id, at=clock.now()
    )


@router.post(
    "/payment/differences/{difference_id}/resolution",
    response=DifferenceOut,
    summary="Propose what to do",
)
@permitted(RECONCILE)
@idempotent
def propose_resolution(request: HttpRequest, difference_id: UUID, body: ResolutionIn) -> object:
    """A second officer approves."""
    return services.propose_resolution(
        actor=actor_of(request),
        difference_id=difference_id,
        resolution=Resolution(body.resolution),
        explanation=body.explanation,
        at=clock.now(),
    )


@router.post(
    "/payment/differences/{difference_id}/approve",
    response=DifferenceOut,
    summary="Approve what was proposed",
)
@permitted(CLOSE_DAYS)
@idempotent
def approve_resolution(request: HttpRequest, difference_id: UUID) -> object:
    return services.approve_resolution(
        actor=actor_of(request), difference_id=difference_id, at=clock.now()
    )


@router.post(
    "/payment/differences/{difference_id}/return",
    response=DifferenceOut,
    summary="Send a proposal back",
)
@permitted(CLOSE_DAYS)
@idempotent
def send_difference_back(request: HttpRequest, difference_id: UUID, body: ReasonIn) -> object:
    return services.send_difference_back(
        actor=actor_of(request), difference_id=difference_id, reason=body.reason, at=clock.now()
    )


@router.get("/payment/flows", response=paged(FlowOut), summary="Where money went")
@permitted(READ_FLOWS)
def show_flows(
    request: HttpRequest,
    since: date,
    until: date,
    kind: Chosen[Account.Kind] = None,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> object:
    """Per account of the officer's region and those below it: before, in, out, after."""
    return flow_queries.flows(
        actor_of(request), since=since, until=until, kind=kind or "", cursor=cursor, limit=limit
    )


@router.get(
    "/payment/flows/channels", response=list[ChannelFlowOut], summary="Where money came from"
)
@permitted(READ_FLOWS)
def show_channel_flows(request: HttpRequest, since: date, until: date) -> object:
    """Per channel: what came, was given back, was handed in, was corrected, and is still held."""
    return flow_queries.channel_flows(actor_of(request), since=since, until=until)


@router.get(
    "/payment/flows/entries", response=paged(FlowEntryOut), summary="The entries of one account"
)
@permitted(READ_FLOWS)
def list_entries(
    request: HttpRequest,
    account: str,
    since: date,
    until: date,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> object:
    """Newest first; none of an account out of reach."""
    return flow_queries.entries(
        actor_of(request), account, since=since, until=until, cursor=cursor, limit=limit
    )


@router.get("/payment/flows/late", response=LatePageOut, summary="What is handed in late")
@permitted(READ_FLOWS)
def show_late(request: HttpRequest, begins: date | None = None) -> object:
    """Paid more than three days ago and still with the channel, by day, the oldest first. The next
    page begins with `next_from`.
    """
    return flow_queries.late_handing_in(
        actor_of(request), before=clock.today() - LATE_AFTER, begins=begins
    )
