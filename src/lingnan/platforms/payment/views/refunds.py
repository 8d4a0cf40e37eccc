"""Refunds at the desk: what waits for whom, and one refund's way."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal, Unavailable
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from .. import access, queries, services
from ..adapters.registry import channel_codes
from ..models import Refund
from ..types import APPLY_REFUNDS, APPROVE_REFUNDS, READ_BILLS, REVIEW_REFUNDS, RefundState

ANY = (READ_BILLS, APPLY_REFUNDS, REVIEW_REFUNDS, APPROVE_REFUNDS)


@require_http_methods(["GET", "HEAD"])
@permitted(*ANY)
def desk_refunds(request: HttpRequest) -> HttpResponse:
    """The refunds in an officer's reach; those waiting for him can be picked by state."""
    state = request.GET.get("state", "")
    page = queries.refunds(actor_of(request), state=state, cursor=request.GET.get("cursor") or None)
    context = {"page": page, "state": state, "states": RefundState.choices}
    return render(request, "payment/desk_refunds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(*ANY)
def desk_refund(request: HttpRequest, refund_id: UUID) -> HttpResponse:
    """One refund: who decided what, and the step that is next, if it is this officer's."""
    actor = actor_of(request)
    refund = access.access_refund(actor=actor, refund_id=refund_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            _act(request, refund)
            return HttpResponseRedirect(reverse("payment:desk_refund", args=[refund.pk]))
        except Refusal as refusal:
            field = "slip" if request.POST.get("act") == "transfer" else "reason"
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
        refund = access.access_refund(actor=actor, refund_id=refund_id)
    bill = refund.payment.bill
    agency_id, region_path = bill.collecting_agency_id, bill.region_path
    treasury = actor.can(APPROVE_REFUNDS, agency_id=agency_id, region_path=region_path)
    finance = actor.can(REVIEW_REFUNDS, agency_id=agency_id, region_path=region_path)
    was_here = not access.is_other_officer(actor, refund.applied_by_id, refund.reviewed_by_id)
    by_hand = refund.payment.channel not in channel_codes()
    context = {
        "refund": refund,
        "bill": bill,
        "payment": refund.payment,
        "problems": problems,
        "posted": request.POST,
        "can_review": refund.state == RefundState.APPLIED and not was_here and finance,
        "can_approve": refund.state == RefundState.REVIEWED and not was_here and treasury,
        "can_transfer": treasury
        and (
            refund.state == RefundState.FAILED or (by_hand and refund.state == RefundState.APPROVED)
        ),
        "can_ask": treasury
        and not by_hand
        and refund.state in (RefundState.APPROVED, RefundState.FAILED),
        "was_here": was_here and refund.state in (RefundState.APPLIED, RefundState.REVIEWED),
    }
    return render(request, "payment/desk_refund.html", context, status=status)


def _act(request: HttpRequest, refund: Refund) -> None:
    actor, at, act = actor_of(request), clock.now(), request.POST.get("act")
    if act == "review":
        services.review_refund(actor=actor, refund_id=refund.pk, at=at)
        messages.success(request, _("Reviewed. The treasury decides next."))
    elif act == "approve":
        services.approve_refund(actor=actor, refund_id=refund.pk, at=at)
        messages.success(request, _("Approved. The money goes back by the way it came."))
    elif act == "refuse":
        reason = request.POST.get("reason", "")
        services.refuse_refund(actor=actor, refund_id=refund.pk, reason=reason, at=at)
        messages.success(request, _("The refund is refused; the payer reads the reason."))
    elif act == "transfer":
        slip = request.POST.get("slip", "")
        services.pay_refund_by_hand(actor=actor, refund_id=refund.pk, slip=slip, at=at)
        messages.success(request, _("The transfer is recorded."))
    elif act == "ask":
        access.access_refund_for(APPROVE_REFUNDS, actor=actor, refund_id=refund.pk)
        try:
            services.ask_refund(refund.pk, at=at, again=True)
        except Unavailable as failure:
            messages.warning(request, str(failure.message))
