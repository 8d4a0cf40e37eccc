"""GB/T 36903: one writes a type of licence, another reviews it; licences keep their version."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import race
from lingnan.kernel.text import localise
from lingnan.platforms.identity.testing import make_account, make_person
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.matters.testing import make_published_item

from .. import queries, services, type_checks, type_content, type_faces
from ..errors import (
    IssuerRefused,
    LicenceTypeMalformed,
    TypeChangedMeanwhile,
    TypeDateRefused,
    TypeDraftUnknown,
    TypeInPreparation,
    TypeReasonMissing,
    TypeSelfReview,
    TypeStateRefused,
    TypeWithdrawn,
    WithdrawalUnknown,
)
from ..models import LicenceType, TypeDraft, TypeStep, TypeWithdrawal
from ..services import catalogue, shipped
from ..testing import draft_content, make_agency, make_licence, make_type, officer_actor
from ..types import DEFINE_TYPES, REVIEW_TYPES

pytestmark = pytest.mark.django_db


@pytest.fixture
def body() -> UUID:
    return make_agency()


@pytest.fixture
def steward(body: UUID) -> Actor:
    return officer_actor(body, DEFINE_TYPES)


@pytest.fixture
def reviewer(body: UUID) -> Actor:
    return officer_actor(body, REVIEW_TYPES)


def _start(steward: Actor, **changes: object) -> TypeDraft:
    assert steward.agency_id is not None
    return services.start_type(
        actor=steward,
        department_code=agencies.agency(steward.agency_id).uscc,
        content=draft_content(**changes),
        at=clock.now(),
    )


def _publish(
    steward: Actor, reviewer: Actor, draft: TypeDraft, on: date | None = None
) -> LicenceType:
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    done = services.publish_type(
        actor=reviewer, draft_id=draft.pk, effective_from=on or clock.today(), at=clock.now()
    )
    assert done.made is not None
    return done.made


def test_a_type_is_written_by_one_and_published_by_another(
    steward: Actor, reviewer: Actor, body: UUID
) -> None:
    draft = _start(steward)
    uscc = agencies.agency(body).uscc
    assert draft.code == f"{uscc}001"
    assert not LicenceType.objects.exists()
    made = _publish(steward, reviewer, draft)
    assert (made.code, made.version, made.face["layout"]) == (draft.code, 1, "portrait")
    assert made.fields_schema["required"] == ["scope"]
    assert made.fields_schema["properties"]["kind"]["enum"] == ["a", "b"]
    assert [row.pk for row in queries.types(on=clock.today())] == [made.pk]
    acts = list(TypeStep.objects.order_by("at", "id").values_list("act", flat=True))
    assert acts == ["drafted", "submitted", "published"]
    event = OutboxEvent.objects.get(name="licences.type_published")
    assert event.payload["type_code"] == made.code
    assert _start(steward).code == f"{uscc}002"


def test_who_wrote_it_does_not_review_it_under_another_account(body: UUID) -> None:
    both = officer_actor(body, DEFINE_TYPES, REVIEW_TYPES)
    draft = _start(both)
    services.submit_type(actor=both, draft_id=draft.pk, at=clock.now())
    acts: list[Callable[[], object]] = [
        lambda: services.publish_type(
            actor=both, draft_id=draft.pk, effective_from=clock.today(), at=clock.now()
        ),
        lambda: services.return_type(actor=both, draft_id=draft.pk, reason="x", at=clock.now()),
    ]
    for act in acts:
        with pytest.raises(TypeSelfReview):
            act()
    draft.refresh_from_db()
    assert draft.state == "in_review"
    assert not LicenceType.objects.exists()


def test_sent_back_it_is_written_on_and_says_why(steward: Actor, reviewer: Actor) -> None:
    draft = _start(steward)
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    with pytest.raises(TypeReasonMissing):
        services.return_type(actor=reviewer, draft_id=draft.pk, reason=" ", at=clock.now())
    back = services.return_type(
        actor=reviewer, draft_id=draft.pk, reason="依据不全", at=clock.now()
    )
    assert (back.state, back.revision) == ("draft", 2)
    with pytest.raises(TypeChangedMeanwhile):
        _save(steward, back, 1)
    assert _save(steward, back, 2, legal_basis="演示法 2").revision == 3
    assert TypeStep.objects.filter(act="returned").get().note == "依据不全"


def _save(steward: Actor, draft: TypeDraft, revision: int, **changes: object) -> TypeDraft:
    return services.save_type_draft(
        actor=steward,
        draft_id=draft.pk,
        revision=revision,
        content={**draft.content, **changes},
        at=clock.now(),
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": {"en": "x"}}, "name"),
        ({"key": "Food Business"}, "key"),
        ({"legal_basis": ""}, "legal_basis"),
        ({"fields": []}, "no_fields"),
        ({"fields": [{"name": "a b", "title": {"zh-hans": "甲"}}]}, "field_name"),
        ({"fields": [{"name": "a", "title": {"zh-hans": "甲"}}] * 2}, "field_twice"),
        ({"fields": [{"name": "a", "title": {"zh-hans": ""}}]}, "field_title"),
        (
            {
                "fields": [
                    {"name": "a", "title": {"zh-hans": "甲"}},
                    {"name": "b", "title": {"zh-hans": "甲"}},
                ]
            },
            "title_twice",
        ),
        ({"fields": [{"name": "source_id", "title": {"zh-hans": "甲"}}]}, "field_reserved"),
        ({"fields": [{"name": "a", "title": {"zh-hans": "有效期起"}}]}, "field_reserved"),
        ({"fields": [{"name": "a", "title": {"zh-hans": "甲"}, "kind": "choice"}]}, "options"),
        (
            {"fields": [{"name": "a", "title": {"zh-hans": "甲"}, "keep": {"x-widget": "map"}}]},
            "schema",
        ),
        ({"fields": [{"name": "a", "title": {"zh-hans": "甲"}, "shown": False}]}, "face_empty"),
        ({"face": {"number_field": "nothing"}}, "face"),
        ({"face": {"number_field": "kind"}}, "number_optional"),
        ({"holder_kinds": []}, "holder_kinds"),
        ({"validity": {"kind": "years", "years": 0}}, "years"),
        ({"issuer_kinds": []}, "issuers"),
        ({"issuer_kinds": ["wizards"]}, "issuer_kind"),
        ({"issuer_regions": ["000000000001"]}, "issuer_region"),
        ({"issuer_agencies": ["91000000000000000X"]}, "issuer_agency"),
    ],
)
def test_what_is_wrong_is_named_and_not_submitted(
    steward: Actor, changes: dict[str, object], code: str
) -> None:
    draft = _start(steward, **changes)
    with pytest.raises(LicenceTypeMalformed) as refusal:
        services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    found = [problem.code for problem in refusal.value.fields]
    assert f"licences.type_{code}" in found
    # Nothing follows from what is wrong with a field itself.
    assert code == "schema" or "licences.type_schema" not in found
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_short_name_belongs_to_one_type(steward: Actor) -> None:
    make_type(key="taken")
    draft = _start(steward, key="taken")
    with pytest.raises(LicenceTypeMalformed) as refusal:
        services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    assert [problem.code for problem in refusal.value.fields] == ["licences.type_key_taken"]


def test_only_the_managing_department_writes_and_sees_drafts(
    steward: Actor, reviewer: Actor
) -> None:
    other = officer_actor(make_agency(), DEFINE_TYPES, REVIEW_TYPES)
    draft = _start(steward)
    with pytest.raises(Forbidden):
        services.start_type(
            actor=other, department_code=draft.code[:18], content=draft_content(), at=clock.now()
        )
    acts: list[Callable[[], object]] = [
        lambda: services.submit_type(actor=other, draft_id=draft.pk, at=clock.now()),
        lambda: services.discard_type(actor=other, draft_id=draft.pk, at=clock.now()),
    ]
    for act in acts:
        with pytest.raises(TypeDraftUnknown):
            act()
    with pytest.raises(Forbidden):
        services.submit_type(actor=reviewer, draft_id=draft.pk, at=clock.now())
    made = _publish(steward, reviewer, draft)
    acts = [
        lambda: services.start_version(actor=other, code=made.code, at=clock.now()),
        lambda: services.ask_withdrawal(
            actor=other, code=made.code, effective_from=clock.today(), reason="x", at=clock.now()
        ),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_a_next_version_begins_as_the_last_and_issued_licences_keep_theirs(
    steward: Actor, reviewer: Actor, body: UUID
) -> None:
    first = _publish(steward, reviewer, _start(steward, holder_kinds=["person"]))
    licence = make_licence(
        type_code=first.code,
        agency_id=body,
        fields={"scope": "甲"},
        valid_from=clock.today(),
        valid_until=clock.today() + timedelta(days=30),
    )
    draft = services.start_version(actor=steward, code=first.code, at=clock.now())
    with pytest.raises(TypeInPreparation):
        services.start_version(actor=steward, code=first.code, at=clock.now())
    fields = [*draft.content["fields"][1:], {"name": "place", "title": {"zh-hans": "场所"}}]
    _save(steward, draft, 1, fields=fields)
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    tomorrow = clock.today() + timedelta(days=1)
    with pytest.raises(TypeDateRefused):
        services.publish_type(
            actor=reviewer, draft_id=draft.pk, effective_from=clock.today(), at=clock.now()
        )
    services.publish_type(
        actor=reviewer, draft_id=draft.pk, effective_from=tomorrow, at=clock.now()
    )
    assert queries.type_in_force(first.code, on=clock.today()).version == 1
    assert queries.type_in_force(first.code, on=tomorrow).version == 2
    licence.refresh_from_db()
    assert licence.type.version == 1
    assert queries.card(queries.row(licence.pk)).shown_fields[0].value == "甲"


def test_dropping_a_field_that_a_form_takes_is_a_warning_with_the_matters(
    steward: Actor, reviewer: Actor
) -> None:
    first = _publish(steward, reviewer, _start(steward))
    make_published_item(
        make_agency(),
        form_schema={
            "type": "object",
            "properties": {
                "a": {"type": "string", "x-prefill": f"licences.{first.key}.scope"},
                "b": {"type": "string", "x-prefill": f"licences.{first.key}.kind"},
            },
        },
    )
    draft = services.start_version(actor=steward, code=first.code, at=clock.now())
    content = type_content.read_content(draft.content)
    assert type_checks.warnings_of(content, first) == []
    less = content.model_copy(update={"fields": content.fields[1:]})
    (caution,) = type_checks.warnings_of(less, first)
    assert caution.code == "fields_dropped"
    assert len(caution.users) == 1
    assert "scope" in caution.users[0]
    assert "kind" not in caution.users[0]


def test_what_is_kept_of_a_field_says_nothing_a_reviewer_does_not_read(
    steward: Actor, reviewer: Actor
) -> None:
    """A field that reads "personal" is not public by a word in what the editor does not show."""
    hidden = {"x-public": True, "type": "integer", "x-title": {"zh-hans": "乙"}, "x-hint": "丙"}
    field = {"name": "scope", "title": {"zh-hans": "甲"}, "personal": "personal", "keep": hidden}
    draft = _start(steward, fields=[field], face={})
    assert draft.content["fields"][0]["keep"] == {"x-hint": "丙"}
    TypeDraft.objects.filter(pk=draft.pk).update(  # as it stands in drafts written before
        content={**draft.content, "fields": [{**draft.content["fields"][0], "keep": hidden}]}
    )
    schema = _publish(steward, reviewer, draft).fields_schema["properties"]["scope"]
    assert schema == {"type": "string", "x-hint": "丙", "x-title": {"zh-hans": "甲"}}


def test_a_draft_written_on_since_it_was_read_is_not_published_by_it(
    settings: Any, steward: Actor, reviewer: Actor
) -> None:
    with_actors(settings)
    draft = _start(steward)
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    client = client_of(reviewer)
    path = f"/desk/licences/types/drafts/{draft.pk}/"
    page = client.get(path).content.decode()
    read = int(re.findall(r'name="revision" value="(\d+)"', page)[0])
    again = services.return_type(actor=reviewer, draft_id=draft.pk, reason="x", at=clock.now())
    services.save_type_draft(
        actor=steward, draft_id=draft.pk, revision=again.revision, at=clock.now(),
        content={**again.content, "legal_basis": "另一部法"},
    )  # fmt: skip
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())
    sent = {"effective_from": clock.today().isoformat(), "revision": read}
    assert client.post(f"{path}publish/", sent).status_code == 409
    told = client.post(
        f"/api/v1/licences/types/drafts/{draft.pk}/publish", sent, content_type="application/json"
    )
    assert told.json()["code"] == "licences.type_changed_meanwhile"
    assert not LicenceType.objects.exists()


def test_one_person_with_two_accounts_is_no_second_person(
    steward: Actor, reviewer: Actor, body: UUID
) -> None:
    """Also where the first account was tied to the person only afterwards."""
    account = make_account(make_person())
    first = replace(steward, account_id=account.pk, officer_id=None)
    second = replace(reviewer, person_id=account.person_id)
    draft = _start(first)
    services.submit_type(actor=first, draft_id=draft.pk, at=clock.now())
    with pytest.raises(TypeSelfReview):
        services.publish_type(
            actor=second, draft_id=draft.pk, effective_from=clock.today(), at=clock.now()
        )
    made = _publish(steward, reviewer, _start(steward))
    services.ask_withdrawal(
        actor=first, code=made.code, effective_from=clock.today(), reason="改革取消", at=clock.now()
    )
    with pytest.raises(TypeSelfReview):
        services.decide_withdrawal(actor=second, code=made.code, accept=True, at=clock.now())


def test_withdrawn_nothing_is_issued_and_what_was_stays(
    steward: Actor, reviewer: Actor, body: UUID
) -> None:
    made = _publish(steward, reviewer, _start(steward, holder_kinds=["person"]))
    values: dict[str, Any] = {
        "type_code": made.code,
        "agency_id": body,
        "fields": {"scope": "甲"},
        "valid_from": clock.today(),
        "valid_until": clock.today() + timedelta(days=30),
    }
    licence = make_licence(**values)

    def ask(actor: Actor) -> TypeWithdrawal:
        return services.ask_withdrawal(
            actor=actor,
            code=made.code,
            effective_from=clock.today(),
            reason="改革取消",
            at=clock.now(),
        )

    def decide(actor: Actor, accept: bool, reason: str = "") -> TypeWithdrawal:
        return services.decide_withdrawal(
            actor=actor, code=made.code, accept=accept, reason=reason, at=clock.now()
        )

    with pytest.raises(WithdrawalUnknown):
        decide(reviewer, True)
    ask(reviewer)
    with pytest.raises(TypeSelfReview):
        decide(reviewer, True)  # one person alone does not
    with pytest.raises(Forbidden):
        decide(steward, True)  # and a steward does not review
    with pytest.raises(TypeStateRefused):
        ask(steward)
    make_licence(**values)  # nothing has changed yet
    second = officer_actor(body, REVIEW_TYPES)
    with pytest.raises(TypeReasonMissing):
        decide(second, False)
    assert decide(second, False, "还在用").state == "refused"
    make_licence(**values)
    ask(steward)
    done = decide(reviewer, True)
    assert (done.state, done.decided_by_name) == ("done", reviewer.name)
    with pytest.raises(TypeWithdrawn):
        make_licence(**values)
    with pytest.raises(TypeStateRefused):
        ask(steward)
    acts = list(
        TypeStep.objects.filter(code=made.code).order_by("id").values_list("act", flat=True)
    )
    assert acts[-4:] == ["withdrawal_asked", "withdrawal_refused", "withdrawal_asked", "withdrawn"]
    assert queries.types(on=clock.today()) == []
    assert queries.card(queries.row(licence.pk)).status == "valid"
    described = Client().get(f"/licences/credential-types/{made.code}")  # by it wallets read it
    assert (described.status_code, described.json()["name"]) == (200, localise(made.name, "en"))
    assert OutboxEvent.objects.filter(name="licences.type_withdrawn").count() == 1


def test_the_issuer_rule_names_agencies_kinds_and_regions(body: UUID) -> None:
    agency = agencies.agency(body)
    region = agency.region_path.rstrip("/").rpartition("/")[2]
    allowed = [
        {"issuer_regions": [region]},
        {"issuer_agencies": [agency.uscc], "issuer_kinds": ["fire"]},
        {"issuer_kinds": ["other"], "issuer_regions": [region]},
    ]
    for changes in allowed:
        make_licence(agency_id=body, type_code=make_type(**changes).code)
    refused = [
        {"issuer_regions": ["110000000000"]},
        {"issuer_agencies": [agencies.agency(make_agency()).uscc]},
        {"issuer_kinds": ["fire"], "issuer_regions": [region]},
    ]
    for changes in refused:
        with pytest.raises(IssuerRefused):
            make_licence(agency_id=body, type_code=make_type(**changes).code)


def test_shipped_types_come_back_as_they_were_written(body: UUID) -> None:
    uscc = agencies.agency(body).uscc
    for content in shipped.shipped_types():
        row = services.define_type(shipped.definition(content, uscc), at=clock.now())
        assert type_content.definition_of(type_content.content_of(row)) == {
            key: value
            for key, value in catalogue.content_as_defined(row).items()
            if key != "effective_from"
        }


def test_the_sample_of_a_face_is_a_pdf_that_says_it_is_one() -> None:
    content = type_content.read_content(draft_content())
    facts = type_faces.sample_facts(content)
    assert facts["orientation"] == "portrait"
    assert "SAMPLE" in facts["watermark"]
    assert [value for _title, value in facts["fields"]] == ["示例持有人", "示例经营项目", "甲类"]
    assert type_faces.preview_pdf(content).startswith(b"%PDF")


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_publish_once(steward: Actor, body: UUID) -> None:
    draft = _start(steward)
    services.submit_type(actor=steward, draft_id=draft.pk, at=clock.now())

    def publish() -> object:
        return services.publish_type(
            actor=officer_actor(body, REVIEW_TYPES),
            draft_id=draft.pk,
            effective_from=clock.today(),
            at=clock.now(),
        )

    outcomes = race([publish] * 2)
    assert sum(isinstance(one, TypeStateRefused) for one in outcomes) == 1
    assert LicenceType.objects.count() == 1
