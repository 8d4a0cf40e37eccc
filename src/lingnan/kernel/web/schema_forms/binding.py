"""A form with answers, as templates show it: fields of a page, the summary, linked problems."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from ...errors import FieldProblem
from ...money import format_fen
from ...text import localise
from ..formats import format_date, format_month, format_number
from . import reading
from .nodes import Node, option_key
from .sources import Prefilled, RegionChoice, region_source

if TYPE_CHECKING:
    from .definition import FormDefinition, FormPage

REGION_RESULTS_MAX = 10
DEFAULT_REGION_ROOT = "440000000000"
INPUT_TYPES = {"phone": "tel", "month": "month"}
INPUT_MODES = {"integer": "numeric", "number": "decimal"}
AUTOCOMPLETE = {"phone": "tel", "resident_id": "off", "uscc": "off"}
SHORT_CHARACTERS = 12
MEDIUM_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class OptionView:
    id: str
    key: str
    label: str
    hint: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RegionLevel:
    """One select of a region field: the divisions under what was chosen above."""

    id: str
    name: str
    label: str
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class RegionView:
    root: str
    levels: tuple[RegionLevel, ...]
    query: str
    results: tuple[OptionView, ...]
    searched: bool
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field, group or list entry, ready for its template (`web/schema/<template>.html`)."""

    path: str
    id: str
    label: str
    hint: str
    template: str
    required: bool
    value: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    options: tuple[OptionView, ...] = ()
    children: tuple["FieldView", ...] = ()
    error: str = ""
    input_type: str = "text"
    input_mode: str = ""
    autocomplete: str = ""
    maximum_length: int | None = None
    size: str = ""
    unit: str = ""
    source: str = ""
    source_url: str = ""
    region: RegionView | None = None
    can_add: bool = False
    can_remove: bool = False
    number: int = 0
    only_one: bool = False

    @property
    def hint_id(self) -> str:
        return f"{self.id}-hint" if self.hint else ""

    @property
    def error_id(self) -> str:
        return f"{self.id}-error" if self.error else ""

    @property
    def described_by(self) -> str:
        return " ".join(item for item in (self.hint_id, self.error_id) if item)


@dataclass(frozen=True, slots=True)
class PageView:
    title: str
    hint: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One answer. `masked` stands for a sensitive value; `value` is empty where it may not show."""

    label: str
    value: str
    masked: str = ""
    source: str = ""
    error: str = ""
    path: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class SummaryPage:
    id: str
    title: str
    change_url: str
    rows: tuple[SummaryRow, ...]


@dataclass(frozen=True, slots=True)
class ProblemLink:
    href: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundForm:
    """Made by `FormDefinition.bind`."""

    definition: "FormDefinition"
    data: dict[str, Any]
    page: "FormPage | None"
    visible: "tuple[FormPage, ...]"
    problems: tuple[FieldProblem, ...]
    prefill: Mapping[str, Prefilled]
    searches: Mapping[str, str]

    @property
    def page_number(self) -> int:
        """The bound page's place among those that are asked, from 1."""
        ids = [page.id for page in self.visible]
        return ids.index(self.page.id) + 1 if self.page and self.page.id in ids else 0

    @property
    def page_count(self) -> int:
        return len(self.visible)

    @property
    def title(self) -> str:
        return localise(self.page.title) if self.page is not None else ""

    @property
    def prefilled_count(self) -> int:
        """How many fields nobody had to type."""
        return sum(1 for page in self.visible for node in page.nodes for _ in self._known(node))

    def page_view(self) -> PageView:
        """The bound page's fields; all fields that are asked when no page is bound."""
        pages = (self.page,) if self.page is not None else self.visible
        nodes = [
            node
            for page in pages
            for node in page.nodes
            if self.definition.is_asked(node.name, self.data)
        ]
        single = len(nodes) == 1 and self.page is not None
        fields = tuple(
            self._view(
                node,
                node.name,
                self.data.get(node.name),
                only_one=single and localise(node.title) == self.title,
            )
            for node in nodes
        )
        hint = localise(self.page.hint) if self.page is not None else ""
        return PageView(self.title, hint, fields)

    def problem_links(self, change_url: str = "") -> list[ProblemLink]:
        """For the error summary: each problem with the address of its field."""
        links = []
        for problem in self.problems:
            anchor = f"#{_id(problem.path)}" if self.definition.node_at(problem.path) else ""
            if anchor and change_url:
                page_id = self._page_of(problem.path)
                anchor = change_url.replace("{page}", page_id) + anchor
            links.append(ProblemLink(anchor, str(problem.message)))
        return links

    def summary(self, *, change_url: str = "", mask: bool = False) -> list[SummaryPage]:
        """The answers page by page, as people read them."""
        errors = {problem.path: str(problem.message) for problem in self.problems}
        pages = []
        for page in self.visible:
            rows = tuple(
                row
                for node in page.nodes
                if self.definition.is_asked(node.name, self.data)
                for row in self._rows(node, node.name, self.data.get(node.name), mask, errors, 0)
            )
            if rows:
                url = change_url.replace("{page}", page.id) if change_url else ""
                pages.append(SummaryPage(page.id, localise(page.title), url, rows))
        return pages

    # fields

    def _view(self, node: Node, path: str, value: Any, *, only_one: bool = False) -> FieldView:
        known = self._source(node, value)
        common: dict[str, Any] = {
            "path": path,
            "id": _id(path),
            "label": localise(node.title),
            "hint": localise(node.hint),
            "required": node.required,
            "error": next((str(p.message) for p in self.problems if p.path == path), ""),
            "source": known.source if known else "",
            "source_url": known.wrong_url if known else "",
            "only_one": only_one,
        }
        if node.kind == "group":
            return FieldView(template="group", children=self._parts(node, path, value), **common)
        if node.kind == "list":
            return self._list_view(node, path, value, common)
        if node.widget == "date":
            return FieldView(template="date", parts=_date_parts(value), **common)
        if node.widget == "region" and region_source() is not None:
            region = _region_view(node, path, value, self.searches.get(path))
            return FieldView(template="region", region=region, **common)
        if node.widget == "checkbox" and node.data_type == "boolean":
            return FieldView(template="boolean", value="true" if value is True else "", **common)
        if node.options:
            template = {"select": "select", "checkbox": "choices"}.get(node.widget, "choices")
            input_type = "checkbox" if node.data_type == "array" else "radio"
            options = _options(node, path, value)
            return FieldView(template=template, options=options, input_type=input_type, **common)
        length = node.schema.get("maxLength")
        return FieldView(
            template="textarea"
            if node.widget == "textarea"
            else node.widget
            if node.widget == "money"
            else "text",
            value=_typed(node, value),
            input_type=_input_type(node),
            input_mode=INPUT_MODES.get(node.data_type, "numeric" if node.widget == "money" else ""),
            autocomplete=AUTOCOMPLETE.get(node.widget, str(node.schema.get("x-autocomplete", ""))),
            maximum_length=length if isinstance(length, int) else None,
            size=_size(node),
            unit=localise(node.unit),
            **common,
        )

    def _parts(self, node: Node, path: str, value: Any) -> tuple[FieldView, ...]:
        given = value if isinstance(value, Mapping) else {}
        return tuple(
            self._view(child, f"{path}.{child.name}", given.get(child.name))
            for child in node.children
            if child.show_if is None or self.definition.is_asked(f"{path}.{child.name}", self.data)
        )

    def _list_view(self, node: Node, path: str, value: Any, common: dict[str, Any]) -> FieldView:
        items = list(value) if isinstance(value, list) else []
        at_least = max(int(node.schema.get("minItems", 0)), 1 if node.required else 0)
        while len(items) < min(at_least, reading.ITEMS_MAX):
            items.append({} if node.item.kind == "group" else "")
        at_most = min(int(node.schema.get("maxItems", reading.ITEMS_MAX)), reading.ITEMS_MAX)
        children = tuple(
            FieldView(
                template="item",
                path=f"{path}.{index}",
                id=_id(f"{path}.{index}"),
                label=_("%(label)s %(number)s")
                % {"label": localise(node.title), "number": index + 1},
                hint="",
                required=True,
                number=index + 1,
                can_remove=len(items) > at_least,
                children=(
                    self._parts(node.item, f"{path}.{index}", item)
                    if node.item.kind == "group"
                    else (self._view(node.item, f"{path}.{index}", item),)
                ),
            )
            for index, item in enumerate(items[: reading.ITEMS_MAX])
        )
        return FieldView(
            template="list",
            children=children,
            number=len(children),
            can_add=len(children) < at_most,
            **common,
        )

    # where values come from

    def _source(self, node: Node, value: Any) -> Prefilled | None:
        known = self.prefill.get(node.prefill) if node.prefill else None
        same = known is not None and known.value == value and value not in (None, "")
        return known if same else None

    def _known(self, node: Node) -> Iterator[Node]:
        def walk(part: Node, value: Any) -> Iterator[Node]:
            if part.kind == "group":
                given = value if isinstance(value, Mapping) else {}
                for child in part.children:
                    yield from walk(child, given.get(child.name))
            elif self._source(part, value) is not None:
                yield part

        return walk(node, self.data.get(node.name))

    def _page_of(self, path: str) -> str:
        name = path.split(".")[0]
        pages = self.definition.pages()
        return next((page.id for page in pages if name in page.names), "")

    # the summary

    def _rows(
        self,
        node: Node,
        path: str,
        value: Any,
        mask: bool,
        errors: Mapping[str, str],
        depth: int,
    ) -> Iterator[SummaryRow]:
        if node.kind == "group":
            given = value if isinstance(value, Mapping) else {}
            for child in node.children:
                if child.show_if is None or self.definition.is_asked(
                    f"{path}.{child.name}", self.data
                ):
                    inner = f"{path}.{child.name}"
                    yield from self._rows(child, inner, given.get(child.name), mask, errors, depth)
            return
        if node.kind == "list":
            yield from self._list_rows(node, path, value, mask, errors, depth)
            return
        text = _readable(node, value)
        known = self._source(node, value)
        yield SummaryRow(
            label=localise(node.title),
            value="" if node.sensitive and mask else text,
            masked=mask_text(text) if node.sensitive and text else "",
            source=known.source if known else "",
            error=errors.get(path, ""),
            path=path,
            depth=depth,
        )

    def _list_rows(
        self,
        node: Node,
        path: str,
        value: Any,
        mask: bool,
        errors: Mapping[str, str],
        depth: int,
    ) -> Iterator[SummaryRow]:
        items = value if isinstance(value, list) else []
        label = localise(node.title)
        if node.item.kind == "leaf" and not node.item.sensitive:
            text = "\n".join(_readable(node.item, item) for item in items)
            yield SummaryRow(label, text, error=errors.get(path, ""), path=path, depth=depth)
            return
        count = _("%(count)s in all") % {"count": len(items)}
        yield SummaryRow(label, count, error=errors.get(path, ""), path=path, depth=depth)
        for index, item in enumerate(items):
            heading = _("%(label)s %(number)s") % {"label": label, "number": index + 1}
            for row in self._rows(node.item, f"{path}.{index}", item, mask, errors, depth + 1):
                yield SummaryRow(
                    f"{heading} · {row.label}" if node.item.kind == "group" else heading,
                    row.value,
                    row.masked,
                    row.source,
                    row.error,
                    row.path,
                    row.depth,
                )


def mask_text(text: str) -> str:
    """What may be seen of a sensitive value: enough to recognise it, not enough to use it."""
    if len(text) >= 11:
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return text[: len(text) > 1] + "*" * max(len(text) - 1, 2)


def _id(path: str) -> str:
    return "f-" + path.replace(".", "-")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _typed(node: Node, value: Any) -> str:
    """A value as a person types it."""
    if node.widget == "money" and isinstance(value, int) and not isinstance(value, bool):
        return format_fen(value).replace("¥", "").replace(",", "")
    return _plain(value)


def _readable(node: Node, value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == "" or value == []:
        return ""
    titles = {option.key: localise(option.title) for option in node.options}
    if node.widget == "checkbox" and node.data_type == "boolean":
        return _("Yes") if value is True else _("No")
    if titles:
        chosen: Sequence[Any] = value if isinstance(value, list) else [value]
        return _(", ").join(titles.get(option_key(item), _plain(item)) for item in chosen)
    if node.widget == "money" and isinstance(value, int) and not isinstance(value, bool):
        return format_fen(value)
    if node.widget == "date":
        if isinstance(value, Mapping):
            parts = (str(value.get(name) or "?") for name in ("year", "month", "day"))
            return "-".join(parts)
        return format_date(_plain(value)) or _plain(value)
    if node.widget == "month":
        return format_month(_plain(value))
    if node.widget == "region":
        source = region_source()
        path = source.path(_plain(value)) if source is not None else []
        return path[-1].full_name if path else _plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{format_number(value)} {localise(node.unit)}".strip()
    return _plain(value)


def _date_parts(value: Any) -> dict[str, str]:
    if isinstance(value, str) and reading.is_date(value):
        year, month, day = value.split("-")
        return {"year": year, "month": str(int(month)), "day": str(int(day))}
    if isinstance(value, Mapping):
        return {name: _plain(value.get(name)) for name in ("year", "month", "day")}
    return {"year": _plain(value), "month": "", "day": ""}


def _options(node: Node, path: str, value: Any) -> tuple[OptionView, ...]:
    values = value if isinstance(value, list) and node.data_type == "array" else [value]
    chosen = {option_key(item) for item in values if item is not None}
    base = _id(path)
    return tuple(
        OptionView(
            base if index == 0 else f"{base}-{index}",
            option.key,
            localise(option.title),
            localise(option.hint),
            option.key in chosen,
        )
        for index, option in enumerate(node.options)
    )


def _input_type(node: Node) -> str:
    by_format = {"email": "email", "uri": "url"}
    return INPUT_TYPES.get(node.widget, by_format.get(str(node.schema.get("format")), "text"))


def _size(node: Node) -> str:
    if node.widget in {"number", "money", "month"}:
        return "short"
    if node.widget in {"phone", "resident_id", "uscc"}:
        return "medium"
    length = node.schema.get("maxLength")
    if isinstance(length, int) and length <= SHORT_CHARACTERS:
        return "short"
    return "medium" if isinstance(length, int) and length <= MEDIUM_CHARACTERS else ""


def _region_view(node: Node, path: str, value: Any, query: str | None) -> RegionView:
    source = region_source()
    assert source is not None
    wanted = node.schema.get("x-region", {})
    root = str(wanted.get("root", DEFAULT_REGION_ROOT))
    chain = source.path(value) if isinstance(value, str) else []
    codes = [choice.code for choice in chain]
    below = chain[codes.index(root) + 1 :] if root in codes else []
    levels: list[RegionLevel] = []
    parent = root
    for number in range(1, reading.REGION_LEVELS_MAX + 1):
        choices = source.children(parent)
        if not choices:
            break
        picked = below[number - 1].code if len(below) >= number else ""
        base = _id(path) if number == 1 else f"{_id(path)}-l{number}"
        levels.append(
            RegionLevel(
                base,
                f"{path}.l{number}",
                _level_label(number),
                tuple(_region_option(choice, base, picked) for choice in choices),
            )
        )
        if not picked:
            break
        parent = picked
    found = source.search(query, REGION_RESULTS_MAX) if query else []
    results = tuple(
        OptionView(f"{_id(path)}-r{index}", choice.code, choice.full_name, "", False)
        for index, choice in enumerate(found)
    )
    chosen = below[-1].full_name if below else ""
    return RegionView(root, tuple(levels), query or "", results, query is not None, chosen)


def _region_option(choice: RegionChoice, base: str, picked: str) -> OptionView:
    return OptionView(f"{base}-{choice.code}", choice.code, choice.name, "", choice.code == picked)


def _level_label(number: int) -> str:
    names = {
        1: _("City or district"),
        2: _("District, county or town"),
        3: _("Town or street"),
        4: _("Village or community"),
    }
    return names.get(number, _("Further"))
