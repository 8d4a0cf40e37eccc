"""What stands of each kind of datum, and who sees how much."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingnan.kernel.actors import ANONYMOUS, Actor, Grant

from ..services import RULES, mask, mask_for, shown_to
from ..types import SEE_WHOLE, Kind, Purpose, Shown

PERSON = Actor(kind="person", person_id=uuid4())
OFFICER = Actor(kind="officer", officer_id=uuid4())
CLEARED = Actor(
    kind="officer",
    officer_id=uuid4(),
    grants=(Grant(role="handler", permissions=frozenset({SEE_WHOLE}), region_path=""),),
)


@pytest.mark.parametrize(
    ("kind", "value", "part", "trace"),
    [
        (Kind.NAME, "陈小明", "陈*明", "陈**"),
        (Kind.NAME, "陈明", "陈*", "陈*"),
        (Kind.NAME, "欧阳修文", "欧阳*文", "欧阳**"),
        (Kind.NAME, "Mary Ann Lee", "M*** A*** L***", "M*** A*** L***"),
        (Kind.RESIDENT_ID, "440106198001011234", "440***********1234", "4****************4"),
        (Kind.DOCUMENT_NUMBER, "H12345678", "H1****678", "H*******8"),
        (Kind.PHONE, "13800138000", "138****8000", "*********00"),
        (Kind.EMAIL, "chen@example.cn", "c***@example.cn", "c***@***"),
        (
            Kind.ADDRESS,
            "广东省广州市天河区天府路1号3楼",
            "广东省广州市天河区天府路****",
            "广东省广州市天河区*******",
        ),
        (Kind.BANK_ACCOUNT, "6222020200112233", "************2233", "**************33"),
        (Kind.BIRTH_DATE, "1980-01-01", "1980****", "********"),
        (Kind.TEXT, "糖尿病", "糖**", "****"),
        (Kind.NAME, "", "", ""),
    ],
)
def test_what_stands(kind: Kind, value: str, part: str, trace: str) -> None:
    assert mask(value, kind, Shown.PART) == part
    assert mask(value, kind, Shown.TRACE) == trace
    assert mask(value, kind, Shown.WHOLE) == value


def test_nothing_shows_not_even_the_length() -> None:
    assert mask("陈", Kind.NAME, Shown.NOTHING) == mask("13800138000", Kind.PHONE, Shown.NOTHING)


@given(kind=st.sampled_from(Kind), value=st.text(min_size=1, max_size=30))
def test_trace_never_shows_more_than_part_and_neither_shows_all(kind: Kind, value: str) -> None:
    stripped = value.strip().replace("*", "x")
    if len(stripped) < 2:
        return
    part, trace = mask(stripped, kind, Shown.PART), mask(stripped, kind, Shown.TRACE)
    assert part != stripped or not stripped.strip()
    assert len(trace.replace("*", "")) <= len(part.replace("*", ""))


@pytest.mark.parametrize(
    ("actor", "kind", "purpose", "shown"),
    [
        (PERSON, Kind.RESIDENT_ID, Purpose.OWN, Shown.WHOLE),
        (ANONYMOUS, Kind.RESIDENT_ID, Purpose.OWN, Shown.NOTHING),
        (OFFICER, Kind.RESIDENT_ID, Purpose.DECIDE, Shown.PART),
        (CLEARED, Kind.RESIDENT_ID, Purpose.DECIDE, Shown.WHOLE),
        (CLEARED, Kind.RESIDENT_ID, Purpose.LIST, Shown.TRACE),
        (OFFICER, Kind.PHONE, Purpose.LIST, Shown.PART),
        (PERSON, Kind.PHONE, Purpose.LIST, Shown.TRACE),
        (ANONYMOUS, Kind.NAME, Purpose.VERIFY, Shown.PART),
        (ANONYMOUS, Kind.NAME, Purpose.PUBLISH, Shown.TRACE),
        (ANONYMOUS, Kind.USCC, Purpose.PUBLISH, Shown.WHOLE),
    ],
)
def test_who_sees_how_much(actor: Actor, kind: Kind, purpose: Purpose, shown: Shown) -> None:
    assert shown_to(actor, kind, purpose) is shown


def test_a_reader_gets_the_masked_value() -> None:
    assert mask_for(ANONYMOUS, "陈小明", Kind.NAME, Purpose.VERIFY) == "陈*明"


def test_every_purpose_has_a_rule_and_sensitive_is_never_shown_more() -> None:
    assert set(RULES) == set(Purpose)
    assert all(rule.sensitive <= rule.personal for rule in RULES.values())
