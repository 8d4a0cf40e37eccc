"""A type of licence as a person writes, reads, exports and imports it; and the schema it becomes.

Fields are a list in their order, each with its kind, and not a JSON Schema: that is made from it.
A field whose schema says more than the editor knows keeps the rest (`keep`), so that a next version
loses nothing.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lingnan.kernel.errors import FieldProblem

from .errors import LicenceTypeMalformed
from .models import LicenceType
from .types import HolderKind

FieldKind = Literal[
    "text", "long_text", "date", "integer", "number", "boolean", "choice", "as_it_is"
]
PersonalData = Literal["public", "personal", "sensitive"]
FIELDS_MAX = 60
_OWN = ("x-title", "x-public", "x-sensitive")
_STANDS_FOR: dict[FieldKind, tuple[str, ...]] = {
    "text": ("type",),
    "long_text": ("type",),
    "date": ("type", "format"),
    "integer": ("type",),
    "number": ("type",),
    "boolean": ("type",),
    "choice": ("type", "enum", "x-options"),
}
LONG_TEXT_CHARACTERS = 200  # from here on a text is asked in a larger box


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OptionContent(_Strict):
    """One choice of a field."""

    value: str = Field(max_length=100)
    title: dict[str, str] = Field(default_factory=dict)


class FieldContent(_Strict):
    """One field. `personal`: shown to anyone, with the code on the licence, or in part only.

    `keep` never says what the editor says in words: a reviewer publishes what he reads.
    """

    name: str = Field(default="", max_length=60)
    title: dict[str, str] = Field(default_factory=dict)
    kind: FieldKind = "text"
    required: bool = False
    personal: PersonalData = "personal"
    shown: bool = True
    options: list[OptionContent] = Field(default_factory=list, max_length=200)
    keep: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keep_only_the_rest(self) -> Self:
        said = (*_OWN, *_STANDS_FOR.get(self.kind, ()))
        self.keep = {key: value for key, value in self.keep.items() if key not in said}
        return self


class FaceContent(_Strict):
    """Which of our layouts the face has, in which colour, and which field is the number."""

    layout: Literal["landscape", "portrait"] = "landscape"
    style: Literal["red", "blue", "green"] = "red"
    number_field: str = Field(default="", max_length=60)


class ValidityContent(_Strict):
    """For how long: `years` at most so many, `permanent` without end, `open` either."""

    kind: Literal["years", "permanent", "open"] = "years"
    years: int | None = Field(default=None, ge=0, le=999)


class TypeContent(_Strict):
    """A type of licence without its dates. Whether it is complete is judged by `type_checks`."""

    code: str = Field(default="", max_length=21)
    key: str = Field(default="", max_length=40)
    name: dict[str, str] = Field(default_factory=dict)
    fields: list[FieldContent] = Field(default_factory=list, max_length=FIELDS_MAX)
    face: FaceContent = Field(default_factory=FaceContent)
    issuer_kinds: list[str] = Field(default_factory=list, max_length=100)
    issuer_regions: list[str] = Field(default_factory=list, max_length=300)
    issuer_agencies: list[str] = Field(default_factory=list, max_length=300)
    holder_kinds: list[HolderKind] = Field(default_factory=list)
    validity: ValidityContent = Field(default_factory=ValidityContent)
    legal_basis: str = Field(default="", max_length=300)


def read_content(content: Mapping[str, object]) -> TypeContent:
    """The content as values. Raises: LicenceTypeMalformed (422) with the place of each problem."""
    try:
        return TypeContent.model_validate(dict(content))
    except ValidationError as wrong:
        raise LicenceTypeMalformed(
            fields=[
                FieldProblem(".".join(str(part) for part in item["loc"]), item["type"], item["msg"])
                for item in wrong.errors()
            ]
        ) from wrong


def plain(content: TypeContent) -> dict[str, Any]:
    """The content as JSON, the form it is kept and exported in."""
    return content.model_dump(mode="json")


def content_of(row: LicenceType) -> TypeContent:
    """A version of a type as content: what `definition_of` made from it, or anyone else."""
    properties: dict[str, Any] = row.fields_schema.get("properties", {})
    required = set(row.fields_schema.get("required", []))
    face = row.face.get("fields") or list(properties)
    order = [name for name in face if name in properties]
    order += [name for name in properties if name not in order]
    return TypeContent(
        code=row.code,
        key=row.key,
        name=row.name,
        fields=[
            _field_of(name, properties[name], required=name in required, shown=name in face)
            for name in order
        ],
        face=FaceContent(
            layout=row.face.get("layout", "landscape"),
            style=row.face.get("style", "red"),
            number_field=row.face.get("number_field", ""),
        ),
        issuer_kinds=row.issuer_kinds,
        issuer_regions=row.issuer_regions,
        issuer_agencies=row.issuer_agencies,
        holder_kinds=row.holder_kinds,
        validity=ValidityContent.model_validate(row.validity),
        legal_basis=row.legal_basis,
    )


def definition_of(content: TypeContent) -> dict[str, Any]:
    """What `define_type` takes, but for the first day."""
    shown = [field.name for field in content.fields if field.shown]
    return {
        "code": content.code,
        "key": content.key,
        "name": {language: text for language, text in content.name.items() if text},
        "fields_schema": {
            "type": "object",
            "properties": {field.name: schema_of(field) for field in content.fields},
            "required": [field.name for field in content.fields if field.required],
            "additionalProperties": False,
        },
        "face": {**content.face.model_dump(mode="json"), "fields": shown},
        "issuer_kinds": content.issuer_kinds,
        "issuer_regions": content.issuer_regions,
        "issuer_agencies": content.issuer_agencies,
        "holder_kinds": list(content.holder_kinds),
        "validity": content.validity.model_dump(mode="json"),
        "legal_basis": content.legal_basis,
    }


def schema_of(field: FieldContent) -> dict[str, Any]:
    """The JSON Schema of a field, with the hints of `kernel.web.schema_forms`."""
    schema: dict[str, Any] = {}
    if field.kind == "long_text":
        schema = {"type": "string", "maxLength": 2000}
    elif field.kind == "date":
        schema = {"type": "string", "format": "date"}
    elif field.kind == "choice":
        schema = {
            "type": "string",
            "enum": [option.value for option in field.options],
            "x-options": [option.model_dump(mode="json") for option in field.options],
        }
    elif field.kind != "as_it_is":
        schema = {"type": "string" if field.kind == "text" else field.kind}
    schema |= field.keep
    schema["x-title"] = {language: text for language, text in field.title.items() if text}
    if field.personal == "public":
        schema["x-public"] = True
    if field.personal == "sensitive":
        schema["x-sensitive"] = True
    return schema


_PLAIN: dict[str, FieldKind] = {"integer": "integer", "number": "number", "boolean": "boolean"}


def _field_of(name: str, schema: Mapping[str, Any], *, required: bool, shown: bool) -> FieldContent:
    kind = _kind_of(schema)
    title = schema.get("x-title") or {"zh-hans": name}
    options = schema.get("x-options", []) if kind == "choice" else []
    return FieldContent(
        name=name,
        title=title if isinstance(title, dict) else {"zh-hans": str(title)},
        kind=kind,
        required=required,
        personal=(
            "public"
            if schema.get("x-public")
            else "sensitive"
            if schema.get("x-sensitive")
            else "personal"
        ),
        shown=shown,
        options=[OptionContent(value=item["value"], title=item["title"]) for item in options],
        keep={key: value for key, value in schema.items() if key not in _OWN},
    )


def _kind_of(schema: Mapping[str, Any]) -> FieldKind:
    declared = schema.get("type", "string")
    if declared == "string" and _are_plain_options(schema):
        return "choice"
    if declared == "string" and "enum" not in schema and "x-options" not in schema:
        if schema.get("format") == "date":
            return "date"
        return "long_text" if schema.get("maxLength", 0) > LONG_TEXT_CHARACTERS else "text"
    return _PLAIN.get(declared, "as_it_is") if isinstance(declared, str) else "as_it_is"


def _are_plain_options(schema: Mapping[str, Any]) -> bool:
    options = schema.get("x-options")
    return bool(options) and all(
        isinstance(item.get("value"), str)
        and isinstance(item.get("title"), dict)
        and set(item) == {"value", "title"}
        for item in options or ()
    )
