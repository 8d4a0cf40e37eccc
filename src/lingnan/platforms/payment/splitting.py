"""Pure rules of sharing money: exact to the fen, the same for everyone who computes it."""

from collections.abc import Sequence

MYRIAD = 10_000


def compute_shares(amount_fen: int, weights: Sequence[int]) -> list[int]:
    """Share an amount by weights so that the parts sum to it exactly.

    Each part is the exact share rounded down; the fen left over go one by one to the parts that
    lost most by rounding, the earlier first (largest remainder). An amount below zero is shared as
    its opposite.

    Raises: ValueError without weights, or for weights that are not above zero.
    Source: our default, the plan gives no rule of rounding.
    """
    if not weights or min(weights) <= 0:
        raise ValueError("weights are above zero")
    if amount_fen < 0:
        return [-part for part in compute_shares(-amount_fen, weights)]
    total = sum(weights)
    parts = [amount_fen * weight // total for weight in weights]
    lost = [amount_fen * weight % total for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda place: (-lost[place], place))
    for place in by_loss[: amount_fen - sum(parts)]:
        parts[place] += 1
    return parts


def level_path(region_path: str, level: str) -> str:
    """The region of a level above (or at) a region: path of the province, city or county.

    Central government has the empty path. A level deeper than the region is the region itself: a
    provincial agency has no county to share with.
    """
    if level == "central":
        return ""
    codes = [code for code in region_path.split("/") if code]
    depth = {"province": 1, "city": 2, "county": 3}[level]
    return "".join(f"{code}/" for code in codes[:depth])
