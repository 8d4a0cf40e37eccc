"""What verifying tells whom: masked without the code, the licence's contents with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import clock
from lingnan.kernel.actors import Actor
from lingnan.kernel.text import localise
from lingnan.security.masking.services import mask, mask_for
from lingnan.security.masking.services import shown_to as shown_for
from lingnan.security.masking.types import Kind, Purpose, Shown

from .grades import rule_for
from .types import Check, CheckResult, Grade, LicenceCard, Status, Verification

# What a check that held proves, and what one that did not hold means, in plain words.
PROVEN = MappingProxyType(
    {
        Check.IDENTIFIER: _("The identifier is well formed and its check character is right."),
        Check.REGISTERED: _("The licence is in our register."),
        Check.PAYLOAD_SIGNATURE: _("Its contents are exactly what the issuing agency signed."),
        Check.SEAL_MAKER: _("The seal was made by a seal maker we trust and is unchanged."),
        Check.SEAL_VALIDITY: _("The seal was in force when it was used."),
        Check.SIGNER_LISTED: _("The signing certificate belongs to this seal."),
        Check.SIGNER_VALID: _("The signer's certificate was valid at the time of signing."),
        Check.SIGNATURE_VALUE: _("The signature is genuine."),
        Check.DATA_HASH: _("The list of signed parts is unchanged."),
        Check.PARTS: _("Every signed part of the file is unchanged."),
        Check.COVERAGE: _("The signature covers the whole file."),
        Check.TIMESTAMP: _("A trusted time stamp confirms the time of signing."),
        Check.STATUS: _("The licence is valid today."),
    }
)
NOT_PROVEN = MappingProxyType(
    {
        Check.IDENTIFIER: _("This is not a licence identifier: at least one character is wrong."),
        Check.REGISTERED: _("No licence like this was issued here."),
        Check.PAYLOAD_SIGNATURE: _("Its contents are not what the issuing agency signed."),
        Check.SEAL_MAKER: _("The seal was changed, or its maker is not one we trust."),
        Check.SEAL_VALIDITY: _("The seal was not in force when it was used."),
        Check.SIGNER_LISTED: _("The signing certificate does not belong to this seal."),
        Check.SIGNER_VALID: _("The signer's certificate was not valid, or we do not know it."),
        Check.SIGNATURE_VALUE: _("There is no genuine signature."),
        Check.DATA_HASH: _("The list of signed parts was changed after signing."),
        Check.PARTS: _("Parts of the file were changed after signing, or it is not our file."),
        Check.COVERAGE: _("Something was added to the file that nobody signed."),
        Check.TIMESTAMP: _("The time stamp is not genuine."),
        Check.STATUS: _("The licence is not valid today."),
    }
)
UNKNOWN = MappingProxyType(
    {
        Check.PAYLOAD_SIGNATURE: _(
            "No seal of its issuer stands on it: it was brought in from paper or another register."
        ),
        Check.TIMESTAMP: _("The time of signing is the signer's own; no time stamp confirms it."),
    }
)

_CODE = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check in words."""

    check: str
    held: bool | None
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A verification as its reader may see it."""

    # "proven", "not_valid" (genuine, but not valid today), "brought_in" (unsealed, valid today),
    # "brought_in_not_valid" (unsealed, and ended or suspended) or "not_proven"
    verdict: str
    lines: tuple[CheckLine, ...]
    identifier: str
    type_name: str
    number: str
    issuer: str
    holder_name: str
    holder_code: str
    fields: Mapping[str, str]
    status: Status | None
    valid_from: date | None
    valid_until: date | None
    issued_at: datetime | None
    signer: str
    signed_at: datetime | None
    discloses: bool
    grade: str
    grade_title: str
    grade_words: str
    checked_by: str


def disclose(verification: Verification) -> Disclosure:
    """Shape a verification for someone who is not the holder.

    Without the code: type, issuer, validity, status, a masked name and public fields. With it, or
    with the file: the name, the fields, and the number in part. Source: 个人信息保护法 6.
    """
    card = verification.licence
    opened = verification.discloses and card is not None
    rule = rule_for(card.grade, on=clock.today()) if card else None
    return Disclosure(
        verdict=_verdict(verification),
        lines=tuple(_line(result) for result in verification.checks),
        identifier=card.identifier if card else "",
        type_name=localise(card.type_name) if card else "",
        number=card.number if card and opened else "",
        issuer=card.agency_name if card else "",
        holder_name=_holder_name(card, opened=opened) if card else "",
        holder_code=_holder_code(card) if card and opened else "",
        fields=_fields(card, opened=opened) if card else {},
        status=verification.status,
        valid_from=card.valid_from if card else None,
        valid_until=card.valid_until if card else None,
        issued_at=card.issued_at if card else None,
        signer=verification.signer,
        signed_at=verification.signed_at,
        discloses=opened,
        grade=card.grade if card else "",
        grade_title=localise(rule.title) if rule else "",
        grade_words=localise(rule.words) if rule else "",
        checked_by=card.checked_by if card else "",
    )


def shown_to(actor: Actor, card: LicenceCard, *, purpose: Purpose) -> LicenceCard:
    """The card as its reader sees it: the holder the whole, an officer by grade, role and purpose.

    `DECIDE` is for who has a task on a case with this licence; everyone else looks through many
    (`LIST`). Of a firm nothing is masked but what its type calls sensitive.
    """
    holder = (card.holder_kind, card.holder_id)
    is_own = actor.principal is not None and holder == (actor.principal.kind, actor.principal.id)
    if is_own or actor.is_system:
        return card
    is_person = card.holder_kind == "person"
    number_kind = Kind.RESIDENT_ID if card.number == card.holder_code else Kind.DOCUMENT_NUMBER

    def seen(value: str, kind: Kind) -> str:
        return mask_for(actor, value, kind, purpose)

    whole = shown_for(actor, Kind.DOCUMENT_NUMBER, purpose) is Shown.WHOLE
    name, _code, _rest = card.verify_path.partition("?")
    return replace(
        card,
        holder_name=seen(card.holder_name, Kind.NAME) if is_person else card.holder_name,
        holder_code=seen(card.holder_code, Kind.RESIDENT_ID) if is_person else card.holder_code,
        number=seen(card.number, number_kind) if is_person else card.number,
        shown_fields=tuple(
            replace(item, value=mask(item.value, Kind.TEXT, shown_for(actor, Kind.TEXT, purpose)))
            if item.is_sensitive and not whole
            else item
            for item in card.shown_fields
        ),
        verify_path=card.verify_path if whole else name,
    )


def _verdict(verification: Verification) -> str:
    failed = {result.check for result in verification.failures}
    card = verification.licence
    if card is not None and card.grade != Grade.A and failed <= {Check.STATUS}:
        return "brought_in_not_valid" if failed else "brought_in"
    if verification.proven and card is not None:
        return "proven"
    return "not_valid" if failed == {Check.STATUS} else "not_proven"


def _line(result: CheckResult) -> CheckLine:
    if result.held is None:
        text = UNKNOWN.get(result.check, PROVEN[result.check])
    else:
        text = PROVEN[result.check] if result.held else NOT_PROVEN[result.check]
    is_code = bool(_CODE.fullmatch(result.detail))  # for programs; the line says it in words
    detail = "" if result.check is Check.STATUS or is_code else result.detail
    return CheckLine(check=result.check.value, held=result.held, text=str(text), detail=detail)


def _holder_name(card: LicenceCard, *, opened: bool) -> str:
    if card.holder_kind == "organisation" or opened:
        return card.holder_name
    return mask(card.holder_name, Kind.NAME, Shown.PART)


def _holder_code(card: LicenceCard) -> str:
    if card.holder_kind == "organisation":
        return card.holder_code
    return mask(card.holder_code, Kind.RESIDENT_ID, Shown.PART)


def _fields(card: LicenceCard, *, opened: bool) -> dict[str, str]:
    """All of them with the code; without it those the type says are public."""
    return {
        localise(item.title): mask(item.value, Kind.TEXT, Shown.PART)
        if item.is_sensitive
        else item.value
        for item in card.shown_fields
        if opened or item.is_public
    }
