"""The page that decides a case, and the files behind it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, officer_only
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import queries as documents
from lingnan.platforms.documents import services as document_services
from lingnan.platforms.documents.types import JPEG, PDF, PNG
from lingnan.platforms.licences import services as licences
from lingnan.platforms.workflow import queries as workflow

from .. import access, services
from ..types import SUBJECT_KIND
from . import acts
from .page import Typed, case_page

SHOWN_IN_PLACE = (PDF, PNG, JPEG)
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@require_GET
@officer_only
def show_case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One page decides a case: facts, documents, the step at hand."""
    actor, at = actor_of(request), clock.now()
    context = case_page(
        actor, case_id, task_id=_uuid(request.GET.get("task", "")), typed=Typed(), at=at
    )
    services.note_look(actor=actor, case=context["case"], at=at)
    return render(request, "government_services/desk/case.html", context)


@require_POST
@officer_only
def act_on_case(request: HttpRequest, case_id: UUID, verb: str) -> HttpResponse:
    """Do something; a refusal shows on the page with everything that was typed."""
    if verb not in acts.VERBS:
        raise NotFound
    do, is_done = acts.VERBS[verb]
    at = clock.now()
    act = acts.read_act(request, case_id, at=at)
    if verb == "complete" and request.POST.get("more"):
        return _again(request, case_id, verb)
    try:
        said = do(act)
    except Refusal as refusal:
        return _again(request, case_id, verb, refusal)
    messages.success(request, said)
    if is_done and request.POST.get("next_task"):
        return _next_task(request)
    return redirect("government_services:desk_case", case_id=case_id)


def _again(
    request: HttpRequest, case_id: UUID, verb: str, refusal: Refusal | None = None
) -> HttpResponse:
    """The page with what was typed, and why it did not go through."""
    actor, at = actor_of(request), clock.now()
    context = case_page(
        actor,
        case_id,
        task_id=_uuid(request.POST.get("task", "")),
        typed=Typed(request.POST, verb),
        at=at,
    )
    services.note_look(actor=actor, case=context["case"], at=at)
    at_hand = context["at_hand"]
    posted = _uuid(request.POST.get("task", ""))
    context["refusal"] = refusal
    context["is_gone"] = verb == "complete" and (not at_hand or at_hand.task.pk != posted)
    status = refusal.status if refusal else 200
    return render(request, "government_services/desk/case.html", context, status=status)


def _next_task(request: HttpRequest) -> HttpResponse:
    """The most urgent task of the inbox; the inbox itself when there is none."""
    waiting = workflow.open_tasks(actor_of(request), limit=1, at=clock.now()).items
    if not waiting:
        messages.info(request, _("Nothing is left in your inbox."))
        return redirect("workflow:inbox")
    task = waiting[0]
    if task.subject_kind != SUBJECT_KIND:
        return redirect("workflow:task", task_id=task.pk)
    page = reverse("government_services:desk_case", args=[task.subject_id])
    return redirect(f"{page}?task={task.pk}")


@require_http_methods(["GET", "HEAD"])
@officer_only
def read_material(request: HttpRequest, case_id: UUID, material_id: UUID) -> HttpResponse:
    """A material in place: the uploaded file, or the marked copy of the licence used."""
    actor = actor_of(request)
    case = access.officer_case(actor, case_id)
    material = access.material(actor, case.pk, material_id)
    file_id = material.file_id
    offer = services.offer_of(material)
    if offer is not None:
        services.note_look(actor=actor, case=case, at=clock.now())
        return HttpResponse(localise(offer.text), content_type="text/plain; charset=utf-8")
    if file_id is None:
        if material.licence_use_id is None:
            raise NotFound
        file_id = licences.ensure_copy(material.licence_use_id, at=clock.now())
    file = documents.file(file_id)
    services.note_look(actor=actor, case=case, at=clock.now())
    response = HttpResponse(document_services.read_file(file.id), content_type=file.media_type)
    disposition = content_disposition_header(
        as_attachment=file.media_type not in SHOWN_IN_PLACE, filename=file.name
    )
    response["Content-Disposition"] = disposition or "attachment"
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
