"""Written notices: numbered and dated with the legal act; a job renders and seals them later."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from lingnan.kernel import events
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import DEFAULT_LANGUAGE, localise
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.licences import services as licences
from lingnan.platforms.messaging import services as messaging
from lingnan.standards.agencies import queries as agencies

from .. import wording
from ..events import NoticeWritten
from ..models import Case, Notice
from ..types import CORRECTED_FROM, NOTICE_LETTERS, SUBJECT_KIND, NoticeKind

OWNER = "government_services.case"
REPEATABLE = (NoticeKind.CLOCK_STOPPED,)


def write_notice(
    case: Case, kind: NoticeKind, *, at: datetime, agency_id: UUID | None = None, **facts: Any
) -> Notice:
    """Write a notice in the transaction of its act. `facts` are JSON values for the template.

    The number is the case's number and the kind's letters; one that can come again is counted.
    """
    agency_id = agency_id or case.deciding_agency_id
    agency = agencies.agency(agency_id)
    before = Notice.objects.filter(case=case, kind=kind).count() if kind in REPEATABLE else 0
    number = f"{case.number}-{NOTICE_LETTERS[kind]}" + (str(before + 1) if before else "")
    notice = Notice.objects.create(
        case=case,
        kind=kind,
        number=number,
        agency_id=agency_id,
        noticed_at=at,
        facts={
            "number": number,
            "case_number": case.number,
            "item_name": case.item_name,
            "item_code": case.item_code,
            "applicant_name": case.applicant_name,
            "agency_name": agency.name,
            "noticed_on": local_date(at).isoformat(),
            **facts,
        },
    )
    events.publish(NoticeWritten(notice_id=notice.pk, case_id=case.pk, kind=kind), at=at)
    return notice


@transaction.atomic
def write_receipt(*, case_id: UUID, at: datetime) -> None:
    """The receipt of materials (收件凭证), by the window that received them. Once."""
    case = Case.objects.get(pk=case_id)
    if Notice.objects.filter(case=case, kind=NoticeKind.RECEIPT).exists():
        return
    write_notice(
        case,
        NoticeKind.RECEIPT,
        at=at,
        agency_id=case.receiving_agency_id,
        materials=_counted(
            localise(material.name, DEFAULT_LANGUAGE)
            for material in case.materials.filter(position__lt=CORRECTED_FROM)
        ),
    )


def _counted(names: Iterable[str]) -> list[str]:
    """Each name once, with how many there are of it."""
    return [f"{name}（{n}份）" if n > 1 else name for name, n in Counter(names).items()]


@transaction.atomic
def tell_applicant(*, notice_id: UUID, at: datetime) -> None:
    """Send the message that belongs to a notice, to the applicant and whoever handed the case in.

    Called once per notice by its subscription.
    """
    notice = Notice.objects.select_related("case").get(pk=notice_id)
    template = wording.message_of(notice.kind, notice.facts)
    if template is not None:
        send(notice.case, template=template, facts=wording.message_facts(notice.facts), at=at)


def send(case: Case, *, template: str, facts: dict[str, Any], at: datetime) -> None:
    """A message about a case to its applicant; for a firm also to the person who acts for it."""
    person_ids = {case.submitter_person_id} if case.submitter_person_id else set()
    organisation_id = None
    if case.applicant_kind == "person":
        person_ids = {case.applicant_id}
    else:
        organisation_id = case.applicant_id
    for person_id in person_ids:
        messaging.send(
            person_id=person_id,
            organisation_id=None,
            phone=identity.person(person_id).phone,
            template=template,
            facts=facts,
            subject_kind=SUBJECT_KIND,
            subject_id=case.pk,
            at=at,
        )
    if organisation_id is not None:
        messaging.send(
            person_id=None,
            organisation_id=organisation_id,
            phone=identity.organisation(organisation_id).phone,
            template=template,
            facts=facts,
            subject_kind=SUBJECT_KIND,
            subject_id=case.pk,
            at=at,
        )


def issue_notice(*, notice_id: UUID, at: datetime) -> None:
    """Render a notice as PDF and OFD, seal both, keep both. Again changes nothing.

    Rendering runs outside any transaction; the first to store wins.
    Raises: Unavailable (the job is tried again), licences' SealUnavailable.
    """
    notice = Notice.objects.get(pk=notice_id)
    if notice.state == Notice.State.ISSUED:
        return
    actor = system_actor("government_services.notices")
    facts = wording.notice_facts(notice.kind, notice.facts)
    facts["made_at"] = notice.noticed_at.isoformat()
    facts["test_mark"] = "" if settings.LINGNAN.production else "测试文书，不具有法律效力"
    picture = licences.seal_picture_of(notice.agency_id, at=notice.noticed_at)
    with translation.override(DEFAULT_LANGUAGE):
        pdf = documents.render("notice", {**facts, "seal_image": picture}, formats=("pdf",))["pdf"]
        ofd = documents.render("notice", facts, formats=("ofd",))["ofd"]
    sealed = licences.seal_ofd(
        ofd,
        agency_id=notice.agency_id,
        purpose=f"notice {notice.number}",
        actor=actor,
        at=notice.noticed_at,
    )
    signed = licences.seal_pdf(
        pdf,
        agency_id=notice.agency_id,
        purpose=f"notice {notice.number}",
        actor=actor,
        at=notice.noticed_at,
    )
    with transaction.atomic():
        locked = Notice.objects.select_for_update().get(pk=notice_id)
        if locked.state == Notice.State.ISSUED:
            return
        locked.pdf_file_id = _store(locked, signed, "pdf", PDF, actor, at)
        locked.ofd_file_id = _store(locked, sealed, "ofd", OFD, actor, at)
        locked.is_sealed, locked.state = True, Notice.State.ISSUED
        locked.save(update_fields=["pdf_file_id", "ofd_file_id", "is_sealed", "state"])


def _store(
    notice: Notice, content: bytes, kind: str, media_type: str, actor: Actor, at: datetime
) -> UUID:
    title = wording.notice_title(notice.kind, notice.facts)
    stored = documents.store(
        content,
        name=f"{title} {notice.number}.{kind}",
        media_type=media_type,
        actor=actor,
        owner_kind=OWNER,
        owner_id=notice.case_id,
        at=at,
    )
    return stored.pk


def noticed_on(notice: Notice) -> date:
    """The day of the legal act, in China."""
    return local_date(notice.noticed_at)
