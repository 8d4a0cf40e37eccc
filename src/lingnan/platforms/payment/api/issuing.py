"""Bills pushed by other systems, fines that pause, statements of a region's day, for programs."""

import csv
import io
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.tables import guard_formula
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from .. import queries, services
from ..models import FinePause
from ..schemas import BillOut, FinePauseIn, FinePauseOut, FineResumeIn, IssueBillIn, ReductionOut
from ..types import OPEN_BILLS, READ_BILLS, BillLine
from .router import router


@router.post("/payment/bills", response=BillOut, summary="Issue a bill")
@permitted(OPEN_BILLS)
@idempotent
def issue_bill(request: HttpRequest, body: IssueBillIn) -> object:
    """For one agency or, by `agency_id` on a line, a joint bill of several. The same `subject_id`
    again gives the bill that is there. A city's platform does this with an account whose rights
    reach its own region.
    """
    return services.issue_bill(
        actor=actor_of(request),
        payer_kind=body.payer_kind,
        payer_number=body.payer_number,
        collecting_agency_id=body.collecting_agency_id,
        lines=[
            BillLine(
                code=line.code,
                name={"zh-hans": line.name},
                quantity=line.quantity,
                unit_price_fen=line.unit_price_fen,
                reduction_code=line.reduction_code,
                agency_id=line.agency_id,
            )
            for line in body.lines
        ],
        subject_kind=body.subject_kind,
        subject_id=body.subject_id,
        due_on=body.due_on,
        title={"zh-hans": body.title} if body.title else None,
        is_fine=body.is_fine,
        at=clock.now(),
    )


@router.get("/payment/reductions", response=list[ReductionOut], summary="Grounds of reduction")
@open_to_all
def list_reductions(request: HttpRequest, on: date | None = None) -> object:
    """In force on a day, today if none is given."""
    return queries.reductions_in_force(on or clock.today())


@router.post(
    "/payment/bills/{bill_id}/pauses", response=FinePauseOut, summary="Pause a fine's surcharge"
)
@permitted(OPEN_BILLS)
@idempotent
def pause_fine(request: HttpRequest, bill_id: UUID, body: FinePauseIn) -> object:
    """From a day on, while a review or a lawsuit stops it."""
    return services.pause_fine(
        actor=actor_of(request),
        bill_id=bill_id,
        kind=FinePause.Kind(body.kind),
        basis=body.basis,
        from_on=body.from_on,
        at=clock.now(),
    )


@router.post("/payment/bills/{bill_id}/pauses/end", response=FinePauseOut, summary="End the pause")
@permitted(OPEN_BILLS)
@idempotent
def resume_fine(request: HttpRequest, bill_id: UUID, body: FineResumeIn) -> object:
    return services.resume_fine(
        actor=actor_of(request), bill_id=bill_id, on=body.on, at=clock.now()
    )


@router.get(
    "/payment/statements/{on}",
    summary="The payments of a day in one's reach",
    openapi_extra={
        "responses": {
            200: {"description": "CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}
        }
    },
)
@permitted(READ_BILLS)
def download_statement(request: HttpRequest, on: date) -> HttpResponse:
    """CSV in UTF-8: what was paid and given back on a day in China, for the bills the account may
    see. A city's platform reconciles its own part with it.
    """
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        ("kind", "payment_code", "title", "agency", "channel", "transaction", "amount_fen", "at")
    )
    for row in queries.statement_rows(actor_of(request), on=on):
        rows.writerow(guard_formula(cell) if isinstance(cell, str) else cell for cell in row)
    return HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
