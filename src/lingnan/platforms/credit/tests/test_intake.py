"""Deliveries in the national columns: exact, idempotent, never half."""

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import race
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_organisation,
    make_person,
    resident_number,
)
from lingnan.platforms.identity.types import SelfApproval
from lingnan.security.audit.models import Entry
from lingnan.standards.agencies.testing import make_agency

from .. import files, queries, services
from ..columns import COLUMNS
from ..errors import (
    NothingChanged,
    RecordEnded,
    SourceTaken,
    SourceUnknown,
    TableTooLarge,
    TableUnreadable,
)
from ..models import CreditRecord, CreditSource, CreditSubject, IntakeBatch
from ..testing import (
    NOW,
    deliver,
    licence_row,
    make_record,
    make_source,
    penalty_row,
    person_row,
    reporter,
)

pytestmark = pytest.mark.django_db


def table(rows: list[Mapping[str, str]], *, titles: bool = False) -> str:
    kind = "licence" if "XK_WSH" in rows[0] else "penalty"
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([c.title if titles else c.name for c in COLUMNS[kind]])
    for row in rows:
        writer.writerow([row.get(c.name, "") for c in COLUMNS[kind]])
    return stream.getvalue()


def outcomes(batch: IntakeBatch) -> list[str]:
    return [row["outcome"] for row in batch.report]


def codes(batch: IntakeBatch) -> set[tuple[str, str]]:
    return {(p["path"], p["code"]) for row in batch.report for p in row["problems"]}


def test_a_penalty_is_stored_to_the_fen_with_its_rule_and_event() -> None:
    source = make_source()
    record = deliver(source, penalty_row(source))
    assert record.fine_fen == 1_234_567
    assert record.subject.name == "广州测试餐饮有限公司"
    assert (record.grade, record.rule_version) == ("general", "2026")
    assert record.publish_until == date(2027, 11, 17)
    assert (record.report_due_on, record.is_late) == (date(2026, 11, 25), False)
    event = OutboxEvent.objects.get(name="credit.record_stored")
    assert event.payload["record_id"] == str(record.pk)
    assert event.payload["supersedes_id"] is None


def test_the_rule_is_that_of_the_date_of_the_fact() -> None:
    source = make_source()
    old = deliver(source, penalty_row(source, CF_JDRQ="2026/03/31"))
    new = deliver(source, penalty_row(source, CF_JDRQ="2026/04/01"))
    assert (old.rule_version, new.rule_version) == ("2023", "2026")
    assert (old.publish_until, new.publish_until) == (date(2029, 4, 1), date(2027, 4, 2))
    assert old.is_late  # more than seven working days ago


def test_sending_again_changes_nothing_and_other_content_is_a_correction() -> None:
    source = make_source()
    row = penalty_row(source)
    first = deliver(source, row)
    again = services.deliver_rows(actor=SYSTEM, source_code=source.code, rows=[row, row], at=NOW)
    assert outcomes(again) == ["unchanged", "unchanged"]
    other = deliver(source, {**row, "CF_NR_FK": "1.3"})
    assert (other.version, other.series, other.fine_fen) == (2, first.series, 1_300_000)
    first.refresh_from_db()
    assert not first.is_current and first.fine_fen == 1_234_567
    assert [r.version for r in queries.history(first.series)] == [1, 2]


def test_long_term_and_document_types() -> None:
    source = make_source("licence")
    licence = deliver(source, licence_row(source))
    assert licence.is_long_term and licence.valid_until is None and licence.publish_until is None
    penalties = make_source()
    number = resident_number()
    person = deliver(penalties, person_row(penalties, number=number))
    assert person.is_person and person.subject.document_type == "resident_id"
    assert number not in str(list(CreditSubject.objects.values())) + str(
        list(CreditRecord.objects.values())
    )
    passport = person_row(penalties, CF_XDR_ZJLX="02", CF_XDR_ZJHM="E12345678")
    assert deliver(penalties, passport).subject.document_type == "passport"
    same = deliver(penalties, person_row(penalties, number=number))
    assert same.subject_id == person.subject_id


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"CF_XDR_SHXYM": ""}, ("CF_XDR_SHXYM", "credit.party_number")),
        ({"CF_XDR_SHXYM": "91"}, ("CF_XDR_SHXYM", "codes.uscc.shape")),
        ({"CF_XDR_LB": "自然人"}, ("CF_XDR_ZJLX", "credit.party_number")),
        ({"CF_XDR_LB": "公司"}, ("CF_XDR_LB", "credit.party_class")),
        ({"CF_NR_FK": "1.2345678"}, ("CF_NR_FK", "credit.amount_too_fine")),
        ({"CF_NR_FK": "一万"}, ("CF_NR_FK", "credit.not_a_wan_amount")),
        ({"CF_JDRQ": "2026/02/30"}, ("CF_JDRQ", "credit.not_a_date")),
        ({"CF_JDRQ": "2026/11/24"}, ("CF_JDRQ", "credit.date_in_future")),
        ({"CF_SY": ""}, ("CF_SY", "credit.column_empty")),
        ({"CF_WSH": "x" * 129}, ("CF_WSH", "credit.column_too_long")),
        ({"CF_OTHER": "x"}, ("CF_OTHER", "credit.column_unknown")),
        ({"CF_CFJGDM": "91440101MA5ABCDE07"}, ("CF_CFJGDM", "credit.agency_not_yours")),
        ({"CF_XDR_ZJLX": "01", "CF_XDR_ZJHM": "x"}, ("CF_XDR_ZJHM", "credit.party_both")),
    ],
)
def test_each_wrong_column_is_named_and_the_good_row_beside_it_stored(
    changed: dict[str, str], problem: tuple[str, str]
) -> None:
    source = make_source()
    batch = services.deliver_rows(
        actor=reporter(source),
        source_code=source.code,
        rows=[penalty_row(source, **changed), penalty_row(source)],
        at=NOW,
    )
    assert outcomes(batch) == ["refused", "stored"]
    assert problem in codes(batch)
    assert CreditRecord.objects.count() == 1


def test_a_person_with_a_wrong_number_or_a_credit_code_is_refused() -> None:
    source = make_source()
    rows = [
        person_row(source, CF_XDR_ZJHM="110105194912310021"),
        person_row(source, CF_XDR_SHXYM="91350100M000100Y43"),
        person_row(source, CF_XDR_ZJLX="99"),
    ]
    batch = services.deliver_rows(actor=SYSTEM, source_code=source.code, rows=rows, at=NOW)
    assert outcomes(batch) == ["refused"] * 3
    assert {path for path, _code in codes(batch)} == {
        "CF_XDR_ZJHM",
        "CF_XDR_SHXYM",
        "CF_XDR_ZJLX",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("titles", [False, True])
def test_a_table_is_read_in_the_encodings_that_occur(encoding: str, titles: bool) -> None:
    source = make_source()
    content = table([penalty_row(source)], titles=titles).encode(encoding)
    batch = services.deliver_file(actor=SYSTEM, source_code=source.code, content=content, at=NOW)
    assert batch.is_applied and batch.stored == 1
    assert CreditRecord.objects.get().title == "未按规定公示食品经营许可信息"


def test_a_table_with_one_bad_row_leaves_nothing_but_its_report_and_goes_in_when_mended() -> None:
    source = make_source()
    good, bad = penalty_row(source), penalty_row(source, CF_NR_FK="0.0000001")
    send = partial(services.deliver_file, actor=SYSTEM, source_code=source.code, at=NOW)
    refused = send(content=table([good, bad]).encode("gbk"), file_name="处罚.csv")
    assert not refused.is_applied
    assert outcomes(refused) == ["not_stored", "refused"]
    assert refused.report[1]["row"] == 3  # the header is row 1
    assert not CreditRecord.objects.exists() and not CreditSubject.objects.exists()
    assert not OutboxEvent.objects.filter(name="credit.record_stored").exists()
    mended = send(content=table([good, {**bad, "CF_NR_FK": "0.000001"}]).encode("gbk"))
    assert mended.is_applied and mended.stored == 2
    tried = send(content=table([penalty_row(source)]).encode(), dry_run=True)
    assert not tried.is_applied and CreditRecord.objects.count() == 2


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"CF_WSH,CF_WSH\n1,2", b"CF_WSH\n", b"CF_WSH\n1,2\n"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    source = make_source()
    with pytest.raises(TableUnreadable):
        services.deliver_file(actor=SYSTEM, source_code=source.code, content=content, at=NOW)
    assert not IntakeBatch.objects.exists()


def test_only_the_source_s_agency_delivers() -> None:
    source = make_source()
    other = make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
    with pytest.raises(SourceUnknown):
        services.deliver_rows(actor=other, source_code=source.code, rows=[{}], at=NOW)
    with pytest.raises(SourceTaken):
        services.register_source(
            actor=SYSTEM,
            code=source.code,
            title={"zh-hans": "二", "en": "Two"},
            agency_id=source.agency_id,
            kind="penalty",
            section="administration",
            legal_basis="法",
            cycle="daily",
            publicity_rule="publicity.penalty",
            at=NOW,
        )
    assert CreditSource.objects.count() == 1


def test_export_reads_back_as_the_same_rows() -> None:
    source = make_source()
    row = person_row(source, CF_NR_FK="0.02", BZ="=1+1")
    deliver(source, row)
    content = services.export_records(actor=reporter(source), kind="penalty", at=NOW)
    found = next(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert found["CF_NR_FK"] == "0.020000"
    assert found["CF_XDR_ZJHM"] == row["CF_XDR_ZJHM"]
    assert found["BZ"] == "'=1+1"
    assert Entry.objects.filter(act="credit.records_exported").exists()
    again = services.deliver_file(actor=SYSTEM, source_code=source.code, content=content, at=NOW)
    assert again.is_applied
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
    empty = services.export_records(actor=elsewhere, kind="penalty", at=NOW)
    assert empty.count(b"\n") == 1


def test_what_a_record_says_cannot_be_changed_in_the_database() -> None:
    record = make_record()
    with pytest.raises(ProgrammingError), transaction.atomic():
        CreditRecord.objects.filter(pk=record.pk).update(fine_fen=1)
    with pytest.raises(ProgrammingError), transaction.atomic():
        CreditRecord.objects.filter(pk=record.pk).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRecord.objects.filter(pk=record.pk).update(in_use=False)


def test_a_correction_by_its_agency_keeps_both_histories() -> None:
    source = make_source()
    record = deliver(source, penalty_row(source))
    later = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    correct = partial(
        services.correct_record, actor=reporter(source), record_id=record.pk, at=later
    )
    with pytest.raises(NothingChanged):
        correct(changes={"fine_fen": 1_234_567}, reason="核对")
    fixed = correct(changes={"fine_fen": 200_000_000, "fact_on": date(2026, 11, 10)}, reason="更正")
    assert (fixed.grade, fixed.version, fixed.correction_reason) == ("serious", 2, "更正")
    assert fixed.subject_id == record.subject_id and not fixed.is_late
    assert [r.pk for r in queries.history(record.series, known_at=NOW)] == [record.pk]
    services.withdraw_record(actor=reporter(source), record_id=fixed.pk, reason="撤销", at=later)
    with pytest.raises(RecordEnded):
        services.correct_record(
            actor=reporter(source),
            record_id=fixed.pk,
            changes={"fine_fen": 1},
            reason="x",
            at=later,
        )
    assert OutboxEvent.objects.filter(name="credit.publicity_ended").count() == 1
    # reported again with other content, it stays out of use
    again = deliver(
        source,
        {
            **penalty_row(source),
            "CF_WSH": record.number,
            "CF_NR_FK": "5",
            "CF_XDR_SHXYM": record.subject.uscc,
        },
    )
    assert (again.version, again.in_use, again.publicity) == (3, False, "stopped")


@pytest.mark.django_db(transaction=True)
def test_the_same_row_delivered_twice_at_once_is_one_record() -> None:
    source = make_source()
    row = penalty_row(source)
    send = partial(services.deliver_rows, actor=SYSTEM, source_code=source.code, rows=[row], at=NOW)
    results = race([send, send, send])
    assert not [result for result in results if isinstance(result, Refusal)]
    assert CreditRecord.objects.count() == 1
    assert CreditSubject.objects.count() == 1


def test_a_correction_keeps_the_end_its_agency_declared() -> None:
    source = make_source()
    record = deliver(source, penalty_row(source, CF_GSJZQ="2027/03/01"))
    assert record.publish_until == date(2027, 3, 2)
    fixed = services.correct_record(
        actor=reporter(source),
        record_id=record.pk,
        changes={"title": "更正后的违法行为"},
        reason="笔误",
        at=datetime(2026, 12, 1, 1, 0, tzinfo=UTC),
    )
    assert fixed.publish_until == record.publish_until


def test_nobody_withdraws_a_record_about_his_own_firm() -> None:
    source, leader = make_source(), make_person("周演示")
    firm = make_organisation(leader)
    record = deliver(source, penalty_row(source, CF_XDR_SHXYM=firm.registration_number))
    officer = make_officer_actor("credit_reporter", agency_id=source.agency_id, record_of=leader)
    with pytest.raises(SelfApproval):
        services.withdraw_record(actor=officer, record_id=record.pk, reason="撤销", at=NOW)


def test_a_table_that_is_too_long_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS_MAX", 2)
    head = "XK_WSH,XK_NR\n"
    assert len(files.read_rows("licence", (head + "1,a\n\n2,b\n").encode())) == 2
    broken = head + "1,a\n2,b\n3,c\n4,d,too,many\n"  # the row after the last is what counts
    with pytest.raises(TableTooLarge):
        files.read_rows("licence", broken.encode())
