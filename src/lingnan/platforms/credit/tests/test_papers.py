"""Reports are sealed papers that can be checked; records whose publicity ended leave them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.testing import deliver_all
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.adapters.folder import FolderStore
from lingnan.platforms.identity.testing import client_for, make_officer_actor
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies.testing import make_agency

from .. import access, queries, services
from ..errors import RecordNotFound
from ..models import ArchiveView, CreditRecord, CreditReport, RosterPaper
from ..testing import NOW, deliver, finish_step, make_office, make_source, penalty_row
from ..types import COMMITMENT_SUBJECT
from .test_rosters import AFTER, firm_and_record, listed
from .test_supervision import breach_source, promised

pytestmark = pytest.mark.django_db
EARLY = datetime(2024, 6, 3, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = FolderStore(tmp_path)
    monkeypatch.setattr(documents, "content_store", lambda: folder)
    yield


def signatures_of(content: bytes) -> str:
    """What the public verification says of a file; fails where one signature is not good."""
    answer = Client().post("/api/v1/licences/verify", {"file": SimpleUploadedFile("文书", content)})
    assert answer.status_code == 200, answer.content
    found = answer.json()["signatures"]
    bad = [f for signature in found for f in signature["findings"] if f["outcome"] == "failed"]
    assert found and not bad, bad
    return str(found)


def test_both_files_of_a_report_carry_the_seal_of_the_credit_office() -> None:
    make_office()
    owner, _record = firm_and_record()
    report = services.make_report(actor=owner, purpose="招投标", at=NOW)
    services.make_report_files(report.pk, at=clock.now())
    services.make_report_files(report.pk, at=clock.now())  # again changes nothing
    report.refresh_from_db()
    assert report.is_sealed and report.issuer_name
    for file_id in (report.pdf_file_id, report.ofd_file_id):
        assert file_id is not None
        content = documents.read_file(file_id)
        assert report.issuer_name in signatures_of(content)
        with pytest.raises(AssertionError):
            signatures_of(content[:-400] + bytes([content[-400] ^ 1]) + content[-399:])
    page = Client().get(
        "/credit/reports/check/", {"number": report.number, "code": report.verify_code}
    )
    assert f"均加盖{report.issuer_name}的电子印章" in page.content.decode()
    checked = Client().get(
        f"/api/v1/credit/report-checks/{report.number}?code={report.verify_code}"
    )
    assert (checked.json()["is_sealed"], checked.json()["issuer_name"]) == (
        True,
        report.issuer_name,
    )


def test_the_papers_of_a_roster_carry_the_seal_of_whoever_decides() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    entry = listed(office, record)
    deliver_all()
    for paper in RosterPaper.objects.filter(entry=entry):
        services.make_paper_files(paper.pk, at=clock.now())
        paper.refresh_from_db()
        assert paper.ofd_file_id is not None
        assert entry.agency_name in signatures_of(documents.read_file(paper.ofd_file_id))


def lines_of(report: CreditReport) -> str:
    return str(report.content["sections"])


def test_a_record_whose_publicity_ended_leaves_reports_and_stays_with_its_agency() -> None:
    make_office()
    owner, record = firm_and_record()
    source = make_source()
    ended = deliver(
        source,
        penalty_row(
            source,
            CF_XDR_SHXYM=record.subject.uscc,
            CF_XDR_MC=record.subject.name,
            CF_JDRQ="2023/06/01",
        ),
        at=EARLY,
    )
    CreditRecord.objects.filter(pk=ended.pk).update(
        publicity="public", publish_until=clock.today(), ended_at=None, end_reason=""
    )  # its last day was yesterday, and the job has not come yet
    report = services.make_report(actor=owner, purpose="招投标", at=clock.now())
    assert record.number in lines_of(report) and ended.number not in lines_of(report)
    services.end_publicity(at=clock.now())
    ended.refresh_from_db()
    assert ended.publicity == "ended"
    report = services.make_report(actor=owner, purpose="招投标", at=clock.now())
    assert ended.number not in lines_of(report)
    own = client_for(owner).get(f"/credit/mine/records/{ended.pk}/").content.decode()
    assert "公示期已于" in own and "不再列入信用报告" in own
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("fire").id)
    with pytest.raises(RecordNotFound):
        access.officer_record(elsewhere, ended.pk)
    assert access.officer_record(elsewhere, record.pk).pk == record.pk
    looks = ArchiveView.objects.count()
    duty = make_officer_actor("credit_reporter", agency_id=ended.agency_id)
    assert client_for(duty).get(f"/desk/credit/records/{ended.pk}/").status_code == 200
    assert ArchiveView.objects.count() == looks + 1
    assert queries.standing_of(record.subject, on=clock.today()).adverse_records == 1


def test_a_breach_nobody_confirmed_or_may_read_is_in_no_report() -> None:
    office = make_office()
    owner, record = firm_and_record()
    breach_source(record.agency_id)
    row = promised(record)
    ask = partial(services.make_report, actor=owner, purpose="招投标", at=NOW)
    assert row.title in lines_of(ask())
    services.check_commitment(
        actor=office["reporter"], commitment_id=row.pk, kept=False, finding="存疑", at=NOW
    )
    assert row.title not in lines_of(ask())
    workflow.fire_due_timers(AFTER)
    finish_step(
        COMMITMENT_SUBJECT, row.pk, "confirm", "confirm", actor=office["approver"], at=AFTER
    )
    row.refresh_from_db()
    assert row.record is not None and row.record.publicity == "withheld"
    assert row.title not in lines_of(ask())
    CreditRecord.objects.filter(pk=row.record.pk).update(publicity="public", publish_until=None)
    assert row.title in lines_of(ask())


def test_what_its_rule_never_publishes_is_in_no_report() -> None:
    make_office()
    owner, record = firm_and_record()
    source = make_source()
    minor = deliver(
        source,
        penalty_row(
            source,
            CF_XDR_SHXYM=record.subject.uscc,
            CF_XDR_MC=record.subject.name,
            CF_CFLB="警告",
            CF_NR_FK="",
        ),
    )
    assert minor.publicity == "withheld"
    report = services.make_report(actor=owner, purpose="招投标", at=NOW)
    assert minor.number not in lines_of(report)
