"""Reconciliation at the desk: days, one day, one difference; and where money goes."""

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.web.charts import Point, bar_chart
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.regions import queries as regions

from .. import access, flow_queries, queries, services
from ..adapters.bank_gateway import STATEMENT_COLUMNS
from ..adapters.registry import channel_codes, channel_name
from ..errors import DayMalformed, ResolutionUnfit, StatementFault, StatementUnreadable
from ..models import Account, BusinessDay, Difference, Entry
from ..types import (
    CLOSE_DAYS,
    LATE_AFTER,
    READ_BILLS,
    READ_FLOWS,
    RECONCILE,
    WHOLE_PROVINCE,
    DayState,
    DifferenceState,
    Resolution,
    Source,
)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(RECONCILE, CLOSE_DAYS)
def desk_days(request: HttpRequest) -> HttpResponse:
    """Every channel's days; reconcile one."""
    actor = actor_of(request)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            day = services.begin_reconciliation(
                actor=actor,
                channel=request.POST.get("channel", ""),
                on=_typed_date(request.POST.get("on", "")),
                at=clock.now(),
            )
            return HttpResponseRedirect(reverse("payment:desk_day", args=[day.pk]))
        except Refusal as refusal:
            problems = [FieldProblem("on", refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
    page = queries.business_days(actor, cursor=request.GET.get("cursor") or None)
    context = {
        "page": page,
        "with_tickets": queries.closed_days_with_tickets(actor),
        "in_suspense": flow_queries.tickets_in_suspense(
            actor, cursor=request.GET.get("suspense") or None, limit=20
        ),
        "channels": channel_codes(),
        "yesterday": clock.today() - timedelta(days=1),
        "can_reconcile": actor.can(RECONCILE, region_path=WHOLE_PROVINCE),
        "problems": problems,
        "posted": request.POST,
    }
    return render(request, "payment/desk_days.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(RECONCILE, CLOSE_DAYS)
def desk_day(request: HttpRequest, day_id: UUID) -> HttpResponse:
    """One day: the three sums, its differences, its statements, and closing it."""
    actor = actor_of(request)
    day = access.access_day_to_see(actor=actor, day_id=day_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            _act_on_day(request, day, act)
            return HttpResponseRedirect(reverse("payment:desk_day", args=[day.pk]))
        except Refusal as refusal:
            field = {"import": "file", "ask": "reason"}.get(act, "")
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
        day.refresh_from_db()
    can_reconcile = actor.can(RECONCILE, region_path=WHOLE_PROVINCE)
    carried = queries.carried_over(day)
    open_count = services.open_differences(day.pk)
    lacks_treasury = not services.has_treasury_statement(day)
    is_asked = day.close_asked_by_id is not None
    context = {
        "day": day,
        "carried": carried,
        "carried_payments": queries.carried_payments(day),
        "rows": [
            (Source.CHANNEL.label, day.channel_count, day.channel_fen, day.channel_back_fen),
            (_("Platform"), day.platform_count, day.platform_fen, day.platform_back_fen),
            (Source.TREASURY.label, day.treasury_count, day.treasury_fen, day.treasury_back_fen),
        ],
        "page": queries.differences(day.pk, cursor=request.GET.get("cursor") or None),
        "open_count": open_count,
        "lacks_treasury": lacks_treasury,
        "files": day.files.filter(is_complete=True).order_by("imported_at"),
        "sources": Source.choices,
        "treasury_columns": ",".join(STATEMENT_COLUMNS),
        "problems": problems,
        "posted": request.POST,
        "is_running": bool(day.step) and day.step != "stopped",
        "can_work": can_reconcile and day.state != DayState.CLOSED,
        "can_fetch": can_reconcile
        and day.state != DayState.CLOSED
        and day.channel in channel_codes(),
        "can_ask": can_reconcile and day.state == DayState.COMPARED,
        "can_close": day.state == DayState.COMPARED
        and actor.can(CLOSE_DAYS, region_path=WHOLE_PROVINCE)
        and (
            not (open_count or lacks_treasury)
            or (is_asked and access.is_other_officer(actor, day.close_asked_by_id))
        ),
    }
    return render(request, "payment/desk_day.html", context, status=status)


def _act_on_day(request: HttpRequest, day: BusinessDay, act: str) -> None:
    actor, at = actor_of(request), clock.now()
    if act == "fetch":
        services.begin_reconciliation(actor=actor, channel=day.channel, on=day.business_on, at=at)
    elif act == "import":
        access.access_day(RECONCILE, actor=actor, day_id=day.pk)
        file = request.FILES.get("file")
        source = request.POST.get("source", "")
        if file is None or source not in Source.values:
            raise StatementUnreadable(StatementFault.NO_FILE)
        if (file.size or 0) > settings.LINGNAN.upload_max_bytes:
            raise StatementUnreadable(StatementFault.TOO_LARGE)
        services.import_file(
            day.pk,
            source=Source(source),
            name=file.name or "",
            content=file.read(),
            actor=actor,
            at=at,
        )
        services.work_through(day.pk, download=False, at=at)
        messages.success(request, _("The statement is imported."))
    elif act == "ask":
        services.ask_to_close(
            actor=actor, day_id=day.pk, reason=request.POST.get("reason", ""), at=at
        )
        messages.success(request, _("Asked. Another officer decides."))
    elif act == "close":
        services.close_day(actor=actor, day_id=day.pk, at=at)
        messages.success(request, _("The day is closed and handed in."))


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(RECONCILE, CLOSE_DAYS)
def desk_difference(request: HttpRequest, difference_id: UUID) -> HttpResponse:
    """One difference: both sides, what can be done, who decided."""
    actor = actor_of(request)
    found = access.access_difference_to_see(actor=actor, difference_id=difference_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        try:
            _act_on_difference(request, found, act)
            return HttpResponseRedirect(reverse("payment:desk_difference", args=[found.pk]))
        except Refusal as refusal:
            field = "explanation" if act == "propose" else "reason"
            problems = [FieldProblem(field, refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
        found = access.access_difference_to_see(actor=actor, difference_id=difference_id)
    is_open = found.state != DifferenceState.RESOLVED
    can_reconcile = actor.can(RECONCILE, region_path=WHOLE_PROVINCE)
    fitting = services.fitting_resolutions(found)
    context = {
        "found": found,
        "day": found.day,
        "is_day_closed": found.day.state == DayState.CLOSED,
        "bill": found.payment.bill if found.payment else None,
        "problems": problems,
        "posted": request.POST,
        "resolutions": fitting,
        "in_suspense_fen": flow_queries.in_suspense([found.pk]).get(found.pk, 0),
        "is_settled": not is_open,
        "can_propose": bool(fitting) and can_reconcile,
        "can_take": is_open and can_reconcile and found.assignee_id != actor.account_id,
        "can_approve": is_open
        and found.state == DifferenceState.EXPLAINED
        and access.is_other_officer(actor, found.proposed_by_id)
        and actor.can(CLOSE_DAYS, region_path=WHOLE_PROVINCE),
    }
    return render(request, "payment/desk_difference.html", context, status=status)


def _act_on_difference(request: HttpRequest, found: Difference, act: str) -> None:
    actor, at = actor_of(request), clock.now()
    if act == "take":
        services.take_difference(actor=actor, difference_id=found.pk, at=at)
    elif act == "propose":
        chosen = request.POST.get("resolution", "")
        if chosen not in Resolution.values:
            raise ResolutionUnfit
        services.propose_resolution(
            actor=actor,
            difference_id=found.pk,
            resolution=Resolution(chosen),
            explanation=request.POST.get("explanation", ""),
            at=at,
        )
        messages.success(request, _("Proposed. Another officer approves."))
    elif act == "approve":
        services.approve_resolution(actor=actor, difference_id=found.pk, at=at)
        messages.success(request, _("Approved and carried out."))
    elif act == "return":
        services.send_difference_back(
            actor=actor, difference_id=found.pk, reason=request.POST.get("reason", ""), at=at
        )


@require_http_methods(["GET", "HEAD"])
@permitted(READ_FLOWS)
def desk_flows(request: HttpRequest) -> HttpResponse:
    """Where money went in some days, account by account; every figure opens to its entries."""
    actor = actor_of(request)
    until = _date(request.GET.get("until", "")) or clock.today()
    since = _date(request.GET.get("since", "")) or until - timedelta(days=30)
    key = request.GET.get("account", "")[:200]
    kind = request.GET.get("kind", "")[:10]
    booked = (
        flow_queries.entries(
            actor, key, since=since, until=until, cursor=request.GET.get("cursor") or None
        )
        if key
        else None
    )
    page = flow_queries.flows(
        actor, since=since, until=until, kind=kind, cursor=request.GET.get("accounts") or None
    )
    found = page.items
    channels = flow_queries.channel_flows(actor, since=since, until=until)
    ids = [flow.agency_id for flow in found if flow.agency_id is not None]
    names = {agency_id: card.short_name for agency_id, card in agencies.agencies(ids).items()}
    codes = {flow.region_path.rstrip("/").split("/")[-1] for flow in found if flow.region_path}
    places = {code: card.name for code, card in regions.regions(sorted(codes)).items()}
    rows = [(flow, _account_name(flow, names, places)) for flow in found]
    query = urlencode({"since": since.isoformat(), "until": until.isoformat(), "kind": kind})
    context = {
        "rows": rows,
        "page": page,
        "kind": kind,
        "kinds": Account.Kind.choices,
        "channels": channels,
        "since": since,
        "until": until,
        "query": query,
        "chart": _chart(channels),
        "account": next((name for flow, name in rows if flow.account == key), ""),
        "key": key,
        "entries": booked,
        "lines": _opened(actor, booked.items) if booked else (),
        "late": flow_queries.late_handing_in(
            actor,
            before=clock.today() - LATE_AFTER,
            begins=_date(request.GET.get("late", "")),
        ),
        "late_days": LATE_AFTER.days,
        "can_reconcile": any(
            actor.can(code, region_path=WHOLE_PROVINCE) for code in (RECONCILE, CLOSE_DAYS)
        ),
    }
    return render(request, "payment/desk_flows.html", context)


def _opened(actor: Actor, rows: Sequence[Entry]) -> list[tuple[Entry, str]]:
    """Entries with the page of what each comes of, where the officer may see it."""
    causes = flow_queries.causes(rows)
    sees_days = any(actor.can(code, region_path=WHOLE_PROVINCE) for code in (RECONCILE, CLOSE_DAYS))
    names = {
        "payment": "payment:desk_bill",
        "refund": "payment:desk_refund",
        "difference": "payment:desk_difference",
        "business_day": "payment:desk_day",
    }
    opened = []
    for row in rows:
        cause = causes[row.posting_id]
        if cause.bill is not None:
            agency_id, region_path = cause.bill.collecting_agency_id, cause.bill.region_path
            may = actor.can(READ_BILLS, agency_id=agency_id, region_path=region_path)
        else:
            may = sees_days
        opened.append((row, reverse(names[cause.kind], args=[cause.id]) if may else ""))
    return opened


def _chart(channels: list[flow_queries.ChannelFlow]) -> str:
    """Money in by channel."""
    totals = {row.channel: row.came_fen for row in channels if row.came_fen}
    if not totals:
        return ""
    points = [Point(channel_name(code), total / 100) for code, total in sorted(totals.items())]
    biggest = max(totals, key=lambda code: totals[code])
    share = 100 * totals[biggest] / sum(totals.values())
    return bar_chart(
        _("Money in, by channel"),
        points,
        unit=_("yuan"),
        decimals=2,
        sentence=_("%(share)d %% came by %(channel)s.")
        % {"share": share, "channel": channel_name(biggest)},
    )


def _account_name(flow: flow_queries.Flow, names: dict[UUID, str], places: dict[str, str]) -> str:
    """What people call an account: its kind, whose it is, where."""
    parts = [str(Account.Kind(flow.kind).label)]
    if flow.channel:
        parts.append(channel_name(flow.channel))
    if flow.agency_id is not None:
        parts.append(names.get(flow.agency_id, ""))
    code = flow.region_path.rstrip("/").split("/")[-1]
    parts.append(places.get(code, code) if code else _("Central government"))
    return " · ".join(parts)


def _typed_date(text: str) -> date:
    found = _date(text)
    if found is None:
        raise DayMalformed
    return found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
