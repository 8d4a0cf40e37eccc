"""Whoever has another document keeps his archive; nothing is shed with a number."""

from dataclasses import replace
from datetime import date

import pytest

from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.testing import (
    make_officer_actor,
    make_person,
    replace_document,
    resident_number,
)
from lingnan.platforms.identity.types import SelfApproval

from .. import queries
from ..access import check_independent
from ..models import CreditSubject
from ..queries.archives import subjects_of
from ..testing import deliver, make_rules, make_source, person_row

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 27)


def test_what_is_reported_under_the_new_number_goes_into_the_same_archive() -> None:
    make_rules()
    source, person = make_source(), make_person("王测试")
    old, new = identity.person(person.pk).document_number, resident_number()
    first = deliver(source, person_row(source, number=old))
    replace_document(person, new)
    assert queries.standing("person", person.pk, on=ON).adverse_records == 1
    second = deliver(source, person_row(source, number=new))
    assert second.subject_id == first.subject_id
    assert queries.standing("person", person.pk, on=ON).adverse_records == 2
    himself = replace(make_officer_actor("credit_officer"), person_id=person.pk)
    himself = replace(himself, person_ids=frozenset({person.pk}))
    with pytest.raises(SelfApproval):
        check_independent(himself, first.subject_id)


def test_two_archives_of_one_person_count_together() -> None:
    make_rules()
    source, person = make_source(), make_person("王测试")
    old, new = identity.person(person.pk).document_number, resident_number()
    deliver(source, person_row(source, number=old))
    early = deliver(source, person_row(source, number=new))  # before anybody knew it was he
    assert CreditSubject.objects.count() == 2
    replace_document(person, new)
    assert subjects_of("person", person.pk)[0].pk == early.subject_id
    assert queries.standing("person", person.pk, on=ON).adverse_records == 2
