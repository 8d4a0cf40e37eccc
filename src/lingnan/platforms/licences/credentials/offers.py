"""A holder offers one licence to one wallet: by a code with a number typed into it (OpenID4VCI).

Who has the square code but not the number gets nothing; five wrong numbers end the offer. The
address of an offer, its code and its token are one secret each, of which only indexes are kept.
Source: OpenID4VCI 1.0, 4.1, 6.1.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

from ..access import access_own_licence
from ..errors import NotValidNow
from ..grades import check_sealed
from ..models import Credential, CredentialOffer
from ..types import Status
from .errors import CredentialUnknown
from .keys import issuer
from .types import (
    NUMBER_DIGITS,
    OFFER_KEPT,
    OFFER_TERM,
    OFFER_TRACE_KEPT,
    PRE_AUTHORISED,
    TOKEN_TERM,
    WRONG_NUMBERS_MAX,
    MadeOffer,
)

State = CredentialOffer.State
_PURPOSE = "licences.credential_offer"


def index(value: str) -> str:
    """What is kept of a secret of an offer."""
    return crypto.blind_index(value, purpose=_PURPOSE)


def _code_of(address: str) -> str:
    """The code that stands at an address: whoever may read the one may use the other."""
    return crypto.blind_index(address, purpose=f"{_PURPOSE}.code")


@transaction.atomic
def make_offer(*, actor: Actor, licence_id: UUID, at: datetime) -> MadeOffer:
    """Offer a licence of the holder's to a wallet; an offer before it that nobody took is void.

    Raises: LicenceUnknown (404), NotValidNow, NotSealed (409).
    """
    licence = access_own_licence(actor=actor, licence_id=licence_id)
    status = licence.status_on(clock.local_date(at))
    if status is not Status.VALID:
        raise NotValidNow(status=status.label)
    check_sealed(licence)
    CredentialOffer.objects.filter(licence=licence, state=State.OPEN).update(state=State.WITHDRAWN)
    address = secrets.token_urlsafe(32)
    code = _code_of(address)
    number = f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}}"
    row = CredentialOffer(
        licence=licence,
        offered_by=actor.account_id,
        address_index=index(address),
        code_index=index(code),
        made_at=at,
        expires_at=at + OFFER_TERM,
    )
    row.number_index = index(f"{row.pk}|{number}")
    row.save(force_insert=True)
    audit.record(
        actor=actor,
        act="licences.credential_offered",
        object_kind="licences.licence",
        object_id=licence.pk,
        facts={"offer_id": row.pk},
        at=at,
    )
    offer = _offer(licence.type_code, code)
    by_value = quote(json.dumps(offer, ensure_ascii=False, separators=(",", ":")), safe="")
    reference = quote(f"{issuer()}/openid4vci/offers/{address}", safe="")
    return MadeOffer(
        offer_id=row.pk,
        link=f"openid-credential-offer://?credential_offer_uri={reference}",
        link_by_value=f"openid-credential-offer://?credential_offer={by_value}",
        offer=offer,
        number=number,
        expires_at=row.expires_at,
    )


def _offer(type_code: str, code: str) -> dict[str, Any]:
    number = {
        "input_mode": "numeric",
        "length": NUMBER_DIGITS,
        "description": "页面上显示的六位数字 / the six digits shown beside the code",
    }
    return {
        "credential_issuer": issuer(),
        "credential_configuration_ids": [type_code],
        "grants": {PRE_AUTHORISED: {"pre-authorized_code": code, "tx_code": number}},
    }


def catalogue_offer(type_code: str) -> dict[str, Any]:
    """An offer for whoever holds a licence of a type: the wallet asks him to sign in here."""
    return {
        "credential_issuer": issuer(),
        "credential_configuration_ids": [type_code],
        "grants": {"authorization_code": {}},
    }


def read_offer(address: str, *, at: datetime) -> dict[str, Any]:
    """The offer that stands at an address. One query. Raises: CredentialUnknown (404)."""
    rows = CredentialOffer.objects.select_related("licence").filter(state=State.OPEN)
    row = rows.filter(address_index=index(address), expires_at__gt=at).first()
    if row is None:
        raise CredentialUnknown
    return _offer(row.licence.type_code, _code_of(address))


def redeem(form: Mapping[str, str], at: datetime) -> tuple[int, dict[str, Any]]:
    """The token endpoint's answer to a pre-authorised code: once, with the right number.

    In the endpoint's transaction, under the offer's lock; wrong numbers are counted there, so a
    refusal is an answer and never raised. Source: OpenID4VCI 1.0, 6.3.
    """
    code, number = form.get("pre-authorized_code", ""), form.get("tx_code", "")
    if not code:
        return _refused("invalid_request", "pre-authorized_code is missing")
    if not number:
        return _refused("invalid_request", "tx_code is missing")
    row = CredentialOffer.objects.select_for_update().filter(code_index=index(code)).first()
    if row is None or row.state != State.OPEN or row.expires_at <= at:
        return _refused("invalid_grant", "the code is unknown, used or over")
    if not _is_number(row, number):
        row.wrong_numbers += 1
        if row.wrong_numbers >= WRONG_NUMBERS_MAX:
            row.state = State.LOCKED
        row.save(update_fields=["wrong_numbers", "state"])
        return _refused("invalid_grant", "the tx_code is wrong")
    token = secrets.token_urlsafe(32)
    row.state, row.token_index, row.token_until = State.TAKEN, index(token), at + TOKEN_TERM
    row.save(update_fields=["state", "token_index", "token_until"])
    return 200, {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(TOKEN_TERM.total_seconds()),
    }


def _is_number(row: CredentialOffer, number: str) -> bool:
    return crypto.equal(row.number_index, index(f"{row.pk}|{number}"))


def _refused(code: str, description: str) -> tuple[int, dict[str, Any]]:
    return 400, {"error": code, "error_description": description}


def offer_of_token(token: str, *, at: datetime) -> CredentialOffer | None:
    """The offer an access token came of, locked; None for a token that is unknown or over."""
    return (
        CredentialOffer.objects.select_for_update(of=("self",))
        .select_related("licence__type", "licence__agency", "licence__seal")
        .filter(token_index=index(token), state=State.TAKEN, token_until__gt=at)
        .first()
    )


def end_token(offer_id: UUID, *, at: datetime) -> None:
    """From now on nothing is fetched under an offer; its row stays locked. One statement."""
    CredentialOffer.objects.filter(pk=offer_id, token_until__gt=at).update(token_until=at)


def sweep_offers(*, at: datetime) -> int:
    """Forget offers that ended: those that led to nothing after a day; of the others the credential
    stays and names no offer any more after three years. Returns how many. Three statements.
    """
    ended = CredentialOffer.objects.filter(expires_at__lte=at - OFFER_KEPT)
    ended = ended.exclude(token_until__gt=at - OFFER_KEPT)
    used = Exists(Credential.objects.filter(offer=OuterRef("pk")))
    unused = ended.exclude(used).delete()[0]
    old = CredentialOffer.objects.filter(made_at__lte=at - OFFER_TRACE_KEPT)
    Credential.objects.filter(offer__made_at__lte=at - OFFER_TRACE_KEPT).update(offer=None)
    return unused + old.delete()[0]
