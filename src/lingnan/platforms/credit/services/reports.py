"""Credit reports: numbered, verifiable, logged; on persons only with their authorisation."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation

from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.jobs import enqueue
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import DEFAULT_LANGUAGE
from lingnan.kernel.web.formats import format_date, format_instant
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.standards.agencies import queries as agencies

from .. import access
from ..errors import ConsentMissing, ConsentNotNeeded, ReasonMissing, TermInvalid
from ..models import Commitment, Consent, CreditRecord, CreditReport, CreditSubject
from ..models.records import published, reportable
from ..queries import evaluation, rosters
from ..queries.archives import latest_records
from ..types import CommitmentState, Section
from . import viewing
from .appeals import credit_office
from .numbers import next_number
from .sealed import render_sealed

OWNER = "credit.report"
CONSENT_DAYS_MAX = 366
LINES_MAX = 30
LEFT_OUT = (
    "公示期届满、经信用修复以及依规不予公示的失信信息，不列入本报告（《信用修复管理办法》及事实发生时"
    "施行的公示规则）。"
)
CLOSING = "本报告仅用于上述用途，内容以查询时间为准。对报告内容有异议的，可以提出信用异议。"


@transaction.atomic
def give_consent(
    *, actor: Actor, agency_id: UUID, purpose: str, until: date, at: datetime
) -> Consent:
    """A person allows one agency to see a report on him, for a purpose, at most a year.

    Raises: SubjectNotFound, agencies' NoSuchAgency (404), ConsentNotNeeded (409), ReasonMissing,
    TermInvalid (422). Source: 个人信息保护法 13, 14.
    """
    subject = access.own_subject(actor)
    if not subject.is_person:
        raise ConsentNotNeeded
    if not purpose.strip():
        raise ReasonMissing
    today = local_date(at)
    if not 0 < (until - today).days <= CONSENT_DAYS_MAX:
        raise TermInvalid(limit=CONSENT_DAYS_MAX)
    agency = agencies.agency(agency_id)
    row = Consent.objects.create(
        subject=subject,
        agency_id=agency.id,
        agency_name=agency.name,
        purpose=purpose.strip()[:200],
        given_at=at,
        given_by=actor.name[:100],
        until=until,
    )
    _audit(actor, "credit.consent_given", "credit_consent", row.pk, at)
    return row


@transaction.atomic
def revoke_consent(*, actor: Actor, consent_id: UUID, at: datetime) -> None:
    """Take a consent back, at once. Raises: ConsentNotFound (404). Source: 个人信息保护法 15."""
    row = access.own_consent(actor, consent_id)
    Consent.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=at)
    _audit(actor, "credit.consent_revoked", "credit_consent", row.pk, at)


@transaction.atomic
def make_report(
    *, actor: Actor, subject_id: UUID | None = None, purpose: str, at: datetime
) -> CreditReport:
    """A report on oneself (without `subject_id`), or by an officer on a subject he may read.

    On a natural person an officer needs that person's live consent for his agency. Every report is
    written into the list of who looked. Raises: SubjectNotFound, agencies' NoAgencyOfKind (404),
    ReasonMissing (422), ConsentMissing (403).
    """
    if not purpose.strip():
        raise ReasonMissing
    is_own = subject_id is None
    consent = None
    if subject_id is None:
        subject = access.own_subject(actor)
    else:
        subject = access.subject_to_report_on(actor, subject_id)
        if subject.is_person:
            consent = (
                Consent.objects.select_for_update()
                .filter(
                    subject=subject,
                    agency_id=access.own_agency(actor),
                    revoked_at__isnull=True,
                    until__gt=local_date(at),
                )
                .order_by("-until")
                .first()
            )
            if consent is None:
                raise ConsentMissing
    office = credit_office(subject.region_path)
    content = _content(subject, on=local_date(at))
    number = next_number("XYBG", local_date(at).year)
    report = CreditReport.objects.create(
        number=number,
        verify_code=crypto.random_bytes(5).hex()[:8].upper(),
        subject=subject,
        is_own=is_own,
        is_person=subject.is_person,
        consent=consent,
        agency_id=actor.agency_id,
        issuer_id=office.id,
        issuer_name=office.name,
        asked_by=actor.name[:100],
        purpose=purpose.strip()[:200],
        made_at=at,
        data_as_of=at,
        content=content,
        digest=digest_of(number, content),
    )
    viewing.record_view(
        actor=actor, subject=subject, purpose=purpose, reference=report.number, at=at
    )
    _audit(actor, "credit.report_made", "credit_report", report.pk, at)
    enqueue("credit.make_report", key=str(report.pk), report_id=str(report.pk))
    return report


def digest_of(number: str, content: dict[str, Any]) -> str:
    """SM3 over the number and the frozen content."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return crypto.sm3(f"{number}\n{text}".encode()).hex()


def _content(subject: CreditSubject, *, on: date) -> dict[str, Any]:
    """The sections of a report, as words, frozen. Source: standards 6.3."""
    with translation.override(DEFAULT_LANGUAGE):
        sections: dict[str, list[str]] = {str(section.label): [] for section in Section}
        shown = latest_records(subject).filter(reportable(on))
        for row in shown.order_by("-fact_on", "-id")[:400]:
            lines = sections[str(Section(row.section).label)]
            if len(lines) < LINES_MAX:
                amount = f"，罚款{format_fen(row.fine_fen)}" if row.fine_fen else ""
                mark = "（异议处理中）" if row.under_objection else ""
                lines.append(
                    f"{format_date(row.fact_on)} {row.agency_name} {row.get_kind_display()}"
                    f" {row.number}：{row.title}{amount}{mark}"
                )
        for entry in rosters.entries_of(subject, on=on):
            sections[str(Section.SERIOUS.label)].append(
                f"{format_date(entry.decided_at)} {entry.agency_name}"
                f" {entry.kind.title['zh-hans']}（{entry.decision_number}）"
            )
        seen = CreditRecord.objects.filter(published(on), subject=subject).values("series")
        promises = Commitment.objects.filter(
            Q(state__in=(CommitmentState.OPEN, CommitmentState.KEPT))
            | Q(state=CommitmentState.BREACHED, record__series__in=seen),
            subject=subject,
        )
        for promise in promises.order_by("-made_at", "-id")[:LINES_MAX]:
            sections[str(Section.COMMITMENT.label)].append(
                f"{format_date(promise.made_at)} {promise.title}（{promise.get_state_display()}）"
            )
        latest = evaluation.latest_evaluation(subject)
        if latest is not None:
            sections[str(Section.EVALUATION.label)].append(
                f"{format_date(latest.evaluated_on)} {latest.scorecard.title['zh-hans']}："
                f"{latest.grade}级，{latest.points}分"
            )
        return {
            "subject": subject.name,
            "uscc": subject.uscc,
            "kind": subject.get_kind_display(),
            "sections": [[title, lines] for title, lines in sections.items()],
        }


def make_report_files(report_id: UUID, *, at: datetime) -> None:
    """Render a report as PDF and OFD under the seal of the credit office and keep both; once.

    Raises: documents' StoreUnavailable, licences' SealUnavailable (the job is tried again).
    """
    report = CreditReport.objects.select_related("subject").get(pk=report_id)
    if report.pdf_file_id and report.ofd_file_id:
        return
    actor = system_actor("credit.reports")
    issuer_id = report.issuer_id or credit_office(report.subject.region_path).id
    made = render_sealed(
        _facts(report),
        agency_id=issuer_id,
        purpose=f"credit report {report.number}",
        actor=actor,
        at=at,
    )
    with transaction.atomic():
        report = CreditReport.objects.select_for_update().get(pk=report_id)
        if report.pdf_file_id and report.ofd_file_id:
            return
        for name, media_type in (("pdf", PDF), ("ofd", OFD)):
            stored = documents.store(
                made[name],
                name=f"{report.number}.{name}",
                media_type=media_type,
                actor=actor,
                owner_kind=OWNER,
                owner_id=report.pk,
                at=at,
            )
            setattr(report, f"{name}_file_id", stored.pk)
        report.is_sealed = True
        report.save(update_fields=["pdf_file_id", "ofd_file_id", "is_sealed"])


def _facts(report: CreditReport) -> dict[str, Any]:
    content = report.content
    fields = [
        ["信用主体", content["subject"]],
        ["统一社会信用代码", content["uscc"] or "—"],
        ["查询时间", format_instant(report.made_at)],
        ["查询用途", report.purpose],
        ["数据截至", format_instant(report.data_as_of)],
        *[[title, "\n".join(lines) or "无记录"] for title, lines in content["sections"]],
    ]
    base = settings.LINGNAN.public_url.rstrip("/")
    return {
        "agency_name": report.issuer_name or "信用广东",
        "number": report.number,
        "title": "公共信用信息报告",
        "addressee": report.asked_by,
        "paragraphs": ["以下为该信用主体在本平台归集的公共信用信息。"],
        "fields": [[label, value.replace("\n", "；")] for label, value in fields],
        "closing": [LEFT_OUT, CLOSING],
        "date": local_date(report.made_at).isoformat(),
        "made_at": report.made_at,
        "verify_url": f"{base}/credit/reports/check/?number={report.number}"
        f"&code={report.verify_code}",
        "verify_note": f"扫码或凭编号 {report.number} 和校验码 {report.verify_code} 核验",
        "test_mark": "" if settings.LINGNAN.production else "测试报告，不具有法律效力",
    }


def _audit(actor: Actor, act: str, kind: str, pk: UUID, at: datetime) -> None:
    audit.record(actor=actor, act=act, object_kind=kind, object_id=pk, at=at)
