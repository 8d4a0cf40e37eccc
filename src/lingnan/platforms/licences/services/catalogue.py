"""Types of licence: defined, and defined anew as a next version."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lingnan.kernel import locks
from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.web.schema_forms import DefinitionError, FormDefinition
from lingnan.security.audit import services as audit
from lingnan.standards.codes.types import uscc

from ..errors import LicenceTypeMalformed
from ..models import LicenceType
from ..types import HolderKind


class FaceDefinition(BaseModel):
    """How the face looks: one of our layouts, its colour, and the fields in their order."""

    model_config = ConfigDict(extra="forbid")

    layout: Literal["landscape", "portrait"] = "landscape"
    style: Literal["red", "blue", "green"] = "red"
    fields: list[str] = Field(default_factory=list)
    number_field: str = ""


class ValidityDefinition(BaseModel):
    """For how long: `years` at most so many, `permanent` without end, `open` either."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["years", "permanent", "open"]
    years: int | None = Field(default=None, ge=1, le=99)


class TypeDefinition(BaseModel):
    """The content of a type as it comes in."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Z]{21}$")
    key: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{0,39})?$")
    name: dict[str, str]
    fields_schema: dict[str, Any]
    face: FaceDefinition = Field(default_factory=FaceDefinition)
    issuer_kinds: list[str] = Field(default_factory=list)
    issuer_regions: list[str] = Field(default_factory=list)
    issuer_agencies: list[str] = Field(default_factory=list)
    holder_kinds: list[HolderKind] = Field(min_length=1)
    validity: ValidityDefinition
    legal_basis: str = Field(default="", max_length=300)
    effective_from: date


@transaction.atomic
def define_type(
    content: Mapping[str, object], *, at: datetime, actor: Actor = SYSTEM
) -> LicenceType:
    """Define a type of licence, or its next version where the content differs from the newest.

    The same content again changes nothing.
    Raises: LicenceTypeMalformed (422) with the field of each problem.
    Source: GB/T 36903-2018; GB/T 36904-2018 (code: credit code of the defining body and three).
    """
    definition = _read(content)
    locks.hold("licences.type", definition.code)
    newest = LicenceType.objects.filter(code=definition.code).order_by("-version").first()
    values = definition.model_dump(mode="json")
    if newest is not None and content_as_defined(newest) == values:
        return newest
    values["effective_from"] = definition.effective_from
    made = LicenceType.objects.create(version=(newest.version if newest else 0) + 1, **values)
    audit.record(
        actor=actor,
        act="licences.type_defined",
        object_kind="licences.type",
        object_id=made.code,
        facts={"version": made.version},
        at=at,
    )
    return made


def content_as_defined(row: LicenceType) -> dict[str, Any]:
    """A version as the content it was defined by."""
    return {
        "code": row.code,
        "key": row.key,
        "name": row.name,
        "fields_schema": row.fields_schema,
        "face": FaceDefinition.model_validate(row.face).model_dump(mode="json"),
        "issuer_kinds": row.issuer_kinds,
        "issuer_regions": row.issuer_regions,
        "issuer_agencies": row.issuer_agencies,
        "holder_kinds": row.holder_kinds,
        "validity": row.validity,
        "legal_basis": row.legal_basis,
        "effective_from": row.effective_from.isoformat(),
    }


def _read(content: Mapping[str, object]) -> TypeDefinition:
    try:
        definition = TypeDefinition.model_validate(dict(content))
    except ValidationError as wrong:
        raise LicenceTypeMalformed(
            fields=[
                FieldProblem(".".join(str(part) for part in item["loc"]), item["type"], item["msg"])
                for item in wrong.errors()
            ]
        ) from wrong
    problems = list(_problems(definition))
    if problems:
        raise LicenceTypeMalformed(fields=problems)
    return definition


def _problems(definition: TypeDefinition) -> list[FieldProblem]:
    problems = []
    if not uscc.is_valid(definition.code[:18]):
        text = _("The first 18 characters are not a valid credit code.")
        problems.append(FieldProblem("code", "licences.type_code", text))
    if not definition.name.get("zh-hans"):
        problems.append(FieldProblem("name", "licences.type_name", _("A Chinese name is needed.")))
    if definition.validity.kind == "years" and definition.validity.years is None:
        text = _("Say for how many years.")
        problems.append(FieldProblem("validity.years", "licences.type_years", text))
    try:
        FormDefinition(definition.fields_schema)
    except DefinitionError as wrong:
        problems.append(FieldProblem("fields_schema", "licences.type_schema", str(wrong)))
    known = set(definition.fields_schema.get("properties", {}))
    named = [*definition.face.fields]
    if definition.face.number_field:
        named.append(definition.face.number_field)
    for name in named:
        if name not in known:
            text = _("The face names a field that the schema has not: %(name)s") % {"name": name}
            problems.append(FieldProblem("face.fields", "licences.type_face", text))
    return problems
