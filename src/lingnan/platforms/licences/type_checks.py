"""Whether a type of licence can be published, and whom a change would touch."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from lingnan.kernel.errors import FieldProblem
from lingnan.kernel.text import localise
from lingnan.kernel.web.schema_forms import DefinitionError, FormDefinition
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyKind
from lingnan.standards.codes.types import uscc
from lingnan.standards.matters import queries as matters
from lingnan.standards.regions import queries as regions

from .models import LicenceType
from .rows import HEADERS
from .type_content import TypeContent, content_of, definition_of

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_CODE = re.compile(r"[0-9A-Z]{21}", re.ASCII)
YEARS_MAX = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """What a reviewer should know before he publishes; it does not hinder."""

    code: str
    text: str
    users: tuple[str, ...] = ()


def problems_of(content: TypeContent) -> list[FieldProblem]:
    """Everything that keeps a type from being published, each with its place.

    At most four queries.
    """
    return [
        *_problems_of_names(content),
        *_problems_of_fields(content),
        *_problems_of_face(content),
        *_problems_of_rules(content),
    ]


def _problem(path: str, what: str, text: str) -> FieldProblem:
    return FieldProblem(path, f"licences.type_{what}", text)


def _problems_of_names(content: TypeContent) -> Iterator[FieldProblem]:
    if not _CODE.fullmatch(content.code) or not uscc.is_valid(content.code[:18]):
        text = _("The code is a valid credit code and three digits or capital letters.")
        yield _problem("code", "code", text)
    if not _KEY.fullmatch(content.key):
        text = _("The short name is small letters, digits and _, and begins with a letter.")
        yield _problem("key", "key", text)
    elif LicenceType.objects.filter(key=content.key).exclude(code=content.code).exists():
        text = _("Another type has the short name %(key)s.") % {"key": content.key}
        yield _problem("key", "key_taken", text)
    if not content.name.get("zh-hans", "").strip():
        yield _problem("name", "name", _("A Chinese name is needed."))
    if not content.legal_basis.strip():
        yield _problem("legal_basis", "legal_basis", _("Name the law the licence rests on."))


def _problems_of_fields(content: TypeContent) -> Iterator[FieldProblem]:
    found = list(_problems_of_each_field(content))
    yield from found
    if found:
        return  # what the form of wrong fields lacks follows from them
    try:
        FormDefinition(definition_of(content)["fields_schema"])
    except DefinitionError as wrong:
        text = _("The fields make no form; look at those defined by JSON (%(reason)s).")
        yield _problem("fields", "schema", text % {"reason": wrong})


def _problems_of_each_field(content: TypeContent) -> Iterator[FieldProblem]:
    if not content.fields:
        yield _problem("fields", "no_fields", _("A licence says at least one thing: add a field."))
    names = Counter(field.name for field in content.fields)
    titles = Counter(field.title.get("zh-hans", "").strip() for field in content.fields)
    for number, field in enumerate(content.fields):
        path = f"fields.{number}"
        if not _NAME.fullmatch(field.name):
            text = _("The name of field %(number)s is letters, digits and _.")
            yield _problem(f"{path}.name", "field_name", text % {"number": number + 1})
        elif names[field.name] > 1:
            text = _("The field name %(name)s stands there twice.") % {"name": field.name}
            yield _problem(f"{path}.name", "field_twice", text)
        title = field.title.get("zh-hans", "").strip()
        if not title:
            text = _("Field %(number)s needs a Chinese title.") % {"number": number + 1}
            yield _problem(f"{path}.title", "field_title", text)
        elif titles[title] > 1:
            text = _("The title %(title)s stands there twice.") % {"title": title}
            yield _problem(f"{path}.title", "title_twice", text)
        if field.name in HEADERS or title in HEADERS.values():
            text = _("%(title)s is a column every table of licences has; call the field otherwise.")
            yield _problem(f"{path}.name", "field_reserved", text % {"title": title or field.name})
        if field.kind == "choice":
            values = [option.value for option in field.options]
            if len(values) < 2 or len(set(values)) < len(values) or not all(values):
                text = _("%(title)s needs at least two choices, each with a value of its own.")
                yield _problem(f"{path}.options", "options", text % {"title": title})


def _problems_of_face(content: TypeContent) -> Iterator[FieldProblem]:
    if content.fields and not any(field.shown for field in content.fields):
        yield _problem("face", "face_empty", _("At least one field is shown on the face."))
    number = content.face.number_field
    if not number:
        return
    found = next((field for field in content.fields if field.name == number), None)
    if found is None:
        text = _("The face names a field that the schema has not: %(name)s") % {"name": number}
        yield _problem("face.number_field", "face", text)
    elif not found.required:
        text = _("The field that is the licence's number must be required.")
        yield _problem("face.number_field", "number_optional", text)


def _problems_of_rules(content: TypeContent) -> Iterator[FieldProblem]:
    if not content.holder_kinds:
        yield _problem("holder_kinds", "holder_kinds", _("Say who can hold it."))
    if content.validity.kind == "years" and not 1 <= (content.validity.years or 0) <= YEARS_MAX:
        yield _problem("validity.years", "years", _("Say for how many years, 1 to 99."))
    if not (content.issuer_kinds or content.issuer_regions or content.issuer_agencies):
        yield _problem("issuer_kinds", "issuers", _("Say who issues it."))
    unknown = [kind for kind in content.issuer_kinds if kind not in AgencyKind.values]
    if unknown:
        text = _("There is no line of work %(names)s.") % {"names": ", ".join(unknown)}
        yield _problem("issuer_kinds", "issuer_kind", text)
    places = regions.regions(content.issuer_regions) if content.issuer_regions else {}
    unknown = [code for code in content.issuer_regions if code not in places]
    if unknown:
        text = _("There is no region with the code %(codes)s.") % {"codes": ", ".join(unknown)}
        yield _problem("issuer_regions", "issuer_region", text)
    codes = content.issuer_agencies
    bodies = agencies.agencies_by_uscc(codes) if codes else {}
    unknown = [code for code in codes if code not in bodies]
    if unknown:
        text = _("There is no agency with the credit code %(codes)s.")
        yield _problem("issuer_agencies", "issuer_agency", text % {"codes": ", ".join(unknown)})


def warnings_of(content: TypeContent, before: LicenceType | None) -> list[Caution]:
    """What a next version takes from those who rely on the version before.

    One query where fields went, else none.
    """
    if before is None:
        return []
    old = content_of(before)
    now = {field.name: field for field in content.fields}
    warnings = []
    gone = [field for field in old.fields if field.name not in now]
    if gone:
        users = users_of_fields(before.key, [field.name for field in gone])
        text = _("Fields that are dropped: %(names)s.") % {
            "names": "、".join(localise(field.title) or field.name for field in gone)
        }
        if users:
            text += _(" Forms of these matters take values from them:")
        warnings.append(Caution(code="fields_dropped", text=text, users=tuple(users)))
    added = [field for field in content.fields if field.required and field.name not in _names(old)]
    if added:
        text = _("New required fields: %(names)s. Whoever issues must supply them from that day.")
        names = "、".join(localise(field.title) or field.name for field in added)
        warnings.append(Caution(code="fields_required", text=text % {"names": names}))
    changed = [
        field for field in old.fields if field.name in now and now[field.name].kind != field.kind
    ]
    if changed:
        text = _("Fields of another kind than before: %(names)s.")
        names = "、".join(localise(field.title) or field.name for field in changed)
        warnings.append(Caution(code="fields_changed", text=text % {"names": names}))
    if content.key != old.key and old.key:
        users = users_of_fields(old.key, [field.name for field in old.fields])
        text = _("The short name changes; forms that take values from it find nothing.")
        warnings.append(Caution(code="key_changed", text=text, users=tuple(users)))
    return warnings


def _names(content: TypeContent) -> set[str]:
    return {field.name for field in content.fields}


def users_of_fields(key: str, names: list[str]) -> list[str]:
    """Matters in force whose forms take values from fields of a type, in words. One query."""
    if not key or not names:
        return []
    wanted = {f"licences.{key}.{name}" for name in names}
    found = matters.forms_filled_from(f"licences.{key}.")
    lines = []
    for form in found:
        paths = sorted(path.rpartition(".")[2] for path in wanted & form.paths)
        if paths:
            lines.append(
                _("%(matter)s (%(count)s lists): %(fields)s")
                % {
                    "matter": localise(form.name),
                    "count": form.lists,
                    "fields": ", ".join(paths),
                }
            )
    return lines


def users_of_type(code: str) -> list[str]:
    """Matters in force that end in a type or take it as a material, in words. One query."""
    return [
        _("%(matter)s (%(count)s lists)") % {"matter": localise(form.name), "count": form.lists}
        for form in matters.matters_with_licence(code)
    ]


def earliest_day(before: LicenceType | None, *, today: date) -> date:
    """The first day a new version may begin: not in the past, and after the one before."""
    if before is None:
        return today
    after = date.fromordinal(before.effective_from.toordinal() + 1)
    return max(today, after)
