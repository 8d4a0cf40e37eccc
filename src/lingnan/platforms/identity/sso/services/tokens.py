"""Codes and tokens: handed out, used, found again by their digests, and ended with their family.

Access tokens are opaque, not signed statements (RFC 9068): what was withdrawn must be dead at once,
and a resource that would read a signed one could not know. Others ask the introspection endpoint.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import SignInRequired
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from ...models import (
    Account,
    Authorisation,
    AuthorizationCode,
    Client,
    ClientToken,
    DeviceRequest,
    Mandate,
    OAuthToken,
    RefreshToken,
    SeenAssertion,
    Session,
    UpstreamAttempt,
)
from ...queries.assurance import UNPROVEN, assurance_of
from ...sealing import TOKEN_PREFIX_CLIENT, TOKEN_PREFIX_OAUTH, digest
from ..errors import ConsentGone
from ..types import OFFLINE, amr
from .consents import has_consent, is_covered

CODE_TERM = timedelta(seconds=60)
ACCESS_TERM = timedelta(minutes=10)
REFRESH_TERM = timedelta(days=30)
OFFLINE_TERM = timedelta(days=180)
_RELATED = ("account__person", "client", "session", "officer", "organisation", "mandate")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundToken:
    """A token shown to the introspection or revocation endpoint; `authorisation` None: a client's
    own."""

    token: OAuthToken | RefreshToken | ClientToken
    client: Client
    authorisation: Authorisation | None
    scopes: Sequence[str]
    issued_at: datetime
    expires_at: datetime
    is_live: bool
    is_refresh: bool


def session_of(actor: Actor) -> Session:
    """The browser session someone acts in. Raises: SignInRequired (401)."""
    row = (
        Session.objects.select_related("account__person", "officer__agency", "officer__post")
        .select_related("organisation", "mandate__grantor_organisation", "mandate__grantor_person")
        .filter(pk=actor.session_id, ended_at=None, stage=Session.Stage.OPEN)
        .first()
        if actor.session_id is not None
        else None
    )
    if row is None:
        raise SignInRequired
    return row


def draft_authorisation(
    *, session: Session, client: Client, scopes: Sequence[str], claims: dict[str, list[str]]
) -> Authorisation:
    """What would be authorised, not yet written: the consent page reads its values from it."""
    return Authorisation(
        account=session.account,
        client=client,
        session=session,
        offline=OFFLINE in scopes,
        officer=session.officer,
        organisation=session.organisation,
        mandate=session.mandate,
        scopes=list(scopes),
        claims=claims,
        level=level_of_session(session),
        second_factor=session.second_factor,
        amr=amr(
            session.methods,
            second_factor=session.second_factor,
            synced=session.passkey is not None and session.passkey.is_synced,
        ),
        authenticated_at=session.created_at,
        sid=crypto.blind_index(f"{session.pk}|{client.pk}", purpose="identity.sid"),
    )


def level_of_session(session: Session) -> int:
    """How surely the session knows who sits there (1 to 4)."""
    found = assurance_of(session.pk, at=clock.now())
    return found.level if found else UNPROVEN


@transaction.atomic
def authorise(*, actor: Actor, draft: Authorisation, at: datetime) -> Authorisation:
    """Write the sign-in of someone at a client; codes and tokens hang on it.

    Under the account's lock, as withdrawing is: a consent taken back a moment ago opens nothing.
    Raises: ConsentGone (403).
    """
    Account.objects.select_for_update().get(pk=draft.account_id)
    named = {claim for names in draft.claims.values() for claim in names}
    if not is_covered(
        account_id=draft.account_id,
        client=draft.client,
        scopes=draft.scopes,
        claims=named,
        at=at,
    ):
        raise ConsentGone
    draft.save(force_insert=True)
    audit.record(
        actor=actor,
        act="identity.signed_in_elsewhere",
        object_kind="client",
        object_id=draft.client_id,
        facts={"scopes": draft.scopes, "level": draft.level},
        at=at,
    )
    return draft


@transaction.atomic
def issue_code(
    *, authorisation: Authorisation, redirect_uri: str, nonce: str, challenge: str, at: datetime
) -> str:
    """A code, for 60 seconds and one attempt."""
    code = secrets.token_urlsafe(32)
    AuthorizationCode.objects.create(
        authorisation=authorisation,
        client_id=authorisation.client_id,
        code_digest=digest(code),
        redirect_uri=redirect_uri,
        nonce=nonce,
        code_challenge=challenge,
        expires_at=at + CODE_TERM,
    )
    return code


def use_code(*, code: str, client: Client, at: datetime) -> AuthorizationCode | None:
    """Take a code of this client, whatever comes of it: a second look ends the whole family.

    Under a row lock, in the caller's transaction; the family's end must be committed, so the caller
    answers with a refusal and does not raise it.
    Source: RFC 6749 4.1.2, RFC 9700 4.5.
    """
    row = (
        AuthorizationCode.objects.select_for_update(of=("self",))
        .select_related(*(f"authorisation__{name}" for name in _RELATED))
        .filter(code_digest=digest(code), client=client)
        .first()
    )
    if row is None:
        return None
    if row.used_at is not None:
        end_authorisation(row.authorisation, because=Authorisation.End.REPLAY, at=at)
        return None
    row.used_at = at
    row.save(update_fields=["used_at"])
    live = row.expires_at > at and is_live(row.authorisation, at=at)
    return row if live else None


def issue_tokens(
    *, authorisation: Authorisation, scopes: Sequence[str], refresh: bool, at: datetime
) -> tuple[str, str]:
    """An access token, and a refresh token if wanted, else ""; in the caller's transaction."""
    access = TOKEN_PREFIX_OAUTH + secrets.token_urlsafe(32)
    OAuthToken.objects.create(
        account_id=authorisation.account_id,
        authorisation=authorisation,
        client_id=authorisation.client_id,
        token_digest=digest(access),
        officer_id=authorisation.officer_id,
        organisation_id=authorisation.organisation_id,
        mandate_id=authorisation.mandate_id,
        second_factor=authorisation.second_factor,
        level=authorisation.level,
        scopes=list(scopes),
        last_seen_at=at,
        expires_at=at + ACCESS_TERM,
    )
    if not refresh:
        return access, ""
    return access, _issue_refresh(authorisation, scopes, at)


def _issue_refresh(authorisation: Authorisation, scopes: Sequence[str], at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    if authorisation.offline or authorisation.session is None:
        until = min(at + REFRESH_TERM, authorisation.authenticated_at + OFFLINE_TERM)
    else:
        until = authorisation.session.expires_at
    RefreshToken.objects.create(
        authorisation=authorisation,
        client_id=authorisation.client_id,
        token_digest=digest(token),
        scopes=list(scopes),
        expires_at=until,
    )
    return token


def use_refresh(*, token: str, client: Client, at: datetime) -> RefreshToken | None:
    """Take a refresh token of this client; one used before ends its family.

    Under a row lock, in the caller's transaction, as `use_code`.
    Source: RFC 9700 4.14.2.
    """
    row = (
        RefreshToken.objects.select_for_update(of=("self",))
        .select_related(*(f"authorisation__{name}" for name in _RELATED))
        .filter(token_digest=digest(token), client=client)
        .first()
    )
    if row is None:
        return None
    if row.used_at is not None:
        end_authorisation(row.authorisation, because=Authorisation.End.REPLAY, at=at)
        return None
    if row.expires_at <= at or not is_live(row.authorisation, at=at):
        return None
    # Access offline may outlive what was agreed by half a year; it is not renewed beyond that.
    agreed = has_consent(account_id=row.authorisation.account_id, client=client, at=at)
    return row if agreed else None


def issue_client_token(*, client: Client, scopes: Sequence[str], at: datetime) -> str:
    """A token in the client's own name."""
    token = TOKEN_PREFIX_CLIENT + secrets.token_urlsafe(32)
    ClientToken.objects.create(
        client=client, token_digest=digest(token), scopes=list(scopes), expires_at=at + ACCESS_TERM
    )
    return token


def client_token(*, token: str, at: datetime) -> ClientToken | None:
    """The live token a client shows in its own name. One query."""
    if not token.startswith(TOKEN_PREFIX_CLIENT):
        return None
    return (
        ClientToken.objects.select_related("client__owner_agency")
        .filter(
            token_digest=digest(token),
            ended_at=None,
            expires_at__gt=at,
            client__state=Client.State.APPROVED,
        )
        .first()
    )


def is_live(row: Authorisation, *, at: datetime) -> bool:
    """Whether a family still speaks: not ended, its client approved, its person still who he was.

    `row` with its relations loaded.
    """
    account = row.account
    if row.ended_at is not None or row.client.state != Client.State.APPROVED:
        return False
    if account.state != Account.State.ACTIVE or (account.is_demo and settings.LINGNAN.production):
        return False
    session = row.session
    if not row.offline and (session is None or session.ended_at or session.expires_at <= at):
        return False
    if row.officer is not None and not row.officer.active:
        return False
    firm = row.organisation
    if firm is not None and firm.legal_representative_id != account.person_id:
        return False
    if row.mandate is not None:
        today = clock.local_date(at)
        accepted = row.mandate.state == Mandate.State.ACCEPTED
        return accepted and row.mandate.valid_from <= today < row.mandate.valid_until
    return True


def find_token(token: str, *, at: datetime) -> FoundToken | None:
    """Any token of ours, live or not."""
    value = digest(token)
    related = tuple(f"authorisation__{name}" for name in _RELATED)
    access = OAuthToken.objects.select_related(*related).filter(token_digest=value).first()
    if access is not None:
        return _found(access, access.authorisation, access.ended_at is None, at)
    refresh = RefreshToken.objects.select_related(*related).filter(token_digest=value).first()
    if refresh is not None:
        return _found(refresh, refresh.authorisation, refresh.used_at is None, at)
    own = ClientToken.objects.select_related("client").filter(token_digest=value).first()
    if own is None:
        return None
    live = own.ended_at is None and own.expires_at > at
    return FoundToken(
        token=own,
        client=own.client,
        authorisation=None,
        scopes=own.scopes,
        issued_at=own.created_at,
        expires_at=own.expires_at,
        is_live=live and own.client.state == Client.State.APPROVED,
        is_refresh=False,
    )


def _found(
    token: OAuthToken | RefreshToken, authorisation: Authorisation, unused: bool, at: datetime
) -> FoundToken:
    return FoundToken(
        token=token,
        client=authorisation.client,
        authorisation=authorisation,
        scopes=token.scopes,
        issued_at=token.created_at,
        expires_at=token.expires_at,
        is_live=unused and token.expires_at > at and is_live(authorisation, at=at),
        is_refresh=isinstance(token, RefreshToken),
    )


def revoke(found: FoundToken, *, at: datetime) -> None:
    """End what a client gives back: an access token alone, with a refresh token the family."""
    if isinstance(found.token, RefreshToken):
        end_authorisation(found.token.authorisation, because=Authorisation.End.REVOKED, at=at)
    else:
        type(found.token)._default_manager.filter(pk=found.token.pk, ended_at=None).update(
            ended_at=at
        )


def end_authorisation(row: Authorisation, *, because: str, at: datetime) -> None:
    """End one family: codes, access tokens and refresh tokens are dead with it."""
    Authorisation.objects.filter(pk=row.pk, ended_at=None).update(
        ended_at=at, ended_because=because
    )
    row.ended_at = at


def is_first_use(*, parts: Sequence[str], until: datetime) -> bool:
    """Whether this assertion was never seen before; remembers it. Repeats answer False."""
    key = digest("|".join(parts))
    _row, created = SeenAssertion.objects.get_or_create(digest=key, defaults={"expires_at": until})
    return created


@transaction.atomic
def sweep(*, at: datetime) -> int:
    """Forget codes, tokens and device requests a day after their end."""
    limit = at - timedelta(days=1)
    count = 0
    for model in (AuthorizationCode, OAuthToken, ClientToken, DeviceRequest, UpstreamAttempt):
        count += model._default_manager.filter(expires_at__lt=limit).delete()[0]
    SeenAssertion.objects.filter(expires_at__lt=at).delete()
    old = Authorisation.objects.filter(ended_at__lt=at - timedelta(days=183))
    return count + old.delete()[0]
