"""Payment for programs: bills, paying, receipts, fees, and the callbacks of channels."""

from datetime import date
from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja.params.functions import Query

from lingnan.kernel import clock
from lingnan.kernel.schemas import Chosen, paged
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted, signed_in
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown

from .. import access, queries, services
from ..adapters.registry import channel_codes
from ..models import Bill
from ..schemas import (
    AttemptOut,
    BillDetailOut,
    BillOut,
    CounterPaymentIn,
    FeeOut,
    PayableOut,
    PayerCodeIn,
    ReceiptCheckOut,
    ReceiptOut,
    StartPaymentIn,
    VoidIn,
)
from ..types import COLLECT, VOID_BILLS, BillState
from .router import router

NOTICE_MAX_BYTES = 20_000


def payable(bill: Bill) -> PayableOut:
    """A bill with its payer masked."""
    return PayableOut(
        id=bill.pk,
        code=bill.code,
        state=bill.state,
        title=localise(bill.title),
        amount_fen=bill.amount_fen,
        payable_fen=queries.owed_fen(bill, on=clock.today()),
        payer_name=mask(bill.payer_name, Kind.NAME, Shown.PART),
        collecting_agency_name=bill.collecting_agency_name,
        due_on=bill.due_on,
    )


@router.get("/payment/bills", response=paged(BillOut), summary="List bills, newest first")
@signed_in
def list_bills(
    request: HttpRequest,
    state: Chosen[BillState] = None,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=200),
) -> object:
    """One's own bills; for an officer those in his reach."""
    return queries.bills(actor_of(request), state=state or "", cursor=cursor, limit=limit)


@router.get("/payment/bills/{bill_id}", response=BillDetailOut, summary="One bill")
@signed_in
def show_bill(request: HttpRequest, bill_id: UUID) -> object:
    return access.access_bill(actor=actor_of(request), bill_id=bill_id)


@router.get(
    "/payment/bills/{bill_id}/notice",
    summary="The bill to print",
    openapi_extra={
        "responses": {
            200: {
                "description": "The notice",
                "content": {
                    PDF: {"schema": {"type": "string", "format": "binary"}},
                    OFD: {"schema": {"type": "string", "format": "binary"}},
                },
            }
        }
    },
)
@signed_in
def show_notice(
    request: HttpRequest, bill_id: UUID, form: Literal["pdf", "ofd"] = "pdf"
) -> HttpResponse:
    """PDF or OFD with the code to scan and the 20 digits, of a bill that is not paid yet."""
    bill = access.access_bill(actor=actor_of(request), bill_id=bill_id)
    content = services.bill_notice(bill, payer_name=bill.payer_name, form=form, at=clock.now())
    return HttpResponse(content, content_type=PDF if form == "pdf" else OFD)


@router.get("/payment/codes/{code}", response=PayableOut, summary="A bill by its payment code")
@open_to_all
def show_payable(request: HttpRequest, code: str) -> PayableOut:
    """For whoever holds the 20 digits, to pay; the payer's name is masked."""
    return payable(access.access_payable_by_code(code))


@router.get("/payment/channels", response=list[str], summary="Channels one can pay through")
@open_to_all
def list_channels(request: HttpRequest) -> list[str]:
    return list(channel_codes())


@router.post("/payment/bills/{bill_id}/payments", response=AttemptOut, summary="Begin to pay")
@open_to_all
def start_payment(request: HttpRequest, bill_id: UUID, body: StartPaymentIn) -> object:
    """Places an order with the channel; while it is live, asking again gives the same order."""
    return services.start_payment(
        bill_id=bill_id, channel=body.channel, openid=body.openid, at=clock.now()
    )


@router.post("/payment/bills/{bill_id}/refresh", response=PayableOut, summary="Ask the channel")
@open_to_all
def refresh_bill(request: HttpRequest, bill_id: UUID) -> PayableOut:
    """Asks the channel what became of the order, where no notice came."""
    services.refresh_bill(bill_id, at=clock.now())
    return payable(access.access_payable(bill_id))


@router.get("/payment/bills/{bill_id}/receipt", response=ReceiptOut, summary="The receipt")
@signed_in
def show_receipt(request: HttpRequest, bill_id: UUID) -> object:
    return access.access_receipt(actor=actor_of(request), bill_id=bill_id)


@router.get("/payment/receipts/{number}", response=ReceiptCheckOut, summary="Check a receipt")
@open_to_all
def check_receipt(request: HttpRequest, number: str, check: str = "") -> object:
    """`number` is the code and the number together, 18 digits; `check` the check code."""
    return queries.check_receipt(number, check)


@router.post("/payment/bills/{bill_id}/void", response=BillOut, summary="Void an unpaid bill")
@permitted(VOID_BILLS)
def void_bill(request: HttpRequest, bill_id: UUID, body: VoidIn) -> object:
    return services.void_bill_by_officer(
        actor=actor_of(request), bill_id=bill_id, reason=body.reason, at=clock.now()
    )


@router.post(
    "/payment/bills/{bill_id}/counter-payments", response=BillOut, summary="Paid at the counter"
)
@permitted(COLLECT)
def collect_at_counter(request: HttpRequest, bill_id: UUID, body: CounterPaymentIn) -> object:
    """The same slip number again is refused, so sending twice takes the money once."""
    return services.collect_at_counter(
        actor=actor_of(request), bill_id=bill_id, slip=body.slip, at=clock.now()
    )


@router.post(
    "/payment/bills/{bill_id}/payer-codes", response=BillOut, summary="Charge a code shown"
)
@permitted(COLLECT)
def charge_payer_code(request: HttpRequest, bill_id: UUID, body: PayerCodeIn) -> object:
    """The payer shows a code of the wallet at a counter. `state` is paid, or paying while the
    payer confirms; the same bill is never charged twice.
    """
    return services.charge_payer_code(
        actor=actor_of(request),
        bill_id=bill_id,
        channel=body.channel,
        payer_code=body.payer_code,
        at=clock.now(),
    )


@router.get("/payment/fees", response=list[FeeOut], summary="Fees in force")
@open_to_all
def list_fees(request: HttpRequest, on: date | None = None) -> object:
    """The published catalogue on a day, today if none is given."""
    return queries.fees_in_force(on or clock.today())


@router.post(
    "/payment/callbacks/{channel}",
    summary="Notice of a channel",
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {200: {"description": "Taken"}},
    },
)
@open_to_all
def receive_notice(request: HttpRequest, channel: str) -> HttpResponse:
    """Only a channel that signs correctly is heard; docs/reference/channels.md."""
    body, media_type = services.receive_notice(
        channel=channel,
        body=request.body[: NOTICE_MAX_BYTES + 1],
        headers=request.headers,
        at=clock.now(),
    )
    return HttpResponse(body, content_type=media_type)
