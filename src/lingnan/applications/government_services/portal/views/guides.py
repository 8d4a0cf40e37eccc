"""The guide of a matter, and where to have known data put right."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound
from lingnan.kernel.web.guard import actor_of, open_to_all
from lingnan.kernel.web.pages import render
from lingnan.platforms.licences import queries as licences
from lingnan.standards.matters import queries as matters
from lingnan.standards.matters.types import ServiceObject
from lingnan.standards.regions import queries as regions

from .. import places
from ..filling import live_draft

show = require_http_methods(["GET", "HEAD"])
KNOWN_PARTS = ("person", "agent", "organisation", "legal_representative", "licences")


@show
@open_to_all
def item(request: HttpRequest, code31: str) -> HttpResponse:
    """Everything one should know before applying. Refusals: not_found."""
    actor = actor_of(request)
    found = matters.published_item(code31)
    kinds = {material.licence_type_code for material in found.materials} - {None, ""}
    held: set[str] = set()
    if kinds and actor.is_person and actor.principal is not None:
        cards = licences.licences_of(actor.principal, only_valid=True)
        held = {card.type_code for card in cards} & {str(kind) for kind in kinds}
    codes = [code for code in found.region_path.split("/") if code]
    names = regions.regions(codes[-1:]) if codes else {}
    area = names.get(codes[-1]) if codes else None
    place = places.here(request)
    is_wider = place.path != found.region_path and found.region_path.startswith(place.path)
    draft = live_draft(actor, code31, at=clock.now()) if actor.is_person else None
    context: dict[str, Any] = {
        "item": found,
        "area": area,
        "materials": [
            {
                "material": material,
                "is_held": material.licence_type_code in held,
                "from_wallet": bool(material.licence_type_code),
            }
            for material in found.materials
        ],
        "from_wallet": sum(1 for row in found.materials if row.licence_type_code in held),
        "objects": [ServiceObject(code).label for code in found.service_objects],
        "draft": draft,
        "place": place,
        "must_choose": draft is None
        and is_wider
        and matters.has_others_below(found, region_path=place.path),
    }
    return render(request, "government_services/portal/item.html", context)


@show
@open_to_all
def known(request: HttpRequest, path: str) -> HttpResponse:
    """A field was filled in wrongly: who keeps that fact, and what to do. Refusals: not_found."""
    part, _dot, name = path.partition(".")
    if part not in KNOWN_PARTS or not name:
        raise NotFound(path=path)
    return render(
        request,
        "government_services/portal/known.html",
        {
            "part": part,
            "name": name,
            "is_contact": name in {"phone", "email", "address", "postal_address", "region_code"},
        },
    )
