"""Issue: one licence for one subject, numbered, sealed, announced; and each refusal."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import translation

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.errors import Refusal
from lingnan.kernel.models import OutboxEvent
from lingnan.kernel.testing import max_queries, race
from lingnan.security.crypto import services as crypto
from lingnan.standards.codes.types import licence_identifier

from .. import payload, services
from ..errors import (
    FieldsMalformed,
    HolderKindRefused,
    IssuerRefused,
    LicenceTypeUnknown,
    LicenceUnknown,
    SealUnavailable,
    StatusRefused,
    SupersededElsewhere,
    ValidityRefused,
)
from ..faces import render_faces
from ..models import Licence, LicenceFace, Seal, SerialCounter
from ..testing import make_agency, make_holder, make_licence, make_type
from ..types import Status

pytestmark = pytest.mark.django_db


def test_issue_numbers_seals_and_announces() -> None:
    subject = uuid4()
    licence = make_licence(subject_kind="case", subject_id=subject)
    parsed = licence_identifier.parse(licence.identifier)
    assert (parsed.type_code, parsed.version) == (licence.type_code, "001")
    assert parsed.serial == "00000001"

    signed = payload.payload_bytes(licence)
    point = crypto.read_certificate(bytes(licence.sealed_by.certificate_der)).public_point
    assert crypto.verify(signed, bytes(licence.signature), public_point=point)
    assert not crypto.verify(signed + b" ", bytes(licence.signature), public_point=point)
    assert json.loads(signed)["holder"]["name"] == "陈美玲"
    assert "陈美玲" not in licence.payload_sealed

    event = OutboxEvent.objects.get(name="licences.issued")
    assert event.payload["licence_id"] == str(licence.pk)
    assert event.payload["subject_id"] == str(subject)


def test_the_same_subject_gets_the_same_licence() -> None:
    subject, licence_type, agency = uuid4(), make_type(), make_agency()
    values = {
        "subject_kind": "case",
        "subject_id": subject,
        "type_code": licence_type.code,
        "agency_id": agency,
        "holder": make_holder(),
    }
    assert make_licence(**values).pk == make_licence(**values).pk
    assert SerialCounter.objects.get().last == 1
    assert OutboxEvent.objects.filter(name="licences.issued").count() == 1


def test_a_renewal_keeps_the_serial_and_raises_the_version() -> None:
    old = make_licence()
    holder = make_holder()
    with pytest.raises(LicenceUnknown):  # someone else's licence
        make_licence(type_code=old.type_code, agency_id=old.agency_id, supersedes_id=old.pk)
    owner = make_holder()
    owner = type(owner)(kind="person", id=old.holder_id, name=holder.name, code=holder.code)
    values = {
        "type_code": old.type_code,
        "agency_id": old.agency_id,
        "supersedes_id": old.pk,
        "holder": owner,
    }
    new = make_licence(**values)
    old.refresh_from_db()
    assert (new.serial, new.version, new.supersedes_id) == (old.serial, 2, old.pk)
    assert new.identifier.split(".")[-2] == "002"
    assert old.status == Status.SUPERSEDED
    with pytest.raises(SupersededElsewhere):
        make_licence(**values)
    services.revoke_licence(licence_id=new.pk, ground="行政许可法 69", actor=SYSTEM, at=clock.now())
    with pytest.raises(StatusRefused):
        make_licence(**{**values, "supersedes_id": new.pk})


@pytest.mark.parametrize(
    ("type_changes", "changes", "refusal"),
    [
        ({}, {"type_code": "11440000MD0000101P999"}, LicenceTypeUnknown),
        ({"holder_kinds": ["organisation"]}, {}, HolderKindRefused),
        ({"issuer_kinds": ["fire"]}, {}, IssuerRefused),
        ({}, {"valid_until": None}, ValidityRefused),
        ({}, {"valid_until": date(2031, 11, 24)}, ValidityRefused),
        ({}, {"valid_until": date(2026, 11, 22)}, ValidityRefused),
        ({"validity": {"kind": "permanent"}}, {}, ValidityRefused),
        ({}, {"fields": {}}, FieldsMalformed),
        ({}, {"fields": {"business_scope": "x", "other": "y"}}, FieldsMalformed),
    ],
)
def test_refusals_change_nothing(
    type_changes: dict[str, object], changes: dict[str, object], refusal: type[Refusal]
) -> None:
    licence_type, agency = make_type(**type_changes), make_agency()
    with pytest.raises(refusal):
        make_licence(**{"type_code": licence_type.code, "agency_id": agency, **changes})
    assert not Licence.objects.exists()
    assert not SerialCounter.objects.exists()
    assert not OutboxEvent.objects.exists()


@pytest.mark.parametrize(
    ("validity", "until", "words"),
    [
        ({"kind": "years", "years": 5}, date(2040, 1, 1), "不超过5年"),
        ({"kind": "years", "years": 5}, date(2026, 11, 22), "截止日期早于开始日期"),
        ({"kind": "permanent"}, date(2040, 1, 1), "长期"),
    ],
)
def test_the_rule_of_the_term_is_said_in_words(
    validity: dict[str, object], until: date, words: str
) -> None:
    with translation.override("zh-hans"), pytest.raises(ValidityRefused) as refused:
        make_licence(type_code=make_type(validity=validity).code, valid_until=until)
    with translation.override("zh-hans"):
        assert refused.value.text == f"证照期限不符合该类型的规定（{words}）。"


def test_leap_day_has_a_last_day() -> None:
    licence = make_licence(valid_from=date(2028, 2, 29), valid_until=date(2033, 3, 1))
    assert licence.valid_until == date(2033, 3, 1)


def test_a_suspended_seal_seals_nothing() -> None:
    licence = make_licence()
    services.suspend_seal(seal_id=licence.sealed_by.pk, ground="x", actor=SYSTEM, at=clock.now())
    with pytest.raises(SealUnavailable):
        make_licence(type_code=licence.type_code, agency_id=licence.agency_id)
    assert Licence.objects.count() == 1


def test_a_seal_past_its_term_is_replaced() -> None:
    licence = make_licence()
    later = clock.now() + timedelta(days=5 * 365)
    new = services.ensure_seal(licence.agency_id, at=later)
    assert new.pk != licence.sealed_by.pk
    assert Seal.objects.get(pk=licence.sealed_by.pk).state == "expired"


def test_rendering_is_a_job_and_done_once() -> None:
    licence = make_licence()
    assert not LicenceFace.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs"
            " WHERE task_name = 'licences.render_faces' AND args->>'licence_id' = %s",
            [str(licence.pk)],
        )
        assert cursor.fetchone() == (1,)
    render_faces(licence_id=str(licence.pk))
    assert set(LicenceFace.objects.values_list("format", flat=True)) == {"pdf", "ofd"}
    before = set(LicenceFace.objects.values_list("pk", flat=True))
    services.ensure_faces(licence.pk, at=clock.now())
    assert set(LicenceFace.objects.values_list("pk", flat=True)) == before


def test_issue_stays_within_its_query_budget() -> None:
    first = make_licence()
    with max_queries(18):  # includes savepoints, the seal's lock, its certificate and its log
        make_licence(
            type_code=first.type_code,
            agency_id=first.agency_id,
            subject_kind="case",
            subject_id=uuid4(),
        )


@pytest.mark.django_db(transaction=True)
def test_issued_twice_at_once_is_one_licence() -> None:
    licence_type, agency, subject = make_type(), make_agency(), uuid4()
    services.ensure_seal(agency, at=clock.now())
    holder = make_holder()

    def issue() -> Licence:
        return make_licence(
            type_code=licence_type.code,
            agency_id=agency,
            holder=holder,
            subject_kind="case",
            subject_id=subject,
        )

    results = race([issue, issue, issue])
    assert len({result.pk for result in results if isinstance(result, Licence)}) == 1
    assert Licence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_serials_without_gap() -> None:
    licence_type, agency = make_type(), make_agency()
    services.ensure_seal(agency, at=clock.now())

    def issue() -> Licence:
        return make_licence(type_code=licence_type.code, agency_id=agency, holder=make_holder())

    race([issue] * 4)
    serials = sorted(Licence.objects.values_list("serial", flat=True))
    assert serials == [f"{number:08d}" for number in range(1, 5)]


@pytest.mark.django_db(transaction=True)
def test_two_first_uses_make_one_seal() -> None:
    agency = make_agency()
    race([lambda: services.ensure_seal(agency, at=clock.now())] * 3)
    assert Seal.objects.count() == 1
