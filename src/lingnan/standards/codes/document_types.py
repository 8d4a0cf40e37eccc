"""Kinds of identity document: one internal code, and a map to each domain's own codes.

Every exchange numbers documents differently, so no foreign code is ever stored: it is translated at
the border. A pair that was only remembered and not read in the standard says so (`verified`).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from . import resident_id
from .refusals import DocumentNumberShape, NoCodeInDomain
from .resident_id import ResidentKind
from .text import normalise


class DocumentType(models.TextChoices):
    """The internal code of a kind of identity document."""

    RESIDENT_ID = "resident_id", _("Resident ID card")
    HK_MACAO_TAIWAN_RESIDENCE = (
        "hmt_residence",
        _("Residence permit for Hong Kong, Macao and Taiwan residents"),
    )
    HK_MACAO_TRAVEL = "hm_travel", _("Mainland travel permit for Hong Kong and Macao residents")
    TAIWAN_TRAVEL = "tw_travel", _("Mainland travel permit for Taiwan residents")
    FOREIGN_PERMANENT = "foreign_permanent", _("Foreign permanent resident ID card")
    PASSPORT = "passport", _("Passport")
    MILITARY = "military", _("Military officer's or soldier's card")
    OTHER = "other", _("Other document")


class Domain(StrEnum):
    """Who numbers documents in a way of their own."""

    GA_T_2000_156 = "ga_t_2000_156"
    SERVICE_EVALUATION = "service_evaluation"
    DOUBLE_PUBLICITY = "double_publicity"
    CREDIT_ROSTER = "credit_roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainCode:
    """What one domain calls one kind of document."""

    document_type: DocumentType
    domain: Domain
    code: str
    source: str
    verified: bool


def _codes(
    domain: Domain, source: str, pairs: dict[DocumentType, str], *, verified: bool
) -> tuple[DomainCode, ...]:
    return tuple(
        DomainCode(document_type=kind, domain=domain, code=code, source=source, verified=verified)
        for kind, code in pairs.items()
    )


_D = DocumentType
DOMAIN_CODES: tuple[DomainCode, ...] = (
    *_codes(
        Domain.GA_T_2000_156,
        "GA/T 2000.156, to which GB/T 39046-2020 refers",
        {
            _D.RESIDENT_ID: "111",
            _D.PASSPORT: "414",
            _D.TAIWAN_TRAVEL: "511",
            _D.HK_MACAO_TRAVEL: "516",
        },
        verified=False,
    ),
    *_codes(
        Domain.SERVICE_EVALUATION,
        "National interface for the evaluation of services",
        {_D.RESIDENT_ID: "10"},
        verified=True,
    ),
    *_codes(
        Domain.DOUBLE_PUBLICITY,
        "National data standard for the disclosure of licences and penalties",
        {
            _D.RESIDENT_ID: "01",
            _D.PASSPORT: "02",
            _D.HK_MACAO_TRAVEL: "03",
            _D.TAIWAN_TRAVEL: "04",
            _D.FOREIGN_PERMANENT: "05",
        },
        verified=True,
    ),
    *_codes(
        Domain.CREDIT_ROSTER,
        "National schema of credit rosters",
        {
            _D.RESIDENT_ID: "身份证",
            _D.MILITARY: "军人证",
            _D.HK_MACAO_TRAVEL: "港澳",
            _D.TAIWAN_TRAVEL: "台湾",
            _D.PASSPORT: "50",
            _D.OTHER: "90",
        },
        verified=True,
    ),
)
_BY_TYPE = {(row.domain, row.document_type): row for row in DOMAIN_CODES}
_BY_CODE = {(row.domain, row.code): row for row in DOMAIN_CODES}

_SHAPES = {
    _D.HK_MACAO_TRAVEL: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?", re.ASCII),
    _D.TAIWAN_TRAVEL: re.compile(r"[0-9]{8}", re.ASCII),
    _D.PASSPORT: re.compile(r"[A-Z0-9]{5,20}", re.ASCII),
    _D.MILITARY: re.compile(r"[\w一-鿿]{4,20}"),
    _D.OTHER: re.compile(r"[\w一-鿿()/-]{2,40}"),
}
_FOREIGN_CARD_2004 = re.compile(r"[A-Z]{3}[0-9]{12}", re.ASCII)
_KINDS = {
    _D.RESIDENT_ID: frozenset({ResidentKind.MAINLAND}),
    _D.HK_MACAO_TAIWAN_RESIDENCE: frozenset(
        {ResidentKind.HONG_KONG, ResidentKind.MACAO, ResidentKind.TAIWAN}
    ),
    _D.FOREIGN_PERMANENT: frozenset({ResidentKind.FOREIGN}),
}


def code_in(domain: Domain, document_type: DocumentType) -> str:
    """What the domain calls this kind. Raises: NoCodeInDomain (404)."""
    row = _BY_TYPE.get((domain, document_type))
    if row is None:
        raise NoCodeInDomain(domain=str(domain), document_type=str(document_type))
    return row.code


def from_domain(domain: Domain, code: str) -> DocumentType:
    """The kind a domain means by its code. Raises: NoCodeInDomain (404)."""
    row = _BY_CODE.get((domain, code))
    if row is None:
        raise NoCodeInDomain(domain=str(domain), code=code)
    return row.document_type


def check_number(document_type: DocumentType | str, text: str) -> str:
    """The number as it is stored, if it can be of this kind of document.

    Raises: DocumentNumberShape (422), or what is wrong with it as a resident ID.
    """
    kind = DocumentType(document_type)
    number = normalise(text)
    if kind in _KINDS:
        if kind is _D.FOREIGN_PERMANENT and _FOREIGN_CARD_2004.fullmatch(number):
            return number
        found = resident_id.parse(number)
        if found.kind not in _KINDS[kind]:
            raise DocumentNumberShape(document_type=str(kind))
        return found.number
    if not _SHAPES[kind].fullmatch(number):
        raise DocumentNumberShape(document_type=str(kind))
    return number
