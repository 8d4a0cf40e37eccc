"""One decision typed at the workbench is taken as a row of a table is, or nothing is kept."""

from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from lingnan.platforms.identity.testing import client_for, make_officer_actor, make_person_actor
from lingnan.standards.agencies.testing import make_agency

from .. import services
from ..columns import COLUMNS
from ..models import CreditRecord, IntakeBatch
from ..testing import NOW, licence_row, make_source, penalty_row, person_row, reporter

pytestmark = pytest.mark.django_db
PAGE = "/desk/credit/intake/new/"


def test_a_penalty_is_typed_and_published_with_its_own_report() -> None:
    source = make_source()
    desk = client_for(reporter(source))
    page = desk.get(PAGE, {"source": source.code}).content.decode()
    assert source.agency.uscc in page  # what is known stands there
    assert "违法事实" in page and "罚款金额（万元）" in page
    row = penalty_row(source)
    done = desk.post(f"{PAGE}?source={source.code}", row)
    record = CreditRecord.objects.get()
    batch = IntakeBatch.objects.get()
    assert done["Location"] == f"/desk/credit/intake/{batch.pk}/"
    assert (record.number, record.fine_fen) == (row["CF_WSH"], 1_234_567)
    again = desk.post(f"{PAGE}?source={source.code}", row)
    assert again.status_code == 302
    assert CreditRecord.objects.count() == 1


@pytest.mark.parametrize("kind", ["licence", "penalty"])
def test_every_problem_stands_at_its_column_once_and_nothing_is_kept(kind: str) -> None:
    source = make_source(kind)
    desk = client_for(reporter(source))
    prefix = {"licence": "XK", "penalty": "CF"}[kind]
    make = {"licence": licence_row, "penalty": penalty_row}[kind]
    typed = {
        **make(source),
        f"{prefix}_WSH": "",
        f"{prefix}_JDRQ": "去年",
        f"{prefix}_XDR_SHXYM": "91440101MA5C",
    }
    kept = desk.post(f"{PAGE}?source={source.code}", typed)
    page = kept.content.decode()
    assert kept.status_code == 422
    summary = page.split('class="error-summary"')[1].split("</div>")[0]
    assert summary.count("<li>") == 3
    assert "文书号：" in summary and "决定日期：“去年”" in summary
    assert typed[f"{prefix}_XDR_MC"] in page and "91440101MA5C" in page
    assert not CreditRecord.objects.exists() and not IntakeBatch.objects.exists()


def test_a_person_is_named_by_document_and_another_agency_is_refused() -> None:
    source = make_source()
    desk = client_for(reporter(source))
    other = make_agency("housing")
    typed = person_row(source, CF_CFJG=other.name, CF_CFJGDM=other.uscc)
    page = desk.post(f"{PAGE}?source={source.code}", typed)
    assert page.status_code == 422 and not CreditRecord.objects.exists()
    assert desk.post(f"{PAGE}?source={source.code}", person_row(source)).status_code == 302
    assert CreditRecord.objects.get().subject.kind == "person"


def test_every_column_of_the_standard_can_be_typed_in_both_languages() -> None:
    for kind in ("licence", "penalty", "honour"):
        source = make_source(kind)
        desk = client_for(reporter(source))
        for language in ("zh-hans", "en"):
            with translation.override(language):
                page = desk.get(
                    PAGE, {"source": source.code}, headers={"Accept-Language": language}
                ).content.decode()
            for column in COLUMNS[kind]:
                assert f'name="{column.name}"' in page


def test_only_who_reports_for_the_source_opens_it() -> None:
    source = make_source()
    elsewhere = make_officer_actor("credit_reporter", agency_id=make_agency("housing").id)
    for who, status in (
        (Client(), 302),
        (client_for(make_person_actor()), 403),
        (client_for(elsewhere), 404),
        (client_for(make_officer_actor("credit_officer", region_code="440106000000")), 403),
        (client_for(reporter(source)), 200),
    ):
        assert who.get(PAGE, {"source": source.code}).status_code == status
    assert client_for(reporter(source)).get(PAGE, {"source": str(uuid4())}).status_code == 404


def test_the_report_of_a_table_names_columns_by_their_titles() -> None:
    source = make_source()
    rows = [penalty_row(source, CF_JDRQ="2199/01/01")]
    batch = services.deliver_rows(
        actor=reporter(source), source_code=source.code, rows=rows, at=NOW
    )
    page = client_for(reporter(source)).get(f"/desk/credit/intake/{batch.pk}/").content.decode()
    assert "处罚决定日期" in page and "CF_JDRQ" in page
    assert "退回" in page and "未批准" not in page
