"""GB/T 36903: a type is defined once per content; another content is its next version."""

from datetime import date

import pytest

from lingnan.kernel import clock
from lingnan.kernel.testing import race

from .. import queries, services
from ..errors import LicenceTypeMalformed, LicenceTypeUnknown
from ..models import LicenceType
from ..testing import FIELDS_SCHEMA, type_content

pytestmark = pytest.mark.django_db


def test_same_content_changes_nothing_and_other_content_is_a_version() -> None:
    content = type_content()
    first = services.define_type(content, at=clock.now())
    assert services.define_type(content, at=clock.now()).pk == first.pk
    second = services.define_type(
        {**content, "effective_from": "2027-01-01", "legal_basis": "x"}, at=clock.now()
    )
    assert (first.version, second.version) == (1, 2)
    assert queries.type_in_force(first.code, on=date(2026, 12, 31)).pk == first.pk
    assert queries.type_in_force(first.code, on=date(2027, 1, 1)).pk == second.pk
    with pytest.raises(LicenceTypeUnknown):
        queries.type_in_force(first.code, on=date(2019, 1, 1))
    assert [row.pk for row in queries.types(on=date(2026, 12, 31))] == [first.pk]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"code": "1144000"}, "code"),
        ({"code": "0" * 21}, "code"),
        ({"name": {"en": "x"}}, "name"),
        ({"holder_kinds": []}, "holder_kinds"),
        ({"validity": {"kind": "years"}}, "validity.years"),
        ({"face": {"fields": ["nothing"]}}, "face.fields"),
        ({"face": {"style": "pink"}}, "face.style"),
        ({"fields_schema": {"type": "object", "properties": {"a": {"type": 5}}}}, "fields_schema"),
        ({"extra": 1}, "extra"),
    ],
)
def test_each_wrong_field_is_named(changes: dict[str, object], path: str) -> None:
    with pytest.raises(LicenceTypeMalformed) as refusal:
        services.define_type(type_content(**changes), at=clock.now())
    assert path in {field.path for field in refusal.value.fields}
    assert not LicenceType.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_defined_at_once_is_one_version() -> None:
    content = type_content(fields_schema=FIELDS_SCHEMA)
    race([lambda: services.define_type(content, at=clock.now())] * 3)
    assert LicenceType.objects.count() == 1
