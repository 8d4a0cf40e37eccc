"""Values and check functions of the code schemes, for everyone else.

`from lingnan.standards.codes.types import ResidentId, resident_id`
"""

from . import document_types, iso7064, item_code, licence_identifier, org_code, resident_id, uscc
from .document_types import DocumentType, Domain, DomainCode
from .item_code import (
    BasicCode,
    CaseNumber,
    ImplementationCode,
    OptionCode,
    build_case_number,
    parse_case_number,
)
from .licence_identifier import LicenceIdentifier
from .lists import CodeList, CodeValue, Industry
from .resident_id import ResidentId, ResidentKind
from .text import normalise
from .uscc import Uscc

__all__ = [
    "BasicCode",
    "CaseNumber",
    "CodeList",
    "CodeValue",
    "DocumentType",
    "Domain",
    "DomainCode",
    "ImplementationCode",
    "Industry",
    "LicenceIdentifier",
    "OptionCode",
    "ResidentId",
    "ResidentKind",
    "Uscc",
    "build_case_number",
    "document_types",
    "iso7064",
    "item_code",
    "licence_identifier",
    "normalise",
    "org_code",
    "parse_case_number",
    "resident_id",
    "uscc",
]
