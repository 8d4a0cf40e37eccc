"""The catalogue of fees: what may be charged, from when on, at what standard."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.money import format_fen
from lingnan.kernel.text import LocalisedText
from lingnan.security.audit import services as audit

from .. import queries
from ..errors import FeeAboveStandard, FeeNotInForce, FeeNotListed, RuleNotInForce
from ..models import FeeItem, FeeReduction, SplitRule
from ..types import BillLine, PaidInto


@transaction.atomic
def set_fee(
    *,
    actor: Actor,
    code: str,
    name: LocalisedText,
    unit: LocalisedText,
    unit_price_fen: int,
    legal_basis: str,
    effective_from: date,
    at: datetime,
    kind: str = FeeItem.Kind.ADMINISTRATIVE,
    paid_into: str = PaidInto.TREASURY,
) -> FeeItem:
    """Put a fee into the catalogue from a day on; the version before ends that day.

    The same content again changes nothing. Raises: RuleNotInForce when a version from the same day
    or later exists with other content.
    """
    locks.hold("payment.fee", code)
    content = {
        "name": name,
        "kind": kind,
        "unit": unit,
        "unit_price_fen": unit_price_fen,
        "legal_basis": legal_basis,
        "paid_into": paid_into,
    }
    latest = FeeItem.objects.filter(code=code).order_by("-effective_from").first()
    if latest is not None:
        same = all(getattr(latest, field) == value for field, value in content.items())
        if same and latest.effective_until is None:
            return latest
        if latest.effective_from >= effective_from:
            raise RuleNotInForce(fee_code=code, on=effective_from)
        if latest.effective_until is None or latest.effective_until > effective_from:
            latest.effective_until = effective_from
            latest.save(update_fields=["effective_until"])
    fee = FeeItem.objects.create(code=code, effective_from=effective_from, **content)
    audit.record(
        actor=actor,
        act="payment.fee_set",
        object_kind="payment.fee",
        object_id=code,
        facts={"unit_price_fen": unit_price_fen, "effective_from": effective_from.isoformat()},
        at=at,
    )
    return fee


@transaction.atomic
def end_fee(*, actor: Actor, code: str, on: date, legal_basis: str, at: datetime) -> FeeItem:
    """Charge a fee no longer from a day on; what was billed before stays owed.

    Its grounds of reduction and its shares end with it; those that were to begin later are
    withdrawn, and stay in its history.
    Raises: FeeNotInForce (409) when the fee is not open on that day.
    """
    locks.hold("payment.fee", code)
    latest = FeeItem.objects.filter(code=code).order_by("-effective_from").first()
    if latest is None or latest.effective_until is not None or latest.effective_from >= on:
        raise FeeNotInForce(fee_code=code, on=on)
    latest.effective_until = on
    latest.save(update_fields=["effective_until"])
    ended = _end_rules(code, on, actor=actor, at=at)
    audit.record(
        actor=actor,
        act="payment.fee_ended",
        object_kind="payment.fee",
        object_id=code,
        facts={"legal_basis": legal_basis[:200], "effective_until": on.isoformat(), **ended},
        at=at,
    )
    return latest


def _end_rules(code: str, on: date, *, actor: Actor, at: datetime) -> dict[str, list[str]]:
    """End what hangs on a fee; what has not begun by then is withdrawn, never taken out.

    Returns what, for the log.
    """
    locks.hold("payment.split", code)
    open_then = Q(effective_until__isnull=True) | Q(effective_until__gt=on)
    reductions = FeeReduction.objects.filter(open_then, fee_code=code, withdrawn_at=None)
    shares = SplitRule.objects.filter(open_then, fee_code=code, withdrawn_at=None)
    names = [*reductions.values_list("code", flat=True)]
    days = [day.isoformat() for day in shares.values_list("effective_from", flat=True)]
    for rows in (reductions, shares):
        rows.filter(effective_from__gte=on).update(withdrawn_at=at, withdrawn_by=actor.name[:100])
        rows.filter(effective_from__lt=on).update(effective_until=on)
    return {"reductions": sorted(names), "shares_from": sorted(days)}


def check_fees(lines: Sequence[BillLine], *, on: date) -> None:
    """Every line in the catalogue is in force and not above the standard.

    Raises: FeeNotInForce, FeeAboveStandard (409).
    """
    asked = [line.code for line in lines]
    listed = set(FeeItem.objects.filter(code__in=asked).values_list("code", flat=True))
    if not listed:
        return
    in_force = {fee.code: fee for fee in queries.fees_in_force(on).filter(code__in=listed)}
    for line in lines:
        if line.code not in listed:
            continue
        fee = in_force.get(line.code)
        if fee is None:
            raise FeeNotInForce(fee_code=line.code, on=on)
        if line.unit_price_fen > fee.unit_price_fen:
            raise FeeAboveStandard(fee_code=line.code, standard=format_fen(fee.unit_price_fen))


def check_listed(lines: Sequence[BillLine]) -> None:
    """Every line is a fee of the catalogue, whether in force or not. One query.

    Raises: FeeNotListed (409).
    Source: 政府非税收入管理办法 (财税〔2016〕33号) 9.
    """
    asked = {line.code for line in lines}
    listed = set(FeeItem.objects.filter(code__in=asked).values_list("code", flat=True))
    for line in lines:
        if line.code not in listed:
            raise FeeNotListed(fee_code=line.code)
