"""Changes of the catalogue by two persons: proposed, then confirmed, refused or withdrawn.

A proposal is tried at once against the catalogue and taken back, so that whoever proposes sees what
would be refused; the second person's confirmation does it for good.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor
from lingnan.kernel.clock import local_date
from lingnan.security.audit import services as audit
from lingnan.standards.regions import queries as regions

from .. import access
from ..errors import (
    FeeNotInForce,
    FeeNotListed,
    ReasonMissing,
    RuleBackdated,
    RuleDraftDecided,
    RuleDraftWaiting,
    RuleMalformed,
    RuleNotInForce,
)
from ..models import FeeItem, GovernmentAccount, RuleDraft
from ..types import (
    CONFIRM_FEES,
    CONTENTS,
    MANAGE_FEES,
    AccountRule,
    DraftState,
    FeeEnd,
    FeeRule,
    PaidInto,
    ReductionRule,
    RuleContent,
    RuleKind,
    ShareRule,
)
from . import fees as catalogue
from . import issuing, ledger

CODE_LENGTH_MAX = 24
ACCOUNT_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 200
FEN_MAX = 10**12


@transaction.atomic
def propose_rule(
    *, actor: Actor, code: str, content: RuleContent, effective_from: date, at: datetime
) -> RuleDraft:
    """Propose a change of the catalogue from a day on; the same again gives the draft that waits.

    `code` is that of the fee, or of the ground of reduction; an account has none.

    Raises: Forbidden (403), RuleMalformed, SharesNotWhole (422), RuleBackdated, RuleDraftWaiting,
    FeeNotListed, FeeNotInForce, RuleNotInForce (409), regions' RegionNotFound (404).
    Source: Plan 五（三）2（2）; our default: two persons and never backwards.
    """
    access.check_province(actor, MANAGE_FEES)
    kind = next(kind for kind, shape in CONTENTS.items() if isinstance(content, shape))
    if isinstance(content, AccountRule):
        code = f"{content.paid_into}:{content.region_code}"
    code = code.strip()
    _check_shape(code, content, effective_from)
    _check_day(effective_from, at)
    locks.hold("payment.rule_draft", f"{kind}:{code}")
    facts = _facts(content)
    waiting = RuleDraft.objects.filter(kind=kind, code=code, state=DraftState.WAITING).first()
    if waiting is not None:
        if (waiting.content, waiting.effective_from) == (facts, effective_from):
            return waiting
        raise RuleDraftWaiting(rule_code=code)
    with transaction.atomic():
        _apply(code, content, effective_from, actor=actor, at=at)
        transaction.set_rollback(True)
    draft = RuleDraft.objects.create(
        kind=kind,
        code=code,
        content=facts,
        effective_from=effective_from,
        proposed_at=at,
        proposed_by=actor.name[:100],
        proposed_by_id=actor.account_id,
        proposed_by_person_id=actor.person_id,
    )
    _record(actor, "payment.rule_proposed", draft, at=at)
    return draft


@transaction.atomic
def confirm_rule(*, actor: Actor, draft_id: UUID, at: datetime) -> RuleDraft:
    """The second person confirms: what was proposed is in force from its day.

    Raises: RuleDraftNotFound (404), Forbidden, SameOfficer (403), RuleDraftDecided, RuleBackdated
    and those of `propose_rule` (409).
    """
    draft = _lock(actor, CONFIRM_FEES, draft_id)
    access.check_other_officer(actor, draft.proposed_by_id)
    _check_day(draft.effective_from, at)
    content = read_content(RuleKind(draft.kind), draft.content)
    _apply(draft.code, content, draft.effective_from, actor=actor, at=at)
    return _decide(draft, DraftState.CONFIRMED, "payment.rule_confirmed", actor=actor, at=at)


@transaction.atomic
def refuse_rule(*, actor: Actor, draft_id: UUID, reason: str, at: datetime) -> RuleDraft:
    """The second person says no, and why.

    Raises: RuleDraftNotFound (404), Forbidden, SameOfficer (403), ReasonMissing (422),
    RuleDraftDecided (409).
    """
    if not reason.strip():
        raise ReasonMissing
    draft = _lock(actor, CONFIRM_FEES, draft_id)
    access.check_other_officer(actor, draft.proposed_by_id)
    draft.reason = reason.strip()[:300]
    return _decide(draft, DraftState.REFUSED, "payment.rule_refused", actor=actor, at=at)


@transaction.atomic
def withdraw_rule(*, actor: Actor, draft_id: UUID, at: datetime) -> RuleDraft:
    """Whoever may propose takes a waiting draft back.

    Raises: RuleDraftNotFound (404), Forbidden (403), RuleDraftDecided (409).
    """
    draft = _lock(actor, MANAGE_FEES, draft_id)
    return _decide(draft, DraftState.WITHDRAWN, "payment.rule_withdrawn", actor=actor, at=at)


def read_content(kind: RuleKind, facts: Mapping[str, Any]) -> RuleContent:
    """What a draft keeps, as the value it was. Raises: RuleMalformed (422)."""
    values = dict(facts)
    shape = CONTENTS[kind]
    for field in fields(shape):
        given = values.get(field.name, field.default)
        if field.type in (str, int, bool) and type(given) is not field.type:
            raise RuleMalformed
    try:
        if values.get("until"):
            values["until"] = date.fromisoformat(values["until"])
        return shape(**values)
    except (TypeError, ValueError) as error:
        raise RuleMalformed from error


def _facts(content: RuleContent) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(content).items()
    }


def _check_shape(code: str, content: RuleContent, on: date) -> None:
    """What no table of ours would take. Raises: RuleMalformed (422)."""
    texts = [v for k, v in asdict(content).items() if isinstance(v, str) and k != "region_code"]
    is_wrong = not 1 <= len(code) <= CODE_LENGTH_MAX
    is_wrong |= not all(text.strip() and len(text) <= TEXT_LENGTH_MAX for text in texts)
    if isinstance(content, FeeRule):
        is_wrong |= content.kind not in FeeItem.Kind.values or not (
            0 < content.unit_price_fen < FEN_MAX
        )
    if isinstance(content, ReductionRule):
        is_wrong |= not 1 <= content.percent <= 100 or len(content.fee_code) > CODE_LENGTH_MAX
        is_wrong |= content.until is not None and content.until <= on
    if isinstance(content, AccountRule):
        number = content.account_number.replace(" ", "")
        is_wrong |= not number.isalnum() or len(number) > ACCOUNT_LENGTH_MAX
    if isinstance(content, FeeRule | AccountRule):
        is_wrong |= content.paid_into not in PaidInto.values
    if is_wrong:
        raise RuleMalformed


def _check_day(on: date, at: datetime) -> None:
    if on < local_date(at):
        raise RuleBackdated(on=on)


def _apply(code: str, content: RuleContent, on: date, *, actor: Actor, at: datetime) -> None:
    if isinstance(content, FeeRule):
        catalogue.set_fee(
            actor=actor,
            code=code,
            name={"zh-hans": content.name.strip()},
            unit={"zh-hans": content.unit.strip()},
            unit_price_fen=content.unit_price_fen,
            legal_basis=content.legal_basis.strip(),
            effective_from=on,
            kind=content.kind,
            paid_into=content.paid_into,
            at=at,
        )
    elif isinstance(content, FeeEnd):
        catalogue.end_fee(actor=actor, code=code, on=on, legal_basis=content.legal_basis, at=at)
    elif isinstance(content, ReductionRule):
        _check_charged(content.fee_code, on)
        issuing.set_reduction(
            actor=actor,
            code=code,
            fee_code=content.fee_code,
            name={"zh-hans": content.name.strip()},
            percent=content.percent,
            legal_basis=content.legal_basis.strip(),
            effective_from=on,
            effective_until=content.until,
            needs_approval=content.needs_approval,
            at=at,
        )
    elif isinstance(content, ShareRule):
        _check_charged(code, on)
        ledger.set_split_rule(
            actor=actor,
            fee_code=code,
            shares=content.shares,
            legal_basis=content.legal_basis.strip(),
            effective_from=on,
            at=at,
        )
    else:
        set_government_account(actor=actor, rule=content, effective_from=on, at=at)


def _check_charged(code: str, on: date) -> None:
    """Raises: FeeNotListed, FeeNotInForce (409) for a fee that has ended by then."""
    locks.hold("payment.fee", code)
    versions = FeeItem.objects.filter(code=code)
    if not versions.exists():
        raise FeeNotListed(fee_code=code)
    if not versions.filter(Q(effective_until__isnull=True) | Q(effective_until__gt=on)).exists():
        raise FeeNotInForce(fee_code=code, on=on)


@transaction.atomic
def set_government_account(
    *, actor: Actor, rule: AccountRule, effective_from: date, at: datetime
) -> GovernmentAccount:
    """Where a government's money is handed in from a day on; the account before ends that day.

    The same again changes nothing. Raises: RuleNotInForce (409) when one from the same day or later
    exists; regions' refusal (404) for an unknown region.
    """
    path = regions.region(rule.region_code).path if rule.region_code else ""
    locks.hold("payment.government_account", f"{rule.paid_into}:{path}")
    content = {
        "holder_name": rule.holder_name.strip(),
        "bank_name": rule.bank_name.strip(),
        "account_number": rule.account_number.replace(" ", ""),
    }
    rows = GovernmentAccount.objects.filter(paid_into=rule.paid_into, region_path=path)
    latest = rows.order_by("-effective_from").first()
    if latest is not None:
        if all(getattr(latest, field) == value for field, value in content.items()):
            return latest
        if latest.effective_from >= effective_from:
            raise RuleNotInForce(fee_code=latest.account_number, on=effective_from)
        latest.effective_until = effective_from
        latest.save(update_fields=["effective_until"])
    made = GovernmentAccount.objects.create(
        paid_into=rule.paid_into, region_path=path, effective_from=effective_from, **content
    )
    audit.record(
        actor=actor,
        act="payment.government_account_set",
        object_kind="payment.government_account",
        object_id=made.pk,
        facts={"paid_into": rule.paid_into, "region": rule.region_code},
        at=at,
    )
    return made


def _lock(actor: Actor, permission: str, draft_id: UUID) -> RuleDraft:
    access.access_rule_draft(permission, actor=actor, draft_id=draft_id)
    draft = RuleDraft.objects.select_for_update().get(pk=draft_id)
    if draft.state != DraftState.WAITING:
        raise RuleDraftDecided
    return draft


def _decide(
    draft: RuleDraft, state: DraftState, act: str, *, actor: Actor, at: datetime
) -> RuleDraft:
    draft.state, draft.decided_at, draft.decided_by = state, at, actor.name[:100]
    draft.decided_by_id, draft.decided_by_person_id = actor.account_id, actor.person_id
    draft.save()
    _record(actor, act, draft, at=at)
    return draft


def _record(actor: Actor, act: str, draft: RuleDraft, *, at: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        object_kind="payment.fee",
        object_id=draft.code,
        facts={
            "kind": draft.kind,
            "effective_from": draft.effective_from.isoformat(),
            "reason": draft.reason,
        },
        at=at,
    )
