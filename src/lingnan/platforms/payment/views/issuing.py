"""Issuing a bill outside a case at the desk: charge by charge, looked at, then issued."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid_utils
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.security.masking.services import mask
from lingnan.security.masking.types import Kind, Shown
from lingnan.standards.agencies import queries as agencies

from .. import queries, services
from ..errors import FeeNotListed
from ..forms import BillForm, LineForm
from ..models import Bill
from ..types import OPEN_BILLS, BillLine, BillPreview

SUBJECT_KIND = "payment.desk_bill"
LINES_MAX = 20
QUANTITY_MAX, PRICE_FEN_MAX = 100_000, 10**12  # as the form of a line, and the catalogue
_KEPT = ("code", "quantity", "price_fen", "reduction", "agency")


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(OPEN_BILLS)
def desk_bill_new(request: HttpRequest) -> HttpResponse:
    """A bill, a joint bill or a fine. It works without scripts: each button sends the whole form.

    `ticket` is made with the first page, so that issuing twice gives one bill.
    """
    actor, at, posted = actor_of(request), clock.now(), request.POST
    act = _act(posted)
    lines = _kept_lines(posted)
    bill_form = BillForm(
        posted or None,
        prefix="b",
        initial=_initial(actor),
        is_judged=act in ("preview", "issue"),
    )
    line_form = LineForm(posted if _is_adding(act, posted) else None, prefix="l")
    preview: BillPreview | None = None
    status = 200
    if act == "add" and line_form.is_valid() and len(lines) < LINES_MAX:
        lines.append(_line_of(line_form.cleaned_data))
        line_form = LineForm(prefix="l")
    elif act.startswith("drop:"):
        lines = [line for place, line in enumerate(lines) if act != f"drop:{place}"]
    elif act in ("preview", "issue"):
        status = 422
        if bill_form.is_valid():
            try:
                facts = _facts(actor, bill_form.cleaned_data, lines, at=at)
                if act == "issue":
                    bill = _issue(posted, bill_form.cleaned_data, facts)
                    messages.success(request, _("The bill is issued."))
                    return HttpResponseRedirect(reverse("payment:desk_bill", args=[bill.pk]))
                preview, status = services.preview_bill(**facts), 200
            except Refusal as refusal:
                bill_form.add_error(None, f"{refusal.text} {refusal.remedy}".strip())
                status = refusal.status
    context = {
        "bill_form": bill_form,
        "line_form": line_form,
        "lines": [(place, json.dumps(line), _shown(line)) for place, line in enumerate(lines)],
        "ticket": _ticket(posted),
        "preview": preview,
        "payer_name": mask(preview.payer_name, Kind.NAME, Shown.PART) if preview else "",
        "preview_rows": [(line, _agency_name(line.agency_id)) for line in preview.lines]
        if preview
        else [],
        "is_full": len(lines) >= LINES_MAX,
        "errors": [form for form in (bill_form, line_form) if form.errors],
    }
    return render(request, "payment/desk_bill_new.html", context, status=status)


def _act(posted: QueryDict) -> str:
    return posted.get("act", "") if "_find" not in posted else ""


def _is_adding(act: str, posted: QueryDict) -> bool:
    return bool(posted) and (act == "add" or not act)


def _ticket(posted: QueryDict) -> str:
    try:
        return str(UUID(posted.get("ticket", "")))
    except ValueError:
        return str(uuid_utils.uuid7())


def _initial(actor: Actor) -> dict[str, str]:
    if actor.agency_id is None:
        return {}
    own = agencies.agency(actor.agency_id)
    may = actor.can(OPEN_BILLS, agency_id=own.id, region_path=own.region_path)
    return {"agency": own.uscc} if may else {}


def _kept_lines(posted: QueryDict) -> list[dict[str, Any]]:
    """The charges already added, as the page sent them back; whatever is not one is left out."""
    found: list[dict[str, Any]] = []
    for text in posted.getlist("line")[:LINES_MAX]:
        try:
            line = json.loads(text)
            kept = {name: line[name] for name in _KEPT}
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        limits = {"quantity": QUANTITY_MAX, "price_fen": PRICE_FEN_MAX}
        fits = all(type(kept[name]) is int and 0 <= kept[name] <= limits[name] for name in limits)
        if fits and all(isinstance(kept[name], str) for name in ("code", "reduction", "agency")):
            found.append(kept)
    return found


def _line_of(typed: dict[str, Any]) -> dict[str, Any]:
    price = typed["price"]
    if price is None:
        fee = queries.fees_in_force(clock.today()).filter(code=typed["fee"]).first()
        price = fee.unit_price_fen if fee else 0
    return {
        "code": typed["fee"],
        "quantity": typed["quantity"],
        "price_fen": price,
        "reduction": typed["reduction"],
        "agency": typed["agency"],
    }


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    fee = queries.fees_in_force(clock.today()).filter(code=line["code"]).first()
    return {**line, "fee": fee, "full_fen": line["quantity"] * line["price_fen"]}


def _agency_name(agency_id: UUID | None) -> str:
    return agencies.agency(agency_id).short_name if agency_id else ""


def _facts(
    actor: Actor, typed: dict[str, Any], lines: list[dict[str, Any]], *, at: datetime
) -> dict[str, Any]:
    """At the desk only what stands in the catalogue is charged. Raises: FeeNotListed (409)."""
    known = {
        fee.code: fee
        for fee in queries.fees_in_force(clock.today()).filter(
            code__in=[line["code"] for line in lines]
        )
    }
    for line in lines:
        if line["code"] not in known:
            raise FeeNotListed(fee_code=line["code"][:24])
    return {
        "actor": actor,
        "payer_kind": typed["payer_kind"],
        "payer_number": typed["payer_number"],
        "collecting_agency_id": agencies.agency_by_uscc(typed["agency"]).id,
        "lines": [
            BillLine(
                code=line["code"],
                name=known[line["code"]].name,
                quantity=line["quantity"],
                unit_price_fen=line["price_fen"],
                reduction_code=line["reduction"],
                agency_id=agencies.agency_by_uscc(line["agency"]).id if line["agency"] else None,
            )
            for line in lines
        ],
        "due_on": typed["due_on"],
        "is_fine": typed["is_fine"],
        "at": at,
    }


def _issue(posted: QueryDict, typed: dict[str, Any], facts: dict[str, Any]) -> Bill:
    return services.issue_bill(
        **facts,
        subject_kind=SUBJECT_KIND,
        subject_id=UUID(_ticket(posted)),
        title={"zh-hans": typed["title"]} if typed["title"] else None,
    )
