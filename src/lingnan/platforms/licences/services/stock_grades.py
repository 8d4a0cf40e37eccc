"""Grades of licences brought in: raised by a scan, by the original, by the issuer's seal.

Source: 国办函〔2016〕108号; Plan 五（二）2（3）.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lingnan.kernel import events
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Forbidden
from lingnan.platforms.identity import queries as identity
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import payload, queries
from ..access import access_licence_to_view, check_at_work
from ..errors import (
    LicenceUnknown,
    NotTheIssuer,
    StockOwn,
    StockReasonMissing,
    StockStateRefused,
)
from ..events import LicenceChecked
from ..models import Licence, LicenceFace
from ..types import CHECK_ORIGINALS, ISSUE, Grade, Holder, Status
from .issuing import Order, issue_apart


@transaction.atomic
def check_original(
    *, actor: Actor, identifier: str, code: str, reason: str, at: datetime
) -> Licence:
    """A clerk has the original before him and it agrees: the licence is of grade B from now on.

    At any window: whoever has the code on the licence's page stands there with its holder.
    Raises: Forbidden (403); LicenceUnknown (404, also for a wrong code); StockOwn (403);
    StockStateRefused (409, above grade C or not valid); StockReasonMissing (422).
    """
    check_at_work(actor, CHECK_ORIGINALS)
    reason = checked_reason(reason)
    licence = licence_for_check(actor=actor, identifier=identifier, code=code, lock=True)
    check_not_own(actor, licence.holder_kind, licence.holder_id)
    status = licence.status_on(queries.day_of(at))
    if licence.grade not in (Grade.C, Grade.D):
        raise StockStateRefused(state=Grade(licence.grade).label)
    if status is not Status.VALID:
        raise StockStateRefused(state=status.label)
    by = queries.name_at_work(actor)
    raise_grade(licence, Grade.B, by=by, actor=actor, at=at, reason=reason)
    return licence


def licence_for_check(*, actor: Actor, identifier: str, code: str, lock: bool = False) -> Licence:
    """The licence whose page is open before a clerk: by identifier and code. One query.

    Raises: Forbidden (403); LicenceUnknown (404).
    """
    check_at_work(actor, CHECK_ORIGINALS)
    wanted = identifier.strip().upper()
    if not crypto.equal(code.strip().lower(), queries.verify_code(wanted)):
        raise LicenceUnknown
    rows = Licence.objects.select_related("type", "agency", "seal")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(identifier=wanted).first()
    if found is None:
        raise LicenceUnknown
    return found


def convert(*, actor: Actor, licence_id: UUID, at: datetime) -> Licence:
    """Issue a licence that was brought in electronically: its next version, sealed, grade A.

    Serial, number and term stay. Only the agency named on it, and only what was
    checked (grade B) and is valid.
    Raises: LicenceUnknown (404); Forbidden, NotTheIssuer, StockOwn (403); StockStateRefused,
    OldTermRefused, and as `issue_apart` (409).
    """

    def look() -> Order | Licence:
        licence = access_licence_to_view(actor=actor, licence_id=licence_id)
        if licence.grade != Grade.B:  # sealed already, or nobody has compared it with anything
            raise StockStateRefused(state=Grade(licence.grade).label)
        content = payload.payload_of(licence)
        if actor.agency_id is None:
            raise Forbidden(permission=ISSUE)
        agency = agencies.agency(actor.agency_id)
        actor.check(ISSUE, agency_id=agency.id, region_path=agency.region_path)
        if content["issuer"]["uscc"] != agency.uscc:
            raise NotTheIssuer(agency=agency.name)
        check_not_own(actor, licence.holder_kind, licence.holder_id)
        made = queries.successor(licence.pk)
        if made is not None and payload.payload_of(made)["fields"] == content["fields"]:
            return made  # asked again
        status = licence.status_on(queries.day_of(at))
        if status is not Status.VALID:
            raise StockStateRefused(state=status.label)
        whose = content["holder"]
        return Order(
            type_code=licence.type_code,
            holder=Holder(
                kind=whose["kind"], id=licence.holder_id, name=whose["name"], code=whose["code"]
            ),
            fields=content["fields"],
            agency_id=agency.id,
            valid_from=licence.valid_from,
            valid_until=licence.valid_until,
            supersedes_id=licence.pk,
            type_on=queries.day_of(at),
            is_old=True,
            actor=actor,
            at=at,
        )

    return issue_apart(look)


def raise_grade(
    licence: Licence, grade: Grade, *, by: str, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """Change the grade of a licence the caller holds; its face is made anew."""
    before = licence.grade
    licence.grade, licence.checked_by = grade, by[:200]
    licence.checked_at = at if by else None
    licence.save(update_fields=["grade", "checked_by", "checked_at"])
    LicenceFace.objects.filter(licence=licence).delete()  # made anew: it names the grade
    events.publish(
        LicenceChecked(
            licence_id=licence.pk, grade_before=before, grade=grade.value, checked_at=at
        ),
        at=at,
    )
    audit.record(
        actor=actor,
        act="licences.grade_raised",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"before": before, "grade": grade.value, "reason": reason},
        at=at,
    )


def check_not_own(actor: Actor, holder_kind: str, holder_id: UUID) -> None:
    """Nobody vouches for a licence of his own, or of a firm he leads. Raises: StockOwn (403).

    Whoever his account's records name counts. An officer of whom they say nothing is let through.
    """
    if not actor.persons:
        return
    whose: UUID | None = holder_id
    if holder_kind == "organisation":
        whose = identity.organisation(holder_id).legal_representative_id
    if whose in actor.persons:
        raise StockOwn


def checked_reason(reason: str) -> str:
    """Raises: StockReasonMissing (422)."""
    if not reason.strip():
        text = str(StockReasonMissing.message)
        raise StockReasonMissing(fields=[FieldProblem("reason", StockReasonMissing.code, text)])
    return reason.strip()[:500]
