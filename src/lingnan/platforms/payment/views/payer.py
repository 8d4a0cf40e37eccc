"""Pages to pay on, and the finance officer's list."""

import io
import secrets
from urllib.parse import urlencode
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
from lingnan.kernel.money import parse_yuan
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, open_to_all, signed_in
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.platforms.messaging.types import subject_link
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown

from .. import access, queries, services
from ..adapters.bank_gateway import CODE as BANK
from ..adapters.registry import channel_codes, in_app_channel
from ..adapters.wechat import CODE as WECHAT
from ..errors import BillBeingPaid, BillNotFound, StateUnknown
from ..models import Bill, FeeReduction, PaymentAttempt
from ..templatetags.payment_words import COLOURS, shown_state
from ..types import UNPAID, BillState, ReceiptKind

POLL_S = 3
STATE_COOKIE = "pay_state"


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
    return render(request, "payment/bill.html", bill_context(request, bill))


@require_http_methods(["GET", "HEAD"])
@open_to_all
def fees(request: HttpRequest) -> HttpResponse:
    """The catalogue of fees in force: standard, legal basis, grounds of reduction."""
    text = request.GET.get("text", "").strip()[:40]
    today = clock.today()
    grounds: dict[str, list[FeeReduction]] = {}
    for ground in queries.reductions_in_force(today):
        grounds.setdefault(ground.fee_code, []).append(ground)
    rows = [
        (fee, grounds.get(fee.code, []))
        for fee in queries.fees_in_force(today)
        if not text or text in fee.code or text.casefold() in localise(fee.name).casefold()
    ]
    context = {"rows": rows, "text": text}
    return render(request, "payment/fees.html", context)


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_code(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """The square code that opens the bill on a phone, as SVG."""
    bill = access.access_payable(bill_id)
    address = f"{settings.LINGNAN.public_url.rstrip('/')}{reverse('payment:bill', args=[bill.pk])}"
    return _drawn(address)


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_notice(request: HttpRequest, bill_id: UUID, form: str) -> HttpResponse:
    """The bill to print, as PDF or OFD; the name in full only for who may see it."""
    bill = access.access_payable(bill_id)
    name = bill.payer_name
    if not access.sees_in_full(actor_of(request), bill):
        name = mask(name, Kind.NAME, Shown.PART)
    content = services.bill_notice(bill, payer_name=name, form=form, at=clock.now())
    answer = HttpResponse(content, content_type=PDF if form == "pdf" else OFD)
    answer["Content-Disposition"] = f'inline; filename="{bill.code}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "HEAD"])
@open_to_all
def show_scan_code(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """The square code a wallet's app scans, of the bill's live order, as SVG."""
    attempt = queries.live_attempt(access.access_payable(bill_id).pk)
    if attempt is None or not attempt.qr_text:
        raise BillNotFound
    return _drawn(attempt.qr_text)


def _drawn(text: str) -> HttpResponse:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", scale=5, border=2)
    answer = HttpResponse(drawn.getvalue(), content_type="image/svg+xml")
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@open_to_all
def start(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """On to the bank's page, or to the code of the chosen wallet."""
    channel = request.POST.get("channel", BANK)
    attempt = services.start_payment(bill_id=bill_id, channel=channel, at=clock.now())
    if attempt.state == PaymentAttempt.State.PENDING and attempt.pay_url:
        return HttpResponseRedirect(attempt.pay_url)
    return HttpResponseRedirect(f"{reverse('payment:bill', args=[bill_id])}?wait=1")


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def pay_in_wechat(request: HttpRequest, bill_id: UUID) -> HttpResponse:
    """Inside WeChat: who pays is asked silently (base scope), then the app is called up.

    The state ties the way back to this browser. Coming here leaves another payer's order alone;
    only asking for it (POST) ends that order.
    """
    bill = access.access_payable(bill_id)
    adapter = in_app_channel(WECHAT)
    here = reverse("payment:in_wechat", args=[bill.pk])
    if request.method == "POST":
        services.release_bill(bill.pk, at=clock.now())
        return HttpResponseRedirect(here)
    code, state = request.GET.get("code", ""), request.GET.get("state", "")
    if not code:
        state = secrets.token_hex(16)
        address = f"{settings.LINGNAN.public_url.rstrip('/')}{here}"
        answer = HttpResponseRedirect(adapter.openid_url(return_url=address, state=state))
        answer.set_cookie(
            STATE_COOKIE,
            state,
            max_age=600,
            path=here,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
        return answer
    if not state or not secrets.compare_digest(
        state.encode(), request.COOKIES.get(STATE_COOKIE, "").encode()
    ):
        raise StateUnknown
    openid = adapter.openid_of(code[:128])
    at = clock.now()
    try:
        attempt = services.start_payment(
            bill_id=bill.pk, channel=WECHAT, openid=openid, at=at, ends_other=False
        )
    except BillBeingPaid:
        context = bill_context(request, bill)
        return render(request, "payment/in_wechat_other.html", context, status=409)
    params = services.in_app_params(attempt, at=at)
    context = {**bill_context(request, bill), "params": params, "prepay_id": attempt.prepay_id}
    if not settings.LINGNAN.production:
        code_text = urlencode({"code": attempt.prepay_id})
        context["phone_url"] = f"{settings.LINGNAN.bank_url}/phone?{code_text}"
    return render(request, "payment/in_wechat.html", context)


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
    amount = request.GET.get("amount", "").strip()[:20]
    return _receipt_page(request, number, check, amount)


@require_POST
@signed_in
def book_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Put the mark of one's own accounts on a receipt, or take it off."""
    check, amount = request.POST.get("check", ""), request.POST.get("amount", "")
    act = services.unbook_receipt if request.POST.get("act") == "unmark" else services.book_receipt
    problems = []
    try:
        act(
            actor=actor_of(request),
            number=number,
            check_code=check,
            amount_fen=int(amount) if amount.isdecimal() and len(amount) < 16 else 0,
            at=clock.now(),
        )
    except Refusal as refusal:
        problems = [FieldProblem("number", refusal.code, f"{refusal.text} {refusal.remedy}")]
        return _receipt_page(request, number, check[:6], "", problems, refusal.status)
    messages.success(request, _("Done. The mark is on record."))
    path = reverse("payment:check_receipt_number", args=[number])
    return HttpResponseRedirect(f"{path}?{urlencode({'check': check[:6]})}")


def _receipt_page(
    request: HttpRequest,
    number: str,
    check: str,
    amount: str,
    problems: list[FieldProblem] | None = None,
    status: int = 200,
) -> HttpResponse:
    found = None
    problems = problems or []
    if number and not problems:
        try:
            found = queries.check_receipt(
                number, check, amount_fen=parse_yuan(amount) if amount else None
            )
        except Refusal as refusal:
            problems = [FieldProblem("amount", refusal.code, refusal.text)]
            status = refusal.status
    context = {
        "number": number,
        "plain": "".join(c for c in number if c.isdecimal() and c.isascii()),
        "check": check,
        "amount": amount,
        "found": found,
        "problems": problems,
        "can_book": found is not None
        and found.is_genuine
        and found.kind == ReceiptKind.NORMAL
        and not found.is_reversed
        and not actor_of(request).is_anonymous,
    }
    return render(request, "payment/check_receipt.html", context, status=status)


def bill_context(request: HttpRequest, bill: Bill) -> dict[str, object]:
    in_full = access.sees_in_full(actor_of(request), bill)
    attempt = queries.live_attempt(bill.pk) if bill.state == BillState.PAYING else None
    qr_text = attempt.qr_text if attempt is not None and attempt.expires_at > clock.now() else ""
    state = shown_state(bill)
    payable = queries.owed_fen(bill, on=clock.today())
    charges = list(bill.charges.select_related("agency").order_by("position"))
    return {
        "bill": bill,
        "charges": charges,
        "is_joint": any(charge.agency_id for charge in charges),
        "state_label": state.label,
        "colour": COLOURS[state],
        "is_payable": state in UNPAID,
        "is_paying": state == BillState.PAYING,
        "in_full": in_full,
        "payable_fen": payable,
        "surcharge_fen": payable - bill.amount_fen,
        "pause": bill.pauses.filter(until_on__isnull=True).first() if bill.is_fine else None,
        "subject_url": subject_link(bill.subject_kind, bill.subject_id) if in_full else "",
        "payer_name": bill.payer_name if in_full else mask(bill.payer_name, Kind.NAME, Shown.PART),
        "receipt": queries.receipt_of(bill.pk) if in_full else None,
        "refunds": queries.refunds_of(bill.pk) if in_full else [],
        "is_test": not settings.LINGNAN.production,
        "is_waiting": bill.state == BillState.PAYING and request.GET.get("wait") == "1",
        "poll_s": POLL_S,
        "attempt": attempt,
        "qr_text": qr_text,
        "opens_on_phone": qr_text.startswith("https://"),
        "phone_url": f"{settings.LINGNAN.bank_url}/phone?{urlencode({'code': qr_text})}"
        if qr_text and not settings.LINGNAN.production
        else "",
        "channels": channel_codes(),
        "is_in_wechat": WECHAT in channel_codes()
        and (
            "MicroMessenger" in request.headers.get("User-Agent", "")
            or not settings.LINGNAN.production
        ),
    }
