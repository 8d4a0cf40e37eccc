"""What applications tell workflow when they load: actions, subjects, and words of the timeline."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from lingnan.kernel.actors import Actor

from .errors import ActionUnknown
from .types import ActionCall

Action = Callable[[ActionCall], Mapping[str, Any] | None]

_actions: dict[str, Action] = {}
_subjects: dict[str, Callable[[UUID], str]] = {}
_task_urls: dict[str, Callable[[UUID, UUID], str]] = {}
_noters: dict[str, Callable[[Actor, UUID, datetime], None]] = {}
_worker_checks: dict[str, Callable[[Actor, UUID], None]] = {}
_words: dict[str, tuple[str | Promise, str | Promise]] = {}


def action(name: str) -> Callable[[Action], Action]:
    """Register what a service task runs: `@workflow.action("case.accept")`. One owner per name."""

    def register(function: Action) -> Action:
        known = _actions.get(name)
        if known is not None and known is not function:
            raise ValueError(f"action {name} is registered twice")
        _actions[name] = function
        return function

    return register


def action_named(name: str) -> Action:
    """Raises: ActionUnknown (409)."""
    found = _actions.get(name)
    if found is None:
        raise ActionUnknown(action=name)
    return found


def actions() -> frozenset[str]:
    """Names of every registered action."""
    return frozenset(_actions)


def register_subject(
    kind: str,
    *,
    url: Callable[[UUID], str],
    task_url: Callable[[UUID, UUID], str] | None = None,
    check_worker: Callable[[Actor, UUID], None] | None = None,
    note_look: Callable[[Actor, UUID, datetime], None] | None = None,
) -> None:
    """Say where the page of a subject is, and where a step on it is worked on (subject, task).

    `check_worker` refuses whoever may not finish any step on the subject, whichever way he comes:
    the owner knows whose interest it is. `note_look` puts on record that someone opened a task or
    process of the subject.
    """
    _subjects[kind] = url
    if check_worker is not None:
        _worker_checks[kind] = check_worker
    if note_look is not None:
        _noters[kind] = note_look
    if task_url is not None:
        _task_urls[kind] = task_url


def subject_url(kind: str, subject_id: UUID) -> str:
    """The owner's page, or an empty string where no owner registered."""
    url = _subjects.get(kind)
    return url(subject_id) if url else ""


def task_url(kind: str, subject_id: UUID, task_id: UUID) -> str:
    """Where the owner lets people work on a step, or an empty string: our own page does."""
    url = _task_urls.get(kind)
    return url(subject_id, task_id) if url else ""


def note_look(kind: str, subject_id: UUID, actor: Actor, at: datetime) -> None:
    """Tell the owner of a subject that someone opened what is known of it here."""
    if kind in _noters:
        _noters[kind](actor, subject_id, at)


def check_worker(kind: str, subject_id: UUID, actor: Actor) -> None:
    """Raises: what the owner of the subject refuses."""
    check = _worker_checks.get(kind)
    if check is not None and not actor.is_system:
        check(actor, subject_id)


def register_words(code: str, *, citizen: str | Promise, officer: str | Promise = "") -> None:
    """Give the words of a timeline code: a translatable template over the entry's facts."""
    _words[code] = (citizen, officer or citizen)


def words(code: str, audience: str) -> str | Promise:
    citizen, officer = _words.get(code, ("", ""))
    return citizen if audience == "citizen" else officer
