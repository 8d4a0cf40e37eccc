"""Types of licence on the stewards' desk: drafted, looked at, reviewed, published, withdrawn."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import NotFound, Refusal
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render
from lingnan.standards.agencies import queries as agencies

from .. import services, type_access, type_checks, type_content, type_faces
from ..errors import LicenceTypeMalformed
from ..models import TypeDraft
from ..type_forms import (
    DecideWithdrawalForm,
    FieldFormSet,
    NewTypeForm,
    PublishForm,
    TypeForm,
    WithdrawForm,
    content_from,
    forms_of,
)
from ..type_words import in_words
from ..types import DEFINE_TYPES, REVIEW_TYPES

show_or_send = require_http_methods(["GET", "HEAD", "POST"])
_State = TypeDraft.State
IMPORT_BYTES_MAX = 500_000


@require_GET
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def types(request: HttpRequest) -> HttpResponse:
    """Drafts within reach first, then every type."""
    actor = actor_of(request)
    text = request.GET.get("q", "")[:60]
    context = {
        "drafts": [
            *type_access.page_of_drafts(actor, state=_State.IN_REVIEW, limit=50).items,
            *type_access.page_of_drafts(actor, state=_State.DRAFT, limit=50).items,
        ],
        "page": type_access.page_of_types(text=text, cursor=request.GET.get("cursor")),
        "q": text,
        "today": clock.today(),
        "may_define": actor.can(DEFINE_TYPES),
    }
    return render(request, "licences/desk_types.html", context)


@show_or_send
@permitted(DEFINE_TYPES)
def new_type(request: HttpRequest) -> HttpResponse:
    """A new type, or one brought in as JSON; either way a draft."""
    actor = actor_of(request)
    own = agencies.agency(actor.agency_id).uscc if actor.agency_id else ""
    form = NewTypeForm(request.POST or None, request.FILES or None, initial={"department": own})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                draft = services.start_type(
                    actor=actor,
                    department_code=form.cleaned_data["department"],
                    content=_sent(form),
                    at=clock.now(),
                )
            except Refusal as refusal:
                _put(form, refusal)
                status = refusal.status
            else:
                return redirect("licences:type_edit", draft.pk)
    return render(request, "licences/desk_type_new.html", {"form": form}, status=status)


def _sent(form: NewTypeForm) -> dict[str, object]:
    file = form.cleaned_data["file"]
    if not file:
        return {"name": {"zh-hans": form.cleaned_data["name_zh"]}}
    try:
        content = json.loads(file.read(IMPORT_BYTES_MAX + 1)[: IMPORT_BYTES_MAX + 1])
    except (ValueError, RecursionError) as wrong:
        raise LicenceTypeMalformed from wrong
    if not isinstance(content, dict):
        raise LicenceTypeMalformed
    return content


def _put(form: Any, refusal: Refusal) -> None:
    form.add_error(None, refusal.text)
    for problem in refusal.fields:
        form.add_error(None, f"{problem.path}: {problem.message}")


@require_GET
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def draft(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """A draft: what is still wrong, whom it would touch, and what can be done."""
    return _draft_page(request, draft_id)


def _draft_page(
    request: HttpRequest,
    draft_id: UUID,
    *,
    refusal: Refusal | None = None,
    form: PublishForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    found = type_access.access_draft(actor=actor, draft_id=draft_id)
    content = type_content.read_content(found.content)
    is_open = found.state in (_State.DRAFT, _State.IN_REVIEW)
    scope: dict[str, Any] = {"agency_id": found.agency_id, "region_path": found.region_path}
    earliest = type_checks.earliest_day(found.based_on, today=clock.today())
    context = {
        "draft": found,
        **in_words(content),
        "problems": type_checks.problems_of(content) if is_open else [],
        "cautions": type_checks.warnings_of(content, found.based_on) if is_open else [],
        "steps": type_access.steps_of(found.code),
        "form": form
        or PublishForm(
            initial={"effective_from": earliest.isoformat(), "revision": found.revision}
        ),
        "refusal": refusal,
        "may_edit": found.state == _State.DRAFT and actor.can(DEFINE_TYPES, **scope),
        "may_review": found.state == _State.IN_REVIEW and actor.can(REVIEW_TYPES, **scope),
    }
    status = refusal.status if refusal else 422 if form is not None else 200
    return render(request, "licences/desk_type_draft.html", context, status=status)


@show_or_send
@permitted(DEFINE_TYPES)
def edit(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Write a draft. Every button keeps what was typed, then adds, moves or removes a field."""
    found = type_access.access_draft(
        actor=actor_of(request), draft_id=draft_id, permission=DEFINE_TYPES
    )
    before = type_content.read_content(found.content)
    if request.method != "POST":
        return _edit_page(request, found, *forms_of(before, found.revision))
    head, rows = TypeForm(request.POST), FieldFormSet(request.POST, prefix="f")
    if head.is_finding:
        return _edit_page(request, found, head, rows)
    if not (head.is_valid() and rows.is_valid()):
        return _edit_page(request, found, head, rows, status=422)
    content = content_from(head, rows, before)
    act, _colon, place = request.POST.get("act", "save").partition(":")
    content = content.model_copy(
        update={"fields": _after_act(content.fields, act, int(place) if place.isdigit() else -1)}
    )
    try:
        services.save_type_draft(
            actor=actor_of(request),
            draft_id=draft_id,
            revision=head.cleaned_data["revision"],
            content=type_content.plain(content),
            at=clock.now(),
        )
    except NotFound:
        raise
    except Refusal as refusal:
        _put(head, refusal)
        return _edit_page(request, found, head, rows, status=refusal.status)
    if act == "save":
        messages.success(request, _("The draft is saved."))
        return redirect("licences:type_draft", draft_id)
    response = redirect("licences:type_edit", draft_id)
    response["Location"] += f"#field-{_where(act, int(place or 0), len(content.fields))}"
    return response


def _after_act(
    fields: list[type_content.FieldContent], act: str, place: int
) -> list[type_content.FieldContent]:
    """The fields after a button: add one, or remove or move the one at a place."""
    made = list(fields)
    if act == "add" and len(made) < type_content.FIELDS_MAX:
        made.append(type_content.FieldContent(keep={"maxLength": 200}))
    elif not 0 <= place < len(made):
        return made
    elif act == "remove":
        made.pop(place)
    elif act == "up" and place > 0:
        made[place - 1], made[place] = made[place], made[place - 1]
    elif act == "down" and place < len(made) - 1:
        made[place + 1], made[place] = made[place], made[place + 1]
    return made


def _where(act: str, place: int, count: int) -> int:
    """Which field the page goes back to, counted from 1."""
    wanted = {"up": place, "down": place + 2, "add": count}.get(act, place)
    return max(1, min(wanted, count))


def _edit_page(
    request: HttpRequest, found: TypeDraft, head: TypeForm, rows: Any, *, status: int = 200
) -> HttpResponse:
    context = {"draft": found, "form": head, "rows": rows}
    return render(request, "licences/desk_type_edit.html", context, status=status)


@require_GET
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def preview(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """The face of a draft as PDF, with sample values."""
    found = type_access.access_draft(actor=actor_of(request), draft_id=draft_id)
    content = type_faces.preview_pdf(type_content.read_content(found.content))
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="sample.pdf"'
    return response


@require_POST
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def act_on_draft(request: HttpRequest, draft_id: UUID, act: str) -> HttpResponse:
    """Submit, send back, publish or discard."""
    actor, at = actor_of(request), clock.now()
    reason = request.POST.get("reason", "")[:2000]
    form = PublishForm(request.POST) if act == "publish" else None
    if form is not None and not form.is_valid():
        return _draft_page(request, draft_id, form=form)
    acts: dict[str, Callable[[], TypeDraft]] = {
        "submit": lambda: services.submit_type(actor=actor, draft_id=draft_id, note=reason, at=at),
        "return": lambda: services.return_type(
            actor=actor, draft_id=draft_id, reason=reason, at=at
        ),
        "publish": lambda: services.publish_type(
            actor=actor, draft_id=draft_id, at=at, **(form.cleaned_data if form else {})
        ),
        "discard": lambda: services.discard_type(actor=actor, draft_id=draft_id, at=at),
    }
    if act not in acts:
        raise NotFound(act=act)
    try:
        done = acts[act]()
    except NotFound:
        raise
    except Refusal as refusal:
        return _draft_page(request, draft_id, refusal=refusal)
    messages.success(request, _("Done; the history below shows it."))
    if act == "publish":
        return redirect("licences:type", done.code)
    return (
        redirect("licences:types")
        if act == "discard"
        else redirect("licences:type_draft", draft_id)
    )


@require_GET
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def show_type(request: HttpRequest, type_code: str) -> HttpResponse:
    """A type: its versions, what it says, which matters rely on it."""
    return _type_page(request, type_code)


def _type_page(
    request: HttpRequest,
    code: str,
    *,
    refusal: Refusal | None = None,
    form: WithdrawForm | None = None,
    decide_form: DecideWithdrawalForm | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    asked = type_access.open_withdrawal_of(code)
    versions = type_access.versions_of_type(code)
    body = type_access.department_of(code)
    scope: dict[str, Any] = (
        {"agency_id": body.id, "region_path": body.region_path} if body else {"agency_id": None}
    )
    newest = versions[0]
    context = {
        "type": newest,
        "body": body,
        **in_words(type_content.content_of(newest)),
        "versions": versions,
        "today": clock.today(),
        "users": type_checks.users_of_type(code),
        "field_users": type_checks.users_of_fields(
            newest.key, list(newest.fields_schema.get("properties", {}))
        ),
        "steps": type_access.steps_of(code),
        "open_draft": type_access.open_draft_of(actor, code),
        "refusal": refusal,
        "form": form or WithdrawForm(initial={"effective_from": clock.today().isoformat()}),
        "asked": asked,
        "decide_form": decide_form or DecideWithdrawalForm(),
        "is_mine": asked is not None and services.asked_withdrawal(actor, asked),
        "may_decide": asked is not None and body is not None and actor.can(REVIEW_TYPES, **scope),
        "may_define": body is not None and actor.can(DEFINE_TYPES, **scope),
        "may_withdraw": body is not None
        and newest.effective_until is None
        and asked is None
        and (actor.can(REVIEW_TYPES, **scope) or actor.can(DEFINE_TYPES, **scope)),
    }
    is_wrong = form is not None or decide_form is not None
    status = refusal.status if refusal else 422 if is_wrong else 200
    return render(request, "licences/desk_type.html", context, status=status)


@require_POST
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def act_on_type(request: HttpRequest, type_code: str, act: str) -> HttpResponse:
    """Begin a next version, ask to withdraw the type, or decide on that."""
    actor, at = actor_of(request), clock.now()
    if act not in ("change", "withdraw", "decide"):
        raise NotFound(act=act)
    try:
        if act == "change":
            made = services.start_version(actor=actor, code=type_code, at=at)
            return redirect("licences:type_edit", made.pk)
        if act == "withdraw":
            form = WithdrawForm(request.POST)
            if not form.is_valid():
                return _type_page(request, type_code, form=form)
            services.ask_withdrawal(actor=actor, code=type_code, at=at, **form.cleaned_data)
        else:
            decided = DecideWithdrawalForm(request.POST)
            if not decided.is_valid():
                return _type_page(request, type_code, decide_form=decided)
            services.decide_withdrawal(
                actor=actor,
                code=type_code,
                accept=decided.cleaned_data["accept"] == "yes",
                reason=decided.cleaned_data["reason"],
                at=at,
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return _type_page(request, type_code, refusal=refusal)
    messages.success(request, _("Done; the history below shows it."))
    return redirect("licences:type", type_code)


@require_GET
@permitted(DEFINE_TYPES, REVIEW_TYPES)
def export(request: HttpRequest, type_code: str) -> HttpResponse:
    """The newest version as JSON that can be brought in elsewhere."""
    newest = type_access.versions_of_type(type_code)[0]
    response = JsonResponse(
        type_content.plain(type_content.content_of(newest)),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )
    response["Content-Disposition"] = f'attachment; filename="{newest.code}.json"'
    return response
