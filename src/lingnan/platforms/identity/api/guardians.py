"""Guardians over HTTP: recorded at a window, or proven by a certificate in the wallet."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted, person_only

from .. import queries, services
from ..models import Guardianship
from ..schemas import MandateOut
from ..types import VERIFY_PERSONS, WITHDRAW_CHECKS
from .accounts import mandate_out
from .router import in_session, router


class NamedIn(Schema):
    name: str = Field(..., max_length=100)
    document_type: str = Field(..., max_length=24, examples=["resident_id"])
    document_number: str = Field(..., max_length=40)


class GuardianshipIn(Schema):
    ward: NamedIn
    guardian: NamedIn
    ground: Literal["minor", "adult"]
    documents: str = Field(
        ..., min_length=4, max_length=500, description="Each paper that was shown, with its number"
    )
    item_codes: list[Annotated[str, Field(max_length=33)]] = Field(
        [], max_length=200, description="Empty: all matters"
    )
    valid_until: date | None = Field(
        None, description="For a minor the eighteenth birthday at the latest; needed for an adult"
    )


class GuardianshipOut(Schema):
    """A guardianship as the windows see it; `id` is the mandate's."""

    id: UUID
    ward_name: str
    guardian_name: str
    ground: Literal["minor", "adult"]
    documents: str
    state: str
    valid_until: date
    agency_name: str
    officer_name: str
    recorded_at: datetime
    ended_for: str


class GuardianshipEndIn(Schema):
    reason: str = Field(..., min_length=2, max_length=300, description="Both sides read it")


class ClaimEndIn(GuardianshipEndIn):
    ward: NamedIn
    guardian: NamedIn


@router.post("/me/wards", response={201: MandateOut}, summary="Act for my child")
@person_only
@idempotent
def claim_child(request: HttpRequest, body: NamedIn) -> Status[Any]:
    """The birth certificate in the wallet shows it; it counts at once, until the child is of age.
    Asks for identity level 3; wrong attempts are counted."""
    mandate = services.claim_child(actor=in_session(request), **body.model_dump(), at=clock.now())
    return Status(201, mandate_out(queries.mandate(mandate.pk)))


@router.get(
    "/guardianships", response=paged(GuardianshipOut), summary="Guardians recorded in my reach"
)
@permitted(VERIFY_PERSONS, WITHDRAW_CHECKS)
def list_guardianships(
    request: HttpRequest,
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_guardianships(actor_of(request), cursor=cursor, limit=limit)
    return {"items": [_out(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/guardianships", response={201: MandateOut}, summary="Record a guardian at the window"
)
@permitted(VERIFY_PERSONS)
@idempotent
def record_guardianship(request: HttpRequest, body: GuardianshipIn) -> Status[Any]:
    """It counts once the guardian has accepted it (`POST /mandates/{id}/acceptance`)."""
    values = body.model_dump(exclude={"ward", "guardian"})
    mandate = services.record_guardianship(
        actor=actor_of(request),
        ward=services.Named(**body.ward.model_dump()),
        guardian=services.Named(**body.guardian.model_dump()),
        **values,
        at=clock.now(),
    )
    return Status(201, mandate_out(queries.mandate(mandate.pk)))


@router.post("/guardianships/{mandate_id}/end", response={204: None}, summary="End a guardianship")
@permitted(VERIFY_PERSONS)
def end_guardianship(
    request: HttpRequest, mandate_id: UUID, body: GuardianshipEndIn
) -> Status[None]:
    """On the decision that ends it, or because it was recorded wrongly; both sides are told."""
    services.end_guardianship(
        actor=actor_of(request), mandate_id=mandate_id, reason=body.reason, at=clock.now()
    )
    return Status(204, None)


@router.post(
    "/guardianship-claims/end", response={204: None}, summary="End what a certificate showed"
)
@permitted(VERIFY_PERSONS)
def end_claim(request: HttpRequest, body: ClaimEndIn) -> Status[None]:
    """A parent acts for a child by the certificate in his wallet; on the decision that ends it.
    He does not get it back by the certificate; both sides are told."""
    services.end_claim(
        actor=actor_of(request),
        ward=services.Named(**body.ward.model_dump()),
        guardian=services.Named(**body.guardian.model_dump()),
        reason=body.reason,
        at=clock.now(),
    )
    return Status(204, None)


def _out(row: Guardianship) -> dict[str, Any]:
    mandate = row.mandate
    return {
        "id": mandate.pk,
        "ward_name": mandate.grantor_person.name if mandate.grantor_person else "",
        "guardian_name": mandate.agent.name,
        "ground": row.ground,
        "documents": row.documents,
        "state": mandate.state,
        "valid_until": mandate.valid_until,
        "agency_name": row.agency.name if row.agency else "",
        "officer_name": row.officer.name if row.officer else "",
        "recorded_at": row.created_at,
        "ended_for": row.ended_for,
    }
