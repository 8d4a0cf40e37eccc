"""Evidence of who someone is, written down; and rights built anew because of it."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from lingnan.kernel import clock, events

from ..events import IdentityProven
from ..models import Account, AssuranceEvidence
from ..queries.rules import rule


def record_evidence(
    *,
    kind: str,
    adapter: str,
    person_id: UUID,
    at: datetime,
    account_id: UUID | None = None,
    organisation_id: UUID | None = None,
    officer_id: UUID | None = None,
    passed: bool = True,
    facts: dict[str, object] | None = None,
    is_test: bool = False,
    at_most: int = 4,
    until: datetime | None = None,
) -> AssuranceEvidence:
    """Write down one proof with the level and the term the rule gives its kind.

    It ends with what it rests on, `until`, where that is sooner. Only within the caller's
    transaction; the caller has judged it.
    """
    worth = rule("assurance", on=clock.local_date(at)).parameters
    days = worth[f"{kind}.days"]
    ends = [at + timedelta(days=days)] if days else []
    ends += [until] if until is not None else []
    evidence = AssuranceEvidence.objects.create(
        person_id=person_id,
        organisation_id=organisation_id,
        account_id=account_id,
        officer_id=officer_id,
        kind=kind,
        adapter=adapter,
        level=min(worth[f"{kind}.level"], at_most) if passed else 0,
        outcome=AssuranceEvidence.Outcome.PASSED if passed else AssuranceEvidence.Outcome.FAILED,
        obtained_at=at,
        expires_at=min(ends) if ends and passed else None,
        facts=facts or {},
        is_test=is_test,
    )
    if passed:
        renew_rights(person_id=person_id)
        events.publish(
            IdentityProven(
                person_id=person_id,
                organisation_id=organisation_id,
                kind=kind,
                level=evidence.level,
            ),
            at=at,
        )
    return evidence


def renew_rights(*, person_id: UUID) -> None:
    """Make every session of the person's account build its rights anew with its next request."""
    Account.objects.filter(person_id=person_id).update(version=F("version") + 1)
