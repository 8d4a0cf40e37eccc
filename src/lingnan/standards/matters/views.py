"""The stewards' pages: find, draft, compare, review, publish, suspend, import and export lists."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, NotFound, Refusal
from lingnan.kernel.tables import CONTENT_TYPES, ROWS_MAX, UPLOAD_BYTES_MAX, TableTooLarge
from lingnan.kernel.web.guard import actor_of, permitted
from lingnan.kernel.web.pages import render

from . import queries, services
from .access import access_item, access_version
from .forms import ClaimForm, FilterForm, ImportForm, ListForm
from .models import ItemVersion
from .services.tables import report_of
from .types import EDIT, READ, REVIEW, VersionState

PROBLEMS_SHOWN_MAX = 500
show = require_http_methods(["GET", "HEAD"])
show_or_send = require_http_methods(["GET", "HEAD", "POST"])


@show
@permitted(READ)
def list_items(request: HttpRequest) -> HttpResponse:
    """The lists within reach, with filters, newest first."""
    form = FilterForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = queries.list_items(
        actor_of(request),
        text=chosen.get("q", "").strip(),
        state=chosen.get("state", ""),
        item_type=chosen.get("item_type", ""),
        cursor=request.GET.get("cursor"),
    )
    return render(request, "matters/list.html", {"form": form, "page": page})


@show
@permitted(READ)
def list_waiting(request: HttpRequest) -> HttpResponse:
    """Versions that wait for review, the longest first."""
    page = queries.waiting_versions(actor_of(request), cursor=request.GET.get("cursor"))
    return render(request, "matters/waiting.html", {"page": page})


@show
@permitted(READ)
def show_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One list: its versions with what changed, its history, and what can be done now."""
    return _item_page(request, item_id)


def _item_page(
    request: HttpRequest, item_id: UUID, *, refusal: Refusal | None = None
) -> HttpResponse:
    actor = actor_of(request)
    item = access_item(actor, item_id, READ)
    versions = queries.versions_of(item.id)
    older: list[ItemVersion | None] = [*versions[1:], None]
    scope: dict[str, Any] = {"agency_id": item.keeper_id, "region_path": item.region_path}
    preparing = (VersionState.DRAFT, VersionState.IN_REVIEW)
    context = {
        "item": item,
        "versions": [
            {"version": new, "changes": _changes(old, new) if old else []}
            for new, old in zip(versions, older, strict=True)
        ],
        "steps": queries.steps_of(item.id),
        "refusal": refusal,
        "may_edit": actor.can(EDIT, **scope),
        "may_review": actor.can(REVIEW, **scope),
        "is_preparing": any(version.state in preparing for version in versions),
    }
    status = refusal.status if refusal else 200
    return render(request, "matters/item.html", context, status=status)


def _changes(old: ItemVersion, new: ItemVersion) -> list[dict[str, str]]:
    labels = ListForm.base_fields
    return [
        {
            "field": str(labels[name].label) if name in labels else name,
            "before": _plain(before),
            "after": _plain(after),
        }
        for name, before, after in queries.version_changes(old, new)
    ]


def _plain(value: Any) -> str:
    """A field's value as text, for comparing versions."""
    if isinstance(value, dict):
        return "; ".join(_plain(part) for part in value.values() if part not in ("", None, {}, []))
    if isinstance(value, list | tuple):
        return "\n".join(_plain(part) for part in value)
    return "" if value is None else str(value)


@show_or_send
@permitted(EDIT)
def claim_item(request: HttpRequest) -> HttpResponse:
    """Claim a basic item for an agency: a list with an empty first draft."""
    form = ClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = services.create_item(
                actor=actor_of(request),
                basic_code=form.cleaned_data["basic_code"],
                agency_id=form.cleaned_data["agency"].id,
                exercise_level=form.cleaned_data["exercise_level"],
                content={},
                at=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.text)
            return _claim_page(request, form, status=refusal.status)
        return redirect("matters:edit", version.id)
    return _claim_page(request, form, status=422 if form.errors else 200)


def _claim_page(request: HttpRequest, form: ClaimForm, *, status: int) -> HttpResponse:
    return render(request, "matters/claim.html", {"form": form}, status=status)


@show_or_send
@permitted(EDIT)
def adopt_item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Make a foreign list one of ours."""
    item = access_item(actor_of(request), item_id, EDIT)
    form = ClaimForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                services.adopt_item(
                    actor=actor_of(request),
                    service_item_id=item_id,
                    basic_code=form.cleaned_data["basic_code"],
                    agency_id=form.cleaned_data["agency"].id,
                    exercise_level=form.cleaned_data["exercise_level"],
                    at=clock.now(),
                )
            except Refusal as refusal:
                form.add_error(None, refusal.text)
                status = refusal.status
            else:
                return redirect("matters:item", item_id)
    return render(request, "matters/claim.html", {"form": form, "item": item}, status=status)


@show_or_send
@permitted(EDIT)
def edit_version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Edit the main fields of a draft; what was typed is kept when something is refused."""
    seen = access_version(actor_of(request), version_id, EDIT)
    version = next(v for v in queries.versions_of(seen.service_item_id) if v.id == seen.id)
    if request.method != "POST":
        return _edit_page(request, version, ListForm.of(version))
    form = ListForm(request.POST)
    if form.is_valid():
        content = form.content(version)
        if not form.errors:
            try:
                services.save_draft(
                    actor=actor_of(request),
                    version_id=version_id,
                    revision=form.cleaned_data["revision"],
                    content=content,
                    at=clock.now(),
                )
            except Refusal as refusal:
                _put_errors(form, refusal)
                return _edit_page(request, version, form, status=refusal.status)
            messages.success(request, _("The draft is saved."))
            return redirect("matters:item", version.service_item_id)
    return _edit_page(request, version, form, status=422)


def _put_errors(form: ListForm, refusal: Refusal) -> None:
    problems = refusal.fields or (FieldProblem("", refusal.code, refusal.text),)
    for problem in problems:
        name = problem.path.split(".")[0]
        form.add_error(name if name in form.fields else None, str(problem.message))


def _edit_page(
    request: HttpRequest, version: ItemVersion, form: ListForm, *, status: int = 200
) -> HttpResponse:
    context = {"version": version, "item": version.service_item, "form": form}
    return render(request, "matters/edit.html", context, status=status)


@require_POST
@permitted(EDIT, REVIEW)
def act_on_version(request: HttpRequest, version_id: UUID, act: str) -> HttpResponse:
    """Submit, publish, send back or discard a version."""
    actor, at = actor_of(request), clock.now()
    reason = request.POST.get("reason", "")
    acts: dict[str, Callable[[], ItemVersion]] = {
        "submit": lambda: services.submit_for_review(
            actor=actor, version_id=version_id, note=reason[:2000], at=at
        ),
        "publish": lambda: services.publish_version(actor=actor, version_id=version_id, at=at),
        "return": lambda: services.return_version(
            actor=actor, version_id=version_id, reason=reason, at=at
        ),
        "discard": lambda: services.discard_draft(actor=actor, version_id=version_id, at=at),
    }
    if act not in acts:
        raise NotFound(act=act)
    item_id = access_version(actor, version_id, READ).service_item_id
    return _after(request, item_id, acts[act])


@require_POST
@permitted(EDIT, REVIEW)
def act_on_item(request: HttpRequest, item_id: UUID, act: str) -> HttpResponse:
    """Open a new version, suspend, resume or cancel a list."""
    actor, at = actor_of(request), clock.now()
    reason = request.POST.get("reason", "")
    acts: dict[str, Callable[[], object]] = {
        "change": lambda: services.start_change(
            actor=actor, service_item_id=item_id, note=reason[:2000], at=at
        ),
        "suspend": lambda: services.suspend_item(
            actor=actor, service_item_id=item_id, reason=reason, at=at
        ),
        "resume": lambda: services.resume_item(actor=actor, service_item_id=item_id, at=at),
        "cancel": lambda: services.cancel_item(
            actor=actor, service_item_id=item_id, reason=reason, at=at
        ),
    }
    if act not in acts:
        raise NotFound(act=act)
    return _after(request, item_id, acts[act])


def _after(request: HttpRequest, item_id: UUID, act: Callable[[], object]) -> HttpResponse:
    """Do it and go back to the list; a refusal is shown there, over what can be done instead."""
    try:
        act()
    except NotFound:
        raise
    except Refusal as refusal:
        return _item_page(request, item_id, refusal=refusal)
    messages.success(request, _("Done; the history below shows it."))
    return redirect("matters:item", item_id)


@show_or_send
@permitted(EDIT)
def import_table(request: HttpRequest) -> HttpResponse:
    """Upload a table; the report follows."""
    form = ImportForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                run_id = _import(request, form)
            except Refusal as refusal:
                form.add_error("file", refusal.text)
                status = refusal.status
            else:
                return redirect("matters:report", run_id)
    page = queries.import_runs(actor_of(request), cursor=request.GET.get("cursor"))
    return render(request, "matters/import.html", {"form": form, "page": page}, status=status)


def _import(request: HttpRequest, form: ImportForm) -> UUID | None:
    file = form.cleaned_data["file"]
    if (file.size or 0) > UPLOAD_BYTES_MAX:
        raise TableTooLarge(limit=ROWS_MAX)
    report = services.import_items(
        file.read(),
        file_name=file.name or "",
        scheme=form.cleaned_data["scheme"],
        dry_run=form.cleaned_data["dry_run"],
        actor=actor_of(request),
        at=clock.now(),
    )
    return report.run_id


@show
@permitted(READ)
def show_report(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """What became of each row of a table."""
    run = queries.import_run(actor_of(request), run_id)
    report = report_of(run)
    context = {
        "run": run,
        "report": report,
        "problems": report.problems[:PROBLEMS_SHOWN_MAX],
        "hidden": max(0, len(report.problems) - PROBLEMS_SHOWN_MAX),
    }
    return render(request, "matters/report.html", context)


@show
@permitted(READ)
def export_table(request: HttpRequest) -> HttpResponse:
    """The lists within reach as a table that can be imported again."""
    kind = "xlsx" if request.GET.get("kind") == "xlsx" else "csv"
    content = services.export_items(
        actor=actor_of(request), kind=kind, state=request.GET.get("state", "")
    )
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="items.{kind}"'
    return response
