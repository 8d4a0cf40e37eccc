"""One wrong character never passes where the standard guarantees it; nor two swapped neighbours."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lingnan.standards.codes import iso7064, licence_identifier, org_code, resident_id, uscc

DIGITS = "0123456789"
ALNUM = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def replaced(text: str, place: int, character: str) -> str:
    return text[:place] + character + text[place + 1 :]


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


@given(st.dates(), st.text(DIGITS, min_size=6, max_size=6), st.data())
def test_resident_id(born_on: date, region: str, data: st.DataObject) -> None:
    number = resident_id.build(
        region_code=region,
        born_on=born_on.replace(year=1900 + born_on.year % 120, day=1),
        sequence=7,
    )
    assert resident_id.is_valid(number)
    place = data.draw(st.integers(0, 17))
    alphabet = DIGITS + "X" if place == 17 else DIGITS
    other = data.draw(st.sampled_from([c for c in alphabet if c != number[place]]))
    assert not iso7064.is_mod_11_2(replaced(number, place, other))
    assert not resident_id.is_valid(replaced(number, place, other))
    place = data.draw(st.integers(0, 16))
    if number[place] != number[place + 1]:
        assert not resident_id.is_valid(swapped(number, place))


@given(st.text(uscc.ALPHABET, min_size=17, max_size=17), st.data())
def test_uscc(body: str, data: st.DataObject) -> None:
    number = body + uscc.compute_check(body)
    place = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from([c for c in uscc.ALPHABET if c != number[place]]))
    wrong = replaced(number, place, other)
    assert uscc.compute_check(wrong[:17]) != wrong[17]
    place = data.draw(st.integers(0, 16))
    if number[place] != number[place + 1]:
        wrong = swapped(number, place)
        assert uscc.compute_check(wrong[:17]) != wrong[17]


@given(st.text(DIGITS, min_size=8, max_size=8), st.data())
def test_org_code_of_digits(body: str, data: st.DataObject) -> None:
    code = body + org_code.compute_check(body)
    assert org_code.is_valid(code)
    place = data.draw(st.integers(0, 7))
    other = data.draw(st.sampled_from([c for c in DIGITS if c != code[place]]))
    assert not org_code.is_valid(replaced(code, place, other))
    place = data.draw(st.integers(0, 6))
    if code[place] != code[place + 1]:
        assert not org_code.is_valid(swapped(code, place))


def test_org_code_cannot_see_letters_eleven_apart() -> None:
    """A limit of GB 11714, not of ours: A (10) and L (21) weigh the same modulo 11."""
    assert org_code.compute_check("A2143569") == org_code.compute_check("L2143569")


@given(st.text(ALNUM, min_size=1, max_size=60), st.data())
def test_mod_37_36(body: str, data: st.DataObject) -> None:
    text = body + iso7064.mod_37_36(body)
    assert iso7064.is_mod_37_36(text)
    place = data.draw(st.integers(0, len(body)))
    other = data.draw(st.sampled_from([c for c in ALNUM if c != text[place]]))
    assert not iso7064.is_mod_37_36(replaced(text, place, other))


@given(st.text(ALNUM, min_size=1, max_size=20), st.integers(1, 999), st.data())
def test_licence_identifier(serial: str, version: int, data: st.DataObject) -> None:
    made = licence_identifier.build(
        type_code="11100000000013338W032",
        issuer_uscc="11220000013544541J",
        serial=serial,
        version=version,
    )
    text = str(made)
    assert licence_identifier.parse(text) == made
    places = [i for i in range(len(licence_identifier.ROOT) + 1, len(text)) if text[i] != "."]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([c for c in ALNUM if c != text[place]]))
    assert not licence_identifier.is_valid(replaced(text, place, other))
