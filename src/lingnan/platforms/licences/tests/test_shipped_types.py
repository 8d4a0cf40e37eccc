"""Plan 五（二）2（4）: the personal licences it names, and common ones of firms, ship."""

from datetime import date

import pytest

from lingnan.kernel import clock
from lingnan.standards.agencies.testing import make_agency
from lingnan.standards.agencies.types import AgencyKind
from lingnan.standards.regions.testing import make_region

from .. import queries, services
from ..models import LicenceType
from ..testing import make_licence

# What the plan names; the permit and the driving licence come with their matters.
NAMED = (
    *("居民身份证", "出生医学证明", "居民户口簿", "结婚证", "离婚证", "残疾人证", "婚育证明"),
    *("社会保险参保证明", "不动产权证书", "税收完税证明", "学历证书", "学籍证明"),
)


def test_what_the_plan_names_is_there_and_every_kind_of_body_exists() -> None:
    types = services.shipped_types()
    names = {content["name"]["zh-hans"] for content in types}
    assert set(NAMED) <= names
    assert {content["defined_by_kind"] for content in types} <= set(AgencyKind.values)
    assert len({content["key"] for content in types}) == len(types)
    assert len({(c["defined_by_kind"], c["sequence"]) for c in types}) == len(types)


@pytest.mark.django_db
def test_they_load_once_and_can_be_issued() -> None:
    make_region("440000000000")
    kinds = {content["defined_by_kind"] for content in services.shipped_types()}
    bodies = {kind: make_agency(kind, "440000000000") for kind in kinds}
    at = clock.now()
    assert services.load_types(at=at) == len(services.shipped_types())
    count = LicenceType.objects.count()
    services.load_types(at=at)
    assert LicenceType.objects.count() == count
    kind = LicenceType.objects.get(key="vehicle_licence")
    licence = make_licence(
        type_code=kind.code,
        agency_id=bodies["traffic_police"].id,
        fields={"plate": "粤A00000", "vin": "DEMO0000000000000"},
        valid_from=date(2026, 11, 23),
        valid_until=None,
    )
    assert queries.card(licence).shown_fields[0].value == "粤A00000"
    assert services.face_bytes(licence.pk, "pdf", at=at)[0].startswith(b"%PDF-")


@pytest.mark.django_db
def test_a_body_that_is_not_here_defines_nothing() -> None:
    make_region("440000000000")
    assert services.load_types(at=clock.now()) == 0
