"""Withdrawing a type of licence takes two persons, as publishing one does."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import pgettext_lazy

from lingnan.kernel import clock, events, locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import Forbidden

from ..errors import (
    LicenceTypeUnknown,
    TypeDateRefused,
    TypeSelfReview,
    TypeStateRefused,
    WithdrawalUnknown,
)
from ..events import LicenceTypeWithdrawn
from ..models import LicenceType, TypeWithdrawal
from ..type_access import check_department
from ..types import DEFINE_TYPES, REVIEW_TYPES
from .type_life import checked_words, ids_of, is_among, record_step

_State = TypeWithdrawal.State
_WITHDRAWN = pgettext_lazy("type of licence", "withdrawn")


@transaction.atomic
def ask_withdrawal(
    *, actor: Actor, code: str, effective_from: date, reason: str, at: datetime
) -> TypeWithdrawal:
    """Ask that nothing be issued under a type from a day on; nothing changes before another agrees.

    Raises: LicenceTypeUnknown (404); Forbidden (403); TypeStateRefused (409, withdrawn or asked
    for already), TypeDateRefused (409); TypeReasonMissing (422).
    """
    reason = checked_words(reason)
    newest = _check_reach(actor, code, DEFINE_TYPES, REVIEW_TYPES)
    locks.hold("licences.type", code)
    today = clock.local_date(at)
    if effective_from < today:
        raise TypeDateRefused(on=effective_from, earliest=today)
    _check_in_force(code)
    if TypeWithdrawal.objects.filter(code=code, state=_State.ASKED).exists():
        raise TypeStateRefused(state=_State.ASKED.label)
    asked = TypeWithdrawal.objects.create(
        code=code,
        effective_from=effective_from,
        reason=reason,
        asked_by=ids_of(actor),
        asked_by_name=actor.name[:200],
        asked_at=at,
    )
    record_step(
        code, None, "withdrawal_asked", actor=actor, at=at, note=reason, version=newest.version
    )
    return asked


def asked_withdrawal(actor: Actor, asked: TypeWithdrawal) -> bool:
    """Whether the actor is who asked: then another decides."""
    return is_among(actor, asked.asked_by)


@transaction.atomic
def decide_withdrawal(
    *, actor: Actor, code: str, accept: bool, reason: str = "", at: datetime
) -> TypeWithdrawal:
    """Agree, or refuse and say why. From the day asked for, or from today where that has passed,
    nothing is issued under the type; what was issued stays, and stays readable.

    Raises: LicenceTypeUnknown, WithdrawalUnknown (404); Forbidden, TypeSelfReview (403);
    TypeStateRefused (409); TypeReasonMissing (422, of a refusal).
    """
    if not accept:
        reason = checked_words(reason)
    newest = _check_reach(actor, code, REVIEW_TYPES)
    locks.hold("licences.type", code)
    rows = TypeWithdrawal.objects.select_for_update()
    asked = rows.filter(code=code, state=_State.ASKED).first()
    if asked is None:
        raise WithdrawalUnknown
    if asked_withdrawal(actor, asked):
        raise TypeSelfReview
    asked.state = _State.DONE if accept else _State.REFUSED
    asked.decided_by_name, asked.decided_at = actor.name[:200], at
    if accept:
        asked.effective_from = max(asked.effective_from, clock.local_date(at))
        _withdraw(asked, at=at)
    asked.save()
    record_step(
        code,
        None,
        "withdrawn" if accept else "withdrawal_refused",
        actor=actor,
        at=at,
        note=reason.strip() or asked.reason,
        version=newest.version,
    )
    return asked


def _withdraw(asked: TypeWithdrawal, *, at: datetime) -> None:
    _check_in_force(asked.code)
    rows = LicenceType.objects.select_for_update().filter(code=asked.code, effective_until=None)
    rows.update(effective_until=asked.effective_from)
    events.publish(
        LicenceTypeWithdrawn(
            type_code=asked.code,
            effective_from=asked.effective_from,
            reason=asked.reason,
            withdrawn_at=at,
        ),
        at=at,
    )


def _check_reach(actor: Actor, code: str, *permissions: str) -> LicenceType:
    """The newest version. Raises: LicenceTypeUnknown (404); Forbidden (403) without any of them."""
    newest = LicenceType.objects.filter(code=code).order_by("-version").first()
    if newest is None:
        raise LicenceTypeUnknown(type_code=code)
    for permission in permissions[:-1]:
        try:
            check_department(actor, code, permission)
        except Forbidden:
            continue
        return newest
    check_department(actor, code, permissions[-1])
    return newest


def _check_in_force(code: str) -> None:
    newest = LicenceType.objects.filter(code=code).order_by("-version").first()
    if newest is None or newest.effective_until is not None:
        raise TypeStateRefused(state=_WITHDRAWN)
