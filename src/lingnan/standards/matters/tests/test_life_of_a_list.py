"""Plan 七（二）: drafted, reviewed by someone else, published, changed, suspended, cancelled."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden, NotFound, Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries, race
from lingnan.standards.matters import errors, queries, services
from lingnan.standards.matters.models import ItemStep, ItemVersion, SearchPosting, ServiceItem
from lingnan.standards.matters.testing import LAW, item_content, list_content, make_published_item
from lingnan.standards.matters.types import READ, ItemState, VersionState

from .conftest import REVIEWER, STEWARD, Places, catalogue_keeper, make_places, officer

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CODE12 = "440199801000"


def make_basic(code12: str = CODE12, name: str = "食品经营许可") -> None:
    services.create_basic_item(
        actor=catalogue_keeper(),
        code12=code12,
        name={"zh-hans": name, "en": "Food business licence"},
        legal_basis=[LAW],
        at=AT,
    )


def draft(places: Places, actor: Actor, **changes: Any) -> ItemVersion:
    return services.create_item(
        actor=actor,
        basic_code=CODE12,
        agency_id=places.yuexiu.agency_id,
        exercise_level=4,
        content=list_content(**changes),
        at=AT,
    )


def published(places: Places) -> tuple[ItemVersion, Actor, Actor]:
    make_basic()
    steward, reviewer = officer(places.yuexiu), officer(places.yuexiu, REVIEWER)
    version = draft(places, steward)
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    return (
        services.publish_version(actor=reviewer, version_id=version.id, at=AT),
        steward,
        reviewer,
    )


def test_a_list_goes_from_draft_to_publication(places: Places) -> None:
    version, _steward, _reviewer = published(places)
    code31 = f"{places.yuexiu.uscc}4{CODE12}"
    item = queries.published_item(code31)
    assert item.item_version_id == version.id
    assert item.name["zh-hans"] == "食品经营许可"
    assert (item.statutory_limit_workdays, item.promised_limit_workdays) == (20, 10)
    assert [material.code for material in item.materials] == ["M01", "M02"]
    assert item.effective_from is not None and item.effective_from.isoformat() == "2026-11-23"
    acts = list(ItemStep.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["drafted", "submitted", "published"]
    names = list(
        OutboxEvent.objects.filter(name__startswith="matters.item")
        .order_by("seq")
        .values_list("name", flat=True)
    )
    assert names == ["matters.item_drafted", "matters.item_submitted", "matters.item_published"]
    event = OutboxEvent.objects.get(name="matters.item_published").payload
    assert event["code31"] == code31 and event["version_number"] == 1


def test_no_one_publishes_what_he_submitted(places: Places) -> None:
    make_basic()
    both = officer(places.yuexiu, STEWARD | REVIEWER)
    version = draft(places, both)
    services.submit_for_review(actor=both, version_id=version.id, at=AT)
    with pytest.raises(errors.SelfReview):
        services.publish_version(actor=both, version_id=version.id, at=AT)
    with pytest.raises(errors.SelfReview):
        services.return_version(actor=both, version_id=version.id, reason="x", at=AT)
    version.refresh_from_db()
    assert version.state == VersionState.IN_REVIEW
    assert not SearchPosting.objects.exists()


def test_the_database_refuses_self_approval_too(places: Places) -> None:
    version, _steward, _reviewer = published(places)
    with pytest.raises(IntegrityError), transaction.atomic():
        ItemVersion.objects.filter(pk=version.pk).update(
            submitted_by=version.reviewed_by, reviewed_by=version.reviewed_by
        )


def test_a_change_is_a_new_version_and_cases_keep_the_old(places: Places) -> None:
    first, steward, reviewer = published(places)
    second = services.start_change(
        actor=steward, service_item_id=first.service_item_id, note="faster", at=AT
    )
    assert queries.published_item(first.service_item.code31 or "").item_version_id == first.id
    services.save_draft(
        actor=steward,
        version_id=second.id,
        revision=1,
        content=list_content(promised_limit=5),
        at=AT,
    )
    services.submit_for_review(actor=steward, version_id=second.id, at=AT)
    services.publish_version(actor=reviewer, version_id=second.id, at=AT)
    assert queries.item_version(first.id).promised_limit_workdays == 10
    assert queries.item_version(first.id).state == VersionState.SUPERSEDED
    now = queries.published_item(first.service_item.code31 or "")
    assert (now.version_number, now.promised_limit_workdays) == (2, 5)
    old, new = sorted(queries.versions_of(first.service_item_id), key=lambda v: v.number)
    assert ("promised_limit", 10, 5) in queries.version_changes(old, new)


def test_only_one_version_is_prepared_at_a_time(places: Places) -> None:
    first, steward, _reviewer = published(places)
    services.start_change(actor=steward, service_item_id=first.service_item_id, note="", at=AT)
    with pytest.raises(errors.InPreparation) as refused:
        services.start_change(actor=steward, service_item_id=first.service_item_id, note="", at=AT)
    assert refused.value.facts == {"number": 2}


def test_two_editors_cannot_overwrite_each_other(places: Places) -> None:
    make_basic()
    steward = officer(places.yuexiu)
    version = draft(places, steward)
    services.save_draft(
        actor=steward,
        version_id=version.id,
        revision=1,
        content=list_content(visits=0, supports_courier=True),
        at=AT,
    )
    with pytest.raises(errors.ChangedMeanwhile):
        services.save_draft(
            actor=steward, version_id=version.id, revision=1, content=list_content(), at=AT
        )
    version.refresh_from_db()
    assert version.visits == 0


def test_a_returned_version_is_a_draft_again_and_can_be_submitted_again(places: Places) -> None:
    make_basic()
    steward, reviewer = officer(places.yuexiu), officer(places.yuexiu, REVIEWER)
    version = draft(places, steward)
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    with pytest.raises(errors.ReasonNeeded):
        services.return_version(actor=reviewer, version_id=version.id, reason="  ", at=AT)
    services.return_version(actor=reviewer, version_id=version.id, reason="材料不全", at=AT)
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    services.publish_version(actor=reviewer, version_id=version.id, at=AT)
    note = ItemStep.objects.get(act="returned").note
    assert note == "材料不全"


def test_a_suspended_list_is_not_offered_and_comes_back(places: Places) -> None:
    version, _steward, reviewer = published(places)
    code31 = version.service_item.code31 or ""
    assert queries.search_items("开店").items
    services.suspend_item(
        actor=reviewer, service_item_id=version.service_item_id, reason="系统升级", at=AT
    )
    with pytest.raises(NotFound):
        queries.published_item(code31)
    assert not queries.search_items("开店").items
    services.resume_item(actor=reviewer, service_item_id=version.service_item_id, at=AT)
    assert queries.published_item(code31).item_version_id == version.id
    assert queries.search_items("开店").items


def test_a_cancelled_list_stays_readable_and_cannot_come_back(places: Places) -> None:
    version, steward, reviewer = published(places)
    change = services.start_change(
        actor=steward, service_item_id=version.service_item_id, note="", at=AT
    )
    services.cancel_item(
        actor=reviewer, service_item_id=version.service_item_id, reason="取消", at=AT
    )
    assert queries.item_version(version.id).state == VersionState.CANCELLED
    change.refresh_from_db()
    assert change.state == VersionState.CANCELLED
    with pytest.raises(errors.WrongState):
        services.resume_item(actor=reviewer, service_item_id=version.service_item_id, at=AT)
    with pytest.raises(errors.WrongState):
        services.start_change(
            actor=steward, service_item_id=version.service_item_id, note="", at=AT
        )


def test_lists_end_on_their_last_day(places: Places) -> None:
    item = make_published_item(places.yuexiu.agency_id, effective_until="2026-12-31")
    on = datetime(2026, 12, 30, 17, 0, tzinfo=UTC)
    assert services.end_due_items(on=(on).date(), at=on) == 0
    later = on + timedelta(days=1)
    assert services.end_due_items(on=later.date(), at=later) == 1
    assert ServiceItem.objects.get(pk=item.service_item_id).state == ItemState.CANCELLED


def test_a_future_version_waits_for_its_day(places: Places) -> None:
    make_basic()
    steward, reviewer = officer(places.yuexiu), officer(places.yuexiu, REVIEWER)
    version = draft(places, steward, effective_from="2027-01-01")
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    with pytest.raises(errors.NotYetEffective):
        services.publish_version(actor=reviewer, version_id=version.id, at=AT)
    new_year = datetime(2027, 1, 1, 1, 0, tzinfo=UTC)
    services.publish_version(actor=reviewer, version_id=version.id, at=new_year)


def test_an_incomplete_draft_is_kept_but_not_submitted(places: Places) -> None:
    make_basic()
    steward = officer(places.yuexiu)
    version = draft(places, steward, flow=[], consult_phone="")
    with pytest.raises(errors.Incomplete) as refused:
        services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    assert {field.path for field in refused.value.fields} == {"flow", "consult_phone"}


def test_the_same_list_is_not_claimed_twice(places: Places) -> None:
    make_basic()
    draft(places, officer(places.yuexiu))
    with pytest.raises(errors.ItemExists):
        draft(places, officer(places.yuexiu))


def test_supervision_has_no_implementation_lists(places: Places) -> None:
    services.create_basic_item(
        actor=catalogue_keeper(),
        code12="440299801000",
        name={"zh-hans": "对无证经营的处罚"},
        legal_basis=[LAW],
        at=AT,
    )
    with pytest.raises(errors.NotAServiceItem):
        services.create_item(
            actor=officer(places.yuexiu),
            basic_code="440299801000",
            agency_id=places.yuexiu.agency_id,
            exercise_level=4,
            content=list_content(),
            at=AT,
        )


def test_other_agencies_lists_do_not_exist_for_a_steward(places: Places) -> None:
    version, _steward, _reviewer = published(places)
    stranger = officer(places.shenzhen)
    with pytest.raises(NotFound):
        services.start_change(
            actor=stranger, service_item_id=version.service_item_id, note="", at=AT
        )
    for version_id in (version.id, uuid4()):
        with pytest.raises(NotFound):
            services.submit_for_review(actor=stranger, version_id=version_id, at=AT)
    reader = officer(places.yuexiu, frozenset({READ}))
    with pytest.raises(Forbidden):
        services.start_change(actor=reader, service_item_id=version.service_item_id, note="", at=AT)


def test_shipped_content_is_published_once_and_changes_make_versions(places: Places) -> None:
    content = item_content()
    first = make_published_item(places.yuexiu.agency_id, content=content)
    again = make_published_item(places.yuexiu.agency_id, content=content)
    assert again.item_version_id == first.item_version_id
    assert OutboxEvent.objects.filter(name="matters.item_published").count() == 1
    changed = make_published_item(places.yuexiu.agency_id, promised_limit=7)
    assert (changed.version_number, changed.promised_limit_workdays) == (2, 7)
    with pytest.raises(Forbidden):
        services.publish_from_content(
            content,
            agency_id=places.yuexiu.agency_id,
            actor=officer(places.yuexiu, STEWARD | REVIEWER),
            at=AT,
        )


def test_an_item_is_read_in_two_queries_and_then_held(places: Places) -> None:
    item = make_published_item(places.yuexiu.agency_id)
    with max_queries(3):  # its tables' revisions, the version, its options
        found = queries.published_item(item.code31)
    with max_queries(1):
        assert queries.published_item(item.code31) == found
    with max_queries(3):
        queries.item_version(item.item_version_id)


def test_an_item_that_is_held_is_gone_once_suspended(places: Places) -> None:
    item = make_published_item(places.yuexiu.agency_id)
    queries.published_item(item.code31)
    ItemVersion.objects.filter(pk=item.item_version_id).update(state=VersionState.SUSPENDED)
    with pytest.raises(NotFound):
        queries.published_item(item.code31)
    assert queries.item_version(item.item_version_id).state == VersionState.SUSPENDED


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_publishes() -> None:
    places = make_places()
    make_basic()
    steward = officer(places.yuexiu)
    version = draft(places, steward)
    services.submit_for_review(actor=steward, version_id=version.id, at=AT)
    reviewers = [officer(places.yuexiu, REVIEWER) for _ in range(3)]
    answers = race(
        [
            lambda who=who: services.publish_version(  # type: ignore[misc]
                actor=who, version_id=version.id, at=AT
            )
            for who in reviewers
        ]
    )
    refused = [answer for answer in answers if isinstance(answer, Refusal)]
    assert [type(answer) for answer in refused] == [errors.WrongState, errors.WrongState]
    assert OutboxEvent.objects.filter(name="matters.item_published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_agencies_publish_the_same_basic_item_at_once() -> None:
    places = make_places()
    contents = [
        (places.guangzhou.agency_id, item_content(exercise_level=3)),
        (places.shenzhen.agency_id, item_content(exercise_level=3)),
    ]
    answers = race(
        [
            lambda agency=agency, content=content: services.publish_from_content(  # type: ignore[misc]
                content, agency_id=agency, actor=SYSTEM, at=AT
            )
            for agency, content in contents
        ]
    )
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    hit = queries.search_items("食品经营许可").items[0]
    assert hit.other_places == 1
