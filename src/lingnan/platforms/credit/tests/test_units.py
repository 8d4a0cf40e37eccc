"""CF_NR_FK decimal(18,6) in 万元 and integer fen say the same, exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..errors import AmountTooFine, NotAWanAmount
from ..units import fen_from_wan, wan_from_fen

FEN = st.integers(min_value=0, max_value=10**18 - 1)


@given(FEN)
def test_every_number_of_fen_survives_the_national_column(fen: int) -> None:
    text = wan_from_fen(fen)
    assert fen_from_wan(text) == fen
    assert Decimal(text) * 10_000 * 100 == fen


@given(st.decimals(min_value=0, max_value=10**11, places=6, allow_nan=False))
def test_six_decimals_are_never_rounded(amount: Decimal) -> None:
    assert Decimal(fen_from_wan(f"{amount:f}")) == amount * 1_000_000


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=9))
def test_what_is_finer_than_a_fen_is_refused(fen: int, seventh: int) -> None:
    with pytest.raises(AmountTooFine):
        fen_from_wan(f"{wan_from_fen(fen)}{seventh}")


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1.5", 1_500_000),
        ("0.000001", 1),
        ("20", 20_000_000),
        ("1,000", 10**9),
        ("2.50000000", 2_500_000),
    ],
)
def test_amounts_as_agencies_write_them(text: str, fen: int) -> None:
    assert fen_from_wan(text) == fen


@pytest.mark.parametrize("text", ["", "-1", "1e3", "一", "1.2.3", "9999999999999", "１", "1."])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAWanAmount):
        fen_from_wan(text)
