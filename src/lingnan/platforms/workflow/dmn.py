"""Decision tables: read DMN XML, check them for gaps and overlaps, evaluate them.

Hit policies unique, first and collect (with sum, min, max, count). Input cells are unary tests of
S-FEEL (numbers, strings, booleans, dates; comparisons, ranges, lists, not); input expressions and
output cells are CEL. Source: OMG DMN 1.3, chapters 8 and 9.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from .errors import NoRuleMatched, SeveralRulesMatched
from .expressions import Expression, ExpressionInvalid, compile_expression
from .reading import child, children, local, read_xml, split_name
from .types import DefinitionProblem

POLICIES = ("UNIQUE", "FIRST", "COLLECT")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")
CELLS_MAX = 100_000
EXAMPLES_MAX = 20

Value = Decimal | str | bool | date
Predicate = Callable[[Any], bool]


class CellInvalid(ValueError):
    """A cell is not a unary test."""


@dataclass(frozen=True, slots=True)
class UnaryTest:
    """One input cell: whether a value fits, and the points where that changes."""

    text: str
    predicate: Predicate
    points: tuple[Value, ...] = ()

    def __call__(self, value: Any) -> bool:
        return self.predicate(comparable(value))


@dataclass(frozen=True, slots=True)
class Input:
    label: str
    expression: Expression
    kind: str  # number, integer, string, boolean, date, or "" where it is not declared
    allowed: UnaryTest | None


@dataclass(frozen=True, slots=True)
class Rule:
    number: int
    tests: tuple[UnaryTest, ...]
    outputs: tuple[Expression, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table, ready to be asked."""

    key: str
    name: dict[str, str]
    policy: str
    aggregation: str
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    rules: tuple[Rule, ...]
    defaults: tuple[Expression, ...] = ()

    def matching(self, facts: Mapping[str, Any]) -> list[Rule]:
        values = [column.expression(facts) for column in self.inputs]
        found = []
        for rule in self.rules:
            if all(test(value) for test, value in zip(rule.tests, values, strict=True)):
                found.append(rule)
                if self.policy == "FIRST":
                    break
        return found

    def evaluate(self, facts: Mapping[str, Any]) -> tuple[Any, tuple[int, ...]]:
        """The answer and the numbers of the rules that gave it.

        One output column gives its value, several a dict by name; collect gives a list or, with an
        aggregation, a number. Raises: NoRuleMatched, SeveralRulesMatched, ExpressionFailed.
        """
        rules = self.matching(facts)
        numbers = tuple(rule.number for rule in rules)
        if self.policy == "COLLECT":
            answers = [self._answer(rule.outputs, facts) for rule in rules]
            return self._aggregate(answers), numbers
        if len(rules) > 1:
            raise SeveralRulesMatched(decision=self.key, rules=", ".join(map(str, numbers)))
        if rules:
            return self._answer(rules[0].outputs, facts), numbers
        if self.defaults:
            return self._answer(self.defaults, facts), ()
        raise NoRuleMatched(decision=self.key)

    def _answer(self, cells: Sequence[Expression], facts: Mapping[str, Any]) -> Any:
        values = [cell(facts) for cell in cells]
        return values[0] if len(values) == 1 else dict(zip(self.outputs, values, strict=True))

    def _aggregate(self, answers: list[Any]) -> Any:
        if not self.aggregation:
            return answers
        if self.aggregation == "COUNT":
            return len(answers)
        if self.aggregation == "SUM":
            return sum(answers)
        if not answers:
            raise NoRuleMatched(decision=self.key)
        return min(answers) if self.aggregation == "MIN" else max(answers)


@dataclass(slots=True)
class _Reading:
    problems: list[DefinitionProblem] = field(default_factory=list)

    def wrong(self, element: str, code: str, message: str) -> None:
        self.problems.append(DefinitionProblem(element=element, code=code, message=message))


def comparable(value: Any) -> Any:
    """A fact as the tests compare it: numbers exact, dates as dates."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RANGE = re.compile(r"([\[\](])\s*(.+?)\s*\.\.\s*(.+?)\s*([\[\])])")
_COMPARISON = re.compile(r"(<=|>=|<|>|!=|=)\s*(.+)", re.DOTALL)
_ANY = UnaryTest("-", lambda value: True)


@lru_cache(maxsize=5000)
def unary_test(text: str) -> UnaryTest:
    """Read one input cell. Raises: CellInvalid."""
    text = text.strip()
    if text in {"", "-"}:
        return _ANY
    if text.startswith("not(") and text.endswith(")"):
        inner = unary_test(text[4:-1])
        return UnaryTest(text, lambda value: not inner.predicate(value), inner.points)
    parts = [_single(part) for part in _split(text)]
    if len(parts) == 1:
        return UnaryTest(text, parts[0].predicate, parts[0].points)
    points = tuple(point for part in parts for point in part.points)
    return UnaryTest(text, lambda value: any(part.predicate(value) for part in parts), points)


def _split(text: str) -> list[str]:
    """Split at commas outside strings."""
    parts, quoted, current = [], False, ""
    for character in text:
        if character == '"':
            quoted = not quoted
        if character == "," and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    if quoted or any(not part.strip() for part in parts):
        raise CellInvalid(text)
    return [part.strip() for part in parts]


def _single(text: str) -> UnaryTest:
    found = _RANGE.fullmatch(text)
    if found:
        low: Any = _literal(found[2])
        high: Any = _literal(found[3])
        if type(low) is not type(high) or isinstance(low, bool | str) or low > high:
            raise CellInvalid(text)
        low_closed, high_closed = found[1] == "[", found[4] == "]"

        def inside(value: Any) -> bool:
            if type(value) is not type(low):
                return False
            above = value >= low if low_closed else value > low
            return bool(above and (value <= high if high_closed else value < high))

        return UnaryTest(text, inside, (low, high))
    found = _COMPARISON.fullmatch(text)
    if found:
        return _comparison(text, found[1], _literal(found[2]))
    literal = _literal(text)
    return UnaryTest(text, lambda value: _same(value, literal), (literal,))


def _comparison(text: str, sign: str, literal: Value) -> UnaryTest:
    if sign == "=":
        return UnaryTest(text, lambda value: _same(value, literal), (literal,))
    if sign == "!=":
        return UnaryTest(text, lambda value: not _same(value, literal), (literal,))
    if isinstance(literal, bool | str):
        raise CellInvalid(text)
    compare: dict[str, Predicate] = {
        "<": lambda value: value < literal,
        "<=": lambda value: value <= literal,
        ">": lambda value: value > literal,
        ">=": lambda value: value >= literal,
    }
    chosen = compare[sign]
    return UnaryTest(text, lambda value: type(value) is type(literal) and chosen(value), (literal,))


def _same(value: Any, literal: Value) -> bool:
    return type(value) is type(literal) and value == literal


def _literal(text: str) -> Value:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        found = comparable(text[1:-1])
        return found if isinstance(found, date) else text[1:-1]
    if text in {"true", "false"}:
        return text == "true"
    found_date = re.fullmatch(r'date\("(\d{4}-\d{2}-\d{2})"\)', text)
    try:
        if found_date:
            return date.fromisoformat(found_date[1])
        number = Decimal(text)
    except (InvalidOperation, ValueError) as error:
        raise CellInvalid(text) from error
    if not number.is_finite():
        raise CellInvalid(text)
    return number


def read_decision(source: str | bytes) -> tuple[Table | None, list[DefinitionProblem]]:
    """Read and check one decision; the table is None while there are problems."""
    reading = _Reading()
    root = read_xml(source, reading.wrong)
    if root is None:
        return None, reading.problems
    decisions = [node for node in root.iter() if local(node) == "decision"]
    if len(decisions) != 1:
        reading.wrong("", "one_decision", _("The file must hold exactly one decision."))
        return None, reading.problems
    table = _read_table(decisions[0], reading)
    if table is not None and not reading.problems:
        _check_complete(table, reading)
    return (None if reading.problems else table), reading.problems


def _read_table(decision: etree._Element, reading: _Reading) -> Table | None:
    key = decision.get("id", "")
    node = child(decision, "decisionTable")
    if node is None:
        reading.wrong(key, "no_table", _("The decision has no decision table."))
        return None
    policy = node.get("hitPolicy", "UNIQUE").upper()
    aggregation = node.get("aggregation", "").upper()
    if policy not in POLICIES:
        reading.wrong(
            key, "hit_policy", _("The hit policy must be one of: %s.") % ", ".join(POLICIES)
        )
    if aggregation and (policy != "COLLECT" or aggregation not in AGGREGATIONS):
        reading.wrong(key, "aggregation", _("This aggregation is not supported."))
    inputs = tuple(_read_input(item, reading) for item in children(node, "input"))
    outputs = tuple(
        item.get("name") or item.get("label") or "" for item in children(node, "output")
    )
    if not inputs or not outputs or not all(outputs) or len(set(outputs)) != len(outputs):
        reading.wrong(
            key, "columns", _("A table needs inputs, and outputs with names that differ.")
        )
        return None
    defaults = [
        _cel(_text(entry), item.get("id", ""), reading)
        for item in children(node, "output")
        for entry in children(item, "defaultOutputEntry")
    ]
    rules = [
        rule
        for number, item in enumerate(children(node, "rule"), start=1)
        if (rule := _read_rule(item, number, len(inputs), len(outputs), reading)) is not None
    ]
    if not rules:
        reading.wrong(key, "no_rules", _("The table has no rules."))
    if len(defaults) not in {0, len(outputs)}:
        reading.wrong(key, "defaults", _("Give a default for every output or for none."))
    return Table(
        key=key,
        name=split_name(decision.get("name", key)),
        policy=policy,
        aggregation=aggregation,
        inputs=inputs,
        outputs=outputs,
        rules=tuple(rules),
        defaults=tuple(defaults),
    )


_KINDS = {
    "number": "number",
    "double": "number",
    "decimal": "number",
    "long": "integer",
    "integer": "integer",
    "int": "integer",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
}


def _read_input(node: etree._Element, reading: _Reading) -> Input:
    expression = child(node, "inputExpression")
    element = node.get("id", "") or node.get("label", "")
    kind_text = "" if expression is None else expression.get("typeRef", "")
    kind = _KINDS.get(kind_text.split(":")[-1].lower(), "")
    if kind_text and not kind:
        reading.wrong(element, "input_type", _("The type “%s” is not supported.") % kind_text)
    allowed_node = child(node, "inputValues")
    allowed = None
    if allowed_node is not None and _text(allowed_node):
        allowed = _test(_text(allowed_node), element, reading)
    text = "" if expression is None else _text(expression)
    return Input(node.get("label", text), _cel(text, element, reading), kind, allowed)


def _read_rule(
    node: etree._Element, number: int, inputs: int, outputs: int, reading: _Reading
) -> Rule | None:
    element = node.get("id") or str(number)
    tests = tuple(_test(_text(cell), element, reading) for cell in children(node, "inputEntry"))
    results = tuple(_cel(_text(cell), element, reading) for cell in children(node, "outputEntry"))
    if len(tests) != inputs or len(results) != outputs:
        reading.wrong(element, "rule_cells", _("Rule %s has not one cell per column.") % number)
        return None
    note = child(node, "description")
    return Rule(number, tests, results, "" if note is None else (note.text or "").strip())


def _text(node: etree._Element) -> str:
    inner = child(node, "text")
    return ((inner if inner is not None else node).text or "").strip()


def _test(text: str, element: str, reading: _Reading) -> UnaryTest:
    try:
        return unary_test(text)
    except CellInvalid:
        reading.wrong(element, "cell", _("The cell “%s” is not a test.") % text)
        return _ANY


def _cel(text: str, element: str, reading: _Reading) -> Expression:
    try:
        return compile_expression(text)
    except ExpressionInvalid:
        reading.wrong(element, "expression", _("“%s” is not an expression.") % text)
        return compile_expression("null")


# --- gaps and overlaps -------------------------------------------------------------------------


def _check_complete(table: Table, reading: _Reading) -> None:
    """Ask the table about one value out of every cell its rules can tell apart."""
    domains = [
        _domain(column, [rule.tests[index] for rule in table.rules])
        for index, column in enumerate(table.inputs)
    ]
    size = 1
    for domain in domains:
        size *= max(len(domain), 1)
    if size > CELLS_MAX:
        reading.wrong(
            table.key,
            "too_large",
            _("The table tells more than %s situations apart; split it in two.") % CELLS_MAX,
        )
        return
    gaps: list[str] = []
    overlaps: dict[tuple[int, ...], str] = {}
    used: set[int] = set()
    for values in product(*domains):
        hits = [
            rule.number
            for rule in table.rules
            if all(test.predicate(value) for test, value in zip(rule.tests, values, strict=True))
        ]
        used.update(hits[:1] if table.policy == "FIRST" else hits)
        if not hits and table.policy != "COLLECT" and not table.defaults:
            gaps.append(_situation(table, values))
        if len(hits) > 1 and table.policy == "UNIQUE":
            overlaps.setdefault(tuple(hits), _situation(table, values))
    for situation in gaps[:EXAMPLES_MAX]:
        reading.wrong(table.key, "gap", _("No rule covers: %s.") % situation)
    for hits_, situation in list(overlaps.items())[:EXAMPLES_MAX]:
        reading.wrong(
            table.key,
            "overlap",
            _("Rules %(rules)s both cover: %(situation)s.")
            % {"rules": ", ".join(map(str, hits_)), "situation": situation},
        )
    for rule in table.rules:
        if rule.number not in used:
            reading.wrong(table.key, "unreachable", _("Rule %s can never apply.") % rule.number)


def _situation(table: Table, values: Sequence[Any]) -> str:
    other = _("any other value")
    return "; ".join(
        f"{column.label} = {other if isinstance(value, _Other) else value}"
        for column, value in zip(table.inputs, values, strict=True)
    )


class _Other:
    """A value of an open list that no rule names."""


def _domain(column: Input, tests: Sequence[UnaryTest]) -> list[Any]:
    """One value for each stretch of the column that the rules tell apart."""
    points = {point for test in tests for point in test.points}
    if column.allowed is not None:
        points.update(column.allowed.points)
    values = list(_representatives(column.kind, points))
    if column.allowed is not None:
        allowed = column.allowed
        return [v for v in values if not isinstance(v, _Other) and allowed.predicate(v)]
    return values


def _representatives(kind: str, points: set[Value]) -> Iterator[Any]:
    if kind == "boolean" or (points and all(isinstance(point, bool) for point in points)):
        yield from (True, False)
        return
    numbers = sorted(p for p in points if isinstance(p, Decimal))
    days = sorted(p for p in points if isinstance(p, date))
    texts = sorted(p for p in points if isinstance(p, str))
    if numbers:
        yield from _around(numbers, Decimal(1), whole=kind == "integer")
    if days:
        yield from map(
            date.fromordinal,
            map(int, _around([Decimal(d.toordinal()) for d in days], Decimal(1), whole=True)),
        )
    if texts or not (numbers or days):
        yield from texts
        yield _Other()


def _around(points: list[Decimal], step: Decimal, *, whole: bool) -> Iterator[Decimal]:
    yield points[0] - step
    for low, high in pairwise(points):
        yield low
        if whole:
            between = low.to_integral_value(rounding="ROUND_FLOOR") + 1
            if between < high:
                yield between
        else:
            yield (low + high) / 2
    yield points[-1]
    yield points[-1] + step
