"""Pages for showing and scanning, marked copies, requests for consent, and the log."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted, signed_in
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import services as documents

from .. import offline, queries, services
from ..access import access_copy, access_own_licence, access_received_consent
from ..forms import CopyForm, ScanForm, UsesForm
from ..models import Consent, LicenceUse, Presentation
from ..types import SCAN, LicenceCard

show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@require_GET
@signed_in
def show_code(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Choose a purpose; then a code that lives seconds. Loading the page again makes a new one."""
    actor, now = actor_of(request), clock.now()
    row = access_own_licence(actor=actor, licence_id=licence_id)
    purpose = request.GET.get("purpose", "")
    context: dict[str, object] = {
        "card": queries.card(row),
        "purposes": Presentation.Purpose.choices,
        "purpose": purpose,
    }
    status = 200
    if purpose:
        try:
            shown = services.show_licence(
                actor=actor, licence_id=licence_id, purpose=purpose, at=now
            )
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            code = segno.make(shown.url, error="m")
            context["shown"] = shown
            context["svg"] = code.svg_data_uri(scale=8, border=2)
            context["again_s"] = max(5, shown.seconds - 5)
            context["last"] = _last_scan(row.pk)
    response = render(request, "licences/show_code.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@signed_in
def offline_code(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """A code that a verifier reads without a network, good for a day."""
    actor, now = actor_of(request), clock.now()
    row = access_own_licence(actor=actor, licence_id=licence_id)
    purpose = request.GET.get("purpose", "")
    context: dict[str, object] = {
        "card": queries.card(row),
        "purposes": Presentation.Purpose.choices,
        "purpose": purpose,
    }
    status = 200
    if purpose:
        try:
            code = services.make_offline_code(
                actor=actor, licence_id=licence_id, purpose=purpose, at=now
            )
        except Refusal as refusal:
            context["refusal"], status = refusal, refusal.status
        else:
            context["code"] = code
            context["svg"] = segno.make(code, error="l").svg_data_uri(scale=4, border=3)
            context["until"] = now + offline.TERM
    response = render(request, "licences/offline_code.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _last_scan(licence_id: UUID) -> LicenceUse | None:
    since = clock.now() - timedelta(minutes=10)
    rows = LicenceUse.objects.filter(licence_id=licence_id, kind="shown", used_at__gte=since)
    return rows.order_by("-used_at").first()


@show_or_send
@permitted(SCAN)
def scan(request: HttpRequest) -> HttpResponse:
    """An officer types or scans a code; what the purpose needs appears, once."""
    form = ScanForm(request.POST or None, initial={"code": request.GET.get("code", "")[:40]})
    scanned, status = None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                scanned = services.scan_code(
                    actor=actor_of(request), code=form.cleaned_data["code"], at=clock.now()
                )
                form, status = ScanForm(), 200
            except Refusal as refusal:
                form.add_error("code", f"{refusal.text} {refusal.remedy}")
                status = refusal.status
    context: dict[str, object] = {"form": form, "scanned": scanned}
    if scanned is not None:
        context["purpose"] = Presentation.Purpose(scanned.purpose).label
    response = render(request, "licences/desk_scan.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@show_or_send
@signed_in
def copy_form(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Make a marked copy to hand out."""
    actor = actor_of(request)
    row = access_own_licence(actor=actor, licence_id=licence_id)
    form = CopyForm(
        request.POST or None,
        initial={"until": (clock.today() + timedelta(days=30)).isoformat()},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                use = services.make_copy(
                    actor=actor, licence_id=licence_id, at=clock.now(), **form.cleaned_data
                )
            except Refusal as refusal:
                form.add_error(None, refusal.text)
                status = refusal.status
            else:
                return redirect("licences:copy_done", use.pk)
    context = {"form": form, "card": queries.card(row)}
    return render(request, "licences/copy.html", context, status=status)


@require_GET
@signed_in
def copy_done(request: HttpRequest, use_id: UUID) -> HttpResponse:
    """The copy is made: fetch it as PDF or OFD."""
    use = access_copy(actor=actor_of(request), use_id=use_id)
    return render(request, "licences/copy_done.html", {"use": use, "type": use.licence.type})


@require_GET
@signed_in
def copy_ofd(request: HttpRequest, use_id: UUID) -> HttpResponse:
    """The marked copy as sealed OFD."""
    use = services.open_copy(actor=actor_of(request), use_id=use_id, at=clock.now())
    content = documents.read_file(services.ensure_copy_ofd(use.pk, at=clock.now()))
    response = HttpResponse(content, content_type="application/ofd")
    response["Content-Disposition"] = f'attachment; filename="{use.pk}.ofd"'
    return response


@require_GET
@signed_in
def uses(request: HttpRequest) -> HttpResponse:
    """Who used which licence of mine, for what, when."""
    actor = actor_of(request)
    held = queries.licences_of(actor.principal) if actor.principal else []
    form = UsesForm(request.GET, licences=_told_apart(held))
    chosen = form.cleaned_data if form.is_valid() else {}
    page = queries.page_of_uses(
        actor,
        kind=chosen.get("kind", ""),
        licence_id=UUID(chosen["licence"]) if chosen.get("licence") else None,
        since=chosen.get("since"),
        cursor=request.GET.get("cursor"),
    )
    return render(request, "licences/uses.html", {"form": form, "page": page})


def _told_apart(cards: Sequence[LicenceCard]) -> list[tuple[str, str]]:
    """Id and title of each: type and number, and where these are the same, the identifier."""
    titles = [f"{localise(card.type_name)} · {card.number}" for card in cards]
    shared = {title for title, times in Counter(titles).items() if times > 1}
    return [
        (str(card.id), f"{title} · {card.identifier}" if title in shared else title)
        for card, title in zip(cards, titles, strict=True)
    ]


@require_GET
@signed_in
def requests(request: HttpRequest) -> HttpResponse:
    """Who asks to read my licences, and what I answered."""
    page = queries.page_of_consents(
        actor_of(request), asked=False, cursor=request.GET.get("cursor"), limit=20
    )
    today = clock.now()
    names = {row.code: row.name for row in queries.types(on=clock.today())}
    rows = [(row, names.get(row.type_code, {}), row.is_open(today)) for row in page.items]
    return render(request, "licences/requests.html", {"rows": rows, "page": page})


@require_GET
@signed_in
def consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    """One request: who, what, why, until when; and the answer."""
    found = access_received_consent(actor=actor_of(request), consent_id=consent_id)
    return _consent_page(request, found)


def _consent_page(
    request: HttpRequest, found: Consent, *, refusal: Refusal | None = None
) -> HttpResponse:
    actor, now = actor_of(request), clock.now()
    licence_type = queries.type_in_force(found.type_code, on=clock.today())
    properties = licence_type.fields_schema.get("properties", {})
    assert actor.principal is not None, "who received a request acts for someone"
    held = queries.licences_of(actor.principal, type_code=found.type_code, only_valid=True)
    context = {
        "consent": found,
        "type_name": licence_type.name,
        "fields": [
            (name, properties.get(name, {}).get("x-title") or name) for name in found.fields
        ],
        "held": held,
        "is_open": found.is_open(now),
        "is_live": found.is_live(now),
        "until": clock.local_date(found.until).isoformat(),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return render(request, "licences/consent.html", context, status=status)


@require_POST
@signed_in
def answer(request: HttpRequest, consent_id: UUID, act: str) -> HttpResponse:
    """Grant, decline or withdraw."""
    actor, now = actor_of(request), clock.now()
    found = access_received_consent(actor=actor, consent_id=consent_id)
    try:
        if act == "grant":
            services.grant_consent(
                actor=actor,
                consent_id=consent_id,
                licence_id=_uuid(request.POST.get("licence", "")),
                fields=request.POST.getlist("fields"),
                until=_until(request.POST.get("until", ""), found),
                at=now,
            )
        elif act == "decline":
            services.decline_consent(actor=actor, consent_id=consent_id, at=now)
        elif act == "withdraw":
            services.withdraw_consent(actor=actor, consent_id=consent_id, at=now)
        else:
            raise NotFound(act=act)
    except NotFound:
        raise
    except Refusal as refusal:
        return _consent_page(request, found, refusal=refusal)
    messages.success(request, _("Your answer counts from now on."))
    return redirect("licences:consent", consent_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as wrong:
        raise NotFound from wrong


def _until(text: str, found: Consent) -> datetime | None:
    """The end of the chosen day in China, not beyond what was asked; None: as asked."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a date, made aware below)
    except ValueError:
        return None
    end = datetime.combine(day, time.max, tzinfo=clock.SHANGHAI)
    return min(end, found.until)
