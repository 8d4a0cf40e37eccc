"""The audit record over HTTP."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from lingnan.kernel.clock import SHANGHAI
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, permitted

from . import queries
from .models import Entry
from .schemas import EntryOut, FindingOut, VerdictOut
from .types import READ_AUDIT, VERIFY_AUDIT, AuditFilter

router = Router(tags=["audit"])


def entry_out(entry: Entry) -> EntryOut:
    """An entry as the API shows it."""
    return EntryOut.model_validate(entry, from_attributes=True)


@router.get("/audit/entries", response=paged(EntryOut), url_name="audit_entries")
@permitted(READ_AUDIT)
def search_entries(
    request: HttpRequest,
    act: Annotated[str, Field(description="An act, or the module in front of its first dot")] = "",
    object_kind: str = "",
    object_id: str = "",
    actor: Annotated[str, Field(description="Id or exact name")] = "",
    outcome: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """Search the audit record within one's reach, newest first."""
    wanted = AuditFilter(
        act=act,
        object_kind=object_kind,
        object_id=object_id,
        actor=actor,
        outcome=outcome,
        since=_in_shanghai(since),
        until=_in_shanghai(until),
    )
    page = queries.search(actor=actor_of(request), wanted=wanted, cursor=cursor, limit=limit)
    return {
        "items": [entry_out(entry) for entry in page.items],
        "next_cursor": page.next_cursor,
    }


@router.get("/audit/verdict", response=VerdictOut, url_name="audit_verdict")
@permitted(VERIFY_AUDIT)
def verify_chain(request: HttpRequest) -> VerdictOut:
    """Verify the whole chain now. Takes about ten seconds per million entries."""
    verdict = queries.verify_chain()
    return VerdictOut(
        is_sound=verdict.is_sound,
        sealed=verdict.sealed,
        unsealed=verdict.unsealed,
        blocks=verdict.blocks,
        anchored_to=verdict.anchored_to,
        findings=[
            FindingOut(
                kind=found.kind,
                what=found.what,
                seq=found.seq,
                entry_id=found.entry_id,
                detail=found.detail,
            )
            for found in verdict.findings[:500]
        ],
    )


def _in_shanghai(value: datetime | None) -> datetime | None:
    """A time sent without an offset is meant as it is on the wall here."""
    return value.replace(tzinfo=SHANGHAI) if value is not None and value.tzinfo is None else value
