"""A form's definition: its pages, what it accepts, how a request becomes data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs
from django.utils.translation import gettext as _

from ...errors import FieldProblem
from ...text import LocalisedText
from . import reading
from .binding import BoundForm
from .conditions import Condition
from .nodes import DefinitionError, Node, build_nodes, condition
from .problems import label_of, missing, own_problem, plain_problem
from .reading import MISSING, Post
from .sources import as_prefilled, check_for, region_source

Data = dict[str, Any]
DEFAULT_REGION_ROOT = "440000000000"


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page: one question, or a small group of questions that belong together."""

    id: str
    title: LocalisedText | str
    nodes: tuple[Node, ...]
    hint: LocalisedText | str = ""
    show_if: Condition | None = None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(node.name for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one request said. `stay` is true after "add another", "remove" or "find"."""

    data: Data
    problems: list[FieldProblem]
    stay: bool = False
    searches: Mapping[str, str] = field(default_factory=dict)


class FormDefinition:
    """A JSON Schema with hints, read and compiled once.

    Raises: DefinitionError where it cannot be a form (unknown widget, remote reference, a condition
    that is not CEL, a page that names a field which is not there).
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = dict(schema)
        self.nodes = build_nodes(self.schema)
        self._by_name = {node.name: node for node in self.nodes}
        try:
            self._validator = jsonschema_rs.Draft202012Validator(self.schema, validate_formats=True)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise DefinitionError(str(error)) from error
        self._pages = self._build_pages()

    # what is asked

    def pages(self) -> tuple[FormPage, ...]:
        """All pages, asked or not."""
        return self._pages

    def visible_pages(self, data: Mapping[str, Any]) -> list[FormPage]:
        """The pages that are asked, given the answers so far."""
        return list(self._asked(data)[1])

    def page(self, page_id: str) -> FormPage | None:
        return next((page for page in self._pages if page.id == page_id), None)

    def next_page(self, page_id: str, data: Mapping[str, Any]) -> FormPage | None:
        """The page after this one, or None: then the answers are checked and sent."""
        pages = self.visible_pages(data)
        order = [page.id for page in self._pages]
        here = order.index(page_id) if page_id in order else -1
        return next((page for page in pages if order.index(page.id) > here), None)

    def previous_page(self, page_id: str, data: Mapping[str, Any]) -> FormPage | None:
        order = [page.id for page in self._pages]
        here = order.index(page_id) if page_id in order else 0
        before = [page for page in self.visible_pages(data) if order.index(page.id) < here]
        return before[-1] if before else None

    def first_unfinished_page(self, data: Mapping[str, Any]) -> FormPage | None:
        """Where a returning person goes on; None when every page is in order."""
        wrong = {problem.path.split(".")[0] for problem in self.validate(data)}
        return next((page for page in self.visible_pages(data) if page.names & wrong), None)

    def node_at(self, path: str) -> Node | None:
        """The node of a concrete path ("shareholders.0.name")."""
        parts = path.split(".")
        node = self._by_name.get(parts[0])
        for part in parts[1:]:
            if node is None:
                return None
            if node.kind == "group":
                node = node.child(part)
            elif node.kind == "list" and part.isdigit():
                node = node.item
            else:
                return node
        return node

    # data

    def prune(self, data: Mapping[str, Any]) -> Data:
        """The data without answers to what is not asked (any more)."""
        return self._asked(data)[0]

    def prefilled(self, data: Mapping[str, Any], prefill: Mapping[str, Any]) -> Data:
        """The data with what the government knows in the fields that are still empty."""
        return {**_prefill(self.nodes, data, prefill), **_unknown(data, self._by_name)}

    def validate(self, data: Mapping[str, Any]) -> list[FieldProblem]:
        """Everything wrong, one problem per field; the same for pages and API.

        Answers to what is not asked are left aside, and what is not asked is not required.
        """
        if not isinstance(data, Mapping):
            return [FieldProblem("", "form.type", _("The answers do not fit together."))]
        asked = self.prune(data)
        problems: dict[str, FieldProblem] = {}
        for path, node, value in _leaves(self.nodes, asked, ""):
            problem = _check_leaf(path, node, value)
            if problem is not None:
                problems.setdefault(path, problem)
        for error in self._validator.iter_errors(asked):
            for problem in self._plain(error, asked):
                problems.setdefault(problem.path, problem)
        order = {node.name: place for place, node in enumerate(self._in_page_order())}
        return sorted(
            problems.values(), key=lambda item: order.get(item.path.split(".")[0], len(order))
        )

    def clean(
        self, post: Post, page: str | None = None, data: Mapping[str, Any] | None = None
    ) -> tuple[Data, list[FieldProblem]]:
        """The data after this request, and what is wrong with this page's part of it."""
        result = self.read(post, data=data or {}, page=page)
        return result.data, result.problems

    def read(
        self, post: Post, *, data: Mapping[str, Any] | None = None, page: str | None = None
    ) -> Reading:
        """A page's request over the answers so far. Unknown names in the request are ignored."""
        nodes = self._nodes_of(page)
        names = {node.name for node in nodes}
        merged: Data = {key: value for key, value in (data or {}).items() if key not in names}
        add, remove, find = (reading.text(post, name) for name in ("_add", "_remove", "_find"))
        stay = bool(add or remove or find)
        for node in nodes:
            value = reading.read_node(node, node.name, post, keep_empty=stay)
            if value is not MISSING:
                merged[node.name] = value
        if add:
            self._add_item(merged, add)
        if remove:
            self._remove_item(merged, remove)
        if stay:
            searches = {find: reading.text(post, f"{find}.q")} if find else {}
            return Reading(merged, [], stay=True, searches=searches)
        problems = [
            problem
            for problem in self.validate(merged)
            if page is None or problem.path.split(".")[0] in names
        ]
        # A place that was typed but not chosen: its finds are shown with the problem.
        searches = {
            node.name: typed
            for node in nodes
            if node.widget == "region"
            and node.name not in merged
            and (typed := reading.text(post, f"{node.name}.q"))
        }
        return Reading(merged, problems, searches=searches)

    def bind(
        self,
        data: Mapping[str, Any] | None = None,
        page: str | None = None,
        *,
        problems: Sequence[FieldProblem] = (),
        prefill: Mapping[str, Any] | None = None,
        searches: Mapping[str, str] | None = None,
    ) -> BoundForm:
        """The form with answers, ready to be shown. Wrong types in the data are shown as text.

        `prefill` fills what is empty on a page that is opened; after a request (with problems) and
        in the summary it only says where equal values come from.
        """
        opens = page is not None and not problems and searches is None
        answers = self.prefilled(data or {}, prefill or {}) if opens else dict(data or {})
        asked, pages = self._asked(answers)
        return BoundForm(
            definition=self,
            data=asked,
            page=self.page(page) if page is not None else None,
            visible=tuple(pages),
            problems=tuple(problems),
            prefill={
                key: known
                for key, value in (prefill or {}).items()
                if (known := as_prefilled(value)) is not None
            },
            searches=dict(searches or {}),
        )

    # inside

    def _build_pages(self) -> tuple[FormPage, ...]:
        pages: list[FormPage] = []
        placed: set[str] = set()
        for raw in self.schema.get("x-pages", []):
            names = raw.get("fields", [])
            unknown = [name for name in names if name not in self._by_name]
            twice = [name for name in names if name in placed]
            if unknown or twice:
                raise DefinitionError(f"page {raw.get('id')}: unknown {unknown}, twice {twice}")
            placed.update(names)
            show_if = raw.get("show_if")
            pages.append(
                FormPage(
                    id=str(raw["id"]),
                    title=raw.get("title", ""),
                    nodes=tuple(self._by_name[name] for name in names),
                    hint=raw.get("hint", ""),
                    show_if=condition(show_if, f"page {raw['id']}") if show_if else None,
                )
            )
        for node in self.nodes:
            if node.name not in placed:
                pages.append(FormPage(id=node.name, title=node.title, nodes=(node,)))
        if len({page.id for page in pages}) != len(pages):
            raise DefinitionError("two pages have one id")
        return tuple(pages)

    def _in_page_order(self) -> Iterator[Node]:
        for page in self._pages:
            yield from page.nodes

    def _nodes_of(self, page_id: str | None) -> tuple[Node, ...]:
        if page_id is None:
            return tuple(self._in_page_order())
        page = self.page(page_id)
        if page is None:
            raise KeyError(page_id)
        return page.nodes

    def _asked(self, data: Mapping[str, Any]) -> tuple[Data, list[FormPage]]:
        """Answers and pages that count, page by page: a hidden page's answers decide nothing."""
        context: Data = {node.name: _filled(node, None) for node in self.nodes}
        kept: Data = _unknown(data, self._by_name)
        shown: list[FormPage] = []
        for page in self._pages:
            if page.show_if is not None and not page.show_if.holds(context):
                continue
            before = len(kept)
            asked = 0
            for node in page.nodes:
                if node.show_if is not None and not node.show_if.holds(context):
                    continue
                asked += 1
                if node.name in data:
                    kept[node.name] = _without_hidden(node, data[node.name], context)
                    context[node.name] = _filled(node, kept[node.name])
            if asked or len(kept) > before or not page.nodes:
                shown.append(page)
        return kept, shown

    def is_asked(self, path: str, data: Mapping[str, Any]) -> bool:
        """Whether the field at a concrete path is asked, given the answers."""
        asked, pages = self._asked(data)
        parts = path.split(".")
        if not any(parts[0] in page.names for page in pages):
            return False
        context = {node.name: _filled(node, asked.get(node.name)) for node in self.nodes}
        node: Node | None = self._by_name.get(parts[0])
        value: Any = asked.get(parts[0])
        for part in [*parts[1:], ""]:
            if node is None:
                return True
            if node.show_if is not None and not node.show_if.holds(context):
                return False
            if node.kind == "group":
                node, value = node.child(part), value.get(part) if isinstance(value, dict) else None
            elif node.kind == "list" and part.isdigit():
                items = value if isinstance(value, list) else []
                value = items[int(part)] if int(part) < len(items) else None
                node = node.item
                context = {**context, "item": _filled(node, value)}
            else:
                return True
        return True

    def _plain(self, error: Any, data: Mapping[str, Any]) -> Iterator[FieldProblem]:
        path = ".".join(str(part) for part in error.instance_path)
        kind = error.kind
        if kind.name == "required":
            path = f"{path}.{kind.property}".lstrip(".")
            node = self.node_at(path)
            if node is None:
                yield plain_problem(path, None, kind)
            elif self.is_asked(path, data):
                yield missing(path, node)
            return
        node = self.node_at(path) if path else None
        if node is not None:
            path = self._leaf_path(path)
        if kind.name in {"additionalProperties", "unevaluatedProperties"}:
            yield plain_problem(path, None, kind)
            return
        yield plain_problem(path, node, kind)

    def _leaf_path(self, path: str) -> str:
        """A problem inside a leaf's value (one of several choices) belongs to the leaf."""
        parts = path.split(".")
        for length in range(1, len(parts) + 1):
            node = self.node_at(".".join(parts[:length]))
            if node is not None and node.kind == "leaf":
                return ".".join(parts[:length])
        return path

    def _list_at(self, data: Data, path: str) -> list[Any] | None:
        node = self.node_at(path)
        if node is None or node.kind != "list":
            return None
        parts = path.split(".")
        holder: Any = data
        for part in parts[:-1]:
            holder = _step(holder, part)
        if not isinstance(holder, dict):
            return None
        items = holder.setdefault(parts[-1], [])
        return items if isinstance(items, list) else None

    def _add_item(self, data: Data, path: str) -> None:
        items = self._list_at(data, path)
        node = self.node_at(path)
        if items is None or node is None:
            return
        if len(items) < min(int(node.schema.get("maxItems", reading.ITEMS_MAX)), reading.ITEMS_MAX):
            items.append({} if node.item.kind == "group" else "")

    def _remove_item(self, data: Data, path: str) -> None:
        parent, _dot, index = path.rpartition(".")
        items = self._list_at(data, parent) if parent else None
        if items is not None and index.isascii() and index.isdigit() and int(index) < len(items):
            del items[int(index)]


def _step(holder: Any, part: str) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    if isinstance(holder, list) and part.isdigit() and int(part) < len(holder):
        return holder[int(part)]
    return None


def _unknown(data: Mapping[str, Any], known: Mapping[str, Node]) -> Data:
    return {key: value for key, value in data.items() if key not in known}


def _filled(node: Node, value: Any) -> Any:
    """A value for conditions: every declared part is there, as null where it has no answer."""
    if node.kind == "group":
        given = value if isinstance(value, Mapping) else {}
        return {child.name: _filled(child, given.get(child.name)) for child in node.children}
    if node.kind == "list":
        given_items = value if isinstance(value, list) else []
        return [_filled(node.item, item) for item in given_items]
    return value


def _without_hidden(node: Node, value: Any, context: Mapping[str, Any]) -> Any:
    if node.kind == "group" and isinstance(value, Mapping):
        hidden = {
            child.name
            for child in node.children
            if child.show_if is not None
            and not child.show_if.holds({**context, node.name: _filled(node, value)})
        }
        by_name = {child.name: child for child in node.children}
        return {
            key: _without_hidden(by_name[key], item, context) if key in by_name else item
            for key, item in value.items()
            if key not in hidden
        }
    if node.kind == "list" and isinstance(value, list):
        return [
            _without_hidden(node.item, item, {**context, "item": _filled(node.item, item)})
            for item in value
        ]
    return value


def _leaves(
    nodes: Iterable[Node], data: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, Node, Any]]:
    for node in nodes:
        if node.name in data:
            yield from _leaves_of(node, f"{prefix}{node.name}", data[node.name])


def _leaves_of(node: Node, path: str, value: Any) -> Iterator[tuple[str, Node, Any]]:
    if node.kind == "leaf":
        yield path, node, value
    elif node.kind == "group" and isinstance(value, Mapping):
        yield from _leaves(node.children, value, f"{path}.")
    elif node.kind == "list" and isinstance(value, list):
        for index, item in enumerate(value[: reading.ITEMS_MAX]):
            yield from _leaves_of(node.item, f"{path}.{index}", item)


def _check_leaf(path: str, node: Node, value: Any) -> FieldProblem | None:
    """What a schema cannot say: check characters, real phone numbers, divisions that exist."""
    label = label_of(node)
    if node.widget == "date" and (not isinstance(value, str) or not reading.is_date(value)):
        text = _("%(label)s is not a date of the calendar") % {"label": label}
        return own_problem(path, node, "date", text)
    if isinstance(value, str) and len(value) > reading.TEXT_CHARACTERS_MAX:
        limit = {"label": label, "limit": reading.TEXT_CHARACTERS_MAX}
        text = _("%(label)s: at most %(limit)s characters") % limit
        return own_problem(path, node, "max_length", text)
    if not isinstance(value, str):
        return None
    if node.widget == "phone" and not reading.is_phone(value):
        text = _(
            "%(label)s is not a telephone number of the mainland, Hong Kong (+852) or Macao (+853)"
        )
        return own_problem(path, node, "phone", text % {"label": label})
    check = check_for(node.widget)
    if check is not None and not check(value):
        text = _("%(label)s has a typing error: the check character does not fit")
        return own_problem(path, node, node.widget, text % {"label": label})
    if node.widget == "region":
        return _check_region(path, node, value)
    return None


def _check_region(path: str, node: Node, value: str) -> FieldProblem | None:
    source = region_source()
    if source is None:
        return None
    wanted = node.schema.get("x-region", {})
    root = str(wanted.get("root", DEFAULT_REGION_ROOT))
    chain = [choice.code for choice in source.path(value)]
    label = {"label": label_of(node)}
    if root not in chain:
        return own_problem(path, node, "region", _("%(label)s: this place is not known") % label)
    depth = len(chain) - 1 - chain.index(root)
    if depth < int(wanted.get("depth", 1)) and source.path(value)[-1].has_children:
        text = _("%(label)s: choose one level more") % label
        return own_problem(path, node, "region_incomplete", text)
    return None


def _prefill(nodes: Iterable[Node], data: Mapping[str, Any], prefill: Mapping[str, Any]) -> Data:
    filled: Data = {}
    for node in nodes:
        value = data.get(node.name, MISSING)
        if node.kind == "group" and (value is MISSING or isinstance(value, Mapping)):
            given = value if isinstance(value, Mapping) else {}
            inner = {**_prefill(node.children, given, prefill)}
            inner.update({key: item for key, item in given.items() if key not in inner})
            if inner or value is not MISSING:
                filled[node.name] = inner
            continue
        if value is MISSING and node.prefill:
            known = as_prefilled(prefill.get(node.prefill))
            if known is not None and known.value not in (None, ""):
                value = known.value
        if value is not MISSING:
            filled[node.name] = value
    return filled
