"""国办函〔2016〕108号: licences from paper and elsewhere, their holders, their grades and uses."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lingnan.kernel import clock
from lingnan.kernel.actors import ANONYMOUS, Actor
from lingnan.kernel.errors import Forbidden
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.tables import write_csv
from lingnan.kernel.testing import check_routes, race
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.errors import TypeNotAllowed
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import (
    make_organisation,
    make_person,
    make_person_actor,
    resident_number,
)
from lingnan.security.audit.models import Entry
from lingnan.security.audit.testing import client_of, with_actors
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.codes.types import uscc

from .. import queries, services, verification
from ..credentials.offers import make_offer
from ..disclosure import disclose
from ..document_checks import verify_document
from ..errors import (
    FieldsMalformed,
    GradeTooLow,
    HolderKindRefused,
    IssuerRefused,
    LicenceUnknown,
    NotSealed,
    NotTheIssuer,
    OldTermRefused,
    RegisterOfAnother,
    SourceIdReused,
    StockEntryUnknown,
    StockOwn,
    StockReasonMissing,
    StockStateRefused,
    ValidityRefused,
)
from ..finding_words import in_words
from ..findings import Verdict
from ..models import Licence, LicenceType, StockEntry
from ..testing import holder_actor, make_agency, make_holder, make_type, officer_actor, type_content
from ..types import BRING_IN, CHECK_ORIGINALS, ISSUE, VIEW_LICENCES, HolderGiven

pytestmark = pytest.mark.django_db

PDF_BYTES = documents.render(
    "notice",
    {
        "title": "演示扫描件", "number": "", "addressee": "演示", "paragraphs": ["演示"],
        "agency_name": "演示", "date": "2026-11-23", "made_at": "2026-11-23T10:00:00+08:00",
    },
    formats=("pdf",),
)["pdf"]  # fmt: skip


NOBODY = uscc.build(authority="9", org_class="1", region_code="440101", org_body="MF000002")
OUTSIDE = uscc.build(authority="1", org_class="1", region_code="430100", org_body="MF000001")


@pytest.fixture
def agency() -> UUID:
    return make_agency()


@pytest.fixture
def officer(agency: UUID) -> Actor:
    return officer_actor(agency, BRING_IN, ISSUE, VIEW_LICENCES)


@pytest.fixture
def clerk() -> Actor:
    return officer_actor(make_agency("演示窗口"), CHECK_ORIGINALS)


@pytest.fixture
def kind(agency: UUID) -> LicenceType:
    content = type_content(key="old_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(agency).uscc}701"
    return services.define_type(content, at=clock.now())


def _given(person: Any, **changes: Any) -> HolderGiven:
    card = identity.person(person.pk)
    values = {"kind": "person", "name": card.name, "number": card.document_number}
    return HolderGiven(**{**values, "document_type": card.document_type, **changes})


def _bring(officer: Actor, kind: LicenceType, holder: HolderGiven, **changes: Any) -> StockEntry:
    values: dict[str, Any] = {
        "actor": officer,
        "agency_id": officer.agency_id,
        "type_code": kind.code,
        "holder": holder,
        "fields": {"business_scope": "热食", "place": "老街 1 号"},
        "valid_from": date(2023, 1, 1),
        "valid_until": clock.today() + timedelta(days=100),
        "source_id": "旧-1",
        "at": clock.now(),
        **changes,
    }
    return services.bring_in(**values)


def _declare(actor: Actor, kind: LicenceType, **changes: Any) -> Licence:
    values: dict[str, Any] = {
        "actor": actor,
        "type_code": kind.code,
        "fields": {"business_scope": "热食"},
        "valid_from": date(2023, 1, 1),
        "valid_until": clock.today() + timedelta(days=100),
        "issuer_name": "外省某局",
        "source_id": "own-1",
        "at": clock.now(),
        **changes,
    }
    licence = services.declare(**values).licence
    assert licence is not None
    return licence


def _own(licence: Licence) -> Actor:
    holder = make_holder()
    return holder_actor(
        type(holder)(kind="person", id=licence.holder_id, name="x", code=holder.code)
    )


def _table(kind: LicenceType, *rows: dict[str, str]) -> bytes:
    header = [
        "持有人类型",
        "持有人名称",
        "证件类型",
        "持有人证件号码",
        "有效期起",
        "来源编号",
        "经营项目",
    ]
    common = {"持有人类型": "个人", "有效期起": "2023-01-01", "经营项目": "热食"}
    return write_csv(header, [[{**common, **row}.get(name, "") for name in header] for row in rows])


def test_a_table_names_the_kind_of_document_in_words(officer: Actor, kind: LicenceType) -> None:
    card = identity.person(make_person().pk)
    row = {
        "持有人名称": card.name,
        "持有人证件号码": card.document_number,
        "证件类型": "居民身份证",
    }
    rows, made = services.bring_in_table(
        _table(
            kind, {**row, "来源编号": "1"}, {**row, "证件类型": "Resident ID card", "来源编号": "2"}
        ),
        actor=officer, agency_id=works_at(officer), type_code=kind.code, at=clock.now(),
    )  # fmt: skip
    assert [one.told for one in rows] == [[], []]
    assert [entry.state for entry in made] == ["taken", "taken"]


def test_a_number_that_cannot_be_waits_for_nobody(officer: Actor, kind: LicenceType) -> None:
    card = identity.person(make_person().pk)
    wrong = card.document_number[:-1] + ("1" if card.document_number[-1] != "1" else "2")
    row = {"持有人名称": "王小明", "持有人证件号码": wrong, "证件类型": "居民身份证"}
    firm = {"持有人类型": "单位", "持有人名称": "某公司", "持有人证件号码": OUTSIDE[:-1] + "*"}
    rows, made = services.bring_in_table(
        _table(
            kind,
            {**row, "来源编号": "1"},
            {**firm, "来源编号": "2"},
            {**row, "证件类型": "身份证件", "来源编号": "3"},
            {**row, "持有人证件号码": card.document_number, "来源编号": "1"},
        ),
        actor=officer, agency_id=works_at(officer), type_code=kind.code, at=clock.now(),
    )  # fmt: skip
    assert not made
    assert not StockEntry.objects.exists()
    fields = [[field for field, _message in one.told] for one in rows]
    assert fields == [["holder_number"], ["holder_number"], ["document_type"], ["source_id"]]
    assert "2" in rows[3].told[0][1]
    with pytest.raises(FieldsMalformed):
        _bring(officer, kind, HolderGiven(kind="person", name="王小明", number=wrong))


def test_the_page_puts_a_wrong_number_at_its_field(
    settings: Any, officer: Actor, kind: LicenceType
) -> None:
    with_actors(settings)
    wrong = OUTSIDE[:-1] + ("0" if OUTSIDE[-1] != "0" else "1")
    body = {
        "holder_kind": "person", "holder_name": "王小明", "document_type": "resident_id",
        "holder_number": "009999199203080022", "valid_from": "2024-05-01", "source_id": "湘-1",
        "issuer_name": "外省某局", "issuer_uscc": wrong,
        "business_scope": "热食",
    }  # fmt: skip
    answer = client_of(officer).post(f"/desk/licences/stock/new/?type={kind.code}", body)
    assert answer.status_code == 422
    assert {"holder_number", "issuer_uscc"} <= set(answer.context["form"].errors)
    assert not StockEntry.objects.exists()


def works_at(officer: Actor) -> UUID:
    assert officer.agency_id is not None
    return officer.agency_id


def test_number_and_name_match_and_the_licence_is_grade_b(
    officer: Actor, kind: LicenceType
) -> None:
    person = make_person()
    entry = _bring(officer, kind, _given(person))
    licence = entry.licence
    assert (entry.state, entry.source) == ("taken", "register")
    assert licence is not None
    assert (licence.grade, licence.holder_id, licence.seal) == ("B", person.pk, None)
    assert licence.checked_by == "演示市市场监督管理局"
    assert queries.card(queries.row(licence.pk)).fields["place"] == "老街 1 号"
    assert OutboxEvent.objects.filter(name="licences.brought_in").count() == 1
    assert not OutboxEvent.objects.filter(name="licences.issued").exists()
    assert _bring(officer, kind, _given(person)).pk == entry.pk
    with pytest.raises(SourceIdReused):
        _bring(officer, kind, _given(person), fields={"business_scope": "冷食"})
    assert Licence.objects.count() == 1


def test_another_name_is_looked_at_and_decided(officer: Actor, kind: LicenceType) -> None:
    person = make_person()
    entry = _bring(officer, kind, _given(person, name="曾用名"))
    assert (entry.state, entry.licence) == ("differs", None)
    with pytest.raises(StockReasonMissing):
        services.decide_entry(
            actor=officer, entry_id=entry.pk, accept=True, reason="", at=clock.now()
        )
    other = officer_actor(make_agency(), BRING_IN)
    with pytest.raises(StockEntryUnknown):
        services.decide_entry(
            actor=other, entry_id=entry.pk, accept=True, reason="x", at=clock.now()
        )
    done = services.decide_entry(
        actor=officer, entry_id=entry.pk, accept=True, reason="户口簿曾用名", at=clock.now()
    )
    assert done.licence is not None
    assert done.licence.holder_id == person.pk
    with pytest.raises(StockStateRefused):
        services.decide_entry(
            actor=officer, entry_id=entry.pk, accept=False, reason="x", at=clock.now()
        )


def test_one_refused_is_brought_in_again_put_right(officer: Actor, kind: LicenceType) -> None:
    person = make_person()
    mistyped = _given(person, number=resident_number(), document_type="resident_id")
    waiting = _bring(officer, kind, mistyped)
    assert waiting.state == "waiting"
    with pytest.raises(SourceIdReused):
        _bring(officer, kind, _given(person))
    services.decide_entry(
        actor=officer, entry_id=waiting.pk, accept=False, reason="录入有误", at=clock.now()
    )
    again = _bring(officer, kind, mistyped)
    assert again.pk == waiting.pk  # the same is refused already
    right = _bring(officer, kind, _given(person))
    assert (right.state, right.source_id) == ("taken", waiting.source_id)
    with pytest.raises(SourceIdReused):
        _bring(officer, kind, _given(person), fields={"business_scope": "冷食"})


def test_who_is_not_registered_gets_it_when_he_is(officer: Actor, kind: LicenceType) -> None:
    person = make_person()
    given = _given(person)
    firm = make_organisation()
    number = identity.organisation(firm.pk).registration_number
    later = HolderGiven(kind="organisation", name="未登记演示公司", number=NOBODY)
    waiting = _bring(officer, kind, later, source_id="旧-2")
    assert (waiting.state, waiting.licence) == ("waiting", None)
    assert services.match_waiting(holder_kind="organisation", number=number, at=clock.now()) == 0
    # As if nobody had been there when it came in:
    entry = _bring(officer, kind, given, source_id="旧-3")
    StockEntry.objects.filter(pk=entry.pk).update(state="waiting", licence=None)
    assert services.match_waiting(holder_kind="person", number=given.number, at=clock.now()) == 1
    entry.refresh_from_db()
    assert entry.state == "taken"
    assert services.match_all_waiting(at=clock.now()) == 0


def test_what_does_not_fit_is_refused(officer: Actor, kind: LicenceType) -> None:
    given = _given(make_person())
    refused: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"fields": {}}, FieldsMalformed),
        ({"fields": {"business_scope": "x", "more": "y"}}, FieldsMalformed),
        ({"issuer_uscc": "123"}, FieldsMalformed),
        ({"valid_until": date(2022, 1, 1)}, ValidityRefused),
        ({"agency_id": make_agency()}, Forbidden),
    ]
    for changes, refusal in refused:
        with pytest.raises(refusal):
            _bring(officer, kind, given, **changes)
    persons = make_type(holder_kinds=["person"])
    with pytest.raises(HolderKindRefused):
        _bring(
            officer, persons, HolderGiven(kind="organisation", name="甲", number="91440101MA5XXXXX")
        )
    assert not StockEntry.objects.exists()


def test_nobody_brings_in_his_own_or_his_firms(officer: Actor, kind: LicenceType) -> None:
    person = make_person()
    firm = identity.organisation(make_organisation(legal_representative=person).pk)
    as_firm = HolderGiven(kind="organisation", name=firm.name, number=firm.registration_number)
    himself = replace(officer, person_id=person.pk)
    for given in (_given(person), as_firm):
        with pytest.raises(StockOwn):
            _bring(himself, kind, given)
    assert not StockEntry.objects.exists() and not Licence.objects.exists()
    assert _bring(officer, kind, _given(person)).licence is not None
    assert _bring(officer, kind, as_firm, source_id="旧-2").licence is not None


def test_whose_records_name_two_persons_vouches_for_neither(
    officer: Actor, kind: LicenceType
) -> None:
    person = make_person()
    named_twice = replace(officer, person_id=None, person_ids=frozenset({person.pk, uuid4()}))
    with pytest.raises(StockOwn):
        _bring(named_twice, kind, _given(person))
    assert not Licence.objects.exists()


def test_a_register_holds_what_its_agency_issues_and_no_other_agencys(officer: Actor) -> None:
    given = _given(make_person())
    elsewhere = make_agency()
    police = make_type(issuer_agencies=[agencies.agency(elsewhere).uscc])
    with pytest.raises(IssuerRefused):
        _bring(officer, police, given)
    with pytest.raises(RegisterOfAnother):
        _bring(
            officer, police, given,
            issuer_uscc=agencies.agency(elsewhere).uscc, issuer_name="演示公安局",
        )  # fmt: skip
    assert not StockEntry.objects.exists()
    taken = _bring(officer, police, given, issuer_uscc=OUTSIDE, issuer_name="外省演示局")
    assert (taken.source, taken.state) == ("province", "taken")


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_comes_late_takes_nothing_from_what_a_window_checked() -> None:
    content = type_content(key="late_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(make_agency()).uscc}702"
    kind = services.define_type(content, at=clock.now())
    clerk = officer_actor(make_agency("演示窗口"), CHECK_ORIGINALS)
    holder = make_person_actor()
    licence = _declare(holder, kind)
    entry = StockEntry.objects.get(licence=licence)
    code = queries.verify_code(licence.identifier)

    def check() -> None:
        services.check_original(
            actor=clerk, identifier=licence.identifier, code=code, reason="原件", at=clock.now()
        )

    def attach() -> None:
        services.attach_scan(
            actor=holder, entry_id=entry.pk, name="a.pdf", content=PDF_BYTES, at=clock.now()
        )

    assert race([check, attach]) == [None, None]
    licence.refresh_from_db()
    assert (licence.grade, licence.checked_by) == ("B", "演示窗口 李科长")


def test_who_opens_an_entry_or_its_picture_is_on_record(
    settings: Any, officer: Actor, kind: LicenceType
) -> None:
    with_actors(settings)
    person = make_person()
    entry = _bring(officer, kind, _given(person))
    later = HolderGiven(kind="organisation", name="未登记演示公司", number=NOBODY)
    waiting = _bring(officer, kind, later, source_id="旧-2")
    client = client_of(officer)
    for found in (entry, waiting):
        assert client.get(f"/desk/licences/stock/{found.pk}/").status_code == 200
    acts = Entry.objects.filter(actor_name=officer.name)
    assert acts.filter(act="licences.read", object_id=str(entry.licence_id)).count() == 1
    assert acts.filter(act="licences.stock_read", object_id=str(waiting.pk)).count() == 1


def test_a_table_is_taken_whole_or_not_at_all(officer: Actor, kind: LicenceType) -> None:
    card = identity.person(make_person().pk)
    row = {
        "holder_kind": "person", "holder_name": card.name, "holder_number": card.document_number,
        "document_type": card.document_type, "valid_from": "2023-01-01",
        "valid_until": "2030-01-01", "business_scope": "热食",
    }  # fmt: skip

    def send(*rows: dict[str, Any]) -> tuple[list[Any], list[StockEntry]]:
        import_rows = [f"{','.join(rows[0])}", *(",".join(one.values()) for one in rows)]
        return services.bring_in_table(
            "\n".join(import_rows).encode(),
            actor=officer,
            agency_id=officer.agency_id or UUID(int=0),
            type_code=kind.code,
            at=clock.now(),
        )

    good = [{**row, "source_id": "1"}, {**row, "source_id": "2"}]
    for bad in ({**row, "source_id": "2"}, {**row, "source_id": "3", "valid_from": "昨天"}):
        rows, made = send(*good, bad)
        assert made == []
        assert [one.number for one in rows if one.problems] == [4]
        assert not StockEntry.objects.exists()
        assert not Licence.objects.exists()
    first = send(*good)[1]
    assert [entry.state for entry in first] == ["taken", "taken"]
    again = send(*good)[1]
    assert [entry.pk for entry in again] == [entry.pk for entry in first]
    assert Licence.objects.count() == 2


def test_a_holder_declares_and_the_grade_says_what_may_be_done(kind: LicenceType) -> None:
    actor = make_person_actor()
    stated = _declare(actor, kind)
    uploaded = _declare(actor, kind, scan=("a.pdf", PDF_BYTES), source_id="own-2")
    assert (stated.grade, Licence.objects.get(pk=uploaded.pk).grade) == ("D", "C")
    for licence in (stated, uploaded):
        with pytest.raises(GradeTooLow):
            services.show_licence(
                actor=actor, licence_id=licence.pk, purpose="held", at=clock.now()
            )
        with pytest.raises(GradeTooLow):
            services.make_offline_code(
                actor=actor, licence_id=licence.pk, purpose="held", at=clock.now()
            )
        copy = services.use_as_material(
            actor=actor, licence_id=licence.pk, purpose="办理", item_code="", case_id=None,
            at=clock.now(),
        )  # fmt: skip
        assert "级：" in copy.name
        assert services.ensure_copy(copy.use_id, at=clock.now())
    assert actor.principal is not None
    paths = ["licences.old_permit.business_scope"]
    assert queries.prefill(actor.principal, paths=paths, on=clock.today()) == {}
    with pytest.raises(TypeNotAllowed):
        _declare(actor, kind, scan=("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40)), source_id="own-3")
    with pytest.raises(NotSealed):
        make_offer(actor=actor, licence_id=stated.pk, at=clock.now())
    with pytest.raises(NotSealed):
        services.face_bytes(stated.pk, "ofd", at=clock.now())
    face = services.face_bytes(stated.pk, "pdf", at=clock.now())[0]
    report = verify_document(face, at=clock.now())  # what its holder stated is no licence
    assert (report.verdict, report.findings[-1].reason) == (Verdict.NOT_PROVEN, "brought_in")
    assert "D级" in in_words(report).open[0].text


def test_a_window_compares_the_original_and_it_is_grade_b(kind: LicenceType, clerk: Actor) -> None:
    actor = make_person_actor()
    licence = _declare(actor, kind)
    code = queries.verify_code(licence.identifier)
    values: dict[str, Any] = {
        "actor": clerk, "identifier": licence.identifier, "reason": "纸质原件", "at": clock.now(),
    }  # fmt: skip
    with pytest.raises(LicenceUnknown):
        services.check_original(**values, code="0" * 12)
    with pytest.raises(Forbidden):
        services.check_original(**{**values, "actor": actor}, code=code)
    nobody = officer_actor(clerk.agency_id, VIEW_LICENCES)
    with pytest.raises(Forbidden):
        services.check_original(**{**values, "actor": nobody}, code=code)
    region = agencies.agency(clerk.agency_id or UUID(int=0)).region_path
    grant = replace(clerk.grants[0], agency_id=None, region_path=region)
    opened = services.licence_for_check(
        actor=replace(clerk, grants=(grant,)), identifier=licence.identifier, code=code
    )
    assert opened.pk == licence.pk
    done = services.check_original(**values, code=code)
    assert (done.grade, done.checked_by) == ("B", "演示窗口 李科长")
    with pytest.raises(StockStateRefused):
        services.check_original(**values, code=code)
    assert actor.principal is not None
    found = queries.prefill(
        actor.principal, paths=["licences.old_permit.business_scope"], on=clock.today()
    )
    assert found["licences.old_permit.business_scope"].value == "热食"
    assert services.show_licence(
        actor=actor, licence_id=licence.pk, purpose="held", at=clock.now()
    ).code


def test_its_issuer_seals_it_as_the_next_version(
    officer: Actor, kind: LicenceType, agency: UUID
) -> None:
    person = make_person()
    old = _bring(officer, kind, _given(person)).licence
    assert old is not None
    with pytest.raises(NotTheIssuer):
        stranger = officer_actor(make_agency(), ISSUE)
        services.convert(
            actor=Actor(
                kind="officer", name="外", agency_id=stranger.agency_id,
                grants=(*stranger.grants, *officer.grants),
            ),
            licence_id=old.pk,
            at=clock.now(),
        )  # fmt: skip
    new = services.convert(actor=officer, licence_id=old.pk, at=clock.now())
    assert (new.grade, new.version, new.serial) == ("A", 2, old.serial)
    assert new.sealed_by.agency_id == agency
    assert queries.card(new).number == queries.card(queries.row(old.pk)).number
    old.refresh_from_db()
    assert old.status == "superseded"
    with pytest.raises(StockStateRefused):
        services.convert(actor=officer, licence_id=new.pk, at=clock.now())


LONG = {"valid_from": date(2016, 3, 1), "valid_until": date(2036, 2, 29)}


def test_an_old_one_keeps_the_term_that_the_rule_of_its_first_day_allowed(
    officer: Actor, agency: UUID
) -> None:
    def define(since: str, **validity: object) -> LicenceType:
        content = type_content(key="old_permit", effective_from=since, validity=validity)
        content["code"] = f"{agencies.agency(agency).uscc}701"
        return services.define_type(content, at=clock.now())

    first_version = define("2018-01-01", kind="years", years=15)
    first, last = LONG["valid_from"], LONG["valid_until"]
    old = _bring(officer, first_version, _given(make_person()), **LONG).licence
    assert old is not None
    new = services.convert(actor=officer, licence_id=old.pk, at=clock.now())  # no rule is known
    assert (new.grade, new.valid_from, new.valid_until) == ("A", first, last)
    define("2021-01-01", kind="years", years=10)
    for begun, until, refused in (
        (date(2018, 6, 1), date(2033, 5, 31), False),  # as long as it might be then
        (date(2018, 6, 1), date(2034, 5, 31), True),
        (date(2021, 6, 1), date(2033, 5, 31), True),
    ):
        entry = _bring(
            officer, first_version, _given(make_person()), source_id=f"{begun} {until}",
            valid_from=begun, valid_until=until,
        )  # fmt: skip
        assert entry.licence is not None
        if refused:
            with pytest.raises(OldTermRefused) as problem:
                services.convert(actor=officer, licence_id=entry.licence.pk, at=clock.now())
            assert problem.value.facts["rule"]
        else:
            made = services.convert(actor=officer, licence_id=entry.licence.pk, at=clock.now())
            assert (made.valid_from, made.valid_until) == (begun, until)


def test_one_that_is_over_is_not_sealed(officer: Actor, kind: LicenceType) -> None:
    over = clock.today() - timedelta(days=1)
    old = _bring(officer, kind, _given(make_person()), valid_until=over).licence
    assert old is not None
    with pytest.raises(StockStateRefused):
        services.convert(actor=officer, licence_id=old.pk, at=clock.now())
    assert queries.successor(old.pk) is None


def test_who_brings_in_a_table_fetches_an_empty_one(
    settings: Any, agency: UUID, kind: LicenceType
) -> None:
    with_actors(settings)
    client = client_of(officer_actor(agency, BRING_IN))
    path = f"/desk/licences/types/{kind.code}/template.xlsx"
    assert path in client.get("/desk/licences/stock/").content.decode()
    assert client.get(path).content.startswith(b"PK")
    assert client.get(f"/api/v1/licences/types/{kind.code}/template").status_code == 200
    assert client_of(officer_actor(agency, VIEW_LICENCES)).get(path).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_decides() -> None:
    agency = make_agency()
    content = type_content(key="decided_permit", effective_from="2015-01-01")
    content["code"] = f"{agencies.agency(agency).uscc}703"
    kind = services.define_type(content, at=clock.now())
    officer, other = (officer_actor(agency, BRING_IN) for _number in range(2))
    entry = _bring(officer, kind, _given(make_person(), name="曾用名"))

    def decide(actor: Actor, accept: bool) -> StockEntry:
        return services.decide_entry(
            actor=actor, entry_id=entry.pk, accept=accept, reason="核对", at=clock.now()
        )

    results = race([lambda: decide(officer, True), lambda: decide(other, False)] * 2)
    assert sum(isinstance(result, StockStateRefused) for result in results) == 3
    (made,) = [result for result in results if isinstance(result, StockEntry)]
    entry.refresh_from_db()
    assert entry.state == made.state
    assert Licence.objects.count() == (entry.state == "taken")


def test_what_keeps_an_old_one_from_being_sealed_stands_on_its_page(
    settings: Any, officer: Actor, kind: LicenceType
) -> None:
    with_actors(settings)
    client = client_of(officer)
    far = clock.today() + timedelta(days=4000)
    old = _bring(officer, kind, _given(make_person()), valid_until=far).licence
    assert old is not None
    page = f"/desk/licences/{old.pk}/"
    refused = client.post(page + "sealed/")
    assert refused.status_code == 409
    assert refused.context["unsealed"].code == "licences.old_term_refused"
    assert refused.context["may_convert"]
    assert str(refused.context["unsealed"].text) in refused.content.decode()
    fitting = _bring(officer, kind, _given(make_person()), source_id="旧-2", **LONG).licence
    assert fitting is not None
    LicenceType.objects.filter(pk=kind.pk).update(effective_from=date(2018, 1, 1))
    done = client.post(f"/desk/licences/{fitting.pk}/sealed/", follow=True)
    assert "2036" in str([str(message) for message in done.context["messages"]])
    new = queries.successor(fitting.pk)
    assert new is not None
    assert (new.grade, new.valid_until) == ("A", LONG["valid_until"])
    again = client.post(f"/desk/licences/{new.pk}/sealed/")
    assert again.status_code == 409
    assert "notice--danger" in again.content.decode()


def test_pages_say_the_grade_and_offer_what_it_allows(
    settings: Any, officer: Actor, kind: LicenceType
) -> None:
    with_actors(settings)
    licence = _bring(officer, kind, _given(make_person())).licence
    assert licence is not None
    found = disclose(verification.verify_identifier(licence.identifier, at=clock.now()))
    assert (found.verdict, found.grade) == ("brought_in", "B")
    assert found.checked_by == "演示市市场监督管理局"
    owner = client_of(_own(licence))
    assert "/show/" in owner.get("/wallet/").content.decode()
    stated = _declare(make_person_actor(), kind)
    theirs = client_of(_own(stated))
    for path in ("/wallet/", f"/wallet/{stated.pk}/"):
        assert f"/wallet/{stated.pk}/show/" not in theirs.get(path).content.decode()
    page = Client().get(f"/verify/{licence.identifier}/").content.decode()
    assert "B级" in page or "Grade B" in page
    assert "notice--success" not in page


def test_who_may_ask_what(settings: Any, officer: Actor, clerk: Actor, kind: LicenceType) -> None:
    with_actors(settings)
    person = make_person()
    entry = _bring(officer, kind, _given(person))
    owner = make_person_actor(person)
    licence = entry.licence
    assert licence is not None
    clients = {
        "anonymous": client_of(ANONYMOUS),
        "holder": client_of(owner),
        "officer": client_of(officer),
        "elsewhere": client_of(officer_actor(make_agency(), BRING_IN, ISSUE)),
        "clerk": client_of(clerk),
    }
    desk = {"anonymous": 302, "holder": 403, "officer": 200, "elsewhere": 200, "clerk": 403}
    window = {"anonymous": 302, "holder": 403, "officer": 403, "elsewhere": 403, "clerk": 200}
    api = "/api/v1/licences"
    code = queries.verify_code(licence.identifier)
    check_routes(
        clients,
        [
            ("GET", "/desk/licences/stock/", desk),
            ("GET", "/desk/licences/stock/new/", desk),
            ("GET", f"/desk/licences/stock/new/?type={kind.code}", desk),
            ("GET", f"/desk/licences/stock/{entry.pk}/", {**desk, "elsewhere": 404}),
            ("GET", "/desk/licences/originals/", window),
            ("GET", f"/desk/licences/originals/?identifier={licence.identifier}&code={code}",
             window),
            ("GET", "/desk/licences/originals/?identifier=x&code=y", {"clerk": 404}),
            ("GET", "/wallet/bring-in/",
             {"anonymous": 302, "holder": 200, "officer": 403, "clerk": 403}),
            ("GET", f"/wallet/bring-in/?type={kind.code}", {"holder": 200}),
            ("GET", f"/wallet/{licence.pk}/", {"holder": 200, "anonymous": 302}),
            ("GET", f"/desk/licences/{licence.pk}/", {"officer": 200}),
            ("GET", f"{api}/stock", {**desk, "anonymous": 401}),
            ("GET", f"{api}/stock/own",
             {"anonymous": 401, "holder": 200, "officer": 403, "clerk": 403}),
            ("POST", f"{api}/stock/{licence.pk}/sealed",
             {"anonymous": 401, "holder": 403, "clerk": 403, "elsewhere": 404, "officer": 201}),
        ],
    )  # fmt: skip


def test_the_api_brings_in_declares_and_checks(
    settings: Any, officer: Actor, clerk: Actor, kind: LicenceType
) -> None:
    with_actors(settings)
    card = identity.person(make_person().pk)
    body = {
        "type_code": kind.code,
        "holder": {
            "kind": "person", "name": card.name, "number": card.document_number,
            "document_type": card.document_type,
        },
        "fields": {"business_scope": "热食"},
        "valid_from": "2023-01-01",
        "source_id": "P-1",
        "issuer_name": "外省演示局",
        "issuer_uscc": OUTSIDE,
    }  # fmt: skip
    sent: dict[str, Any] = {"content_type": "application/json"}
    made = client_of(officer).post("/api/v1/licences/stock", body, **sent)
    assert (made.status_code, made.json()["source"]) == (201, "province")
    holder = make_person_actor()
    own = {key: body[key] for key in ("type_code", "fields", "valid_from", "source_id")}
    own["issuer_name"] = "外省演示局"
    client = client_of(holder)
    stated = client.post("/api/v1/licences/stock/own", own, **sent).json()
    licence = Licence.objects.get(pk=stated["licence_id"])
    assert licence.grade == "D"

    path = f"/api/v1/licences/stock/{stated['id']}/scan"
    stranger = client_of(make_person_actor())
    file = SimpleUploadedFile("a.pdf", PDF_BYTES)
    assert stranger.post(path, {"file": file}).status_code == 404
    file.seek(0)
    assert client.post(path, {"file": file}).json()["has_scan"] is True
    licence.refresh_from_db()
    assert licence.grade == "C"
    check = {
        "identifier": licence.identifier,
        "code": queries.verify_code(licence.identifier),
        "reason": "纸质原件",
    }
    done = client_of(clerk).post("/api/v1/licences/originals", check, **sent)
    assert (done.status_code, done.json()["grade"]) == (200, "B")
