"""Pages to pay on, and the finance officer's list."""

import io
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal, Unavailable
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted
from lingnan.kernel.web.pages import render
from lingnan.platforms.messaging.types import subject_link
from lingnan.platforms.workflow import services as workflow
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown

from . import access, queries, services
from .adapters.bank_gateway import CODE as BANK
from .models import Bill, PaymentAttempt
from .templatetags.payment_words import COLOURS, shown_state
from .types import COLLECT, READ_BILLS, UNPAID, VOID_BILLS, BillState

POLL_S = 3


@require_http_methods(["GET", "HEAD"])
@open_to_all
def look_up(request: HttpRequest) -> HttpResponse:
    """Find a bill by its 20 digits; who signed in also sees what he owes."""
    text = request.GET.get("code", "").strip()[:40]
    problems: list[FieldProblem] = []
    status = 200
    if text:
        try:
            bill = access.access_payable_by_code(text)
            return HttpResponseRedirect(reverse("payment:bill", args=[bill.pk]))
        except Refusal as refusal:
            problems = [FieldProblem("code", refusal.code, refusal.text)]
            status = refusal.status
    actor = actor_of(request)
    page = (
        queries.bills(actor, cursor=request.GET.get("cursor") or None) if actor.is_person else None
    )
    context = {"text": text, "problems": problems, "page": page}
    return render(request, "payment/look_up.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_bill(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """The bill, how to pay it, and its receipt once paid."""
    bill = access.access_payable(bill_id)
    return render(request, "payment/bill.html", _bill_context(request, bill))


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_code(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """The square code that opens the bill on a phone, as SVG."""
    bill = access.access_payable(bill_id)
    address = f"{settings.LINGNAN.public_url.rstrip('/')}{reverse('payment:bill', args=[bill.pk])}"
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", scale=5, border=2)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@require_POST
@open_to_all
def start(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """On to the bank's page."""
    attempt = services.start_payment(bill_id=bill_id, channel=BANK, at=clock.now())
    if attempt.state != PaymentAttempt.State.PENDING:
        return HttpResponseRedirect(reverse("payment:bill", args=[bill_id]))
    return HttpResponseRedirect(attempt.pay_url)


@require_POST
@open_to_all
def refresh(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """ "I have paid": ask the bank, then show the bill again."""
    try:
        services.refresh_bill(bill_id, at=clock.now())
    except Unavailable as failure:
        messages.warning(request, str(failure.message))
    return HttpResponseRedirect(reverse("payment:bill", args=[bill_id]))


@require_http_methods(["GET", "HEAD"])
@open_to_all
def check_receipt(request: HttpRequest, number: str = "") -> HttpResponse:
    """Whether a receipt is genuine, by its numbers or the square code on it."""
    number = number or request.GET.get("number", "").strip()[:30]
    check = request.GET.get("check", "").strip()[:6]
    found = queries.check_receipt(number, check) if number else None
    context = {"number": number, "check": check, "found": found}
    return render(request, "payment/check_receipt.html", context)


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
            field = "slip" if request.POST.get("act") == "collect" else "reason"
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
    agency_id, region_path = bill.collecting_agency_id, bill.region_path
    context = {
        **_bill_context(request, bill),
        "subject_url": workflow.subject_url(bill.subject_kind, bill.subject_id),
        "problems": problems,
        "posted": request.POST,
        "attempts": bill.attempts.order_by("id"),
        "payments": bill.payments.order_by("id"),
        "notices": bill.notices.order_by("id"),
        "can_void": bill.state in UNPAID
        and actor.can(VOID_BILLS, agency_id=agency_id, region_path=region_path),
        "can_collect": bill.state in UNPAID
        and actor.can(COLLECT, agency_id=agency_id, region_path=region_path),
    }
    return render(request, "payment/desk_bill.html", context, status=status)


def _act_at_desk(request: HttpRequest, bill: Bill) -> None:
    actor, at = actor_of(request), clock.now()
    if request.POST.get("act") == "collect":
        services.collect_at_counter(
            actor=actor, bill_id=bill.pk, slip=request.POST.get("slip", ""), at=at
        )
        messages.success(request, _("The payment is recorded; the receipt is being made."))
    else:
        services.void_bill_by_officer(
            actor=actor, bill_id=bill.pk, reason=request.POST.get("reason", ""), at=at
        )
        messages.success(request, _("The bill is voided."))


def _bill_context(request: HttpRequest, bill: Bill) -> dict[str, object]:
    in_full = access.sees_in_full(actor_of(request), bill)
    state = shown_state(bill)
    return {
        "bill": bill,
        "charges": bill.charges.order_by("position"),
        "state_label": state.label,
        "colour": COLOURS[state],
        "is_payable": state in UNPAID,
        "is_paying": state == BillState.PAYING,
        "in_full": in_full,
        "subject_url": subject_link(bill.subject_kind, bill.subject_id) if in_full else "",
        "payer_name": bill.payer_name if in_full else mask(bill.payer_name, Kind.NAME, Shown.PART),
        "receipt": queries.receipt_of(bill.pk) if in_full else None,
        "is_test": not settings.LINGNAN.production,
        "is_waiting": bill.state == BillState.PAYING and request.GET.get("wait") == "1",
        "poll_s": POLL_S,
    }
