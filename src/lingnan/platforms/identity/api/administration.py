"""Administration over HTTP: officers and their posts, roles granted, proposed and taken back."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Status

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from .. import queries, services
from ..errors import DetailsWrong
from ..models import Officer, RoleProposal
from ..queries.grants import Place
from ..schemas import (
    AdministratorsOut,
    AnswerIn,
    GrantIn,
    GrantMadeOut,
    OfficerIn,
    OfficerMadeOut,
    OfficerOut,
    OfficerPersonIn,
    PostIn,
    RoleProposalIn,
    RoleProposalOut,
    RolesOut,
)
from ..types import GRANT_ROLES, MANAGE_OFFICERS, UNLOCK_ACCOUNTS
from .router import router


@router.get("/roles", response=RolesOut, summary="The roles there are")
@permitted(MANAGE_OFFICERS, GRANT_ROLES)
def list_roles(request: HttpRequest) -> dict[str, Any]:
    items = [
        {
            "code": role.code,
            "name": role.name,
            "permissions": role.permissions,
            "administration": role.administration,
        }
        for role in queries.roles()
    ]
    return {"items": items}


@router.get("/officers", response=paged(OfficerOut), summary="Officers in my reach")
@permitted(MANAGE_OFFICERS, GRANT_ROLES)
def list_officers(
    request: HttpRequest,
    q: Annotated[
        str, Field(max_length=100, description="Part of a name, sign-in name or agency")
    ] = "",
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_officers(actor_of(request), text=q, cursor=cursor, limit=limit)
    grants: dict[UUID, list[dict[str, Any]]] = {}
    for grant in queries.live_grants(
        [row.pk for row in page.items], on=clock.local_date(clock.now())
    ):
        grants.setdefault(grant.officer_id, []).append(
            {
                "id": grant.pk,
                "role": grant.role.code,
                "agency_id": grant.agency_id,
                "region_code": grant.region.code if grant.region else "",
                "valid_until": grant.valid_until,
                "entrusted": grant.entrusted,
            }
        )
    return {
        "items": [_officer(row, grants.get(row.pk, [])) for row in page.items],
        "next_cursor": page.next_cursor,
    }


@router.post("/officers", response={201: OfficerMadeOut}, summary="Add an officer")
@permitted(MANAGE_OFFICERS)
def create_officer(request: HttpRequest, body: OfficerIn) -> Status[Any]:
    """The account is a new one and needs the document of whoever it is for: interests are compared
    by person. Who has an account is asked first: `POST /post-offers`."""
    if not body.document_number.strip():
        message = _("Enter the number of the officer's identity document.")
        raise DetailsWrong(fields=[FieldProblem("document_number", "required", message)])
    made = services.create_officer(actor=actor_of(request), **body.model_dump(), at=clock.now())
    return Status(201, made)


@router.put(
    "/officers/{officer_id}/person",
    response={204: None},
    summary="Say who an officer is, where the record does not",
)
@permitted(MANAGE_OFFICERS)
def record_officer_person(
    request: HttpRequest, officer_id: UUID, body: OfficerPersonIn
) -> Status[None]:
    services.record_officer_person(
        actor=actor_of(request), officer_id=officer_id, **body.model_dump(), at=clock.now()
    )
    return Status(204, None)


@router.post("/officers/{officer_id}/departure", response={204: None}, summary="An officer leaves")
@permitted(MANAGE_OFFICERS)
def deactivate_officer(request: HttpRequest, officer_id: UUID) -> Status[None]:
    services.deactivate_officer(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    return Status(204, None)


@router.delete(
    "/officers/{officer_id}/second-factor",
    response={204: None},
    summary="Reset an officer's second factor",
)
@permitted(MANAGE_OFFICERS)
def reset_second_factor(request: HttpRequest, officer_id: UUID) -> Status[None]:
    services.reset_second_factor(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    return Status(204, None)


@router.post("/officers/{officer_id}/grants", response={201: GrantMadeOut}, summary="Grant a role")
@permitted(GRANT_ROLES)
def grant_role(request: HttpRequest, officer_id: UUID, body: GrantIn) -> Status[Any]:
    grant = services.grant_role(
        actor=actor_of(request), officer_id=officer_id, **body.model_dump(), at=clock.now()
    )
    return Status(201, {"id": grant.pk})


@router.delete("/grants/{grant_id}", response={204: None}, summary="Withdraw a role")
@permitted(GRANT_ROLES)
def revoke_grant(request: HttpRequest, grant_id: UUID) -> Status[None]:
    services.revoke_grant(actor=actor_of(request), grant_id=grant_id, at=clock.now())
    return Status(204, None)


@router.put("/officers/{officer_id}/post", response={204: None}, summary="Give or end a post")
@permitted(MANAGE_OFFICERS)
def change_post(request: HttpRequest, officer_id: UUID, body: PostIn) -> Status[None]:
    services.change_post(
        actor=actor_of(request), officer_id=officer_id, post_id=body.post_id, at=clock.now()
    )
    return Status(204, None)


@router.delete(
    "/officers/{officer_id}/lock",
    response={204: None},
    summary="Let an officer try again after too many failures",
)
@permitted(UNLOCK_ACCOUNTS)
def unlock_account(request: HttpRequest, officer_id: UUID) -> Status[None]:
    services.unlock_account(actor=actor_of(request), officer_id=officer_id, at=clock.now())
    return Status(204, None)


@router.get("/administrators", response=AdministratorsOut, summary="Who administers where")
@permitted(MANAGE_OFFICERS, GRANT_ROLES)
def list_administrators(
    request: HttpRequest, region_code: Annotated[str, Field(max_length=12)] = ""
) -> dict[str, Any]:
    """A region in reach and what lies directly below it; `missing` kinds have no one there."""
    places = queries.administrators(
        actor_of(request), region_code=region_code, on=clock.local_date(clock.now())
    )
    return {"items": [_place(place) for place in places]}


@router.get(
    "/role-proposals", response=paged(RoleProposalOut), summary="Roles proposed in my reach"
)
@permitted(MANAGE_OFFICERS, GRANT_ROLES)
def list_proposals(
    request: HttpRequest,
    state: Literal["open", "confirmed", "declined"] = "open",
    cursor: Annotated[str | None, Field(max_length=500)] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    page = queries.list_proposals(actor_of(request), state=state, cursor=cursor, limit=limit)
    return {"items": [_proposal(row) for row in page.items], "next_cursor": page.next_cursor}


@router.post(
    "/officers/{officer_id}/role-proposals",
    response={201: RoleProposalOut},
    summary="Propose a role",
)
@permitted(MANAGE_OFFICERS)
@idempotent
def propose_role(request: HttpRequest, officer_id: UUID, body: RoleProposalIn) -> Status[Any]:
    row = services.propose_role(
        actor=actor_of(request), officer_id=officer_id, **body.model_dump(), at=clock.now()
    )
    return Status(201, _proposal(row))


@router.post(
    "/role-proposals/{proposal_id}/confirmation",
    response={201: GrantMadeOut},
    summary="Confirm a proposed role",
)
@permitted(GRANT_ROLES)
def confirm_proposal(request: HttpRequest, proposal_id: UUID) -> Status[Any]:
    grant = services.confirm_proposal(
        actor=actor_of(request), proposal_id=proposal_id, at=clock.now()
    )
    return Status(201, {"id": grant.pk})


@router.post(
    "/role-proposals/{proposal_id}/refusal",
    response={204: None},
    summary="Decline a proposed role",
)
@permitted(GRANT_ROLES)
def decline_proposal(request: HttpRequest, proposal_id: UUID, body: AnswerIn) -> Status[None]:
    services.decline_proposal(
        actor=actor_of(request), proposal_id=proposal_id, answer=body.answer, at=clock.now()
    )
    return Status(204, None)


def _place(place: Place) -> dict[str, Any]:
    return {
        "region_code": place.region.code,
        "region_name": place.region.full_name,
        "missing": list(place.missing),
        "administrators": [
            {
                "officer_id": row.officer_id,
                "name": row.name,
                "agency_name": row.agency_name,
                "kind": row.kind,
                "valid_until": row.valid_until,
                "entrusted": row.entrusted,
            }
            for row in place.administrators
        ],
    }


def _proposal(row: RoleProposal) -> dict[str, Any]:
    return {
        "id": row.pk,
        "officer_id": row.officer_id,
        "officer_name": row.officer.name,
        "role": row.role.code,
        "agency_id": row.agency_id,
        "region_code": row.region.code if row.region else "",
        "valid_until": row.valid_until,
        "reason": row.reason,
        "state": row.state,
        "answer": row.answer,
        "proposed_by": row.proposed_by.name if row.proposed_by else "",
        "created_at": row.created_at,
        "decided_at": row.decided_at,
    }


def _officer(row: Officer, grants: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "username": row.account.username,
        "agency_id": row.agency_id,
        "agency_name": row.agency.name,
        "post_title": row.post.title if row.post else "",
        "active": row.active,
        "has_second_factor": row.account.has_second_factor,
        "has_person": row.person_id is not None or row.account.person_id is not None,
        "grants": grants,
    }
