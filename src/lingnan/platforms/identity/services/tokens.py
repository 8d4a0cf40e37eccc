"""Keys for programs: made in the identity one acts in, and revoked."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import FieldProblem, NotFound
from lingnan.kernel.permissions import declared
from lingnan.security.audit import services as audit

from ..errors import DetailsWrong
from ..models import ApiToken, Session
from ..sealing import TOKEN_PREFIX_API, digest
from ..types import NewToken
from .owners import account_of, session_id_of

TOKEN_TERM_MAX_DAYS = 365


@transaction.atomic
def make_api_token(
    *, actor: Actor, name: str, scopes: Sequence[str], days: int, at: datetime
) -> NewToken:
    """A key for a program, in the identity one acts in now, no wider than its scopes.

    A scope is a permission code or the name of a module. Raises: DetailsWrong (422).
    """
    known = set(declared()) | {code.split(".")[0] for code in declared()}
    problems: list[FieldProblem] = []
    if not 1 <= len(name.strip()) <= 100:
        problems.append(FieldProblem("name", "length", _("Give the token a name.")))
    unknown = sorted(set(scopes) - known)
    if unknown or not scopes:
        message = _("Choose at least one scope, all of them known: %(names)s") % {
            "names": ", ".join(unknown) or "—"
        }
        problems.append(FieldProblem("scopes", "choice", message))
    if not 1 <= days <= TOKEN_TERM_MAX_DAYS:
        problems.append(FieldProblem("days", "range", _("A token lives 1 to 365 days.")))
    if problems:
        raise DetailsWrong(fields=problems)
    session = Session.objects.get(pk=session_id_of(actor))
    token = TOKEN_PREFIX_API + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        account_id=session.account_id,
        token_digest=digest(token),
        officer_id=session.officer_id,
        organisation_id=session.organisation_id,
        mandate_id=session.mandate_id,
        second_factor=session.second_factor,
        level=session.level,
        methods=session.methods,
        last_seen_at=at,
        expires_at=at + timedelta(days=days),
        name=name.strip(),
        hint=token[:8],
        scopes=sorted(set(scopes)),
    )
    audit.record(
        actor=actor,
        act="identity.api_token_made",
        object_kind="api_token",
        object_id=row.pk,
        facts={"scopes": row.scopes, "days": days},
        at=at,
    )
    return NewToken(token_id=row.pk, token=token)


@transaction.atomic
def revoke_api_token(*, actor: Actor, token_id: UUID, at: datetime) -> None:
    """Raises: NotFound (404)."""
    rows = ApiToken.objects.filter(pk=token_id, account_id=account_of(actor), ended_at=None)
    if not rows.update(ended_at=at):
        raise NotFound
    audit.record(
        actor=actor,
        act="identity.api_token_revoked",
        object_kind="api_token",
        object_id=token_id,
        at=at,
    )
