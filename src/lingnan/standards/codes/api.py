"""Checking codes and reading code lists, open to all."""

from collections.abc import Callable

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from lingnan.kernel.web.guard import open_to_all

from . import item_code, licence_identifier, org_code, queries, resident_id, uscc
from .document_types import DOMAIN_CODES, DocumentType
from .errors import CodeMalformed
from .lists import CodeList
from .schemas import (
    CheckIn,
    CheckOut,
    CheckRefusal,
    CodeKind,
    CodeListOut,
    CodeValueOut,
    DocumentTypeOut,
    DocumentTypesOut,
    DomainCodeOut,
    IndustryListOut,
    IndustryOut,
)
from .text import normalise

router = Router(tags=["codes"])

Parts = dict[str, str | bool | int]


def _resident_id(value: str) -> Parts:
    found = resident_id.parse(value)
    return {
        "kind": str(found.kind),
        "first_region_code": found.first_region_code,
        "born_on": found.born_on.isoformat(),
        "sex": "1" if found.is_male else "2",
    }


def _uscc(value: str) -> Parts:
    found = uscc.parse(value)
    return {
        "authority": found.authority,
        "authority_name": found.authority_name,
        "org_class": found.org_class,
        "class_name": found.class_name,
        "registered_region_code": found.registered_region_code,
        "org_code": found.org_code,
    }


def _org_code(value: str) -> Parts:
    found = org_code.parse(value)
    return {"body": found[:8], "check": found[8]}


def _licence_identifier(value: str) -> Parts:
    found = licence_identifier.parse(value)
    return {
        "type_code": found.type_code,
        "issuer_uscc": found.issuer_uscc,
        "serial": found.serial,
        "version": found.version,
    }


def _basic(found: item_code.BasicCode) -> Parts:
    return {
        "scope": found.scope,
        "is_national": found.is_national,
        "item_type": found.item_type,
        "main": found.main,
        "sub": found.sub,
    }


def _implementation(found: item_code.ImplementationCode) -> Parts:
    return {"body_uscc": found.body_uscc, "level": found.level, **_basic(found.basic)}


def _option(value: str) -> Parts:
    found = item_code.parse_option(value)
    return {**_implementation(found.implementation), "option": found.option}


def _case_number(value: str) -> Parts:
    found = item_code.parse_case_number(value)
    return {
        **_implementation(found.implementation),
        "received_on": found.received_on.isoformat(),
        "serial": found.serial,
    }


_CHECKS: dict[CodeKind, Callable[[str], Parts]] = {
    "resident_id": _resident_id,
    "uscc": _uscc,
    "org_code": _org_code,
    "licence_identifier": _licence_identifier,
    "basic_item": lambda value: _basic(item_code.parse_basic(value)),
    "service_item": lambda value: _implementation(item_code.parse_implementation(value)),
    "service_option": _option,
    "case_number": _case_number,
}


@router.post("/codes/checks", response=CheckOut, summary="Check a code")
@open_to_all
def check_code(request: HttpRequest, payload: CheckIn) -> CheckOut:
    """Says whether a code is valid and what its parts mean, or what is wrong and by which
    standard. Nothing is stored and nothing is looked up: a valid number need not exist.
    """
    value = payload.value.strip()
    if payload.kind != "licence_identifier":
        value = normalise(value)
    try:
        parts = _CHECKS[payload.kind](value)
    except CodeMalformed as problem:
        refusal = CheckRefusal(code=problem.code, message=problem.text, source=problem.source)
        return CheckOut(kind=payload.kind, valid=False, value=value, refusal=refusal)
    return CheckOut(kind=payload.kind, valid=True, value=value, parts=parts)


@router.get("/codes/industries", response=IndustryListOut, summary="Find industries")
@open_to_all
def find_industries(
    request: HttpRequest,
    q: str = Query("", max_length=60, description="Words of the name or the start of a code"),
    parent: str = Query("", max_length=5, description="List what lies directly below this class"),
    limit: int = Query(20, ge=1, le=100),
) -> IndustryListOut:
    """The classification GB/T 4754: search it, or walk it from its 20 sections down."""
    found = queries.search_industries(q, limit=limit) if q.strip() else queries.industries(parent)
    return IndustryListOut(
        edition=queries.INDUSTRY_EDITION, items=[IndustryOut.from_orm(row) for row in found]
    )


@router.get(
    "/codes/industries/{code}", response=IndustryListOut, summary="One industry and those above it"
)
@open_to_all
def industry_line(request: HttpRequest, code: str) -> IndustryListOut:
    """From the section down to the class asked for."""
    return IndustryListOut(
        edition=queries.INDUSTRY_EDITION,
        items=[IndustryOut.from_orm(row) for row in queries.industry_ancestors(code)],
    )


@router.get("/codes/lists", response=list[CodeListOut], summary="All short code lists")
@open_to_all
def list_code_lists(request: HttpRequest) -> list[CodeListOut]:
    """Sex, education, ethnic group and the code sets of GB/T 39046, with their standards."""
    return [_code_list(found) for found in queries.code_lists().values()]


@router.get("/codes/lists/{key}", response=CodeListOut, summary="One short code list")
@open_to_all
def one_code_list(request: HttpRequest, key: str) -> CodeListOut:
    """One list by its key."""
    return _code_list(queries.code_list(key))


@router.get(
    "/codes/document-types",
    response=DocumentTypesOut,
    summary="Kinds of identity document and their codes elsewhere",
)
@open_to_all
def list_document_types(request: HttpRequest) -> DocumentTypesOut:
    """Our codes, and what other exchanges call the same document."""
    return DocumentTypesOut(
        document_types=[
            DocumentTypeOut(code=kind.value, name=str(kind.label)) for kind in DocumentType
        ],
        domain_codes=[
            DomainCodeOut(
                document_type=str(row.document_type),
                domain=str(row.domain),
                code=row.code,
                source=row.source,
                verified=row.verified,
            )
            for row in DOMAIN_CODES
        ],
    )


def _code_list(found: CodeList) -> CodeListOut:
    values = [CodeValueOut.from_orm(value) for value in found.values]
    return CodeListOut(key=found.key, source=found.source, values=values)
