"""The catalogue at the desk: what is in force, and changes by two persons."""

from dataclasses import fields
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.kernel.money import format_fen
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.regions import queries as regions

from .. import access, queries, services
from ..forms import AccountRuleForm, EndRuleForm, FeeRuleForm, ReductionRuleForm, ShareRuleForm
from ..models import FeeItem, RuleDraft, SplitRule
from ..types import (
    CONFIRM_FEES,
    CONTENTS,
    MANAGE_FEES,
    WHOLE_PROVINCE,
    DraftState,
    PaidInto,
    RuleContent,
    RuleKind,
    ShareRule,
)

FORMS: dict[RuleKind, type[forms.Form]] = {
    RuleKind.FEE: FeeRuleForm,
    RuleKind.END: EndRuleForm,
    RuleKind.REDUCTION: ReductionRuleForm,
    RuleKind.SPLIT: ShareRuleForm,
    RuleKind.ACCOUNT: AccountRuleForm,
}


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE_FEES, CONFIRM_FEES)
def desk_fees(request: HttpRequest) -> HttpResponse:
    """What is in force today, what waits for a second person, what was decided."""
    actor, today = actor_of(request), clock.today()
    text = request.GET.get("text", "").strip()[:40]
    accounts = list(queries.government_accounts(today))
    codes = {row.region_path.rstrip("/").split("/")[-1] for row in accounts if row.region_path}
    places = regions.regions(sorted(codes))
    context = {
        "text": text,
        "fees": queries.fees_named(text, on=today, limit=100),
        "reductions": queries.reductions_in_force(today),
        "splits": [(rule, _shares(rule)) for rule in queries.split_rules(today)],
        "accounts": [
            (row, _place(row.region_path, {code: card.name for code, card in places.items()}))
            for row in accounts
        ],
        "waiting": queries.rule_drafts(actor, state=DraftState.WAITING, limit=50).items,
        "page": queries.rule_drafts(actor, cursor=request.GET.get("cursor") or None),
        "kinds": RuleKind.choices,
        "can_propose": actor.can(MANAGE_FEES, region_path=WHOLE_PROVINCE),
    }
    return render(request, "payment/desk_fees.html", context)


def _place(path: str, names: dict[str, str]) -> str:
    code = path.rstrip("/").split("/")[-1]
    return names.get(code, code) if code else _("Central government")


@require_http_methods(["GET", "HEAD"])
@permitted(MANAGE_FEES, CONFIRM_FEES)
def desk_fee_history(request: HttpRequest) -> HttpResponse:
    """All that was ever in the catalogue under one fee's code."""
    found = queries.fee_history(request.GET.get("code", "")[:24])
    return render(
        request,
        "payment/desk_fee_history.html",
        {
            "fee": found.versions[0],
            "history": found,
            "splits": [(rule, _shares(rule)) for rule in found.split_rules],
        },
    )


def _shares(rule: SplitRule) -> list[tuple[str, float]]:
    """Level of government and its share in percent."""
    shares = rule.shares.all()
    return [(share.get_level_display(), share.share_per_myriad / 100) for share in shares]


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(MANAGE_FEES)
def desk_fee_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Propose a change of one kind; a change of a fee begins with what is in force."""
    actor = actor_of(request)
    access.check_province(actor, MANAGE_FEES)
    chosen = RuleKind(kind)
    form = FORMS[chosen](request.POST or None, initial=_initial(request, chosen))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                draft = _propose(actor, chosen, form.cleaned_data)
            except Refusal as refusal:
                form.add_error(None, f"{refusal.text} {refusal.remedy}".strip())
                status = refusal.status
            else:
                messages.success(request, _("Proposed. A second person confirms it."))
                return HttpResponseRedirect(reverse("payment:desk_fee_draft", args=[draft.pk]))
    context = {"form": form, "label": chosen.label, "kind": chosen}
    return render(request, "payment/desk_fee_new.html", context, status=status)


def _initial(request: HttpRequest, kind: RuleKind) -> dict[str, Any]:
    code = request.GET.get("code", "")[:24]
    found = queries.fee_versions(code)[:1] if code else []
    if kind == RuleKind.FEE and found:
        fee = found[0]
        return {
            "code": fee.code,
            "name": fee.name.get("zh-hans", ""),
            "kind": fee.kind,
            "unit": fee.unit.get("zh-hans", ""),
            "unit_price_fen": f"{fee.unit_price_fen // 100}.{fee.unit_price_fen % 100:02d}",
            "legal_basis": fee.legal_basis,
            "paid_into": fee.paid_into,
        }
    if kind == RuleKind.REDUCTION:
        return {"fee_code": code}
    return {"code": code}


def _propose(actor: Actor, kind: RuleKind, typed: dict[str, Any]) -> RuleDraft:
    shape = CONTENTS[kind]
    values = {field.name: typed[field.name] for field in fields(shape) if field.name in typed}
    if shape is ShareRule:
        for level in ("central", "province", "city", "county"):
            values[level] = int(values[level] * 100)
    content: RuleContent = shape(**values)
    return services.propose_rule(
        actor=actor,
        code=typed.get("code", ""),
        content=content,
        effective_from=typed["effective_from"],
        at=clock.now(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(MANAGE_FEES, CONFIRM_FEES)
def desk_fee_draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """One change: what it says beside what is in force; confirm, refuse or withdraw it."""
    actor = actor_of(request)
    draft = access.access_rule_draft_to_see(actor=actor, draft_id=draft_id)
    problems: list[FieldProblem] = []
    status = 200
    if request.method == "POST":
        try:
            _decide(request, draft)
            return HttpResponseRedirect(reverse("payment:desk_fee_draft", args=[draft.pk]))
        except Refusal as refusal:
            problems = [FieldProblem("reason", refusal.code, f"{refusal.text} {refusal.remedy}")]
            status = refusal.status
        draft.refresh_from_db()
    is_waiting = draft.state == DraftState.WAITING
    fee_code = draft.content.get("fee_code", draft.code)
    is_own = not access.is_other_officer(actor, draft.proposed_by_id)
    context = {
        "draft": draft,
        "rows": _rows(draft),
        "problems": problems,
        "posted": request.POST,
        "can_decide": is_waiting
        and not is_own
        and actor.can(CONFIRM_FEES, region_path=WHOLE_PROVINCE),
        "can_withdraw": is_waiting and actor.can(MANAGE_FEES, region_path=WHOLE_PROVINCE),
        "is_own": is_waiting and is_own,
        "fee_code": fee_code if queries.fee_versions(fee_code) else "",
    }
    return render(request, "payment/desk_fee_draft.html", context, status=status)


def _decide(request: HttpRequest, draft: RuleDraft) -> None:
    actor, at, act = actor_of(request), clock.now(), request.POST.get("act", "")
    if act == "confirm":
        services.confirm_rule(actor=actor, draft_id=draft.pk, at=at)
        messages.success(request, _("Confirmed. It is in force from its day."))
    elif act == "refuse":
        services.refuse_rule(
            actor=actor, draft_id=draft.pk, reason=request.POST.get("reason", ""), at=at
        )
        messages.success(request, _("Refused."))
    elif act == "withdraw":
        services.withdraw_rule(actor=actor, draft_id=draft.pk, at=at)
        messages.success(request, _("Withdrawn."))


def _rows(draft: RuleDraft) -> list[tuple[str, str, str]]:
    """Label, what is proposed, what is in force where it is another."""
    kind = RuleKind(draft.kind)
    labels = {name: str(field.label) for name, field in FORMS[kind].base_fields.items()}
    known: dict[str, Any] = {}
    if kind == RuleKind.FEE:
        for fee in queries.fee_versions(draft.code)[:1]:
            known = {name: getattr(fee, name) for name in draft.content if hasattr(fee, name)}
            known |= {"name": fee.name.get("zh-hans", ""), "unit": fee.unit.get("zh-hans", "")}
    rows = []
    for name, value in draft.content.items():
        before = known.get(name, value)
        told = _told(name, before) if before != value else ""
        rows.append((labels.get(name, name), _told(name, value), told))
    return rows


def _told(name: str, value: Any) -> str:
    if name == "unit_price_fen":
        return format_fen(value)
    if name in {"central", "province", "city", "county"}:
        return f"{value / 100:g} %"
    if name == "percent":
        return f"{value} %"
    if name == "paid_into":
        return str(PaidInto(value).label)
    if name == "kind":
        return str(FeeItem.Kind(value).label)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value or "–")
