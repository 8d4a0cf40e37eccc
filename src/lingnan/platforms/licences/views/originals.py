"""Originals before an officer: noted for one use of a copy, and the picture to compare with."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.security.masking.types import Purpose

from .. import queries, services
from ..disclosure import shown_to
from ..stock_forms import SeenForm
from ..types import CHECK_ORIGINALS, VIEW_LICENCES

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@require_POST
@permitted(CHECK_ORIGINALS)
def scan(request: HttpRequest) -> HttpResponse:
    """The picture of the paper, in place, for the clerk who compares it."""
    card, content = services.open_scan(
        actor=actor_of(request),
        identifier=request.POST.get("identifier", ""),
        code=request.POST.get("code", ""),
        at=clock.now(),
    )
    return scan_response(card.name, card.media_type, content)


def scan_response(name: str, media_type: str, content: bytes) -> HttpResponse:
    """The answer that carries a picture and keeps it from acting as a page of ours."""
    response = HttpResponse(content, content_type=media_type)
    disposition = content_disposition_header(as_attachment=False, filename=name)
    response["Content-Disposition"] = disposition or "inline"
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(VIEW_LICENCES)
def seen(request: HttpRequest, use_id: UUID) -> HttpResponse:
    """The original of a copy is before the officer: he says what he compared."""
    actor, at = actor_of(request), clock.now()
    use = services.open_copy(actor=actor, use_id=use_id, at=at)
    form, status = SeenForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.note_original(
                    actor=actor, use_id=use_id, note=form.cleaned_data["note"], at=at
                )
            except NotFound:
                raise
            except Refusal as refusal:
                form.add_error(None, refusal.text)
                status = refusal.status
            else:
                messages.success(request, _("Noted: the original was seen for this use."))
                return redirect(_back(request, use_id))
    context = {
        "use": use,
        "form": form,
        "card": shown_to(actor, queries.card(use.licence), purpose=Purpose.DECIDE),
        "back": _back(request, use_id),
    }
    return render(request, "licences/desk_original_seen.html", context, status=status)


def _back(request: HttpRequest, use_id: UUID) -> str:
    """Where the officer came from, if that is a page of ours."""
    target = request.GET.get("next", "")
    if target.startswith("/desk/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return f"/desk/licences/copies/{use_id}/original/"
