"""Commitments, reports and consents, evaluations that add up, alerts that list nobody."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.actors import Actor
from lingnan.kernel.testing import deliver_all, race
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.adapters.folder import FolderStore
from lingnan.platforms.documents.testing import png
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import (
    client_for,
    make_officer_actor,
    make_person,
    make_person_actor,
)
from lingnan.platforms.messaging.models import Message
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies.testing import make_agency

from .. import access, queries, services
from ..errors import (
    AlertHandled,
    AlertNotFound,
    ByProcedureOnly,
    CommitmentChecked,
    CommitmentNotFound,
    ConsentMissing,
    ConsentNotNeeded,
    ReasonMissing,
    ReportNotFound,
    SourceUnknown,
    StatementClosed,
    TermInvalid,
)
from ..models import (
    Alert,
    ArchiveView,
    Commitment,
    CreditRecord,
    CreditReport,
    CreditSource,
    Evaluation,
    RosterEntry,
)
from ..queries.archives import subject_by_document
from ..services.evaluation import ScoredFact, compute_score
from ..testing import (
    NOW,
    deliver,
    finish_step,
    make_office,
    make_source,
    penalty_row,
    person_row,
)
from ..types import COMMITMENT_SUBJECT
from .test_rosters import AFTER, firm_and_record, listed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = FolderStore(tmp_path)
    monkeypatch.setattr(documents, "content_store", lambda: folder)
    yield


def promised(record: CreditRecord, **changed: object) -> Commitment:
    given_ = {
        "actor": make_officer_actor("credit_reporter", agency_id=record.agency_id),
        "subject": record.subject,
        "agency_id": record.agency_id,
        "title": "告知承诺",
        "text": "承诺三十日内补齐材料。",
        "text_version": "2026-1",
        "case_kind": "test.case",
        "case_id": UUID(int=7),
        "case_number": "440106-7",
        "check_due_on": date(2026, 11, 30),
        "at": NOW,
        **changed,
    }
    return services.make_commitment(**given_)  # type: ignore[arg-type]


def breach_source(agency_id: UUID) -> None:
    make_source("breach", agency_id=agency_id, rule="publicity.none")


def test_a_breach_goes_on_record_only_after_notice_statement_and_confirmation() -> None:
    office = make_office()
    owner, record = firm_and_record()
    row = promised(record)
    assert promised(record).pk == row.pk  # again changes nothing
    assert queries.standing_of(record.subject, on=NOW.date()).commitments[0].title == "告知承诺"
    assert services.remind_of_checks(at=NOW) == 0
    assert services.remind_of_checks(at=AFTER) == 1
    assert services.remind_of_checks(at=AFTER) == 0
    assert Message.objects.filter(template="credit.check_due").exists()
    check = partial(
        services.check_commitment,
        actor=office["reporter"],
        commitment_id=row.pk,
        kept=False,
        finding="逾期未补齐",
        at=AFTER,
    )
    with pytest.raises(SourceUnknown):
        check()
    breach_source(record.agency_id)
    with pytest.raises(CommitmentNotFound):
        check(actor=make_officer_actor("credit_reporter", agency_id=make_agency("fire").id))
    with pytest.raises(ReasonMissing):
        check(finding=" ")
    check()
    with pytest.raises(CommitmentChecked):
        check()
    assert not CreditRecord.objects.filter(kind="breach").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Commitment.objects.filter(pk=row.pk).update(state="breached")
    answer = partial(services.answer_breach, actor=owner, commitment_id=row.pk, at=AFTER)
    with pytest.raises(CommitmentNotFound):
        answer(actor=make_person_actor(), text="x")
    answer(text="材料已于昨日寄出")
    with pytest.raises(StatementClosed):
        answer(text="再次")
    finish_step(
        COMMITMENT_SUBJECT, row.pk, "confirm", "confirm", actor=office["approver"], at=AFTER
    )
    row.refresh_from_db()
    breach = CreditRecord.objects.get(kind="breach")
    assert (row.state, row.record_id) == ("breached", breach.pk)
    assert (breach.publicity, breach.is_adverse) == ("withheld", True)


def test_a_dismissed_breach_counts_as_kept_and_cannot_come_by_delivery() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    breach_source(record.agency_id)
    row = promised(record)
    services.check_commitment(
        actor=office["reporter"], commitment_id=row.pk, kept=False, finding="存疑", at=NOW
    )
    workflow.fire_due_timers(AFTER)
    finish_step(
        COMMITMENT_SUBJECT, row.pk, "confirm", "dismiss", actor=office["approver"], at=AFTER
    )
    row.refresh_from_db()
    assert row.state == "kept"
    assert not CreditRecord.objects.filter(kind="breach").exists()
    source = CreditSource.objects.get(kind="breach")
    with pytest.raises(ByProcedureOnly):
        services.deliver_rows(actor=office["reporter"], source_code=source.code, rows=[{}], at=NOW)


def test_other_kinds_come_in_their_own_columns() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    source = make_source("abnormal", agency_id=record.agency_id, rule="publicity.abnormal")
    agency = penalty_row(source)
    row = {
        "XX_XDR_MC": record.subject.name,
        "XX_XDR_LB": "法人及非法人组织",
        "XX_XDR_SHXYM": record.subject.uscc,
        "XX_WSH": "列异〔2026〕1号",
        "XX_MC": "未按期公示年度报告",
        "XX_NR": "未在规定期限公示2025年度报告",
        "XX_JDRQ": "2026/07/06",
        "XX_RDJG": agency["CF_CFJG"],
        "XX_RDJGDM": agency["CF_CFJGDM"],
    }
    stored = deliver(source, row)
    assert (stored.section, stored.is_adverse, stored.publicity) == ("abnormal", True, "public")
    assert office["reporter"].can("credit.report")


def person_with_record() -> tuple[Actor, CreditRecord]:
    actor = make_person_actor(make_person("王测试"))
    assert actor.person_id is not None

    number = identity.person(actor.person_id).document_number
    source = make_source()
    record = deliver(source, person_row(source, number=number, CF_NR_FK="2"))
    assert subject_by_document("resident_id", number) == record.subject
    return actor, record


def test_a_report_on_a_person_needs_his_consent_and_he_sees_who_asked() -> None:
    office = make_office()
    owner, record = person_with_record()
    officer = office["reporter"]
    assert officer.agency_id is not None
    ask = partial(
        services.make_report,
        actor=officer,
        subject_id=record.subject_id,
        purpose="资质核查",
        at=NOW,
    )
    with pytest.raises(ConsentMissing):
        ask()
    assert not CreditReport.objects.exists() and not ArchiveView.objects.exists()
    consent = partial(
        services.give_consent,
        actor=owner,
        agency_id=officer.agency_id,
        purpose="资质核查",
        until=date(2026, 12, 31),
        at=NOW,
    )
    for until in (NOW.date(), NOW.date() + timedelta(days=400)):
        with pytest.raises(TermInvalid):
            consent(until=until)
    given_ = consent()
    report = ask()
    assert report.consent_id == given_.pk
    assert ArchiveView.objects.get().reference == report.number
    assert "资质核查" in client_for(owner).get("/credit/mine/views/").content.decode()
    with pytest.raises(ReportNotFound):
        access.access_report(
            make_officer_actor("credit_reporter", agency_id=make_agency("fire").id), report.pk
        )
    assert access.access_report(officer, report.pk) == report
    services.revoke_consent(actor=owner, consent_id=given_.pk, at=NOW)
    with pytest.raises(ReportNotFound):
        access.access_report(officer, report.pk)
    with pytest.raises(ConsentMissing):
        ask()
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditReport.objects.filter(pk=report.pk).update(consent=None)
    firm_owner, _firm = firm_and_record()
    with pytest.raises(ConsentNotNeeded):
        consent(actor=firm_owner)


def test_a_report_has_files_a_code_and_a_public_check() -> None:
    make_office()
    owner, record = firm_and_record()
    with pytest.raises(ReasonMissing):
        services.make_report(actor=owner, purpose=" ", at=NOW)
    report = services.make_report(actor=owner, purpose="招投标", at=NOW)
    deliver_all()
    report.refresh_from_db()
    assert report.pdf_file_id is not None
    assert documents.read_file(report.pdf_file_id).startswith(b"%PDF")
    lines = dict(report.content["sections"])["行政管理信息"]
    assert len(lines) == 1 and record.number in lines[0]
    page = Client().get(
        "/credit/reports/check/", {"number": report.number, "code": report.verify_code.lower()}
    )
    assert "招投标" in page.content.decode() and "noindex" in page["X-Robots-Tag"]
    wrong = Client().get("/credit/reports/check/", {"number": report.number, "code": "00000000"})
    assert "招投标" not in wrong.content.decode()
    checked = Client().get(
        f"/api/v1/credit/report-checks/{report.number}?code={report.verify_code}"
    )
    assert checked.json()["is_genuine"] is True
    with transaction.atomic():
        CreditReport.objects.filter(pk=report.pk).update(content={"sections": [], "subject": "x"})
        changed = Client().get(
            f"/api/v1/credit/report-checks/{report.number}?code={report.verify_code}"
        )
        assert changed.json()["is_genuine"] is False


INDICATORS = [
    {
        "code": "a",
        "title": {},
        "kind": "penalty",
        "grade": "general",
        "months": 12,
        "points": -8,
        "cap": -24,
    },
    {"code": "b", "title": {}, "kind": "honour", "grade": "", "months": 36, "points": 5, "cap": 10},
]
GRADES = [{"grade": "A", "from": 95}, {"grade": "B", "from": 80}, {"grade": "C", "from": -1000}]
FACTS = st.lists(
    st.builds(
        ScoredFact,
        id=st.uuids(),
        kind=st.sampled_from(["penalty", "honour", "licence"]),
        grade=st.sampled_from(["", "general", "minor"]),
        fact_on=st.dates(date(2023, 1, 1), date(2027, 1, 1)),
    ),
    max_size=20,
)


@given(facts=FACTS)
def test_a_score_is_always_the_sum_of_its_lines_within_their_caps(facts: list[ScoredFact]) -> None:
    score = compute_score(
        facts, on=date(2026, 6, 1), base_points=100, indicators=INDICATORS, grades=GRADES
    )
    assert score.points == 100 + sum(line.points for line in score.lines)
    assert all(-24 <= line.points <= 10 for line in score.lines)
    known = {fact.id for fact in facts}
    assert all(line.evidence and set(line.evidence) <= known for line in score.lines)
    assert score.grade in {"A", "B", "C"}


def test_who_opens_an_evaluation_is_on_the_list_its_subject_reads() -> None:
    office = make_office()
    owner, record = firm_and_record()
    deliver_all()
    officer = office["officer"]
    desk, api = client_for(officer), client_for(officer, bearer=True)
    assert desk.get(f"/desk/credit/subjects/{record.subject_id}/evaluation/").status_code == 200
    told = api.get(f"/api/v1/credit/archives/{record.subject_id}/evaluation")
    assert told.status_code == 200
    views = ArchiveView.objects.filter(subject=record.subject)
    assert [row.purpose for row in views] == [services.EVALUATION_OPENED] * 2
    page = client_for(owner).get("/account/looks/").content.decode()
    assert page.count(services.EVALUATION_OPENED) == 2
    stranger = client_for(make_person_actor()).get("/account/looks/").content.decode()
    assert services.EVALUATION_OPENED not in stranger


def test_an_evaluation_follows_the_archive_and_alerts_list_nobody() -> None:
    office = make_office()
    owner, record = firm_and_record()
    deliver_all()
    found = queries.latest_evaluation(record.subject)
    assert found is not None
    assert (found.points, found.grade) == (75, "C")  # one serious penalty
    line = found.lines.get()
    assert [r.pk for r in line.evidence.all()] == [record.pk]
    assert queries.grade("organisation", owner.principal.id) == "C"  # type: ignore[union-attr]
    assert queries.grade_by_uscc(record.subject.uscc) == "C"
    with pytest.raises(IntegrityError), transaction.atomic():
        Evaluation.objects.filter(pk=found.pk).update(points=100)
    alert = Alert.objects.get()
    assert alert.rule == "serious_record" and not RosterEntry.objects.exists()
    assert Message.objects.filter(template="credit.alert").exists()
    handle = partial(services.handle_alert, actor=office["officer"], alert_id=alert.pk, at=NOW)
    with pytest.raises(ReasonMissing):
        handle(note=" ")
    with pytest.raises(AlertNotFound):
        handle(actor=make_officer_actor("credit_officer", region_code="440304000000"), note="x")
    handle(note="已约谈")
    with pytest.raises(AlertHandled):
        handle(note="再次")
    services.withdraw_record(actor=office["reporter"], record_id=record.pk, reason="撤销", at=NOW)
    deliver_all()
    later = queries.latest_evaluation(record.subject)
    assert later is not None and (later.points, later.grade) == (100, "A")


def test_a_person_is_not_scored() -> None:
    make_office()
    _owner, record = person_with_record()
    deliver_all()
    assert services.evaluate_subject(record.subject_id, at=NOW) is None
    assert not Evaluation.objects.exists()


def test_a_repair_makes_a_commitment() -> None:
    make_office()
    owner, record = firm_and_record()
    at = datetime(2027, 11, 20, 1, 0, tzinfo=UTC)
    repair = services.apply_for_repair(
        actor=owner,
        record_id=record.pk,
        text="已缴",
        promised_version=services.PROMISE.version,
        files=[services.Evidence("凭证.png", png())],
        at=at,
    )
    row = Commitment.objects.get()
    assert (row.case_id, row.check_due_on) == (repair.pk, date(2028, 5, 20))


def test_pages_and_operations_by_role() -> None:
    office = make_office()
    owner, record = firm_and_record()
    listed(office, record)
    row = promised(record)
    me, desk, source = map(client_for, (owner, office["officer"], office["reporter"]))
    other = client_for(make_person_actor())
    elsewhere = client_for(make_officer_actor("credit_reporter", agency_id=make_agency("fire").id))
    anonymous = Client()
    table = {
        "/credit/mine/reports/": (302, 200, 404, 403, 403, 403),
        "/credit/mine/consents/": (302, 200, 404, 403, 403, 403),
        f"/credit/mine/commitments/{row.pk}/": (302, 200, 404, 403, 403, 403),
        "/desk/credit/commitments/": (302, 403, 403, 200, 200, 200),
        f"/desk/credit/commitments/{row.pk}/": (302, 403, 403, 200, 200, 404),
        "/desk/credit/alerts/": (302, 403, 403, 200, 403, 403),
        f"/desk/credit/subjects/{record.subject_id}/evaluation/": (302, 403, 403, 200, 200, 200),
        f"/desk/credit/subjects/{record.subject_id}/report/": (302, 403, 403, 200, 200, 200),
        "/credit/reports/check/": (200, 200, 200, 200, 200, 200),
        "/api/v1/credit/commitments": (401, 403, 403, 200, 200, 200),
        "/api/v1/credit/mine/commitments": (401, 200, 404, 403, 403, 403),
        "/api/v1/credit/mine/consents": (401, 200, 404, 403, 403, 403),
        f"/api/v1/credit/mine/reports/{uuid4()}": (401, 404, 404, 403, 403, 403),
        f"/api/v1/credit/reports/{uuid4()}": (401, 403, 403, 404, 404, 404),
        f"/api/v1/credit/archives/{record.subject_id}/evaluation": (401, 403, 403, 404, 404, 404),
        "/api/v1/credit/alerts": (401, 403, 403, 200, 403, 403),
        "/api/v1/credit/report-checks/x": (200, 200, 200, 200, 200, 200),
    }
    clients = (anonymous, me, other, desk, source, elsewhere)
    wrong = []
    for path, expected in table.items():
        got = tuple(client.get(path).status_code for client in clients)
        if got != expected:
            wrong.append(f"{path}: {got}, not {expected}")
    assert not wrong, "\n".join(wrong)
    writes = {
        "/api/v1/credit/commitments": (401, 403, 403, 403, 415, 415),
        f"/api/v1/credit/commitments/{row.pk}/check": (401, 403, 403, 403, 415, 415),
        f"/api/v1/credit/mine/commitments/{row.pk}/statement": (401, 415, 415, 403, 403, 403),
        "/api/v1/credit/mine/consents": (401, 415, 415, 403, 403, 403),
        "/api/v1/credit/mine/reports": (401, 415, 415, 403, 403, 403),
        "/api/v1/credit/reports": (401, 403, 403, 415, 415, 415),
        f"/api/v1/credit/alerts/{uuid4()}/handling": (401, 403, 403, 415, 403, 403),
    }
    for path, expected in writes.items():
        got = tuple(client.post(path).status_code for client in clients)
        assert got == expected, f"{path}: {got}, not {expected}"
    gone = me.delete(f"/api/v1/credit/mine/consents/{uuid4()}")
    assert gone.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_checks_at_once_are_one() -> None:
    office = make_office()
    _owner, record = firm_and_record()
    row = promised(record)
    check = partial(
        services.check_commitment,
        actor=office["reporter"],
        commitment_id=row.pk,
        finding="核查",
        at=NOW,
    )
    results = race([partial(check, kept=True), partial(check, kept=True)])
    assert len([r for r in results if isinstance(r, CommitmentChecked)]) == 1
