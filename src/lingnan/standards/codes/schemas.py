from typing import Literal

from ninja import Field, Schema

CodeKind = Literal[
    "resident_id",
    "uscc",
    "org_code",
    "licence_identifier",
    "basic_item",
    "service_item",
    "service_option",
    "case_number",
]


class CheckIn(Schema):
    """A code to check. Sent in the body, so that no number of a person stands in an address."""

    kind: CodeKind = Field(description="Which scheme the code belongs to", examples=["uscc"])
    value: str = Field(max_length=120, examples=["91440300708461136T"])


class CheckRefusal(Schema):
    code: str
    message: str
    source: str


class CheckOut(Schema):
    """Whether the code is valid; its parts if so, what is wrong if not."""

    kind: CodeKind
    valid: bool
    value: str = Field(description="As it should be written")
    parts: dict[str, str | bool | int] = {}
    refusal: CheckRefusal | None = None


class IndustryOut(Schema):
    code: str
    section: str
    numeric_code: str
    name: str
    level: int
    parent_code: str


class IndustryListOut(Schema):
    edition: str
    items: list[IndustryOut]


class CodeValueOut(Schema):
    code: str
    name: str
    name_en: str


class CodeListOut(Schema):
    key: str
    source: str
    values: list[CodeValueOut]


class DomainCodeOut(Schema):
    document_type: str
    domain: str
    code: str
    source: str
    verified: bool


class DocumentTypeOut(Schema):
    code: str
    name: str


class DocumentTypesOut(Schema):
    document_types: list[DocumentTypeOut]
    domain_codes: list[DomainCodeOut]
