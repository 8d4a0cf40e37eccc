"""Asking again changes nothing: the header Idempotency-Key on writing API operations.

The first successful answer under a key is stored in the transaction that did the work; the same
request with the same key gets that answer again, byte for byte. A second request that arrives while
the first runs waits for it. A refusal stores nothing and may be tried again.

Work that asks outside (a signing device) between transactions of its own cannot stand inside one;
where it is once by its own contents it is `idempotent_by_contents`. Its key is taken in a short
transaction before the work, and let go or filled with the answer after it. Until then the same
request is told that it is in progress, another one that the key is used. What a process that died
took, the same request takes over after `WORK_SECONDS_MAX`; by its contents it does nothing twice.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja.decorators import decorate_view
from ninja.operation import Operation

from .actors import Actor
from .errors import Malformed, Refusal
from .models import IdempotencyKey
from .transactions import goes_back_whole
from .web.guard import actor_of
from .web.problems import problem_response

HEADER = "Idempotency-Key"
KEY_LENGTH_MAX = 200
# Our default: twice what is waited for a signing device (30 s). Work that takes longer is not cut
# off; the same request may then begin it beside itself, and finds its contents there.
WORK_SECONDS_MAX = 60
RETRY_AFTER_S = 2
SWEPT_AT_ONCE = 5000


class KeyReused(Refusal):
    code = "idempotency.key_reused"
    status = 422
    message = _("This idempotency key was used for another request.")
    remedy = _("Use a new key for a new request.")
    source = "draft-ietf-httpapi-idempotency-key-header"


class InProgress(Refusal):
    code = "idempotency.in_progress"
    status = 409
    message = _("The same request under this idempotency key is still being worked on.")
    remedy = _("Send it again in a moment with the same key; nothing is done twice.")
    source = "draft-ietf-httpapi-idempotency-key-header"


class BadKey(Malformed):
    code = "idempotency.bad_key"
    message = _("An idempotency key has 1 to %(limit)s printable characters.")


ViewFunction = Callable[..., HttpResponse]


def _idempotent(view: ViewFunction) -> ViewFunction:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        actor = actor_of(request)
        if key is None or actor.is_anonymous:
            return view(request, *args, **kwargs)
        if not _is_key(key):
            return problem_response(BadKey(limit=KEY_LENGTH_MAX))
        owner = _owner(actor)
        with goes_back_whole():
            row = _reserve(owner, key, _digest(request))
            if isinstance(row, HttpResponse):
                return row
            response = view(request, *args, **kwargs)
            if 200 <= response.status_code < 300:
                IdempotencyKey.objects.filter(pk=row).update(
                    status=response.status_code,
                    body=response.content,
                    content_type=response.get("Content-Type", ""),
                )
            elif not transaction.get_rollback():
                # The refused work rolled back in its own savepoint; what a refusal writes on
                # purpose (a failed attempt, an audit row) stays. Only the key is let go. Where the
                # work had no savepoint (`unit_of_work`), all goes back, the key with it.
                IdempotencyKey.objects.filter(pk=row).delete()
            return response

    return answer


def _is_key(key: str) -> bool:
    return 1 <= len(key) <= KEY_LENGTH_MAX and key.isprintable()


def _owner(actor: Actor) -> str:
    """Whose keys these are: the account in the identity it acts in now, and under which mandate."""
    principal_id = actor.principal.id if actor.principal else None
    parts = (actor.account_id, actor.officer_id, principal_id, actor.mandate_id)
    return ":".join(part.hex if part else "" for part in parts)


def _digest(request: HttpRequest) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request.body).hexdigest()


def _reserve(owner: str, key: str, digest: str) -> int | HttpResponse:
    """Insert the key (waiting for a running twin), or answer from the stored row."""
    while True:
        pk = _insert(owner, key, digest)
        if pk is not None:
            return pk
        stored = _stored(owner, key, digest)
        if stored is not None:  # else whoever held the key has just let it go
            return stored


def _insert(owner: str, key: str, digest: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {IdempotencyKey._meta.db_table}"  # noqa: S608
            " (owner, key, request_digest, status, body, content_type, created_at)"
            " VALUES (%s, %s, %s, 0, '', '', now()) ON CONFLICT DO NOTHING RETURNING id",
            [owner, key, digest],
        )
        inserted = cursor.fetchone()
    return int(inserted[0]) if inserted else None


def _stored(owner: str, key: str, digest: str) -> HttpResponse | None:
    """The answer given under the key, or why it is of no use here; None where there is none."""
    stored = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if stored is None:
        return None
    if stored.request_digest != digest:
        return problem_response(KeyReused())
    if not stored.status:
        return problem_response(InProgress(retry_after_s=RETRY_AFTER_S))
    response = HttpResponse(
        bytes(stored.body), status=stored.status, content_type=stored.content_type
    )
    response["Idempotency-Replayed"] = "true"
    return response


def _idempotent_by_contents(view: ViewFunction) -> ViewFunction:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER)
        actor = actor_of(request)
        if key is None or actor.is_anonymous:
            return view(request, *args, **kwargs)
        if not _is_key(key):
            return problem_response(BadKey(limit=KEY_LENGTH_MAX))
        owner, digest = _owner(actor), _digest(request)
        held = _hold(owner, key, digest)
        if isinstance(held, HttpResponse):
            return held
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            _let_go(held)
            raise
        if 200 <= response.status_code < 300:
            kept = IdempotencyKey.objects.filter(pk=held.pk, status=0).update(
                status=response.status_code,
                body=response.content,
                content_type=response.get("Content-Type", ""),
            )
            if not kept:  # whoever took the key over has answered: the same answer to everyone
                return _stored(owner, key, digest) or response
        else:
            _let_go(held)
        return response

    return answer


@dataclass(frozen=True, slots=True)
class _Held:
    """A key taken for work under way; whoever takes it over takes it at another instant."""

    pk: int
    at: datetime


def _hold(owner: str, key: str, digest: str) -> _Held | HttpResponse:
    """Take the key at once and for all to see, or say what stands under it."""
    table = IdempotencyKey._meta.db_table
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} AS held"  # noqa: S608
                " (owner, key, request_digest, status, body, content_type, created_at)"
                " VALUES (%s, %s, %s, 0, '', '', clock_timestamp())"
                " ON CONFLICT (owner, key) DO UPDATE SET created_at = clock_timestamp()"
                " WHERE held.status = 0 AND held.request_digest = excluded.request_digest"
                " AND held.created_at < clock_timestamp() - make_interval(secs => %s)"
                " RETURNING id, created_at",
                [owner, key, digest, WORK_SECONDS_MAX],
            )
            row = cursor.fetchone()
        if row is not None:
            return _Held(*row)
        stored = _stored(owner, key, digest)
        if stored is not None:  # else whoever held the key has just let it go
            return stored


def sweep(*, before: datetime) -> int:
    """Forget the answers under keys older than `before`, some in a transaction; returns how many.

    Whoever sends one of these keys again begins anew.
    """
    total = 0
    while True:
        rows = IdempotencyKey.objects.filter(created_at__lt=before).order_by("created_at")
        old = list(rows.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
        IdempotencyKey.objects.filter(pk__in=old).delete()
        total += len(old)
        if len(old) < SWEPT_AT_ONCE:
            return total


def _let_go(held: _Held) -> None:
    IdempotencyKey.objects.filter(pk=held.pk, status=0, created_at=held.at).delete()


idempotent = decorate_view(_idempotent)
idempotent_by_contents = decorate_view(_idempotent_by_contents)


def is_idempotent(operation: Operation) -> bool:
    """Whether the API operation honours the key; for its documentation."""
    known = (_idempotent, _idempotent_by_contents)
    return any(one in known for one in getattr(operation, "_run_decorators", ()))
