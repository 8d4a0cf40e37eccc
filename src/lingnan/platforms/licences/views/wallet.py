"""The wallet: licences of whom one acts for, their faces, copies and proofs."""

from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from lingnan.kernel import clock
from lingnan.kernel.web.guard import actor_of, signed_in
from lingnan.kernel.web.pages import render
from lingnan.platforms.documents import services as documents
from lingnan.platforms.messaging.types import subject_link

from .. import grades, proof, queries, services
from ..access import access_licence_to_view, access_own_licence
from ..models import Licence
from ..types import Status, UseKind


@require_GET
@signed_in
def wallet(request: HttpRequest) -> HttpResponse:
    """The licences of whom one acts for, as cards."""
    page = queries.page_of_own(actor_of(request), cursor=request.GET.get("cursor"), limit=24)
    cards = [card for card in queries.cards(page.items) if card.status is not Status.SUPERSEDED]
    waiting = queries.count_open_consents(actor_of(request), at=clock.now())
    own = actor_of(request).is_person
    context = {"cards": cards, "page": page, "waiting": waiting, "may_declare": own}
    context["shown_grades"] = grades.shown_grades(on=clock.today())
    return render(request, "licences/wallet.html", context)


@require_GET
@signed_in
def show(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """One licence: face, validity, issuer, seal, uses, and how anyone can verify it."""
    row = access_own_licence(actor=actor_of(request), licence_id=licence_id)
    context = {
        "card": queries.card(row),
        "subject_url": subject_link(row.subject_kind, row.subject_id) if row.subject_id else "",
        "seal": queries.seal_card(row.seal) if row.seal else None,
        "grade": grades.rule_for(row.grade, on=clock.today()),
        "uses": queries.uses_of(row.pk),
        "changes": queries.changes_of(row.pk),
        "commands": proof.COMMANDS,
    }
    return render(request, "licences/licence.html", context)


@require_GET
@signed_in
def qr(request: HttpRequest, licence_id: UUID) -> HttpResponse:
    """The QR code of the public verify page, with the code that opens the contents."""
    row = _open_whole(request, licence_id)
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
    return HttpResponse(bytes(row.sealed_by.picture), content_type="image/png")


@require_GET
@signed_in
def face(request: HttpRequest, licence_id: UUID, kind: str) -> HttpResponse:
    """The face as a file; a line in the log."""
    actor, now = actor_of(request), clock.now()
    row = _open_whole(request, licence_id)
    content, media_type = services.face_bytes(row.pk, kind, at=now)
    services.record_use(
        licence=row,
        kind=UseKind.DOWNLOADED,
        used_by=actor.name,
        purpose=request.GET.get("purpose", ""),
        at=now,
    )
    response = HttpResponse(content, content_type=media_type)
    disposition = "inline" if kind == "pdf" else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{row.identifier}.{kind}"'
    return response


@require_GET
@signed_in
def proof_file(request: HttpRequest, licence_id: UUID, part: str) -> HttpResponse:
    """One file of the proof for openssl."""
    row = _open_whole(request, licence_id)
    file = proof.proof_file(row, part)
    response = HttpResponse(file.content, content_type=file.media_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


@require_GET
@signed_in
def copy(request: HttpRequest, use_id: UUID) -> HttpResponse:
    """A marked copy, for its holder and for officers of the agency it was handed to."""
    use = services.open_copy(actor=actor_of(request), use_id=use_id, at=clock.now())
    content = documents.read_file(services.ensure_copy(use.pk, at=clock.now()))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{use.pk}.pdf"'
    return response


def _open_whole(request: HttpRequest, licence_id: UUID) -> Licence:
    """For the holder, an officer with a task, or one who names his purpose in the address."""
    purpose = request.GET.get("purpose", "")
    return services.open_whole(
        actor=actor_of(request), licence_id=licence_id, purpose=purpose, at=clock.now()
    )
