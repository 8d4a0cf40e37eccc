"""The people a demonstration loads."""

from ..queries import demo


def test_every_officer_of_the_demo_has_a_number_of_his_own_whatever_the_list() -> None:
    names = [officer.username for officer in demo.OFFICERS]
    numbers = {name: demo.officer_number(name) for name in names}
    assert len(set(numbers.values())) == len(names)
    assert not set(numbers.values()) & {person.document_number for person in demo.PEOPLE}
    assert demo.officer_number("nobody.yet") not in numbers.values()
    assert demo.officer_number(names[0]) == numbers[names[0]] == "009999197009214226"
