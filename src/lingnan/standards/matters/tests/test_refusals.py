"""What the catalogue refuses over the API, with nothing written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lingnan.kernel import clock, tables
from lingnan.kernel.testing import check_refused, nothing_written
from lingnan.standards.matters import errors, services
from lingnan.standards.matters.testing import make_published_item
from lingnan.standards.matters.types import VersionState

from .conftest import REVIEWER, Places, catalogue_keeper, client_as, officer
from .test_import_tables import as_csv, own_row
from .test_life_of_a_list import AT, draft, make_basic, published

API = "/api/v1/matters"


def test_a_version_whose_last_day_passed_while_it_waited_is_not_published(places: Places) -> None:
    make_basic()
    steward, reviewer = officer(places.yuexiu), officer(places.yuexiu, REVIEWER)
    version = draft(places, steward, effective_until="2026-12-01")
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    last_day = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    with nothing_written("matters"), pytest.raises(errors.AlreadyEnded) as refused:
        services.publish_version(actor=reviewer, version_id=version.id, at=last_day)
    assert (refused.value.status, refused.value.code) == (409, "matters.already_ended")
    version.refresh_from_db()
    assert version.state == VersionState.IN_REVIEW
    day_before = last_day - timedelta(days=1)
    services.publish_version(actor=reviewer, version_id=version.id, at=day_before)


def test_an_element_that_must_be_the_same_is_taken_over_unchanged(places: Places) -> None:
    services.set_unified_element(
        actor=catalogue_keeper(), key="visits", name={"zh-hans": "到现场次数"}, owner_level=2,
        rule="same", is_active=True,
    )  # fmt: skip
    make_published_item(places.province.agency_id, exercise_level=2)
    steward = officer(places.yuexiu)
    version = draft(places, steward, visits=0, visits_reason="", supports_courier=True)
    with nothing_written("matters"), pytest.raises(errors.Differs) as refused:
        services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    assert (refused.value.status, refused.value.code) == (409, "matters.differs")
    assert [field.path for field in refused.value.fields] == ["visits"]
    with nothing_written("matters"):
        answer = client_as(steward).post(
            f"{API}/versions/{version.pk}/submit", {}, content_type="application/json"
        )
    check_refused(answer, errors.Differs)
    version.refresh_from_db()
    assert version.state == VersionState.DRAFT


def test_a_step_out_of_its_turn_is_refused(places: Places) -> None:
    version, _steward, reviewer = published(places)
    with nothing_written("matters"):
        answer = client_as(reviewer).post(f"{API}/versions/{version.pk}/publish")
    check_refused(answer, errors.WrongState)
    version.refresh_from_db()
    assert version.state == VersionState.PUBLISHED


def test_a_table_of_too_many_rows_is_not_read(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS_MAX", 2)
    make_basic()
    content = as_csv([own_row(places.yuexiu)] * 3)
    steward = client_as(officer(places.yuexiu))
    with nothing_written("matters"):
        answer = steward.post(f"{API}/imports", {"file": SimpleUploadedFile("a.csv", content)})
    check_refused(answer, tables.TableTooLarge)
    report = services.import_items(
        as_csv([own_row(places.yuexiu)]), file_name="a.csv", dry_run=True,
        actor=officer(places.yuexiu), at=clock.now(),
    )  # fmt: skip
    assert report.rows
