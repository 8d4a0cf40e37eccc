"""One window: a clerk enters a case for whoever stands before him, whichever agency decides it.

The person is looked up by the exact number of a document, for a stated purpose, and that goes on
record; the addresses of the following pages carry a signed note of it, so that no one opens a file
by guessing an id. Source: plan 四（七）, one-window acceptance; Licensing Law art. 26.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.kernel.web.schema_forms import Reading
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity import services as identity_services
from lingnan.platforms.identity.types import FIND_PERSONS, REGISTER_PERSONS
from lingnan.platforms.licences import queries as licences
from lingnan.security.masking import services as masking
from lingnan.security.masking.types import Kind
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import Item, Material

from .. import services
from ..models import Case
from ..services import answers
from ..services import materials as material_rules
from ..types import RECEIVE, Applicant, Channel, MaterialGiven
from .errors import LookUpExpired
from .forms import FindFirmForm, FindPersonForm, RegisterPersonForm
from .known import known_of

SALT = "government_services.window"
LOOK_UP_S = 4 * 3600
UPLOAD_BYTES_MAX = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """For whom the clerk works: who was looked up, and the note that proves it."""

    kind: Literal["person", "organisation"]
    id: UUID
    name: str
    number: str
    note: str

    @property
    def principal(self) -> Principal:
        return Principal(kind=self.kind, id=self.id, name=self.name)


# --- 1: who stands here -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@permitted(RECEIVE)
def find_visitor(request: HttpRequest) -> HttpResponse:
    """Find the person or firm by number; register a person who is not there yet."""
    actor = actor_of(request)
    step = request.POST.get("step", "")
    forms: dict[str, Any] = {
        "person": FindPersonForm(request.POST if step == "person" else None),
        "firm": FindFirmForm(request.POST if step == "firm" else None),
        "register": None,
    }
    refusal: Refusal | None = None
    status = 200
    if request.method == "POST":
        handler = {"person": _find_person, "firm": _find_firm, "register": _register}.get(step)
        try:
            found = handler(request, actor, forms) if handler else None
        except Refusal as error:
            refusal, found, status = error, None, error.status
            _mark(forms.get(step), error)
        if found is not None:
            return redirect("government_services:window_items", note=_note(actor, found))
        status = status if status != 200 else (422 if _has_errors(forms) else 200)
    context = {"forms": forms, "refusal": refusal, "step": step}
    return render(request, "government_services/desk/window.html", context, status=status)


def _find_person(
    request: HttpRequest, actor: Actor, forms: dict[str, Any]
) -> tuple[str, UUID] | None:
    form = forms["person"]
    if not form.is_valid():
        return None
    card = identity_services.find_person_for(actor=actor, **form.cleaned_data, at=clock.now())
    if card is not None:
        return "person", card.id
    known = {name: form.cleaned_data[name] for name in ("document_type", "document_number")}
    forms["register"] = RegisterPersonForm(initial=known)
    return None


def _find_firm(
    request: HttpRequest, actor: Actor, forms: dict[str, Any]
) -> tuple[str, UUID] | None:
    form = forms["firm"]
    if not form.is_valid():
        return None
    actor.check(FIND_PERSONS)
    card = identity.organisation_by_number(form.cleaned_data["uscc"])
    if card is None:
        form.add_error("uscc", _("No organisation is registered under this code."))
        return None
    return "organisation", card.id


def _register(request: HttpRequest, actor: Actor, forms: dict[str, Any]) -> tuple[str, UUID] | None:
    forms["register"] = form = RegisterPersonForm(request.POST)
    if not form.is_valid():
        return None
    actor.check(REGISTER_PERSONS)
    person = identity_services.register_person(actor=actor, **form.cleaned_data, at=clock.now())
    messages.success(request, _("The person is registered."))
    return "person", person.pk


def _mark(form: Any, refusal: Refusal) -> None:
    """Put a service's field problems at their fields."""
    if form is None:
        return
    for problem in refusal.fields:
        form.add_error(problem.path if problem.path in form.fields else None, problem.message)


def _has_errors(forms: Mapping[str, Any]) -> bool:
    return any(form is not None and form.is_bound and form.errors for form in forms.values())


def _note(actor: Actor, found: tuple[str, UUID]) -> str:
    kind, visitor_id = found
    return signing.dumps([kind, str(visitor_id), str(actor.officer_id)], salt=SALT)


def _visitor(actor: Actor, note: str) -> Visitor:
    """Raises: LookUpExpired (also for a note given to another officer)."""
    try:
        kind, visitor_id, officer_id = signing.loads(note, salt=SALT, max_age=LOOK_UP_S)
    except signing.BadSignature as error:
        raise LookUpExpired from error
    if officer_id != str(actor.officer_id):
        raise LookUpExpired
    if kind == "person":
        person = identity.person(UUID(visitor_id))
        resident = person.document_type == "resident_id"
        masked = masking.mask(
            person.document_number, Kind.RESIDENT_ID if resident else Kind.DOCUMENT_NUMBER
        )
        return Visitor(kind="person", id=person.id, name=person.name, number=masked, note=note)
    firm = identity.organisation(UUID(visitor_id))
    return Visitor(
        kind="organisation",
        id=firm.id,
        name=firm.name,
        number=firm.registration_number,
        note=note,
    )


# --- 2: what for --------------------------------------------------------------------------------


@require_GET
@permitted(RECEIVE)
def choose_item(request: HttpRequest, note: str) -> HttpResponse:
    """Search the matters that can be handed in here, in the words people use."""
    actor = actor_of(request)
    visitor = _visitor(actor, note)
    text = request.GET.get("q", "").strip()
    page = matters.search_items(
        text,
        region_path=actor.region_path,
        service_object=None,
        cursor=request.GET.get("cursor") or None,
    )
    context = {
        "visitor": visitor,
        "page": page,
        "hits": [hit for hit in page.items if hit.region_path.startswith(actor.region_path)],
        "elsewhere": [
            hit for hit in page.items if not hit.region_path.startswith(actor.region_path)
        ],
        "text": text,
    }
    return render(request, "government_services/desk/window_items.html", context)


# --- 3: form, documents, hand in ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One material on the form: what was uploaded already, and the licences that could stand in."""

    material: Material
    name: str
    field: str
    kept_id: str
    kept_name: str
    licences: tuple[tuple[str, str], ...]
    licence_id: str
    is_required: bool
    depends: bool
    error: str


@require_http_methods(["GET", "POST"])
@permitted(RECEIVE)
def enter_case(request: HttpRequest, note: str, code31: str) -> HttpResponse:
    """The whole form on one page, as the clerk types what the visitor says."""
    actor = actor_of(request)
    visitor = _visitor(actor, note)
    item = matters.published_item(code31)
    known = known_of(visitor.kind, visitor.id)
    definition = answers.definition(item)
    if request.method == "GET":
        data = definition.prefilled({}, known)
        return _form(request, visitor, item, Reading(data, []), known, once=str(uuid4()))
    once = request.POST.get("once", "")
    reading = definition.read(request.POST, data={})
    kept, upload_problems = _keep_uploads(request, actor, item)
    if reading.stay or reading.problems or upload_problems:
        return _form(
            request, visitor, item, reading, known, once=once, kept=kept, wrong=upload_problems
        )
    try:
        case = _hand_in(
            actor, visitor, item, reading.data, _given(request, item, kept), known, once
        )
    except Refusal as refusal:
        found = Reading(reading.data, list(refusal.fields))
        return _form(request, visitor, item, found, known, once=once, kept=kept, refusal=refusal)
    messages.success(
        request,
        _("Received under number %(number)s for %(name)s.")
        % {"number": case.number, "name": visitor.name},
    )
    return redirect("government_services:desk_case", case_id=case.pk)


def _hand_in(
    actor: Actor,
    visitor: Visitor,
    item: Item,
    data: Mapping[str, Any],
    given: list[MaterialGiven],
    known: Mapping[str, Any],
    once: str,
) -> Case:
    """Submit; the same form sent twice is one case (its mark `once` stands in draft_id)."""
    mark = _uuid(once) or uuid4()
    earlier = Case.objects.filter(draft_id=mark, submitter_account_id=actor.account_id).first()
    if earlier is not None:
        return earlier
    untouched = answers.definition(item).prefilled({}, known)
    return services.submit_case(
        actor=actor,
        item_code=item.code31,
        data=data,
        given=given,
        channel=Channel.WINDOW,
        applicant=Applicant(kind=visitor.kind, id=visitor.id, name=visitor.name),
        draft_id=mark,
        prefilled_fields=sum(
            1 for name, value in untouched.items() if value and data.get(name) == value
        ),
        at=clock.now(),
    )


def _form(
    request: HttpRequest,
    visitor: Visitor,
    item: Item,
    reading: Reading,
    known: Mapping[str, Any],
    *,
    once: str,
    kept: Mapping[str, tuple[str, str]] | None = None,
    wrong: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    definition = answers.definition(item)
    bound = definition.bind(
        reading.data, problems=reading.problems, prefill=known, searches=reading.searches
    )
    problems = [
        FieldProblem(f"material-{code}", "upload", text) for code, text in (wrong or {}).items()
    ]
    context = {
        "visitor": visitor,
        "item": item,
        "bound": bound,
        "slots": _slots(request, visitor, item, reading.data, kept or {}, wrong or {}),
        "problems": problems,
        "once": once,
        "refusal": refusal,
        "prefilled": bound.prefilled_count,
    }
    bad = bool(reading.problems or problems)
    status = refusal.status if refusal else 422 if bad else 200
    return render(request, "government_services/desk/window_case.html", context, status=status)


def _slots(
    request: HttpRequest,
    visitor: Visitor,
    item: Item,
    data: Mapping[str, Any],
    kept: Mapping[str, tuple[str, str]],
    wrong: Mapping[str, str],
) -> list[Slot]:
    """Every material asked for at submission. One query for the visitor's licences."""
    held = licences.licences_of(visitor.principal, only_valid=True)
    needed = {material.code for material in material_rules.required(item, data)}
    slots = []
    for material in item.materials:
        if material.stage != "submit":
            continue
        file_id, file_name = kept.get(material.code, ("", ""))
        slots.append(
            Slot(
                material=material,
                name=localise(material.name),
                field=f"material-{material.code}",
                kept_id=file_id,
                kept_name=file_name,
                licences=tuple(
                    (str(card.id), f"{localise(card.type_name)} {card.number}")
                    for card in held
                    if card.type_code == material.licence_type_code
                ),
                licence_id=request.POST.get(f"licence-{material.code}", ""),
                is_required=material.code in needed,
                depends=material.required and bool(material.condition),
                error=wrong.get(material.code, ""),
            )
        )
    return slots


def _keep_uploads(
    request: HttpRequest, actor: Actor, item: Item
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Keep each upload that passes its checks, so that nobody scans twice: code -> (id, name)."""
    kept: dict[str, tuple[str, str]] = {}
    wrong: dict[str, str] = {}
    for material in item.materials:
        name = f"material-{material.code}"
        upload = request.FILES.get(name)
        if upload is not None:
            try:
                kept[material.code] = _keep(actor, item, material, upload)
            except Refusal as refusal:
                wrong[material.code] = refusal.text
        elif earlier := _uuid(request.POST.get(f"kept-{material.code}", "")):
            card = documents.files([earlier]).get(earlier)
            if card is not None and card.owner_id == actor.account_id:
                kept[material.code] = (str(card.id), card.name)
    return kept, wrong


def _keep(
    actor: Actor, item: Item, material: Material, upload: "UploadedFile[Any]"
) -> tuple[str, str]:
    card = services.upload_material(
        actor=actor,
        item_code=item.code31,
        code=material.code,
        content=upload.read(UPLOAD_BYTES_MAX + 1),
        name=str(upload.name or "scan"),
        at=clock.now(),
    )
    return str(card.id), card.name


def _given(
    request: HttpRequest, item: Item, kept: Mapping[str, tuple[str, str]]
) -> list[MaterialGiven]:
    given = []
    for material in item.materials:
        licence_id = _uuid(request.POST.get(f"licence-{material.code}", ""))
        if material.code in kept:
            file_id, name = kept[material.code]
            given.append(MaterialGiven(code=material.code, file_id=UUID(file_id), name=name))
        elif licence_id is not None:
            given.append(MaterialGiven(code=material.code, kind="licence", licence_id=licence_id))
    return given


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
