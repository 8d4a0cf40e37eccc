"""Pages of licences: the wallet, verifying for anyone, the officers' register."""

from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.text import localise
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted, signed_in
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import services as documents
from lingnan.platforms.messaging.types import subject_link
from lingnan.platforms.workflow import services as workflow
from lingnan.security.masking.services import mask_for
from lingnan.security.masking.types import Kind, Purpose

from . import proof, queries, services, verification
from .access import access_copy, access_licence_to_view, access_own_licence
from .disclosure import disclose
from .errors import DocumentUnreadable
from .forms import SearchForm, StatusForm, VerifyFileForm, VerifyForm
from .types import CHANGE_STATUS, VIEW_LICENCES, Status, UseKind

UPLOAD_MAX_BYTES = 20_000_000


@require_GET
@signed_in
def wallet(request: HttpRequest) -> HttpResponse:
    """The licences of whom one acts for, as cards."""
    page = queries.page_of_own(actor_of(request), cursor=request.GET.get("cursor"), limit=24)
    cards = [card for card in queries.cards(page.items) if card.status is not Status.SUPERSEDED]
    return render(request, "licences/wallet.html", {"cards": cards, "page": page})


@require_GET
@signed_in
def show(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """One licence: face, validity, issuer, seal, uses, and how anyone can verify it."""
    row = access_own_licence(actor=actor_of(request), licence_id=licence_id)
    context = {
        "card": queries.card(row),
        "subject_url": subject_link(row.subject_kind, row.subject_id) if row.subject_id else "",
        "seal": queries.seal_card(row.seal),
        "uses": queries.uses_of(row.pk),
        "changes": queries.changes_of(row.pk),
        "commands": proof.COMMANDS,
    }
    return render(request, "licences/licence.html", context)


@require_GET
@signed_in
def qr(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """The QR code of the public verify page, with the code that opens the contents."""
    row = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    path = queries.card(row).verify_path
    code = segno.make(settings.LINGNAN.public_url.rstrip("/") + path, error="m")
    picture = code.svg_inline(scale=4, border=2, omitsize=True)
    svg = picture.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return HttpResponse(svg, content_type="image/svg+xml")


@require_GET
@signed_in
def seal_picture(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """The picture of the seal on the licence."""
    row = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    return HttpResponse(bytes(row.seal.picture), content_type="image/png")


@require_GET
@signed_in
def face(request: HttpRequest, licence_id: UUID, kind: str) -> HttpResponse:
    """The face as a file; a line in the log."""
    actor, now = actor_of(request), clock.now()
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    content, media_type = services.face_bytes(row.pk, kind, at=now)
    services.record_use(licence=row, kind=UseKind.DOWNLOADED, used_by=actor.name, at=now)
    response = HttpResponse(content, content_type=media_type)
    disposition = "inline" if kind == "pdf" else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{row.identifier}.{kind}"'
    return response


@require_GET
@signed_in
def proof_file(request: HttpRequest, licence_id: UUID, part: str) -> HttpResponse:
    """One file of the proof for openssl."""
    row = access_licence_to_view(actor=actor_of(request), licence_id=licence_id)
    file = proof.proof_file(row, part)
    response = HttpResponse(file.content, content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@require_GET
@signed_in
def copy(request: HttpRequest, use_id: UUID) -> HttpResponse:
    """A marked copy, for its holder and for officers of the agency it was handed to."""
    use = access_copy(actor=actor_of(request), use_id=use_id)
    content = documents.read_file(services.ensure_copy(use.pk, at=clock.now()))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{use.pk}.pdf"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def verify(request: HttpRequest) -> HttpResponse:
    """Verify by identifier or by file, as anyone."""
    form, file_form, shown, problem = VerifyForm(), VerifyFileForm(), None, None
    if request.GET.get("identifier"):
        form = VerifyForm(request.GET)
        if form.is_valid():
            return redirect(
                "licences:verify_identifier", identifier=form.cleaned_data["identifier"].strip()
            )
    if request.method == "POST":
        file_form = VerifyFileForm(request.POST, request.FILES)
        if file_form.is_valid():
            upload = file_form.cleaned_data["file"]
            try:
                if upload.size > UPLOAD_MAX_BYTES:
                    raise DocumentUnreadable(reason="too large")
                shown = disclose(verification.verify_file(upload.read(), at=clock.now()))
            except Refusal as refusal:
                problem = refusal
                file_form.add_error("file", refusal.text)
    context = {"form": form, "file_form": file_form, "shown": shown, "problem": problem}
    return render(request, "licences/verify.html", context, status=422 if problem else 200)


@require_GET
@open_to_all
def verify_identifier(request: HttpRequest, identifier: str) -> HttpResponse:
    """The public answer for one identifier; with `?code=` from the QR, the contents."""
    found = verification.verify_identifier(
        identifier, code=request.GET.get("code", ""), at=clock.now()
    )
    context = {"form": VerifyForm(initial={"identifier": identifier}), "shown": disclose(found)}
    return render(request, "licences/verify.html", context)


@require_GET
@permitted(VIEW_LICENCES)
def desk(request: HttpRequest) -> HttpResponse:
    """The officers' register: licences within reach."""
    actor = actor_of(request)
    types = [(row.code, localise(row.name)) for row in queries.types(on=clock.today())]
    form = SearchForm(request.GET, types=types)
    rows, page = [], None
    if form.is_valid():
        page = queries.search(actor, **form.cleaned_data, cursor=request.GET.get("cursor"))
        rows = [
            (card, mask_for(actor, card.holder_name, Kind.NAME, Purpose.LIST))
            if card.holder_kind == "person"
            else (card, card.holder_name)
            for card in queries.cards(page.items)
        ]
    return render(request, "licences/desk.html", {"form": form, "rows": rows, "page": page})


@require_GET
@permitted(VIEW_LICENCES)
def desk_licence(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """One licence for an officer, with its history."""
    return _desk_page(request, licence_id, StatusForm())


@require_http_methods(["POST"])
@permitted(CHANGE_STATUS)
def change_status(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """Suspend, resume, revoke or cancel, from the officer's page."""
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _desk_page(request, licence_id, form, status=422)
    values = form.cleaned_data
    verbs = {
        "suspend": services.suspend_licence,
        "resume": services.resume_licence,
        "revoke": services.revoke_licence,
        "cancel": services.cancel_licence,
    }
    try:
        verbs[values["change"]](
            licence_id=licence_id,
            ground=values["ground"],
            reason=values["reason"],
            actor=actor_of(request),
            at=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_error(None, refusal.text)
        return _desk_page(request, licence_id, form, status=refusal.status)
    messages.success(request, _("The status was changed and is public at once."))
    return HttpResponseRedirect(f"/desk/licences/{licence_id}/")


def _desk_page(
    request: HttpRequest, licence_id: UUID, form: StatusForm, *, status: int = 200
) -> HttpResponse:
    actor = actor_of(request)
    row = access_licence_to_view(actor=actor, licence_id=licence_id)
    card = queries.card(row)
    number = card.holder_code
    if card.holder_kind == "person":
        number = mask_for(actor, number, Kind.RESIDENT_ID, Purpose.DECIDE)
    context = {
        "card": card,
        "holder_code": number,
        "subject_url": (
            workflow.subject_url(row.subject_kind, row.subject_id) if row.subject_id else ""
        ),
        "seal": queries.seal_card(row.seal),
        "changes": queries.changes_of(row.pk),
        "form": form,
        "may_change": actor.can(CHANGE_STATUS, agency_id=row.agency_id)
        or actor.can(CHANGE_STATUS, region_path=row.region_path),
    }
    return render(request, "licences/desk_licence.html", context, status=status)
