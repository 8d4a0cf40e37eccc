"""From an outside id to a draft of a type of licence, within a steward's reach; and lists of them.

A type's managing department is the body whose credit code begins its code.
"""

from uuid import UUID

from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden, NotFound
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard

from .errors import LicenceTypeUnknown, TypeDraftUnknown
from .models import LicenceType, TypeDraft, TypeStep, TypeWithdrawal
from .types import DEFINE_TYPES, REVIEW_TYPES

EITHER = (DEFINE_TYPES, REVIEW_TYPES)


def _within(actor: Actor, *permissions: str) -> Q:
    """Drafts that any of the permissions reaches."""
    condition = Q(pk__in=[])
    for permission in permissions:
        reach = actor.reach(permission)
        if "" in reach.region_paths:
            return Q()  # everywhere; joined by "or", an empty condition would be left out
        condition |= reach.q()
    return condition


def access_draft(
    *, actor: Actor, draft_id: UUID, permission: str = "", lock: bool = False
) -> TypeDraft:
    """A draft within reach, locked if asked; with `permission` for that act.

    Raises: TypeDraftUnknown (404) where he may not even read it; Forbidden (403) where only this
    act is not his.
    """
    rows = TypeDraft.objects.select_related("agency", "based_on", "made")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(_within(actor, *EITHER), pk=draft_id).first()
    if found is None:
        raise TypeDraftUnknown
    if permission:
        actor.check(permission, agency_id=found.agency_id, region_path=found.region_path)
    return found


def page_of_drafts(
    actor: Actor, *, state: str = "", cursor: str | None = None, limit: int = 20
) -> Page[TypeDraft]:
    """Drafts within reach, newest first. One query."""
    rows = TypeDraft.objects.select_related("agency").filter(_within(actor, *EITHER))
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, order=("-created_at", "-id"), cursor=cursor, limit=limit)


def open_draft_of(actor: Actor, code: str) -> TypeDraft | None:
    """The version of a type being prepared, if it is within reach. One query."""
    rows = TypeDraft.objects.filter(_within(actor, *EITHER), code=code)
    return rows.filter(state__in=(TypeDraft.State.DRAFT, TypeDraft.State.IN_REVIEW)).first()


def open_withdrawal_of(code: str) -> TypeWithdrawal | None:
    """The request to withdraw a type that waits for a second person. One query."""
    return TypeWithdrawal.objects.filter(code=code, state=TypeWithdrawal.State.ASKED).first()


def versions_of_type(code: str) -> list[LicenceType]:
    """Every version of a type, newest first. One query. Raises: LicenceTypeUnknown (404)."""
    rows = list(LicenceType.objects.filter(code=code).order_by("-version"))
    if not rows:
        raise LicenceTypeUnknown(type_code=code)
    return rows


def page_of_types(
    *, text: str = "", cursor: str | None = None, limit: int = 30
) -> Page[LicenceType]:
    """The newest version of every type, begun or not, by code. One query."""
    newest = LicenceType.objects.order_by("code", "-version").distinct("code").values("pk")
    rows = LicenceType.objects.filter(pk__in=newest)
    if text.strip():
        word = text.strip()
        rows = rows.filter(
            Q(name__icontains=word) | Q(code__istartswith=word) | Q(key__icontains=word)
        )
    return keyset_page(rows, order=("code",), cursor=cursor, limit=limit)


def steps_of(code: str) -> list[TypeStep]:
    """The history of a type, newest first. One query."""
    return list(TypeStep.objects.filter(code=code).order_by("-at", "-id")[:200])


def department_of(code: str) -> AgencyCard | None:
    """The managing department of a type's code, where we know it."""
    return agencies.agencies_by_uscc([code[:18]]).get(code[:18])


def check_department(actor: Actor, code: str, permission: str) -> AgencyCard:
    """The managing department of a code, which the actor must reach. Raises: Forbidden (403)."""
    try:
        body = agencies.agency_by_uscc(code[:18])
    except NotFound as unknown:
        raise Forbidden(permission=permission) from unknown
    actor.check(permission, agency_id=body.id, region_path=body.region_path)
    return body
