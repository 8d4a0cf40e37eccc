"""The published vectors: GB 11643, GB 32100, GB 11714, GB/T 36904, GB/T 39554, ISO 7064."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.standards.codes import (
    errors,
    item_code,
    licence_identifier,
    org_code,
    resident_id,
    uscc,
)
from lingnan.standards.codes.iso7064 import is_mod_11_2, is_mod_37_36, mod_11_2, mod_37_36
from lingnan.standards.codes.resident_id import ResidentKind

USCCS = (
    "91350100M000100Y43",
    "91440300708461136T",
    "11100000000013338W",
    "11220000013544541J",
    "12441500196720244T",
    "11370800MB28559184",
    "91230500MA1B3N1N2M",
)
LICENCES = (
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
)
WATER_BILL = "12441500196720244T3442199806003"
WATER_BILL_CASE = WATER_BILL + "202206230068"


def test_the_resident_ids_printed_in_gb_11643() -> None:
    woman = resident_id.parse("11010519491231002X")
    assert (woman.born_on, woman.is_male, woman.kind) == (
        date(1949, 12, 31),
        False,
        ResidentKind.MAINLAND,
    )
    man = resident_id.parse("440524188001010014")
    assert (man.born_on, man.is_male, man.first_region_code) == (date(1880, 1, 1), True, "440524")


@pytest.mark.parametrize(
    "written",
    ["11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ", " 110105 19491231 002ｘ "],
)
def test_a_resident_id_is_read_as_people_write_it(written: str) -> None:
    assert resident_id.parse(written).number == "11010519491231002X"


@pytest.mark.parametrize(
    ("region", "kind"),
    [
        ("810000", ResidentKind.HONG_KONG),
        ("820000", ResidentKind.MACAO),
        ("830000", ResidentKind.TAIWAN),
        ("911156", ResidentKind.FOREIGN),
    ],
)
def test_numbers_of_the_bay_area_and_of_foreigners_are_valid(
    region: str, kind: ResidentKind
) -> None:
    number = resident_id.build(region_code=region, born_on=date(1990, 2, 28), sequence=13)
    assert resident_id.parse(number).kind is kind


def test_a_number_of_15_digits_is_history_only() -> None:
    with pytest.raises(errors.ResidentIdHistoric):
        resident_id.parse("110105491231002")
    old = resident_id.parse("110105491231002", allow_historic=True)
    assert old.is_historic
    assert old.upgraded == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        ("11010519491231002", errors.ResidentIdShape),
        ("1101051949123100211", errors.ResidentIdShape),
        ("1101051949123100२X", errors.ResidentIdShape),
        ("X1010519491231002X", errors.ResidentIdShape),
        ("110105194912310021", errors.ResidentIdCheck),
        ("11010519490230002" + mod_11_2("11010519490230002"), errors.ResidentIdDate),
        ("", errors.ResidentIdShape),
    ],
)
def test_a_wrong_resident_id_is_refused(number: str, refusal: type[errors.CodeMalformed]) -> None:
    with pytest.raises(refusal) as refused:
        resident_id.parse(number)
    assert refused.value.source
    assert not resident_id.is_valid(number)


@pytest.mark.parametrize("number", USCCS)
def test_real_credit_codes_verify(number: str) -> None:
    assert uscc.compute_check(number[:17]) == number[17]
    assert uscc.parse_imported(number).number == number


@pytest.mark.parametrize("number", USCCS)
def test_real_credit_codes_are_accepted_on_entry_with_their_organisation_code(number: str) -> None:
    found = uscc.parse(number.lower())
    assert found.number == number
    assert org_code.is_valid(found.org_code)
    assert found.authority_name
    assert found.class_name


@pytest.mark.parametrize("wrong", ["91350100M000100Y4Z", "91350100M000100Y4J"])
def test_the_printed_error_and_the_ascii_order_error_fail(wrong: str) -> None:
    """The published text also shows ...Y4Z; ord(c)-55 for the letters would give ...Y4J."""
    with pytest.raises((errors.UsccShape, errors.UsccCheck)):
        uscc.parse(wrong)


def test_an_imported_credit_code_with_a_wrong_check_is_a_warning() -> None:
    with pytest.raises(errors.UsccCheck):
        uscc.parse("91440300708461136U")
    assert uscc.parse_imported("91440300708461136U").warnings == ("codes.uscc.check",)


def test_an_unknown_authority_and_a_wrong_organisation_code_are_told_apart() -> None:
    body = "B1440300708461136"
    with pytest.raises(errors.UsccAuthority):
        uscc.parse(body + uscc.compute_check(body))
    body = "91440300708461137"
    with pytest.raises(errors.UsccOrgCode):
        uscc.parse(body + uscc.compute_check(body))


def test_the_outer_modulus_of_gb_32100_turns_31_into_0() -> None:
    zero = next(
        body
        for body in (f"9144030070846{n:04d}" for n in range(10_000))
        if sum(pow(3, i, 31) * uscc.ALPHABET.index(c) for i, c in enumerate(body)) % 31 == 0
    )
    assert uscc.compute_check(zero) == "0"


def test_the_organisation_code_printed_in_gb_11714() -> None:
    assert org_code.parse("D2143569-X") == "D2143569X"
    with pytest.raises(errors.OrgCodeCheck):
        org_code.parse("D2143569-1")
    with pytest.raises(errors.OrgCodeShape):
        org_code.parse("D214356-X")


@pytest.mark.parametrize("text", LICENCES)
def test_published_licence_identifiers_verify(text: str) -> None:
    found = licence_identifier.parse(text)
    assert str(found) == text
    assert is_mod_37_36("".join(text.removeprefix("1.2.156.3005.2.").split(".")))


def test_a_licence_identifier_is_built_and_refused() -> None:
    made = licence_identifier.build(
        type_code="11100000000013338W032",
        issuer_uscc="11220000013544541J",
        serial="2430599",
        version=1,
    )
    assert str(made) == LICENCES[0]
    with pytest.raises(errors.LicenceIdentifierCheck):
        licence_identifier.parse(LICENCES[0][:-1] + "M")
    with pytest.raises(errors.LicenceIdentifierShape):
        licence_identifier.parse(LICENCES[0].lower())
    with pytest.raises(errors.LicenceIdentifierBody):
        licence_identifier.build(
            type_code="11100000000013338W032", issuer_uscc="11220000013544541K", serial="1"
        )


def test_a_real_item_code_and_case_number() -> None:
    item = item_code.parse_implementation(WATER_BILL)
    assert (item.body_uscc, item.level) == ("12441500196720244T", "3")
    assert (item.basic.scope, item.basic.item_type, item.basic.main, item.basic.sub) == (
        "44",
        "21",
        "99806",
        "003",
    )
    assert not item.basic.is_national
    case = item_code.parse_case_number(WATER_BILL_CASE)
    assert (case.received_on, case.serial) == (date(2022, 6, 23), 68)
    assert str(case) == WATER_BILL_CASE
    built = item_code.build_case_number(WATER_BILL, received_on=date(2022, 6, 23), serial=68)
    assert built == WATER_BILL_CASE
    assert len(built) == 43


def test_the_item_code_of_another_province() -> None:
    found = item_code.parse_implementation("11370800MB285591843370117002011")
    assert (found.level, found.basic.scope, found.basic.item_type) == ("3", "37", "01")
    assert (found.basic.main, found.basic.sub) == ("17002", "011")
    option = item_code.build_option(str(found), 1)
    assert len(option) == 33
    assert item_code.parse_option(option).implementation == found


@pytest.mark.parametrize(
    ("parse", "text", "refusal"),
    [
        (item_code.parse_basic, "44219980600", errors.ItemCodeShape),
        (item_code.parse_basic, "440099806003", errors.ItemCodeType),
        (item_code.parse_implementation, WATER_BILL[:-1], errors.ItemCodeShape),
        (
            item_code.parse_implementation,
            "12441500196720244U" + WATER_BILL[18:],
            errors.ItemCodeBody,
        ),
        (
            item_code.parse_implementation,
            WATER_BILL[:18] + "8" + WATER_BILL[19:],
            errors.ItemCodeLevel,
        ),
        (item_code.parse_option, WATER_BILL + "1", errors.ItemCodeShape),
        (item_code.parse_case_number, WATER_BILL + "202202300001", errors.CaseNumberShape),
        (item_code.parse_case_number, WATER_BILL + "20220230", errors.CaseNumberShape),
    ],
)
def test_a_wrong_item_code_or_case_number_is_refused(
    parse: Callable[[str], object], text: str, refusal: type[errors.CodeMalformed]
) -> None:
    with pytest.raises(refusal):
        parse(text)


def test_the_ten_thousandth_case_of_a_day_begins_with_a_letter() -> None:
    day = date(2026, 9, 24)

    def serial(number: int) -> str:
        return item_code.build_case_number(WATER_BILL, received_on=day, serial=number)[-4:]

    assert [serial(n) for n in (1, 9999, 10_000, 10_001, 10_030, 10_031)] == [
        *("0001", "9999", "A000", "A001", "A00Y", "A010")
    ]
    assert serial(item_code.CASE_SERIAL_MAX) == "YYYY"
    with pytest.raises(errors.CaseNumberExhausted):
        serial(item_code.CASE_SERIAL_MAX + 1)
    with pytest.raises(errors.CaseNumberShape):
        serial(0)
    for wrong in ("I000", "Z000", "A00O", "0A00", "a00ｏ"):
        with pytest.raises(errors.CaseNumberShape):
            item_code.parse_case_number(f"{WATER_BILL}20260924{wrong}")


@given(st.integers(1, item_code.CASE_SERIAL_MAX), st.integers(1, item_code.CASE_SERIAL_MAX))
def test_serials_are_read_back_and_sort_as_they_count(one: int, other: int) -> None:
    first, second = (
        item_code.build_case_number(WATER_BILL, received_on=date(2026, 9, 24), serial=serial)
        for serial in (one, other)
    )
    assert item_code.parse_case_number(first).serial == one
    assert str(item_code.parse_case_number(first)) == first
    assert (first < second) == (one < other)


def test_supervision_is_not_on_application() -> None:
    on_application = {
        t for t in (f"{n:02d}" for n in range(1, 11)) if item_code.is_on_application(t)
    }
    assert on_application == {"01", "05", "07", "08", "09", "10"}
    assert item_code.is_on_application("20")
    assert not item_code.is_on_application("00")


def test_iso_7064_examples() -> None:
    """ISO 7064: 0794 -> 0 (MOD 11-2); 079 -> X."""
    assert mod_11_2("0794") == "0"
    assert mod_11_2("079") == "X"
    assert is_mod_11_2("079X")
    assert mod_37_36("A12425GABC1234002") == "M"
    assert not is_mod_37_36("")
