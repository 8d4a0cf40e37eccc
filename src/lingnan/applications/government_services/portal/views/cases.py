"""One's cases: where each stands, and what one can do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.text import LocalisedText, localise
from lingnan.kernel.web import navigation
from lingnan.kernel.web.guard import actor_of, person_only
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import FormDefinition
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents.types import MATERIAL_TYPES
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.licences import queries as licences
from lingnan.platforms.licences.types import LicenceCard
from lingnan.platforms.payment import queries as payment
from lingnan.platforms.payment.types import BillState
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from ... import access, answers, queries, services
from ...errors import CaseNotFound, CorrectionNotOpen, NotRatable
from ...models import Delivery, ServiceRating
from ...queries import CaseView
from ...services.materials import GENERAL, reply_code
from ...services.ratings import SUPPLEMENT_WORKDAYS
from ...types import OPEN, CaseState, CorrectionReply, MaterialGiven, RatingLevel
from ..filling import FORMATS
from .apply import FILE
from .home import drafts_of

show = require_http_methods(["GET", "HEAD"])
show_or_send = require_http_methods(["GET", "HEAD", "POST"])
ACCEPTANCE_WORKDAYS = 5
LOOKS_SHOWN = 5
TEXT_LENGTH_MAX = 1000
REPLY_LENGTH_MAX = 4000


@show
@person_only
def cases(request: HttpRequest) -> HttpResponse:
    """Drafts, one-thing applications and cases, newest first."""
    actor = actor_of(request)
    shown = request.GET.get("show", "")
    openness = {"open": True, "ended": False}.get(shown)
    cursor = request.GET.get("cursor") or None
    joint_cursor = request.GET.get("joint_cursor") or None
    page = queries.my_cases(actor, is_open=openness, cursor=cursor)
    is_first = cursor is None and joint_cursor is None
    return render(
        request,
        "government_services/portal/cases.html",
        {
            "page": page,
            "shown": shown if openness is not None else "",
            "drafts": drafts_of(actor) if is_first and openness is not False else [],
            "joint_page": queries.my_joint_cases(actor, cursor=joint_cursor)
            if openness is None and cursor is None
            else None,
        },
    )


@show
@person_only
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Where a case stands, who has it, until when; what was told and decided."""
    actor = actor_of(request)
    try:
        view = queries.case_view(actor, case_id, at=clock.now())
    except CaseNotFound:
        others = [c for c in navigation.account_panel(request).choices if not c.is_current]
        if not others:
            raise
        # Says nothing of whether there is such a case: a message may speak of a firm's.
        name = "government_services/portal/case_in_whose_name.html"
        return render(request, name, {"others": others}, status=404)
    looks = identity.access_log(actor, object_id=view.case.pk, limit=LOOKS_SHOWN)
    context = {**_context(view), "looks": looks}
    return render(request, "government_services/portal/case.html", context)


@show
@person_only
def case_done(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """It is in: the number, the dates, what comes next. Refusals: case.not_found."""
    found = access.own_case(actor_of(request), case_id)
    item = matters.item_version(found.item_version_id)
    received = clock.local_date(found.received_at)
    heard = calendar.add_workdays(
        received, Workdays(ACCEPTANCE_WORKDAYS), region_code=found.region_path
    )
    promised = calendar.add_workdays(
        received, Workdays(item.promised_limit_workdays), region_code=found.region_path
    )
    return render(
        request,
        "government_services/portal/case_done.html",
        {"case": found, "item": item, "heard_by": heard, "promised_by": promised},
    )


@show_or_send
@person_only
def correct(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Put right everything that was told, at once; nothing typed or uploaded is lost on the way.

    Refusals: case.not_found, case.correction_not_open.
    """
    actor = actor_of(request)
    found = access.own_case(actor, case_id)
    view = queries.case_view(actor, case_id, at=clock.now())
    if view.correction is None or not view.can_correct:
        raise CorrectionNotOpen
    form = _Correction(request, view)
    status = 200
    if request.method == "POST":
        form.take(request)
        if form.is_in_order:
            try:
                services.submit_correction(
                    actor=actor,
                    case_id=found.pk,
                    data=form.changes,
                    given=form.given(),
                    replies=form.replies(),
                    at=clock.now(),
                )
            except Refusal as refusal:
                if refusal.status in {403, 404}:
                    raise
                form.refuse(refusal)
            else:
                messages.success(request, _("Your correction has been handed in."))
                return HttpResponseRedirect(reverse("government_services:case", args=[case_id]))
        status = 422
    return render(
        request,
        "government_services/portal/correct.html",
        {
            "case": found,
            "correction": view.correction,
            "form": form,
            "items": form.links(),
            "sections": _summary(view.item, answers.unseal(view.item.form_schema, found.form_data)),
        },
        status=status,
    )


@show_or_send
@person_only
def withdraw(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Take an application back, after asking once. Refusals: case.not_found."""
    actor = actor_of(request)
    found = access.own_case(actor, case_id)
    reason = request.POST.get("reason", "").strip()[:500]
    problems: list[FieldProblem] = []
    if request.method == "POST":
        try:
            services.withdraw_case(actor=actor, case_id=case_id, reason=reason, at=clock.now())
            messages.success(request, _("Your application has been taken back."))
            return HttpResponseRedirect(reverse("government_services:case", args=[case_id]))
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            problems = [FieldProblem("reason", refusal.code, f"{refusal.text} {refusal.remedy}")]
    return render(
        request,
        "government_services/portal/withdraw.html",
        {"case": found, "reason": reason, "problems": problems},
        status=409 if problems else 200,
    )


@show_or_send
@person_only
def rate(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Five levels, none chosen beforehand; afterwards a few words more, once.

    Refusals: case.not_found, rating.not_yet.
    """
    actor = actor_of(request)
    found = access.own_case(actor, case_id)
    if found.concluded_at is None:
        raise NotRatable
    rating = ServiceRating.objects.filter(case=found).first()
    text = request.POST.get("text", "").strip()[:TEXT_LENGTH_MAX]
    level = request.POST.get("level", "")
    problems: list[FieldProblem] = []
    if request.method == "POST":
        problems = _rate(request, found.pk, rating, level=level, text=text)
        if not problems:
            messages.success(request, _("Thank you. What you said has been kept."))
            return HttpResponseRedirect(reverse("government_services:case", args=[case_id]))
    context: dict[str, Any] = {
        "case": found,
        "rating": rating,
        "levels": RatingLevel.choices,
        "level": level,
        "text": text,
        "problems": problems,
    }
    if rating is not None:
        context["until"] = calendar.add_workdays(
            clock.local_date(rating.rated_at),
            Workdays(SUPPLEMENT_WORKDAYS),
            region_code=found.region_path,
        ).on
    return render(
        request, "government_services/portal/rate.html", context, status=422 if problems else 200
    )


@show_or_send
@person_only
def delivery(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """How the result shall come. Refusals: case.not_found, case.wrong_state."""
    actor = actor_of(request)
    found = access.own_case(actor, case_id)
    chosen = Delivery.objects.filter(case=found).first()
    typed = {name: request.POST.get(name, "").strip() for name in ("name", "phone", "address")}
    method = request.POST.get("method", "")
    problems: list[FieldProblem] = []
    if request.method == "POST":
        try:
            if method not in Delivery.Method.values:
                text = _("Choose how the result shall come.")
                problems = [FieldProblem("method", "case.method_required", text)]
            else:
                services.choose_delivery(
                    actor=actor, case_id=case_id, method=method, address=typed, at=clock.now()
                )
                messages.success(request, _("Your choice has been kept."))
                return HttpResponseRedirect(reverse("government_services:case", args=[case_id]))
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            at_field = next((name for name, value in typed.items() if not value), "method")
            problems = [FieldProblem(at_field, refusal.code, f"{refusal.text} {refusal.remedy}")]
    elif chosen is not None:
        method = chosen.method
        typed = {**typed, **services.address_of(chosen)}
    return render(
        request,
        "government_services/portal/delivery.html",
        {"case": found, "method": method, "typed": typed, "problems": problems},
        status=422 if problems else 200,
    )


@require_POST
@person_only
def renew_bill(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A new bill in the place of one whose time is over. Refusals: case.not_found."""
    services.renew_bill(actor=actor_of(request), case_id=case_id, at=clock.now())
    return HttpResponseRedirect(reverse("government_services:case", args=[case_id]))


def _rate(
    request: HttpRequest,
    case_id: UUID,
    rating: ServiceRating | None,
    *,
    level: str,
    text: str,
) -> list[FieldProblem]:
    """Keeps a rating or its supplement; says what stands against it."""
    actor = actor_of(request)
    try:
        if rating is not None:
            if not text:
                return [FieldProblem("text", "rating.text_required", _("Write a few words."))]
            services.supplement_rating(actor=actor, case_id=case_id, text=text, at=clock.now())
        elif level not in {str(value) for value in RatingLevel.values}:
            return [FieldProblem("level", "rating.level_required", _("Choose one of the five."))]
        else:
            services.rate_case(
                actor=actor, case_id=case_id, level=int(level), text=text, at=clock.now()
            )
    except Refusal as refusal:
        if refusal.status in {403, 404}:
            raise
        return [FieldProblem("level", refusal.code, f"{refusal.text} {refusal.remedy}")]
    return []


def _context(view: CaseView) -> dict[str, Any]:
    found = view.case
    told = {
        item["material_code"]: item
        for item in (view.correction.items if view.correction else ())
        if item["material_code"]
    }
    return {
        "view": view,
        "case": found,
        "item": view.item,
        "told": told,
        "told_items": [
            {**row, "name": _subject_of(view.item, row)}
            for row in (view.correction.told if view.correction else ())
        ],
        "is_stopped": view.clock is not None
        and found.concluded_at is None
        and not view.clock.is_running
        and view.clock.stopped_since is not None,
        "is_bill_overdue": found.is_fee_due
        and found.bill_id is not None
        and payment.bill(found.bill_id).state == BillState.EXPIRED,
        "can_choose_delivery": found.state in OPEN
        and found.state not in (CaseState.SUBMITTED, CaseState.CORRECTION_NOTICED)
        and (view.delivery is None or view.delivery.delivered_at is None),
        "sections": _summary(view.item, answers.unseal(view.item.form_schema, found.form_data)),
    }


def _subject_of(item: Item, row: Mapping[str, Any]) -> str:
    """The document or the answer an instruction is about; empty for the whole application."""
    if row["material_code"]:
        material = item.material(row["material_code"])
        return localise(material.name) if material else ""
    fields = item.form_schema.get("properties", {}) if item.form_schema else {}
    return localise(fields.get(row["field"].split(".")[0], {}).get("x-title"))


def _summary(item: Item, data: Mapping[str, Any]) -> Any:
    return answers.definition(item).bind(dict(data))


@dataclass(slots=True)
class _CorrectionAsk:
    """One material to hand in again."""

    code: str
    name: LocalisedText
    problem: str
    what_to_do: str
    formats: str
    accept: str
    files: list[tuple[str, str]]
    licences: list[LicenceCard]
    chosen: str
    problems: list[str]


@dataclass(slots=True)
class _GeneralAsk:
    """One general instruction, answered with words or files. `code` names its fields."""

    number: int
    problem: str
    what_to_do: str
    text: str
    files: list[tuple[str, str]]
    problems: list[str]

    @property
    def code(self) -> str:
        return reply_code(self.number)


class _Correction:
    """The correction page's form: fields of the application and materials, as they were told."""

    def __init__(self, request: HttpRequest, view: CaseView) -> None:
        assert view.correction is not None
        self.actor = actor_of(request)
        self.item = view.item
        self.told = view.correction.items
        names = [
            told["field"].split(".")[0]
            for told in self.told
            if told["field"] and not told["material_code"]
        ]
        schema = self.item.form_schema
        properties = schema.get("properties", {})
        self.names = [name for name in dict.fromkeys(names) if name in properties]
        self.definition = FormDefinition(
            {
                "type": "object",
                "properties": {
                    name: {
                        key: value for key, value in properties[name].items() if key != "x-show-if"
                    }
                    for name in self.names
                },
                "required": [name for name in schema.get("required", ()) if name in self.names],
                **({"$defs": schema["$defs"]} if "$defs" in schema else {}),
            }
        )
        data = answers.unseal(schema, view.case.form_data)
        self.changes = {name: data[name] for name in self.names if name in data}
        self.problems: list[FieldProblem] = []
        self.others: list[str] = []
        self.searches: Mapping[str, str] | None = None
        self.asks = [self._ask(told) for told in self.told if told["material_code"]]
        self.general = [
            _GeneralAsk(n, told["problem"], told["what_to_do"], "", [], [])
            for n, told in enumerate(self.told)
            if not told["material_code"] and not told["field"]
        ]

    @property
    def bound(self) -> Any:
        return self.definition.bind(
            self.changes, problems=self.problems, searches=self.searches or {}
        )

    @property
    def reasons(self) -> list[Mapping[str, str]]:
        """What was told about fields."""
        return [told for told in self.told if told["field"] and not told["material_code"]]

    def take(self, request: HttpRequest) -> None:
        """What this request says: answers, files sent now and before, licences chosen."""
        reading = self.definition.read(request.POST, data=self.changes)
        self.changes = {name: reading.data[name] for name in self.names if name in reading.data}
        self.problems, self.searches = list(reading.problems), reading.searches
        if reading.stay:
            self.others.append(_("Choose, then hand in."))
        for general in self.general:
            self._take_files(request, general, code=GENERAL)
            general.text = request.POST.get(f"reply.{general.code}", "").strip()
            if len(general.text) > REPLY_LENGTH_MAX:
                text = _("Write at most %(count)s characters.") % {"count": REPLY_LENGTH_MAX}
                general.problems.append(text)
            elif not (general.text or general.files or general.problems):
                general.problems.append(_("Answer in words, or hand in a file."))
        for ask in self.asks:
            self._take_files(request, ask, code=ask.code)
            ask.chosen = request.POST.get(f"licence.{ask.code}", "")
            if not ask.files and not ask.chosen and not ask.problems:
                text = _("Hand in “%(name)s” again.") % {"name": localise(ask.name)}
                ask.problems.append(text)

    def _take_files(
        self, request: HttpRequest, ask: "_CorrectionAsk | _GeneralAsk", *, code: str
    ) -> None:
        ask.files = self._own_files(request.POST, ask.code)
        for file in request.FILES.getlist(f"{FILE}{ask.code}"):
            try:
                card = services.upload_material(
                    actor=self.actor,
                    item_code=self.item.code31,
                    code=code,
                    content=file.read(),
                    name=file.name or "",
                    at=clock.now(),
                )
                ask.files.append((str(card.id), card.name))
            except Refusal as refusal:
                ask.problems.append(f"{refusal.text} {refusal.remedy}".strip())

    accept = ",".join(MATERIAL_TYPES)

    @property
    def is_in_order(self) -> bool:
        return not (
            self.problems
            or any(ask.problems for ask in self.asks)
            or any(ask.problems for ask in self.general)
        )

    def replies(self) -> list[CorrectionReply]:
        return [
            CorrectionReply(
                item=general.number,
                text=general.text,
                file_ids=tuple(UUID(file_id) for file_id, _name in general.files),
            )
            for general in self.general
        ]

    def given(self) -> list[MaterialGiven]:
        rows = []
        offered = {str(card.id): card for ask in self.asks for card in ask.licences}
        for ask in self.asks:
            rows += [
                MaterialGiven(code=ask.code, file_id=UUID(file_id), name=name)
                for file_id, name in ask.files
            ]
            card = offered.get(ask.chosen)
            if card is not None:
                rows.append(MaterialGiven(code=ask.code, kind="licence", licence_id=card.id))
        return rows

    def refuse(self, refusal: Refusal) -> None:
        own = [problem for problem in refusal.fields if problem.path.split(".")[0] in self.names]
        self.problems = own
        if not own:
            self.others.append(f"{refusal.text} {refusal.remedy}".strip())

    def links(self) -> list[tuple[str, str]]:
        """The error summary."""
        found = [(link.href, link.message) for link in self.bound.problem_links()]
        found += [(f"#f-{ask.code}", text) for ask in self.asks for text in ask.problems]
        found += [(f"#f-{one.code}", text) for one in self.general for text in one.problems]
        return found + [("", text) for text in self.others]

    def _ask(self, told: Mapping[str, str]) -> _CorrectionAsk:
        material = self.item.material(told["material_code"])
        media_types = (material.media_types if material else ()) or MATERIAL_TYPES
        kind = material.licence_type_code if material else None
        principal = self.actor.principal
        held = (
            licences.licences_of(principal, type_code=kind, only_valid=True)
            if kind and principal
            else []
        )
        return _CorrectionAsk(
            code=told["material_code"],
            name=material.name if material else {},
            problem=told["problem"],
            what_to_do=told["what_to_do"],
            formats="、".join(FORMATS.get(name, name) for name in media_types),
            accept=",".join(media_types),
            files=[],
            licences=held,
            chosen="",
            problems=[],
        )

    def _own_files(self, post: QueryDict, code: str) -> list[tuple[str, str]]:
        """Files sent with an earlier try of this page; only the account's own."""
        ids = []
        for text in post.getlist(f"kept.{code}"):
            try:
                ids.append(UUID(text))
            except ValueError:
                continue
        cards = documents.files(ids) if ids else {}
        return [
            (str(file_id), cards[file_id].name)
            for file_id in ids
            if file_id in cards and cards[file_id].owner_id == self.actor.account_id
        ]
