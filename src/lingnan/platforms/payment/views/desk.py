"""Pages to pay on, and the finance officer's list."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal, Unavailable
from lingnan.kernel.money import parse_yuan
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.workflow import services as workflow

from .. import access, queries, services
from ..adapters.registry import channel_codes, payer_code_channel
from ..errors import DayMalformed
from ..models import Bill, FinePause
from ..types import (
    APPLY_REFUNDS,
    COLLECT,
    OPEN_BILLS,
    READ_BILLS,
    UNPAID,
    VOID_BILLS,
    BillState,
)
from .payer import bill_context

FIELDS = {
    "collect": "slip",
    "void": "reason",
    "charge": "payer_code",
    "pause": "basis",
    "resume": "on",
}


@require_http_methods(["GET", "HEAD"])
@permitted(READ_BILLS)
def desk_bills(request: HttpRequest) -> HttpResponse:
    """The bills in an officer's reach."""
    state = request.GET.get("state", "")
    code = "".join(c for c in request.GET.get("code", "") if c.isdigit())[:20]
    page = queries.bills(
        actor_of(request), state=state, code=code, cursor=request.GET.get("cursor") or None
    )
    context = {
        "page": page,
        "state": state,
        "code": code,
        "states": BillState.choices,
        "can_issue": actor_of(request).can(OPEN_BILLS),
    }
    return render(request, "payment/desk_bills.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(READ_BILLS)
def desk_bill(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """One bill at the desk: all that is known of it, void it, take the money at the counter."""
    actor = actor_of(request)
    bill = access.access_bill(actor=actor, bill_id=bill_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            _act_at_desk(request, bill)
            return HttpResponseRedirect(reverse("payment:desk_bill", args=[bill.pk]))
        except Refusal as refusal:
            bill.refresh_from_db()
            field = FIELDS.get(request.POST.get("act", ""), "amount")
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
    refundable = queries.refundable_fen(bill.pk)
    agency_id, region_path = bill.collecting_agency_id, bill.region_path
    context = {
        **bill_context(request, bill),
        "subject_url": workflow.subject_url(bill.subject_kind, bill.subject_id),
        "problems": problems,
        "posted": request.POST,
        "receipts": queries.receipts_of(bill.pk),
        "can_refund": refundable > 0
        and actor.can(APPLY_REFUNDS, agency_id=agency_id, region_path=region_path),
        "refundable_fen": refundable,
        "attempts": bill.attempts.order_by("id"),
        "payments": bill.payments.order_by("id"),
        "notices": bill.notices.order_by("id"),
        "payer_code_channels": [code for code in channel_codes() if payer_code_channel(code)],
        "pauses": bill.pauses.order_by("from_on") if bill.is_fine else [],
        "pause_kinds": FinePause.Kind.choices,
        "can_pause": bill.is_fine
        and bill.state in UNPAID
        and actor.can(OPEN_BILLS, agency_id=agency_id, region_path=region_path),
        "today": clock.today(),
        "can_void": bill.state in UNPAID
        and actor.can(VOID_BILLS, agency_id=agency_id, region_path=region_path),
        "can_collect": bill.state in UNPAID
        and actor.can(COLLECT, agency_id=agency_id, region_path=region_path),
    }
    return render(request, "payment/desk_bill.html", context, status=status)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DayMalformed from error


def _act_at_desk(request: HttpRequest, bill: Bill) -> None:
    actor, at = actor_of(request), clock.now()
    if request.POST.get("act") == "collect":
        services.collect_at_counter(
            actor=actor, bill_id=bill.pk, slip=request.POST.get("slip", ""), at=at
        )
        messages.success(request, _("The payment is recorded; the receipt is being made."))
    elif request.POST.get("act") == "charge":
        charged = services.charge_payer_code(
            actor=actor,
            bill_id=bill.pk,
            channel=request.POST.get("channel", ""),
            payer_code=request.POST.get("payer_code", ""),
            at=at,
        )
        if charged.state == BillState.PAID:
            messages.success(request, _("Paid; the receipt is being made."))
        else:
            messages.info(request, _("The payer confirms on the phone. Look again in a moment."))
    elif request.POST.get("act") == "ask":
        try:
            services.refresh_bill(bill.pk, at=at)
        except Unavailable as failure:
            messages.warning(request, str(failure.message))
    elif request.POST.get("act") == "pause":
        kind = request.POST.get("kind", "")
        services.pause_fine(
            actor=actor,
            bill_id=bill.pk,
            kind=FinePause.Kind(kind) if kind in FinePause.Kind.values else FinePause.Kind.REVIEW,
            basis=request.POST.get("basis", ""),
            from_on=_day(request.POST.get("from_on", "")),
            at=at,
        )
        messages.success(request, _("The surcharge does not grow from that day on."))
    elif request.POST.get("act") == "resume":
        services.resume_fine(
            actor=actor, bill_id=bill.pk, on=_day(request.POST.get("on", "")), at=at
        )
        messages.success(request, _("The surcharge grows again from that day on."))
    elif request.POST.get("act") == "refund":
        services.apply_refund(
            actor=actor,
            bill_id=bill.pk,
            amount_fen=parse_yuan(request.POST.get("amount", "")),
            reason=request.POST.get("reason", ""),
            at=at,
        )
        messages.success(request, _("The refund is applied for; finance reviews it next."))
    else:
        services.void_bill_by_officer(
            actor=actor, bill_id=bill.pk, reason=request.POST.get("reason", ""), at=at
        )
        messages.success(request, _("The bill is voided."))
