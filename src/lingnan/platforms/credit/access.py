"""From an outside id to a row: find and authorise, or answer as if it were not there."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar, cast
from uuid import UUID

from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import SelfApproval
from lingnan.platforms.workflow import queries as workflow
from lingnan.standards.agencies import queries as agencies

from .errors import (
    AlertNotFound,
    AppealNotFound,
    BatchNotFound,
    CommitmentNotFound,
    ComplaintNotFound,
    ConsentNotFound,
    EntryNotFound,
    MeasureNotFound,
    ProposalNotFound,
    RecordNotFound,
    ReportNotFound,
    RosterUnknown,
    SourceUnknown,
    SubjectNotFound,
)
from .models import (
    Alert,
    Commitment,
    Complaint,
    Consent,
    CreditRecord,
    CreditReport,
    CreditSource,
    CreditSubject,
    IntakeBatch,
    JointMeasure,
    Objection,
    Repair,
    RosterEntry,
    RosterKind,
    RuleProposal,
)
from .models.records import published
from .models.rosters import listed
from .queries import archives, complaining, evaluation, intake, rosters
from .types import (
    COMPLAINT_SUBJECT,
    DECIDE,
    MANAGE,
    OBJECTION_SUBJECT,
    READ,
    REPAIR_SUBJECT,
    REPORT,
    ROSTER_SUBJECT,
    STEWARD,
)


def access_public_subject(subject_id: UUID, *, on: date) -> CreditSubject:
    """A subject with a public page: an organisation, or a person of whom something is published.

    Raises: SubjectNotFound (404).
    """
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None:
        raise SubjectNotFound
    if found.is_person and not (
        CreditRecord.objects.filter(published(on), subject=found).exists()
        or RosterEntry.objects.filter(listed(on), subject=found).exists()
    ):
        raise SubjectNotFound
    return found


def access_public_record(record_id: UUID, *, on: date) -> CreditRecord:
    """A record that is public today. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(published(on), pk=record_id)
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def own_subject(actor: Actor) -> CreditSubject:
    """The archive of whom the actor acts for. Raises: SubjectNotFound (404)."""
    found = CreditSubject.objects.filter(archives.own_q(actor)).first()
    if found is None:
        raise SubjectNotFound
    return found


def own_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A current record of one's own archive. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(
            pk=record_id,
            is_current=True,
            subject__in=CreditSubject.objects.filter(archives.own_q(actor)),
        )
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def access_archive(actor: Actor, subject_id: UUID) -> CreditSubject:
    """An archive an officer may open: an organisation's, or that of a person of whom an agency in
    his reach reported something. Raises: SubjectNotFound (404).
    """
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None or not actor.can(READ):
        raise SubjectNotFound
    if found.is_person:
        rows = CreditRecord.objects.filter(archives.visible_records(actor), subject=found)
        if not rows.exists():
            raise SubjectNotFound
    return found


def officer_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A record an officer may read. Raises: RecordNotFound (404)."""
    found = (
        CreditRecord.objects.filter(archives.visible_records(actor), pk=record_id)
        .select_related("subject", "source")
        .first()
    )
    if found is None:
        raise RecordNotFound
    return found


def reporting_record(actor: Actor, record_id: UUID) -> CreditRecord:
    """A current record the actor's agency reported and may correct.

    Raises: RecordNotFound (404), Forbidden (403) for one he may only read.
    """
    found = CreditRecord.objects.filter(pk=record_id, is_current=True).first()
    if found is None:
        raise RecordNotFound
    if actor.can(REPORT, agency_id=found.agency_id, region_path=found.region_path):
        return found
    officer_record(actor, record_id)
    raise Forbidden(permission=REPORT)


def reporting_source(actor: Actor, code: str) -> CreditSource:
    """A source one may deliver to. Raises: SourceUnknown (404), the same for another agency's."""
    found = CreditSource.objects.filter(code=code).select_related("agency").first()
    if found is None or not actor.can(
        REPORT, agency_id=found.agency_id, region_path=found.region_path
    ):
        raise SourceUnknown(source_code=code[:40])
    return found


def access_roster(code: str) -> RosterKind:
    """A roster by its code. Raises: RosterUnknown (404)."""
    found = RosterKind.objects.filter(code=code).first()
    if found is None:
        raise RosterUnknown
    return found


def own_entry(actor: Actor, entry_id: UUID) -> RosterEntry:
    """An entry about oneself that one was told of. Raises: EntryNotFound (404)."""
    found = (
        RosterEntry.objects.filter(
            pk=entry_id,
            notified_at__isnull=False,
            subject__in=CreditSubject.objects.filter(archives.own_q(actor)),
        )
        .select_related("kind", "subject")
        .first()
    )
    if found is None:
        raise EntryNotFound
    return found


def access_entry(actor: Actor, entry_id: UUID) -> RosterEntry:
    """An entry an officer may read: of agencies in reach, or one he has worked on.

    Raises: EntryNotFound (404).
    """
    found = RosterEntry.objects.select_related("kind", "subject").filter(pk=entry_id).first()
    if found is None or not (
        RosterEntry.objects.filter(rosters.entries_q(actor), pk=entry_id).exists()
        or workflow.takes_part(actor, subject_kind=ROSTER_SUBJECT, subject_id=entry_id)
    ):
        raise EntryNotFound
    return found


def deciding_entry(actor: Actor, entry_id: UUID) -> RosterEntry:
    """An entry whose agency one decides for. Raises: EntryNotFound (404), Forbidden (403)."""
    found = access_entry(actor, entry_id)
    actor.check(DECIDE, agency_id=found.agency_id, region_path=found.region_path)
    return found


def access_measure(actor: Actor, measure_id: UUID) -> JointMeasure:
    """A measure one's agency carries out. Raises: MeasureNotFound (404)."""
    found = (
        JointMeasure.objects.filter(rosters.measures_q(actor), pk=measure_id)
        .select_related("kind", "subject", "entry")
        .first()
    )
    if found is None:
        raise MeasureNotFound
    return found


A = TypeVar("A", bound=Objection | Repair)


def own_appeal(actor: Actor, model: type[A], appeal_id: UUID) -> A:
    """One's own objection or repair. Raises: AppealNotFound (404)."""
    found = (
        model.objects.filter(
            pk=appeal_id, subject__in=CreditSubject.objects.filter(archives.own_q(actor))
        )
        .select_related("subject", "record", "entry__kind")
        .first()
    )
    if found is None:
        raise AppealNotFound
    return cast("A", found)


def access_appeal(actor: Actor, model: type[A], appeal_id: UUID) -> A:
    """An objection or repair an officer may read: about an agency in his reach, or one on which he
    works. Raises: AppealNotFound (404).
    """
    kind = OBJECTION_SUBJECT if model is Objection else REPAIR_SUBJECT
    found = (
        model.objects.select_related("subject", "record__source", "entry__kind")
        .filter(pk=appeal_id)
        .first()
    )
    if (
        found is None
        or not actor.is_officer
        or not (
            actor.can(READ, agency_id=found.agency_id, region_path=found.region_path)
            or workflow.takes_part(actor, subject_kind=kind, subject_id=appeal_id)
        )
    ):
        raise AppealNotFound
    return cast("A", found)


def complaining_principal(actor: Actor) -> Principal:
    """For whom one complains. Raises: Forbidden (403) under a mandate for certain matters."""
    if not actor.is_person or actor.principal is None or actor.matter_codes is not None:
        raise Forbidden(permission="credit.complain")
    return actor.principal


def subject_to_complain_of(actor: Actor, subject_id: UUID) -> CreditSubject:
    """A firm with an archive; never a natural person. Raises: SubjectNotFound (404)."""
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None or found.is_person:
        raise SubjectNotFound
    return found


def is_own_subject(actor: Actor, subject: CreditSubject) -> bool:
    """Whether the archive is that of whom the actor acts for."""
    return CreditSubject.objects.filter(archives.own_q(actor), pk=subject.pk).exists()


def own_complaint(actor: Actor, complaint_id: UUID) -> Complaint:
    """A complaint of whom the actor acts for. Raises: ComplaintNotFound (404)."""
    found = (
        Complaint.objects.filter(complaining.own_q(actor), pk=complaint_id)
        .select_related("subject", "objection", "repair")
        .first()
    )
    if found is None:
        raise ComplaintNotFound
    return found


def access_complaint(actor: Actor, complaint_id: UUID) -> Complaint:
    """A complaint to a credit office in reach, or one on which one works.

    Raises: ComplaintNotFound (404).
    """
    found = (
        Complaint.objects.select_related("subject", "objection", "repair")
        .filter(pk=complaint_id)
        .first()
    )
    if (
        found is None
        or not actor.is_officer
        or not (
            actor.can(MANAGE, agency_id=found.agency_id, region_path=found.region_path)
            or workflow.takes_part(actor, subject_kind=COMPLAINT_SUBJECT, subject_id=complaint_id)
        )
    ):
        raise ComplaintNotFound
    return found


def can_read_complaint_file(actor: Actor, complaint_id: UUID) -> bool:
    """For the document store: what was handed in with a complaint."""
    find = access_complaint if actor.is_officer else own_complaint
    try:
        find(actor, complaint_id)
    except ComplaintNotFound:
        return False
    return True


def check_reporter(actor: Actor, agency_id: UUID) -> None:
    """Raises: agencies' NoSuchAgency (404), Forbidden (403) unless one reports for the agency."""
    agency = agencies.agency(agency_id)
    actor.check(REPORT, agency_id=agency.id, region_path=agency.region_path)


def own_commitment(actor: Actor, commitment_id: UUID) -> Commitment:
    """A commitment of one's own. Raises: CommitmentNotFound (404)."""
    subjects = CreditSubject.objects.filter(archives.own_q(actor))
    found = Commitment.objects.filter(pk=commitment_id, subject__in=subjects).first()
    if found is None:
        raise CommitmentNotFound
    return found


def access_commitment(actor: Actor, commitment_id: UUID) -> Commitment:
    """A commitment in an officer's reach. Raises: CommitmentNotFound (404)."""
    found = (
        Commitment.objects.filter(evaluation.commitments_q(actor), pk=commitment_id)
        .select_related("subject")
        .first()
    )
    if found is None:
        raise CommitmentNotFound
    return found


def checking_commitment(actor: Actor, commitment_id: UUID) -> Commitment:
    """A commitment one's agency checks. Raises: CommitmentNotFound (404), Forbidden (403)."""
    found = access_commitment(actor, commitment_id)
    actor.check(REPORT, agency_id=found.agency_id, region_path=found.region_path)
    return found


def can_read_commitment_file(actor: Actor, commitment_id: UUID) -> bool:
    """For the document store: what a check put into the file."""
    find = access_commitment if actor.is_officer else own_commitment
    try:
        find(actor, commitment_id)
    except CommitmentNotFound:
        return False
    return True


def access_proposal(actor: Actor, proposal_id: UUID) -> RuleProposal:
    """A proposed version, for stewards. Raises: ProposalNotFound (404)."""
    found = RuleProposal.objects.filter(pk=proposal_id).first()
    if found is None or not actor.can(STEWARD):
        raise ProposalNotFound
    return found


def own_proposal(actor: Actor, proposal_id: UUID) -> RuleProposal:
    """What one proposed oneself. Raises: ProposalNotFound (404)."""
    found = access_proposal(actor, proposal_id)
    if actor.officer_id != found.proposed_by_id:
        raise ProposalNotFound
    return found


def own_agency(actor: Actor) -> UUID:
    """Where an officer works; nowhere for everyone else."""
    return actor.agency_id or UUID(int=0)


def own_consent(actor: Actor, consent_id: UUID) -> Consent:
    """A consent one gave. Raises: ConsentNotFound (404)."""
    subjects = CreditSubject.objects.filter(archives.own_q(actor))
    found = Consent.objects.filter(pk=consent_id, subject__in=subjects).first()
    if found is None:
        raise ConsentNotFound
    return found


def subject_to_report_on(actor: Actor, subject_id: UUID) -> CreditSubject:
    """A subject an officer may ask a report on: an organisation, or a person he may read or who
    gave his agency a consent. Raises: SubjectNotFound (404).
    """
    found = CreditSubject.objects.filter(pk=subject_id).first()
    if found is None or not actor.can(READ):
        raise SubjectNotFound
    if found.is_person:
        allowed = Consent.objects.filter(
            subject=found, agency_id=own_agency(actor), revoked_at__isnull=True
        )
        if not allowed.exists():
            return access_archive(actor, subject_id)
    return found


def access_report(actor: Actor, report_id: UUID) -> CreditReport:
    """A report on oneself, or one one's agency asked for; on a person as long as his consent is not
    taken back. Raises: ReportNotFound (404). Source: 个人信息保护法 15.
    """
    rows = CreditReport.objects.select_related("subject")
    if actor.is_officer:
        if not actor.can(READ):
            raise ReportNotFound
        rows = rows.filter(agency_id=own_agency(actor), is_own=False).exclude(
            is_person=True, consent__revoked_at__isnull=False
        )
    else:
        rows = rows.filter(subject__in=CreditSubject.objects.filter(archives.own_q(actor)))
    found = rows.filter(pk=report_id).first()
    if found is None:
        raise ReportNotFound
    return found


def can_read_report_file(actor: Actor, report_id: UUID) -> bool:
    """For the document store: report files."""
    try:
        access_report(actor, report_id)
    except ReportNotFound:
        return False
    return True


def access_alert(actor: Actor, alert_id: UUID) -> Alert:
    """An alert in an officer's reach. Raises: AlertNotFound (404)."""
    found = Alert.objects.filter(evaluation.alerts_q(actor), pk=alert_id).first()
    if found is None:
        raise AlertNotFound
    return found


def can_read_entry_file(actor: Actor, entry_id: UUID) -> bool:
    """For the document store: papers are owned by their entry."""
    if actor.is_officer:
        return _can(access_entry, actor, entry_id)
    return _can(own_entry, actor, entry_id)


def can_read_objection_file(actor: Actor, appeal_id: UUID) -> bool:
    """For the document store: the evidence of an objection."""
    return _can_read_appeal(actor, Objection, appeal_id)


def can_read_repair_file(actor: Actor, appeal_id: UUID) -> bool:
    """For the document store: the evidence of a repair."""
    return _can_read_appeal(actor, Repair, appeal_id)


def _can_read_appeal(actor: Actor, model: type[A], appeal_id: UUID) -> bool:
    find = access_appeal if actor.is_officer else own_appeal
    try:
        find(actor, model, appeal_id)
    except AppealNotFound:
        return False
    return True


def _can(find: Callable[[Actor, UUID], object], actor: Actor, pk: UUID) -> bool:
    try:
        find(actor, pk)
    except EntryNotFound:
        return False
    return True


def check_independent(actor: Actor, subject_id: UUID) -> None:
    """Whoever a matter is about, or who leads the firm, works on no step of it.

    Raises: identity's SelfApproval (403).
    """
    if not actor.persons:
        return
    subject = CreditSubject.objects.filter(pk=subject_id).first()
    if subject is None:
        return
    if subject.is_person:
        for person_id in actor.persons:
            if subject in archives.subjects_of("person", person_id):
                raise SelfApproval
        return
    firm = identity.organisation_by_number(subject.uscc)
    if firm is not None and firm.legal_representative_id in actor.persons:
        raise SelfApproval


def access_batch(actor: Actor, batch_id: UUID) -> IntakeBatch:
    """A delivery within reach. Raises: BatchNotFound (404)."""
    found = (
        IntakeBatch.objects.filter(intake.reporting_q(actor), pk=batch_id)
        .select_related("source", "agency")
        .first()
    )
    if found is None:
        raise BatchNotFound
    return found
