"""Import: all rows or none, every refused row says why, a file put right can be sent again."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from lingnan.kernel import tables
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.testing import shared_data
from lingnan.standards.matters import errors, services
from lingnan.standards.matters.models import BasicItem, ImportRun, ItemVersion, ServiceItem
from lingnan.standards.matters.testing import list_content, make_published_item
from lingnan.standards.matters.types import ImportReport

from .conftest import REVIEWER, Place, Places, catalogue_keeper, officer
from .test_life_of_a_list import CODE12, make_basic

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
REAL = "gov_service_items/county_service_items_sichuan_guangan.csv"
Rows = list[dict[str, str]]


def as_csv(rows: Rows, encoding: str = "utf-8") -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode(encoding)


def as_xlsx(rows: Rows) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(
            [int(cell) if cell.isdigit() and len(cell) < 6 else cell for cell in row.values()]
        )
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def own_row(place: Place, **changes: str) -> dict[str, str]:
    return {
        "基本编码": CODE12,
        "实施编码": f"{place.uscc}4{CODE12}",
        "事项名称": "食品经营许可",
        "事项类型": "行政许可",
        "实施主体": "越秀区市场监督管理局",
        "法定办结时限": "20",
        "法定办结时限单位": "工作日",
        "承诺办结时限": "10",
        "承诺办结时限单位": "工作日",
        "受理条件": "有固定场所\n有专职人员",
        "材料名称": "申请书;身份证明",
        "到现场次数": "1",
        "到现场说明": "现场核验",
        "通俗说法": "开店；卖吃的",
        **changes,
    }


def send(place: Place, content: bytes, *, scheme: str = "", dry_run: bool = False) -> ImportReport:
    return services.import_items(
        content,
        file_name="items.csv",
        scheme=scheme,
        dry_run=dry_run,
        actor=officer(place),
        at=AT,
    )


def codes(report: ImportReport, severity: str = "refused") -> list[tuple[int, str, str]]:
    return [
        (problem.row, problem.field, problem.code)
        for problem in report.problems
        if problem.severity == severity
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_in_our_codes_becomes_drafts(places: Places, encoding: str) -> None:
    make_basic()
    report = send(places.yuexiu, as_csv([own_row(places.yuexiu)], encoding))
    assert (report.created, report.problems, report.is_applied) == (1, (), True)
    version = ItemVersion.objects.select_related("service_item").get()
    assert version.state == "draft" and version.service_item.agency_id == places.yuexiu.agency_id
    assert version.everyday_words == ["开店", "卖吃的"]
    assert [m["name"]["zh-hans"] for m in version.materials] == ["申请书", "身份证明"]
    assert (version.statutory_limit, version.promised_limit) == (20, 10)


def test_a_workbook_is_read_like_a_csv(places: Places) -> None:
    make_basic()
    report = send(places.yuexiu, as_xlsx([own_row(places.yuexiu)]))
    assert (report.created, report.problems) == (1, ())
    assert ItemVersion.objects.get().promised_limit == 10


def test_sending_again_changes_nothing_and_a_correction_changes_one_row(places: Places) -> None:
    make_basic()
    rows = [own_row(places.yuexiu)]
    send(places.yuexiu, as_csv(rows))
    again = send(places.yuexiu, as_csv(rows))
    assert (again.created, again.changed, again.unchanged) == (0, 0, 1)
    rows[0]["承诺办结时限"] = "5"
    corrected = send(places.yuexiu, as_csv(rows))
    assert (corrected.changed, ServiceItem.objects.count()) == (1, 1)
    assert ItemVersion.objects.get().promised_limit == 5


def test_one_refused_row_stops_all_and_says_why(places: Places) -> None:
    make_basic()
    rows = [
        own_row(places.yuexiu),
        own_row(places.yuexiu),
        own_row(
            places.guangzhou, 事项名称="别的名称", 实施编码=f"{places.guangzhou.uscc}4{CODE12}"
        ),
        own_row(places.province, 实施编码="1234", 承诺办结时限="很快"),
    ]
    report = send(places.yuexiu, as_csv(rows))
    assert report.refused_rows == 4 and not report.is_applied
    found = codes(report)
    assert (3, "implementation_code", "matters.code_repeated") in found
    assert (4, "basic_code", "matters.basic_code_with_two_names") in found
    assert (5, "implementation_code", "codes.item_code.shape") in found
    assert (5, "promised_limit", "matters.cell_unreadable") in found
    assert not ServiceItem.objects.exists()
    assert ImportRun.objects.get().refused_rows == 4


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"承诺办结时限": "30"}, "promised_limit", "matters.promise_beyond_law"),
        ({"承诺办结时限单位": "天"}, "promised_unit", "matters.units_differ"),
        ({"到现场说明": ""}, "visits_reason", "matters.visits_unexplained"),
        ({"事项名称": "食品许可"}, "name", "matters.unified_field"),
        ({"事项类型": "公共服务"}, "item_type", "matters.unified_field"),
        ({"事项类型": "行政处罚"}, "item_type", "matters.not_a_service_item"),
        ({"事项类型": "不知道"}, "item_type", "matters.item_type_unknown"),
        ({"事项名称": ""}, "name", "matters.cell_empty"),
        ({"基本编码": "440199801001"}, "basic_code", "matters.code_disagrees"),
    ],
)
def test_what_is_refused_in_a_row(
    places: Places, changes: dict[str, str], field: str, code: str
) -> None:
    make_basic()
    report = send(places.yuexiu, as_csv([own_row(places.yuexiu, **changes)]))
    assert (2, field, code) in codes(report)
    assert not ServiceItem.objects.exists()


def test_lists_of_other_agencies_are_refused(places: Places) -> None:
    make_basic()
    report = send(places.shenzhen, as_csv([own_row(places.yuexiu)]))
    assert codes(report) == [(2, "dept_uscc", "forbidden")]


def test_a_published_list_gets_a_new_draft_and_keeps_what_the_table_does_not_say(
    places: Places,
) -> None:
    item = make_published_item(places.yuexiu.agency_id)
    report = send(places.yuexiu, as_csv([own_row(places.yuexiu, 承诺办结时限="3")]))
    assert report.changed == 1
    versions = list(ItemVersion.objects.order_by("number"))
    assert [(v.number, v.state) for v in versions] == [(1, "published"), (2, "draft")]
    assert versions[1].promised_limit == 3
    assert versions[1].consult_phone == item.consult_phone


def test_a_dry_run_writes_nothing(places: Places) -> None:
    make_basic()
    report = send(places.yuexiu, as_csv([own_row(places.yuexiu)]), dry_run=True)
    assert report.created == 1 and not report.is_applied
    assert not ServiceItem.objects.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00\x01\x00", b"PK\x03\x04broken", b"a,b\n1,2\n", "事项名称\n食品".encode()],
)
def test_what_is_no_table_is_refused_whole(places: Places, content: bytes) -> None:
    with pytest.raises(tables.UnreadableTable):
        send(places.yuexiu, content)


def test_only_who_may_edit_imports(places: Places) -> None:
    make_basic()
    for actor in (officer(places.yuexiu, REVIEWER), catalogue_keeper()):
        with pytest.raises(Forbidden):
            services.import_items(
                as_csv([own_row(places.yuexiu)]), file_name="x", actor=actor, at=AT
            )


def test_an_export_can_be_imported_again(places: Places) -> None:
    make_published_item(places.yuexiu.agency_id, summary="=HYPERLINK(1)")
    for kind in ("csv", "xlsx"):
        exported = services.export_items(actor=officer(places.yuexiu), kind=kind)
        if kind == "csv":
            assert "'=HYPERLINK(1)" in exported.decode("utf-8-sig")
        report = send(places.yuexiu, exported)
        assert report.problems == () and (report.changed, report.unchanged) == (0, 1)


# -- the real file: 681 lists of one county of another province ----------------------------------


def real_rows() -> Rows:
    text = shared_data(REAL).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_real_foreign_file_is_refused_with_reasons(places: Places) -> None:
    report = send(places.yuexiu, shared_data(REAL).read_bytes(), scheme="sc-2018")
    assert report.rows == 681 and not report.is_applied
    assert not ServiceItem.objects.exists() and not BasicItem.objects.exists()
    refused = codes(report)
    malformed = {row for row, _field, code in refused if code == "codes.uscc.authority"}
    rows = real_rows()
    assert {rows[row - 2]["dept_uscc"] for row in malformed} == {"TE5116020105116050"}
    two_names = {row for row, _f, code in refused if code == "matters.basic_code_with_two_names"}
    assert {rows[row - 2]["basic_code"] for row in two_names} == {"1J"}
    assert malformed | two_names == {row for row, _field, _code in refused}
    assert report.refused_rows == len(malformed | two_names)
    missing = [code for _r, _f, code in codes(report, "warning")]
    assert missing.count("matters.body_code_missing") == 84
    assert all(problem.message for problem in report.problems)


def test_the_real_file_put_right_becomes_drafts_under_its_own_scheme(places: Places) -> None:
    rows = real_rows()
    for number, row in enumerate(rows):
        if row["dept_uscc"] == "TE5116020105116050":
            row["dept_uscc"] = ""
        if row["basic_code"] == "1J":
            row["basic_code"] = f"1J-{number}"
    report = send(places.yuexiu, as_csv(rows), scheme="sc-2018")
    assert (report.refused_rows, report.created, report.is_applied) == (0, 681, True)
    item = ServiceItem.objects.select_related("basic_item").get(
        local_code=rows[0]["implementation_code"]
    )
    assert (item.code31, item.agency_id, item.state) == (None, None, "draft")
    assert (item.foreign_body_name, item.foreign_region_code) == ("区教科体局", "511602000000")
    assert (item.exercise_level, item.basic_item.code12) == (4, None)
    assert item.basic_item.name == {"zh-hans": rows[0]["item_name"]}
    again = send(places.yuexiu, as_csv(rows), scheme="sc-2018")
    assert (again.created, again.changed, again.unchanged) == (0, 0, 681)
    rows[5]["item_name"] += "（试行）"
    third = send(places.yuexiu, as_csv(rows), scheme="sc-2018")
    assert (third.changed, ServiceItem.objects.count()) == (1, 681)


def test_a_foreign_list_is_published_only_after_adoption(places: Places) -> None:
    make_basic()
    steward, reviewer = officer(places.yuexiu), officer(places.yuexiu, REVIEWER)
    row = {
        "department": "区市场监管局",
        "item_name": "食品经营许可证核发",
        "basic_code": "511A0001000000",
        "implementation_code": "511A0001000000-511602000000-000-115113010833722043-1-00",
        "dept_uscc": "115113010833722043",
        "task_type": "1",
        "area_code": "511602000000",
    }
    services.import_items(as_csv([row]), file_name="x.csv", scheme="sc-2018", actor=steward, at=AT)
    version = ItemVersion.objects.get()
    services.save_draft(
        actor=steward, version_id=version.id, revision=1, content=list_content(), at=AT
    )
    with pytest.raises(errors.NotAdopted):
        services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    item = services.adopt_item(
        actor=steward,
        service_item_id=version.service_item_id,
        basic_code=CODE12,
        agency_id=places.yuexiu.agency_id,
        exercise_level=4,
        at=AT,
    )
    assert item.code31 == f"{places.yuexiu.uscc}4{CODE12}"
    assert item.local_code == row["implementation_code"] and item.local_scheme == "sc-2018"
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    services.publish_version(actor=reviewer, version_id=version.id, at=AT)


def test_the_command_prints_each_refusal_and_fails(
    places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_basic()
    path = tmp_path / "items.csv"
    path.write_bytes(as_csv([own_row(places.yuexiu, 承诺办结时限="30")]))
    with pytest.raises(SystemExit):
        call_command("import_items", str(path))
    assert "promise_beyond_law" in capsys.readouterr().out
    path.write_bytes(as_csv([own_row(places.yuexiu)]))
    call_command("import_items", str(path))
    assert "1 new, 0 changed, 0 unchanged, 0 refused" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("import_items", str(tmp_path / "absent.csv"))
