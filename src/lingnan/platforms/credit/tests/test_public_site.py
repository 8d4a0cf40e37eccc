"""The publicity site shows what the rule shows today, and no natural person by name."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries

from .. import queries, services
from ..models import CreditRecord
from ..testing import deliver, licence_row, make_record, make_source, penalty_row, person_row

pytestmark = pytest.mark.django_db
YEAR_ON = datetime(2027, 11, 17, 1, 0, tzinfo=UTC)


def test_a_record_leaves_the_site_by_the_date_even_if_the_job_is_late() -> None:
    record = make_record()
    assert record.publish_until is not None
    last = record.publish_until - timedelta(days=1)
    shown = queries.decisions(on=last)
    assert [row.pk for row in shown.items] == [record.pk]
    assert not queries.decisions(on=record.publish_until).items
    record.refresh_from_db()
    assert record.publicity == "public"  # the job has not run


def test_the_daily_job_ends_it_once_and_tells() -> None:
    record = make_record()
    assert services.end_publicity(at=YEAR_ON - timedelta(days=1)) == 0
    assert services.end_publicity(at=YEAR_ON) == 1
    assert services.end_publicity(at=YEAR_ON) == 0
    record.refresh_from_db()
    assert (record.publicity, record.end_reason, record.in_use) == ("ended", "expired", True)
    event = OutboxEvent.objects.get(name="credit.publicity_ended")
    assert event.payload["reason"] == "expired"


def test_an_old_decision_reported_late_is_never_shown() -> None:
    record = make_record(CF_JDRQ="2023/06/01")
    assert (record.publicity, record.is_late) == ("ended", True)
    assert not queries.decisions(on=clock.today()).items


def test_firms_are_found_by_name_code_and_number() -> None:
    record = make_record()
    client = Client()
    for text in ("测试餐饮", record.subject.uscc, record.number):
        page = client.get("/credit/", {"q": text}).content.decode()
        assert "广州测试餐饮有限公司" in page, text
    assert "没有找到" in client.get("/credit/", {"q": "不存在的名称"}).content.decode()
    detail = client.get(f"/credit/decisions/{record.pk}/").content.decode()
    assert "¥12,345.67" in detail
    assert "信用修复管理办法" in detail


def test_a_person_is_not_found_by_name_and_shown_masked_and_unlisted() -> None:
    source = make_source()
    row = person_row(source, name="王测试", CF_NR_FK="0.5", CF_CFLB="罚款;没收违法所得")
    row["CF_WFXW"] = "王测试违法设摊经营"
    row["CF_NR"] = f"对王测试（{row['CF_XDR_ZJHM']}）罚款五千元"
    record = deliver(source, row)
    assert record.publicity == "public"
    client = Client()
    assert "/credit/subjects/" not in client.get("/credit/", {"q": "王测试"}).content.decode()
    found = client.get("/credit/", {"q": record.number})
    assert "noindex" in found["X-Robots-Tag"]
    for path in (
        f"/credit/decisions/{record.pk}/",
        f"/credit/subjects/{record.subject_id}/",
        "/credit/decisions/",
        "/api/v1/credit/decisions",
        f"/api/v1/credit/decisions/{record.pk}",
        f"/api/v1/credit/subjects/{record.subject_id}",
    ):
        response = client.get(path)
        body = response.content.decode()
        assert response.status_code == 200, path
        assert "王测试" not in body and row["CF_XDR_ZJHM"] not in body, path
    page = client.get(f"/credit/subjects/{record.subject_id}/")
    assert "noindex" in page["X-Robots-Tag"] and 'name="robots"' in page.content.decode()


def test_a_cursor_does_not_tell_the_name_of_a_person() -> None:
    source = make_source()
    rows = [person_row(source, CF_NR_FK="2", name=name) for name in ("王甲测试", "王乙测试")]
    first, second = (deliver(source, {**row, "CF_WSH": "穗测〔2026〕1号"}) for row in rows)
    assert first.subject_id != second.subject_id
    answer = Client().get("/api/v1/credit/subjects", {"q": first.number, "limit": "1"}).json()
    assert len(answer["items"]) == 1
    cursor = answer["next_cursor"]
    told = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert "测试" not in told and "\\u" not in told


def test_a_person_without_anything_public_has_no_page() -> None:
    source = make_source()
    record = deliver(source, person_row(source, CF_NR_FK="0.01", CF_CFLB="罚款"))
    assert (record.grade, record.publicity) == ("minor", "withheld")
    client = Client()
    assert client.get(f"/credit/subjects/{record.subject_id}/").status_code == 404
    assert client.get(f"/credit/decisions/{record.pk}/").status_code == 404


def test_the_list_pages_by_key_with_one_query_per_page() -> None:
    source, licences = make_source(), make_source("licence")
    for _ in range(3):
        deliver(source, penalty_row(source))
    deliver(licences, licence_row(licences))
    on = clock.local_date(YEAR_ON) - timedelta(days=200)
    with max_queries(1):
        page = queries.decisions(on=on, limit=2)
    following = queries.decisions(on=on, limit=2, cursor=page.next_cursor)
    ids = {row.pk for row in [*page.items, *following.items]}
    assert ids == set(CreditRecord.objects.values_list("pk", flat=True))
    assert len(queries.decisions(on=on, kind="licence").items) == 1
    with max_queries(12):
        assert Client().get("/credit/decisions/").status_code == 200


def test_columns_are_read_in_words_and_an_end_that_never_comes_is_said() -> None:
    record = deliver(
        source := make_source("licence"), licence_row(source, XK_XKLB="1", XK_YXQZI="2099/12/31")
    )
    page = Client().get(f"/credit/decisions/{record.pk}/").content.decode()
    assert "普通" in page and "2099" not in page
