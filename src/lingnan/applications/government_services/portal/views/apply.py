"""Applying: one question page at a time, materials, a last look, and once over the counter."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden, NotFound, Refusal, SignInRequired
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, open_to_all, person_only
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import BoundForm, ProblemLink, Reading
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.licences import queries as licences
from lingnan.standards.calendar import queries as calendar
from lingnan.standards.calendar.types import Workdays
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item

from ... import access, queries, services
from ...models import Draft
from ..filling import Ask, Filling, ItemFilling, live_draft
from ..keeping import forget, keep_and_sign_in, kept

show_or_send = require_http_methods(["GET", "HEAD", "POST"])
FILE = "file."
STATE_PROBLEM = 422


@show_or_send
@open_to_all
def start(request: HttpRequest, code31: str) -> HttpResponse:
    """What comes, how long it takes; begins or goes on.

    Refusals: not_found, and those of `open_draft`.
    """
    item, actor = matters.published_item(code31), actor_of(request)
    if request.method == "POST":
        _check_person(actor)
        services.open_draft(actor=actor, item_code=code31, at=clock.now())
        draft = live_draft(actor, code31, at=clock.now())
        if draft is None:
            raise NotFound(item_code=code31)
        filling = ItemFilling(actor, draft, clock.now())
        services.check_assurance(
            filling.items, actor=actor, at=clock.now(), return_to=filling.resume_url()
        )
        return HttpResponseRedirect(filling.resume_url())
    draft = live_draft(actor, code31, at=clock.now()) if actor.is_person else None
    return render(
        request,
        "government_services/portal/apply_start.html",
        {
            "item": item,
            "draft": draft,
            "definition_pages": item.form_schema.get("x-pages", ()),
            **_already(actor, item),
            "level": identity.level_demanded([item.assurance_level], at=clock.now()),
        },
    )


@show_or_send
@open_to_all
def question(request: HttpRequest, code31: str, page_id: str) -> HttpResponse:
    """One page of the form. Sending without a session keeps what was typed over the sign-in."""
    filling = _filling(request, code31)
    if isinstance(filling, HttpResponse):
        return filling
    return ask_page(request, filling, page_id)


@show_or_send
@person_only
def collect_materials(request: HttpRequest, code31: str) -> HttpResponse:
    """Everything to hand in: files, or licences of the wallet."""
    filling = _filling(request, code31)
    if isinstance(filling, HttpResponse):
        return filling
    return ask_materials(request, filling)


@show_or_send
@person_only
def check(request: HttpRequest, code31: str) -> HttpResponse:
    """Check your answers, then hand in. Handing in twice gives the same case."""
    actor, at = actor_of(request), clock.now()
    if request.method == "POST":
        draft = access.own_draft(actor, _draft_id(request))
        if draft.state == Draft.State.SUBMITTED:
            case = services.submit_draft(actor=actor, draft_id=draft.pk, at=at)
            return HttpResponseRedirect(reverse("government_services:case_done", args=[case.pk]))
        return submit(request, ItemFilling(actor, draft, at))
    filling = _filling(request, code31)
    if isinstance(filling, HttpResponse):
        return filling
    return look_over(request, filling)


@show_or_send
@person_only
def discard(request: HttpRequest, code31: str) -> HttpResponse:
    """Throw the draft away, after asking once."""
    filling = _filling(request, code31)
    if isinstance(filling, HttpResponse):
        return filling
    return confirm_discard(request, filling)


def _already(actor: Actor, item: Item) -> dict[str, object]:
    """What whoever applies has of this matter: applications under way, licences in force."""
    if not actor.is_person:
        return {}
    return {
        "open_cases": queries.open_cases_of(actor, item),
        "licences_held": licences.own_in_force(
            actor, item.licence_type_code or "", on=clock.today()
        ),
    }


# the pages a single matter and one thing share


def ask_page(request: HttpRequest, filling: Filling, page_id: str) -> HttpResponse:
    """A question page: every POST saves, right or wrong; problems stand at their fields."""
    page = filling.definition.page(page_id)
    if page is None:
        raise NotFound(page=page_id)
    to_check = "check" in (request.GET.get("back"), request.POST.get("back"))
    luggage = None
    if request.method == "POST":
        reading = filling.definition.read(request.POST, data=filling.data, page=page_id)
        filling.save(reading.data, page_id)
        if request.POST.get("_autosave"):
            return HttpResponse(status=204)
        if not reading.stay and not reading.problems:
            return HttpResponseRedirect(_next(filling, page_id, to_check=to_check))
        bound = _bind(filling, page_id, reading)
        status = STATE_PROBLEM if reading.problems else 200
    else:
        luggage = kept(request, draft_id=str(filling.id))
        if luggage is not None:
            reading = filling.definition.read(luggage, data=filling.data, page=page_id)
            filling.save(reading.data, page_id)
            messages.success(request, _("What you typed before signing in has been kept."))
        elif page_id not in {seen.id for seen in filling.definition.visible_pages(filling.data)}:
            return HttpResponseRedirect(filling.resume_url())
        bound = filling.definition.bind(filling.data, page=page_id, prefill=filling.prefill)
        status = 200
    previous = filling.definition.previous_page(page_id, filling.data)
    response = render(
        request,
        "government_services/portal/question.html",
        {
            "filling": filling,
            "bound": bound,
            "back": "check" if to_check else "",
            "back_url": filling.check_url
            if to_check
            else filling.page_url(previous.id)
            if previous
            else filling.start_url,
        },
        status=status,
    )
    if luggage is not None:
        forget(request, response)
    return response


def ask_materials(request: HttpRequest, filling: Filling) -> HttpResponse:
    """The materials page. Whatever button is pressed, chosen files are taken first."""
    problems: dict[str, list[str]] = {}
    status = 200
    if request.method == "POST":
        problems = _take(request, filling)
        asks = filling.asks()
        if "_continue" in request.POST:
            for ask in asks:
                if ask.is_missing and ask.code not in problems:
                    text = _("Hand in “%(name)s”: upload it, or use a licence.")
                    problems[ask.code] = [text % {"name": localise(ask.name)}]
            if not problems:
                return HttpResponseRedirect(filling.check_url)
        if not problems:
            return HttpResponseRedirect(filling.materials_url)
        status = STATE_PROBLEM
    asks = filling.asks()
    if request.method != "POST" and not asks:
        return HttpResponseRedirect(filling.check_url)
    for ask in asks:
        ask.problems = problems.get(ask.code, [])
    return render(
        request,
        "government_services/portal/materials.html",
        {
            "filling": filling,
            "asks": asks,
            "items": _material_links(asks),
            "who": filling.actor.name,
        },
        status=status,
    )


def look_over(request: HttpRequest, filling: Filling) -> HttpResponse:
    """Check your answers; whoever is not finished is led to what is missing."""
    if filling.first_unfinished() is not None or any(ask.is_missing for ask in filling.asks()):
        return HttpResponseRedirect(filling.resume_url())
    return _look_over(request, filling)


def submit(request: HttpRequest, filling: Filling) -> HttpResponse:
    """Hand in; a refusal shows the same page with what is wrong.

    Whoever is not sure enough confirms who he is and is back on this page, nothing lost.
    """
    services.check_assurance(
        filling.items, actor=filling.actor, at=filling.at, return_to=filling.check_url
    )
    try:
        return HttpResponseRedirect(filling.submit())
    except Refusal as refusal:
        if refusal.status in {403, 404}:
            raise
        return _look_over(request, filling, refusal=refusal)


def confirm_discard(request: HttpRequest, filling: Filling) -> HttpResponse:
    if request.method == "POST":
        filling.discard()
        messages.success(request, _("The draft has been thrown away, with its files."))
        return HttpResponseRedirect(reverse("government_services:cases"))
    return render(request, "government_services/portal/discard.html", {"filling": filling})


def _look_over(
    request: HttpRequest, filling: Filling, *, refusal: Refusal | None = None
) -> HttpResponse:
    change_url = filling.page_url("PAGE").replace("PAGE", "{page}") + "?back=check"
    problems = list(refusal.fields) if refusal else []
    bound = filling.definition.bind(filling.data, problems=problems, prefill=filling.prefill)
    item = filling.items[0]
    due = calendar.add_workdays(
        clock.local_date(filling.at),
        Workdays(filling.promise_workdays),
        region_code=item.region_path,
    )
    return render(
        request,
        "government_services/portal/check.html",
        {
            "filling": filling,
            "bound": bound,
            "change_url": change_url,
            "asks": [ask for ask in filling.asks() if ask.given or ask.required],
            "refusal": refusal,
            "items": _links(bound, refusal, change_url),
            "due": due,
        },
        status=refusal.status if refusal else 200,
    )


def _links(bound: BoundForm, refusal: Refusal | None, change_url: str) -> list[tuple[str, str]]:
    """The error summary: each problem with the page where it is put right."""
    if refusal is None:
        return []
    links: list[ProblemLink] = bound.problem_links(change_url)
    found = [(link.href, link.message) for link in links]
    return found or [("", f"{refusal.text} {refusal.remedy}".strip())]


def _take(request: HttpRequest, filling: Filling) -> dict[str, list[str]]:
    """Uploads, then the button's own act; what was refused, by material."""
    problems: dict[str, list[str]] = {}
    for name, files in request.FILES.lists():
        code = name.removeprefix(FILE)
        for file in files:
            try:
                filling.upload(code, file.read(), file.name or "")
            except Refusal as refusal:
                problems.setdefault(code, []).append(f"{refusal.text} {refusal.remedy}".strip())
    removed = _uuid(request.POST.get("_remove", ""))
    if removed is not None:
        filling.remove(removed)
    code, _colon, licence = request.POST.get("_use", "").rpartition(":")
    licence_id = _uuid(licence)
    if licence_id is not None:
        try:
            filling.use_licence(code, licence_id)
        except Refusal as refusal:
            problems.setdefault(code, []).append(f"{refusal.text} {refusal.remedy}".strip())
    promised = request.POST.get("_promise", "")
    if promised:
        try:
            read = request.POST.get(f"promise.{promised}", "")
            if filling.offer(promised) is not None and not read:
                problems.setdefault(promised, []).append(_("Tick that you promise it first."))
            else:
                filling.promise(promised, read)
        except Refusal as refusal:
            problems.setdefault(promised, []).append(f"{refusal.text} {refusal.remedy}".strip())
    chosen = request.POST.get("_upload", "")
    if chosen and f"{FILE}{chosen}" not in request.FILES:
        problems.setdefault(chosen, []).append(_("Choose a file first."))
    return problems


def _material_links(asks: list[Ask]) -> list[tuple[str, str]]:
    return [(f"#f-{ask.code}", text) for ask in asks for text in ask.problems]


def _next(filling: Filling, page_id: str, *, to_check: bool) -> str:
    if not to_check:
        return filling.after(page_id)
    unfinished = filling.first_unfinished()
    if unfinished is not None:
        return f"{filling.page_url(unfinished.id)}?back=check"
    return filling.resume_url()


def _bind(filling: Filling, page_id: str, reading: Reading) -> BoundForm:
    problems: list[FieldProblem] = reading.problems
    searches: Mapping[str, str] = reading.searches
    return filling.definition.bind(
        reading.data, page=page_id, problems=problems, searches=searches, prefill=filling.prefill
    )


def _filling(request: HttpRequest, code31: str) -> ItemFilling | HttpResponse:
    """The asker's live draft of the matter, or the way to where he can have one."""
    actor = actor_of(request)
    if actor.is_anonymous and request.method == "POST" and "_autosave" not in request.POST:
        return keep_and_sign_in(request)
    _check_person(actor)
    draft = live_draft(actor, code31, at=clock.now())
    if draft is None:
        return HttpResponseRedirect(reverse("government_services:apply", args=[code31]))
    return ItemFilling(actor, draft, clock.now())


def _check_person(actor: Actor) -> None:
    if actor.is_anonymous:
        raise SignInRequired
    if not actor.is_person:
        raise Forbidden(needs="person")


def _draft_id(request: HttpRequest) -> UUID:
    found = _uuid(request.POST.get("draft", ""))
    if found is None:
        raise NotFound
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
