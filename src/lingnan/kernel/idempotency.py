"""Asking again changes nothing: the header Idempotency-Key on writing API operations.

The first successful answer under a key is stored in the transaction that did the work; the same
request with the same key gets that answer again, byte for byte. A second request that arrives while
the first runs waits for it. A refusal stores nothing and may be tried again.

Work that asks outside (a signing device) between transactions of its own cannot stand inside one;
where it is once by its own contents it is `idempotent_by_contents`: its answer is stored after it.
"""

import hashlib
from collections.abc import Callable
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


class KeyReused(Refusal):
    code = "idempotency.key_reused"
    status = 422
    message = _("This idempotency key was used for another request.")
    remedy = _("Use a new key for a new request.")
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
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {IdempotencyKey._meta.db_table}"  # noqa: S608
            " (owner, key, request_digest, status, body, content_type, created_at)"
            " VALUES (%s, %s, %s, 0, '', '', now()) ON CONFLICT DO NOTHING RETURNING id",
            [owner, key, digest],
        )
        inserted = cursor.fetchone()
    if inserted:
        return int(inserted[0])
    stored = _stored(owner, key, digest)
    assert stored is not None, "whoever held the key has committed"
    return stored


def _stored(owner: str, key: str, digest: str) -> HttpResponse | None:
    """The answer given under the key, or why it is of no use here; None where there is none."""
    stored = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if stored is None:
        return None
    if stored.request_digest != digest:
        return problem_response(KeyReused())
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
        stored = _stored(owner, key, digest)
        if stored is not None:
            return stored
        response = view(request, *args, **kwargs)
        if not 200 <= response.status_code < 300:
            return response
        IdempotencyKey.objects.bulk_create(
            [
                IdempotencyKey(
                    owner=owner,
                    key=key,
                    request_digest=digest,
                    status=response.status_code,
                    body=response.content,
                    content_type=response.get("Content-Type", ""),
                )
            ],
            ignore_conflicts=True,  # a twin was quicker, with the same answer
        )
        return response

    return answer


idempotent = decorate_view(_idempotent)
idempotent_by_contents = decorate_view(_idempotent_by_contents)


def is_idempotent(operation: Operation) -> bool:
    """Whether the API operation honours the key; for its documentation."""
    known = (_idempotent, _idempotent_by_contents)
    return any(one in known for one in getattr(operation, "_run_decorators", ()))
