"""A wallet's answer: decrypted, looked at step by step, and kept for the officer who asked.

An answer that proves nothing is refused and the request stays open, five times at most: anyone who
saw the square code could send one. Source: OpenID4VP 1.0, 8, 14; RFC 9901, 7.3 (key binding).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from joserfc import jwe
from joserfc.errors import JoseError

from lingnan.kernel import events
from lingnan.kernel.actors import system_actor
from lingnan.kernel.text import LocalisedText
from lingnan.security.audit import services as audit

from ..events import LicenceShown
from ..models import Credential, LicenceUse, PresentationRequest, SpentNonce
from ..payload import text_of
from ..types import UseKind
from .claims import claims_of, type_code_of, value_at
from .jose import jwk_of, public_key, read_header, sha256, verified_claims
from .keys import issuer, issuer_certificates
from .requests import ENCODINGS, decryption_key, index, row_of_state, seal_answer
from .sdjwt import read_sd_jwt, split
from .status import SUSPENDED, VALID, standing_at
from .types import (
    ALGORITHM,
    ANSWER_KEPT,
    FORMAT,
    PROOF_AGE,
    WRONG_ANSWERS_MAX,
    Look,
    ProtocolError,
    ShownCredential,
    ShownField,
)

State = PresentationRequest.State


class _Unproven(Exception):
    """A look that failed in a way that makes the whole answer worthless."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def take_answer(form: Mapping[str, str], *, at: datetime) -> None:
    """The response endpoint. What a wrong answer changed is committed with its refusal.

    Raises: ProtocolError.
    """
    problem = ""
    with transaction.atomic():
        row, answer = _open(form, at=at)
        if "error" in answer:
            _close(row, State.DECLINED, at=at, problem=str(answer["error"])[:40])
            return
        try:
            shown = _look(row, answer.get("vp_token"), at=at)
        except _Unproven as found:
            problem = found.step
            _count_wrong(row, problem, at=at)
        else:
            proven = all(credential.proven for credential, _row in shown)
            row.answer_sealed = seal_answer([asdict(credential) for credential, _row in shown])
            _close(row, State.SHOWN if proven else State.FAILED, at=at)
            _log(row, shown, at=at)
    if problem:
        raise ProtocolError("invalid_request", f"the presentation does not prove its {problem}")


def _open(form: Mapping[str, str], *, at: datetime) -> tuple[PresentationRequest, dict[str, Any]]:
    """The request that is answered, locked, and what was answered."""
    sealed = form.get("response", "")
    if not sealed:
        row = row_of_state(form.get("state", ""), at=at)
        if "error" in form:
            return row, {"error": form["error"]}
        if row.mode != PresentationRequest.Mode.PLAIN:
            raise ProtocolError("invalid_request", "the answer must be encrypted")
        return row, {"vp_token": _json(form.get("vp_token", ""))}
    header = _header_of(sealed)
    rows = PresentationRequest.objects.select_for_update(of=("self",))
    row_id = str(header.get("kid"))
    found = rows.filter(pk=row_id).first() if _is_uuid(row_id) else None
    if found is None or not found.is_open(at) or not found.decryption_sealed:
        raise ProtocolError("invalid_request", "the request is unknown, answered or over")
    try:
        opened = jwe.decrypt_compact(
            sealed, decryption_key(found), algorithms=["ECDH-ES", *ENCODINGS]
        )
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProtocolError("invalid_request", "the answer cannot be decrypted") from None
    answer = _json((opened.plaintext or b"").decode("utf-8", "replace"))
    if not isinstance(answer, dict) or index(str(answer.get("state"))) != found.state_index:
        raise ProtocolError("invalid_request", "the answer belongs to another request")
    return found, answer


def _header_of(sealed: str) -> dict[str, Any]:
    # Five parts where a signature has three: the header is read in the same way.
    return read_header(sealed.partition(".")[0] + "..") or {}


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolError("invalid_request", "the answer is not JSON") from None


def _look(
    row: PresentationRequest, vp_token: object, *, at: datetime
) -> list[tuple[ShownCredential, Credential]]:
    """Every credential asked for, looked at. Raises: _Unproven."""
    if not isinstance(vp_token, dict) or not vp_token:
        raise _Unproven("form")
    known = {f"licence{number}": item for number, item in enumerate(row.wanted)}
    if set(vp_token) - set(known):
        raise _Unproven("query")
    found = []
    for name, item in known.items():
        presentations = vp_token.get(name)
        if presentations is None:
            if item["required"]:
                raise _Unproven("query")
            continue
        if not isinstance(presentations, list) or len(presentations) != 1:
            raise _Unproven("form")
        if not isinstance(presentations[0], str) or not presentations[0].isascii():
            raise _Unproven("form")
        found.append(_look_at(row, item, presentations[0], at=at))
    return found


def _look_at(
    row: PresentationRequest, item: Mapping[str, Any], presentation: str, *, at: datetime
) -> tuple[ShownCredential, Credential]:
    jwt, bound, binding = split(presentation)
    claims = _issued(jwt, presentation, at=at)
    _check_binding(row, claims, bound, binding, at=at)
    type_code = type_code_of(claims.get("vct"))
    if type_code != item["type_code"]:
        raise _Unproven("query")
    status = claims.get("status")
    place = status.get("status_list") if isinstance(status, dict) else None
    standing = standing_at(place.get("uri"), place.get("idx"), at=at) if place else None
    if standing is None:
        raise _Unproven("status")
    value, credential = standing
    missing = [path for path in item["paths"] if value_at(claims, path) is None]
    looks = (
        Look(step="issuer", held=True, detail=issuer()),
        Look(step="contents", held=True),
        Look(step="holder", held=True),
        Look(step="fresh", held=True),
        Look(step="term", held=claims["exp"] > at.timestamp()),
        Look(
            step="standing", held=value == VALID, detail="suspended" if value == SUSPENDED else ""
        ),
        Look(step="asked", held=not missing, detail="、".join(missing)),
    )
    return _shown(credential, type_code, claims, item, looks), credential


def _issued(jwt: str, presentation: str, *, at: datetime) -> dict[str, Any]:
    """The claims, if an issuer on the list signed them. Raises: _Unproven."""
    header = read_header(jwt)
    if header is None or header.get("typ") != FORMAT or header.get("alg") != ALGORITHM:
        raise _Unproven("form")
    keys = {jwk["kid"]: jwk for jwk in map(jwk_of, issuer_certificates(at=at))}
    jwk = keys.get(str(header.get("kid")))
    key = public_key(jwk) if jwk else None
    if key is None or "crit" in header:
        raise _Unproven("issuer")
    claims = read_sd_jwt(presentation, key)
    if claims is None or not isinstance(claims.get("exp"), int):
        raise _Unproven("contents")
    if claims.get("iss") != issuer():
        raise _Unproven("issuer")
    return claims


def _check_binding(
    row: PresentationRequest, claims: Mapping[str, Any], bound: str, binding: str, *, at: datetime
) -> None:
    """Whether who holds the key it was issued to made this, for us, now. Raises: _Unproven."""
    header = read_header(binding)
    confirmation = claims.get("cnf")
    key = public_key(confirmation.get("jwk")) if isinstance(confirmation, dict) else None
    if header is None or header.get("typ") != "kb+jwt" or header.get("alg") != ALGORITHM:
        raise _Unproven("holder")
    said = verified_claims(binding, key) if key is not None else None
    if said is None:
        raise _Unproven("holder")
    if said.get("sd_hash") != sha256(bound):
        raise _Unproven("contents")
    if said.get("aud") != row.client_id or said.get("nonce") != row.nonce:
        raise _Unproven("freshness")
    made_at = said.get("iat")
    if not isinstance(made_at, int) or abs(at.timestamp() - made_at) > PROOF_AGE.total_seconds():
        raise _Unproven("freshness")


def _shown(
    credential: Credential,
    type_code: str,
    claims: Mapping[str, Any],
    item: Mapping[str, Any],
    looks: tuple[Look, ...],
) -> ShownCredential:
    """What the officer sees: what was asked for, nothing a wallet showed beyond it."""
    kind = credential.licence.type
    properties: dict[str, Any] = kind.fields_schema.get("properties", {})
    titles: dict[str, LocalisedText] = claims_of(kind)
    fields = [
        ShownField(
            path=path,
            title=titles.get(path, {"zh-hans": path, "en": path}),
            value=text_of(value, properties.get(path.partition(".")[2], {})),
        )
        for path in item["paths"]
        if (value := value_at(claims, path)) is not None
    ]
    return ShownCredential(
        type_code=type_code,
        type_name=kind.name,
        issuer=str(claims.get("issuing_authority", "")),
        fields=tuple(fields),
        looks=looks,
    )


def _count_wrong(row: PresentationRequest, problem: str, *, at: datetime) -> None:
    row.wrong_answers += 1
    row.last_problem = problem
    if row.wrong_answers >= WRONG_ANSWERS_MAX:
        _close(row, State.FAILED, at=at, problem=problem)
        return
    row.save(update_fields=["wrong_answers", "last_problem"])


def _close(row: PresentationRequest, state: State, *, at: datetime, problem: str = "") -> None:
    row.state, row.answered_at, row.last_problem = state, at, problem
    row.decryption_sealed = ""
    row.save()
    audit.record(
        actor=system_actor("licences.wallets"),
        act=f"licences.presentation_{state.value}",
        object_kind="licences.presentation",
        object_id=row.pk,
        facts={"purpose": row.purpose, "problem": problem},
        at=at,
    )


def _log(
    row: PresentationRequest,
    shown: list[tuple[ShownCredential, Credential]],
    *,
    at: datetime,
) -> None:
    """A line in the log of each holder: to whom, what for, which fields."""
    for seen, credential in shown:
        LicenceUse.objects.create(
            licence=credential.licence,
            kind=UseKind.PRESENTED,
            used_by=row.asked_by,
            purpose=row.purpose,
            item_code=row.item_code,
            agency_id=row.agency_id,
            fields=[item.path for item in seen.fields],
            used_at=at,
        )
        events.publish(
            LicenceShown(
                licence_id=credential.licence_id,
                purpose=row.purpose,
                agency_id=row.agency_id,
                shown_at=at,
            ),
            at=at,
        )


def blank_answers(*, at: datetime) -> int:
    """Forget what wallets showed, a day after; and nonces that are over. Returns how many."""
    SpentNonce.objects.filter(expires_at__lte=at).delete()
    rows = PresentationRequest.objects.filter(answered_at__lte=at - ANSWER_KEPT)
    return rows.exclude(answer_sealed="").update(answer_sealed="")
