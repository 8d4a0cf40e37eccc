"""A birth certificate in the wallet shows whose child it is. 民法典 27."""

from datetime import date
from typing import Any

import pytest

from lingnan.kernel import clock
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.models import Person
from lingnan.platforms.identity.testing import make_person, resident_number
from lingnan.platforms.identity.types import Parents

from ..grades import prefilled_grades
from ..models import Licence
from ..parents import birth_certificate
from ..testing import make_licence, make_type
from ..types import Holder

pytestmark = pytest.mark.django_db
BORN = date(2018, 5, 17)


def two() -> tuple[Person, Person]:
    number = resident_number(born_on=BORN, male=True)
    return make_person("陈大明"), make_person("陈小宝", document_number=number)


def ask(parent: Person, child: Person) -> Any:
    both = Parents(parent=identity.person(parent.pk), child=identity.person(child.pk))
    return birth_certificate(both, clock.today())


def certificate(parent: Person, child: Person, **changed: str) -> Licence:
    born_on = identity.born_on(child.pk)
    assert born_on is not None
    fields = {
        "child_name": child.name,
        "sex": "男",
        "born_at": f"{born_on.isoformat()} 08:30",
        "mother_name": "李美",
        "father_name": parent.name,
        "father_number": identity.person(parent.pk).document_number,
        "hospital": "演示医院",
        "number": "T440000001",
        **changed,
    }
    kind = make_type(
        key="birth_certificate",
        fields_schema={
            "type": "object",
            "properties": {
                name: {"type": "string", "x-title": {"zh-hans": name}} for name in fields
            },
        },
        face={"style": "green", "fields": ["child_name"]},
        validity={"kind": "permanent"},
    )
    card = identity.person(parent.pk)
    return make_licence(
        type_code=kind.code,
        fields=fields,
        holder=Holder(kind="person", id=parent.pk, name=card.name, code=card.document_number),
        valid_from=date(2020, 1, 1),
        valid_until=None,
    )


def test_it_names_both() -> None:
    parent, child = two()
    assert ask(parent, child) is None
    held = certificate(parent, child)
    assert ask(parent, child) == held.pk
    assert ask(make_person("陈大明"), child) is None  # of the same name, without the paper


@pytest.mark.parametrize(
    "changed",
    [
        {"child_name": "陈小贝"},
        {"born_at": "2017-05-17 08:30"},
        {"sex": "女"},
        {"father_name": "王大明"},
        {"father_number": ""},  # a name alone is anyone's
        {"father_number": "", "mother_number": "009999199001010011"},
        {"father_number": resident_number(male=True)},  # a namesake's
        {"child_number": resident_number(born_on=BORN, male=True)},
    ],
)
def test_another_child_or_another_parent_is_not_shown(changed: dict[str, str]) -> None:
    parent, child = two()
    certificate(parent, child, **changed)
    assert ask(parent, child) is None


def test_two_children_of_one_name_and_day_are_told_by_number_or_not_at_all() -> None:
    parent, child = two()
    number = identity.person(child.pk).document_number
    held = certificate(parent, child)
    other = make_person("陈小宝", document_number=resident_number(born_on=BORN, male=True))
    Person.objects.filter(pk=other.pk).update(born_on=identity.born_on(child.pk))
    assert ask(parent, child) is None and ask(parent, other) is None
    numbered = certificate(parent, child, child_number=number)
    assert numbered.pk != held.pk
    assert (ask(parent, child), ask(parent, other)) == (numbered.pk, None)


def test_what_its_holder_brought_in_or_what_is_revoked_shows_nothing() -> None:
    parent, child = two()
    held = certificate(parent, child)
    Licence.objects.filter(pk=held.pk).update(status="revoked", status_ground="有误")
    assert ask(parent, child) is None
    assert "D" not in prefilled_grades(on=clock.today())
