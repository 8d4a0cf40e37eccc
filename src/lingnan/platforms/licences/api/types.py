"""Types of licence."""

from typing import Any

from django.http import HttpRequest
from ninja import Body

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted

from .. import queries, services
from ..schemas import TypeOut
from ..types import DEFINE_TYPES
from .router import router


@router.get("/licences/types", response=list[TypeOut], url_name="licences_types")
@open_to_all
def list_types(request: HttpRequest) -> list[TypeOut]:
    """Every type of licence in force today."""
    return [TypeOut.of(row) for row in queries.types(on=clock.today())]


@router.post("/licences/types", response=TypeOut, url_name="licences_define_type")
@permitted(DEFINE_TYPES)
@idempotent
def define_type(request: HttpRequest, payload: Body[dict[str, Any]]) -> TypeOut:
    """Define a type, or its next version; the same content again changes nothing."""
    made = services.define_type(payload, at=clock.now(), actor=actor_of(request))
    return TypeOut.of(made)
