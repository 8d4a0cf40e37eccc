"""Commitments, consents, reports, evaluations, alerts."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Schema, Status, UploadedFile
from ninja.params.functions import File, Query

from lingnan.kernel import clock
from lingnan.kernel.idempotency import idempotent
from lingnan.kernel.schemas import paged
from lingnan.kernel.web.guard import actor_of, open_to_all, permitted, person_only

from .. import access, queries, services
from ..errors import ReportNotFound
from ..extracts import (
    AlertOut,
    CommitmentOut,
    ConsentOut,
    EvaluationOut,
    ReportCheckOut,
    ReportOut,
)
from ..schemas import ReasonIn
from ..services.reports import digest_of
from ..types import MANAGE, READ, REPORT
from .router import router


class CommitmentIn(Schema):
    """A commitment made in a case elsewhere."""

    subject_id: UUID
    agency_id: UUID
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=4000)
    text_version: str = Field(max_length=40)
    case_kind: str = Field(min_length=1, max_length=40)
    case_id: UUID
    case_number: str = Field(max_length=64)
    check_due_on: date


class CheckIn(Schema):
    kept: bool
    finding: str = Field(min_length=1, max_length=4000)


class ConsentIn(Schema):
    agency_id: UUID
    purpose: str = Field(min_length=1, max_length=200)
    until: date


class PurposeIn(Schema):
    purpose: str = Field(min_length=1, max_length=200)
    subject_id: UUID | None = Field(None, description="For officers; oneself without it")


@router.post("/credit/commitments", response={201: CommitmentOut}, summary="Keep a commitment")
@permitted(REPORT)
@idempotent
def make_commitment(request: HttpRequest, body: CommitmentIn) -> Status[object]:
    """Made in a case of one's agency, word for word. The same again changes nothing."""
    actor = actor_of(request)
    access.check_reporter(actor, body.agency_id)
    subject = access.access_archive(actor, body.subject_id)
    values: dict[str, Any] = body.model_dump(exclude={"subject_id"})
    row = services.make_commitment(actor=actor, subject=subject, at=clock.now(), **values)
    return Status(201, row)


@router.get("/credit/commitments", response=paged(CommitmentOut), summary="Commitments")
@permitted(REPORT, READ)
def list_commitments(
    request: HttpRequest,
    due: bool = False,
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """In one's reach, newest first; with `due` those to be checked."""
    due_by = clock.today() if due else None
    return queries.commitments(actor_of(request), due_by=due_by, cursor=cursor, limit=limit)


@router.post(
    "/credit/commitments/{commitment_id}/check", response=CommitmentOut, summary="Check one"
)
@permitted(REPORT)
@idempotent
def check_commitment(request: HttpRequest, commitment_id: UUID, body: CheckIn) -> object:
    """Kept, or not: then the subject is told, and another officer confirms."""
    return services.check_commitment(
        actor=actor_of(request),
        commitment_id=commitment_id,
        kept=body.kept,
        finding=body.finding,
        at=clock.now(),
    )


@router.post(
    "/credit/commitments/{commitment_id}/evidence",
    response={201: CommitmentOut},
    summary="Evidence of a check",
)
@permitted(REPORT)
@idempotent
def add_evidence(
    request: HttpRequest,
    commitment_id: UUID,
    file: UploadedFile = File(...),  # noqa: B008  (ninja's way of naming a part)
) -> Status[object]:
    """A photo or paper, before the check is written down. Its subject reads it too."""
    row = services.add_evidence(
        actor=actor_of(request),
        commitment_id=commitment_id,
        file=services.Evidence(file.name or "", file.read()),
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/mine/commitments", response=list[CommitmentOut], summary="One's own")
@person_only
def list_own_commitments(request: HttpRequest) -> object:
    """Raises: SubjectNotFound (404)."""
    return queries.own_commitments(access.own_subject(actor_of(request)))


@router.post(
    "/credit/mine/commitments/{commitment_id}/statement",
    response=CommitmentOut,
    summary="Answer what a check found",
)
@person_only
@idempotent
def answer_breach(request: HttpRequest, commitment_id: UUID, body: ReasonIn) -> object:
    """Within the time of the notice."""
    return services.answer_breach(
        actor=actor_of(request), commitment_id=commitment_id, text=body.reason, at=clock.now()
    )


@router.get("/credit/mine/consents", response=list[ConsentOut], summary="One's consents")
@person_only
def list_consents(request: HttpRequest) -> object:
    """Raises: SubjectNotFound (404)."""
    return queries.own_consents(access.own_subject(actor_of(request)))


@router.post("/credit/mine/consents", response={201: ConsentOut}, summary="Give a consent")
@person_only
@idempotent
def give_consent(request: HttpRequest, body: ConsentIn) -> Status[object]:
    """One agency, one purpose, at most a year."""
    row = services.give_consent(actor=actor_of(request), at=clock.now(), **body.model_dump())
    return Status(201, row)


@router.delete(
    "/credit/mine/consents/{consent_id}", response={204: None}, summary="Take a consent back"
)
@person_only
@idempotent
def revoke_consent(request: HttpRequest, consent_id: UUID) -> Status[None]:
    """At once."""
    services.revoke_consent(actor=actor_of(request), consent_id=consent_id, at=clock.now())
    return Status(204, None)


@router.post("/credit/mine/reports", response={201: ReportOut}, summary="A report on oneself")
@person_only
@idempotent
def make_own_report(request: HttpRequest, body: PurposeIn) -> Status[object]:
    """Or on the firm one acts for; its files are made within a minute."""
    row = services.make_report(actor=actor_of(request), purpose=body.purpose, at=clock.now())
    return Status(201, row)


@router.get("/credit/mine/reports/{report_id}", response=ReportOut, summary="One of them")
@person_only
def show_own_report(request: HttpRequest, report_id: UUID) -> object:
    """Raises: ReportNotFound (404)."""
    return access.access_report(actor_of(request), report_id)


@router.post("/credit/reports", response={201: ReportOut}, summary="A report on a subject")
@permitted(READ)
@idempotent
def make_report(request: HttpRequest, body: PurposeIn) -> Status[object]:
    """For a purpose that is recorded; on a natural person only with his consent."""
    if body.subject_id is None:
        raise ReportNotFound
    row = services.make_report(
        actor=actor_of(request),
        subject_id=body.subject_id,
        purpose=body.purpose,
        at=clock.now(),
    )
    return Status(201, row)


@router.get("/credit/reports/{report_id}", response=ReportOut, summary="A report")
@permitted(READ)
def show_report(request: HttpRequest, report_id: UUID) -> object:
    """One that one's agency asked for. Raises: ReportNotFound (404)."""
    return access.access_report(actor_of(request), report_id)


@router.get("/credit/report-checks/{number}", response=ReportCheckOut, summary="Check a report")
@open_to_all
def check_report(request: HttpRequest, number: str, code: str = "") -> object:
    """Whether a report of this number and code was made, and is unchanged."""
    found = queries.checked_report(number[:40], code[:12])
    if found is None:
        return ReportCheckOut(number=number, is_genuine=False, is_sealed=False)
    return ReportCheckOut(
        number=found.number,
        is_genuine=digest_of(found.number, found.content) == found.digest,
        subject_name=queries.masked_name(found.subject),
        made_at=found.made_at,
        purpose=found.purpose,
        issuer_name=found.issuer_name,
        is_sealed=found.is_sealed,
        digest=found.digest,
    )


@router.get(
    "/credit/archives/{subject_id}/evaluation", response=EvaluationOut, summary="An evaluation"
)
@permitted(READ)
def show_evaluation(request: HttpRequest, subject_id: UUID) -> object:
    """The newest, line by line; the lines add up. Raises: SubjectNotFound, ReportNotFound (404)."""
    actor = actor_of(request)
    subject = access.access_archive(actor, subject_id)
    found = queries.latest_evaluation(subject)
    if found is None:
        raise ReportNotFound
    services.record_view(
        actor=actor, subject=subject, purpose=services.EVALUATION_OPENED, at=clock.now()
    )
    return EvaluationOut.of(found)


@router.get("/credit/alerts", response=paged(AlertOut), summary="Alerts")
@permitted(MANAGE)
def list_alerts(
    request: HttpRequest,
    state: Literal["", "open", "handled"] = "",
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> object:
    """What the rules of monitoring found, newest first."""
    return queries.alerts(actor_of(request), state=state, cursor=cursor, limit=limit)


@router.post("/credit/alerts/{alert_id}/handling", response=AlertOut, summary="Handle an alert")
@permitted(MANAGE)
@idempotent
def handle_alert(request: HttpRequest, alert_id: UUID, body: ReasonIn) -> object:
    """Say what was done. An alert by itself changes nothing for its subject."""
    return services.handle_alert(
        actor=actor_of(request), alert_id=alert_id, note=body.reason, at=clock.now()
    )
