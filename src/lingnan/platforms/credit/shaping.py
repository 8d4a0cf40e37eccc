"""The contents of rules as flat lines a person can read and change, and their checks. Pure.

A new version has the shape of the one before: the same names, the same types; lists of lines may
grow or shrink. What the numbers mean is checked by kind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lingnan.kernel.errors import FieldProblem, Refusal
from lingnan.standards.agencies.types import AgencyKind

from .types import Grade, RecordKind, RuleKind
from .units import fen_from_wan, wan_from_fen

MONTHS_MAX = 600
NULLABLE = frozenset({"repair_after_months"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentLine:
    """One value of a content: where it stands, its type, and its text in a form."""

    path: str
    kind: str
    text: str


def lines(content: Any, path: str = "") -> list[ContentLine]:
    """Every value in the order of the content; amounts in 万元, lists with 、 between."""
    return list(_lines(content, path))


def _lines(value: Any, path: str) -> Iterator[ContentLine]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _lines(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for place, inner in enumerate(value):
            yield from _lines(inner, f"{path}.{place}")
    elif isinstance(value, list):
        yield ContentLine(path=path, kind="list", text="、".join(str(item) for item in value))
    elif isinstance(value, bool):
        yield ContentLine(path=path, kind="bool", text="yes" if value else "no")
    elif is_amount(path):
        yield ContentLine(path=path, kind="amount", text=wan_from_fen(int(value)))
    elif isinstance(value, int) or value is None:
        yield ContentLine(path=path, kind="int", text="" if value is None else str(value))
    else:
        yield ContentLine(path=path, kind="str", text=str(value))


def is_amount(path: str) -> bool:
    return any(part.endswith("_fen") for part in path.split("."))


def read_lines(
    before: Any, typed: Mapping[str, str], path: str = ""
) -> tuple[Any, list[FieldProblem]]:
    """The content as typed, line by line; what was not typed stays as before."""
    problems: list[FieldProblem] = []
    return _read(before, typed, path, problems), problems


def _read(value: Any, typed: Mapping[str, str], path: str, problems: list[FieldProblem]) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _read(inner, typed, f"{path}.{name}" if path else str(name), problems)
            for name, inner in value.items()
        }
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [
            _read(inner, typed, f"{path}.{place}", problems) for place, inner in enumerate(value)
        ]
    if path not in typed:
        return value
    text = typed[path].strip()
    if isinstance(value, list):
        return [item.strip() for item in text.replace(",", "、").split("、") if item.strip()]
    if isinstance(value, bool):
        return text == "yes"
    try:
        if is_amount(path):
            return fen_from_wan(text)
        if isinstance(value, int) or value is None:
            if not text and path in NULLABLE:
                return None
            return int(text)
    except (ValueError, Refusal):
        problems.append(FieldProblem(path, "credit.rule_content_wrong", text[:40]))
        return value
    return text


def shape_problems(before: Any, given: Any, path: str = "") -> list[FieldProblem]:
    """Where a content is not of the shape of the one before."""
    if isinstance(before, Mapping):
        if not isinstance(given, Mapping) or set(given) != set(before):
            return [_wrong(path, "the same names as before")]
        return [
            problem
            for name in before
            for problem in shape_problems(before[name], given[name], f"{path}.{name}".lstrip("."))
        ]
    if isinstance(before, list):
        if not isinstance(given, list) or len(given) > 100:
            return [_wrong(path, "a list")]
        if before and isinstance(before[0], Mapping):
            if not given:
                return [_wrong(path, "at least one line")]
            return [
                problem
                for place, inner in enumerate(given)
                for problem in shape_problems(before[0], inner, f"{path}.{place}")
            ]
        bad = [item for item in given if not isinstance(item, str) or not 0 < len(item) <= 100]
        return [_wrong(path, "a list of words")] if bad else []
    if path in NULLABLE:
        is_fit = given is None or type(given) is int
    else:
        is_fit = type(given) is type(before)
    if not is_fit or (isinstance(given, str) and len(given) > 2000):
        return [_wrong(path, type(before).__name__)]
    return []


def meaning_problems(kind: str, content: Mapping[str, Any]) -> list[FieldProblem]:
    """What the values may be, by what they are called."""
    found = []
    for line in lines(content):
        name = line.path.rpartition(".")[2]
        if name in {"points", "cap", "base_points", "from"}:
            low, high = -10_000, 10_000
        elif line.kind == "int":
            low, high = (1 if name in {"term_months", "count"} else 0), MONTHS_MAX
        else:
            continue
        if line.text and not low <= int(line.text) <= high:
            found.append(_wrong(line.path, f"{low}-{high}"))
    found += [
        _wrong(f"grades.{grade}.max_months", "min_months <= max_months")
        for grade, terms in _terms(content)
        if terms["min_months"] > terms["max_months"]
    ]
    if kind == RuleKind.SCORECARD:
        found += _indicator_problems(content)
    if kind == RuleKind.MEASURE:
        known = set(AgencyKind.values)
        if not content["executor_kinds"] or set(content["executor_kinds"]) - known:
            found.append(_wrong("executor_kinds", "、".join(sorted(known))))
    for name in ("legal_basis", "catalogue", "exit_conditions", "remedy"):
        if name in content and not str(content[name]).strip():
            found.append(_wrong(name, "not empty"))
    return found


def _terms(content: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    grades = content.get("grades")
    return list(grades.items()) if isinstance(grades, Mapping) else []


def _indicator_problems(content: Mapping[str, Any]) -> list[FieldProblem]:
    found = []
    for place, item in enumerate(content["indicators"]):
        if item["kind"] not in RecordKind.values:
            found.append(_wrong(f"indicators.{place}.kind", "、".join(RecordKind.values)))
        if item["grade"] and item["grade"] not in Grade.values:
            found.append(_wrong(f"indicators.{place}.grade", "、".join(Grade.values)))
        if item["points"] * item["cap"] < 0:
            found.append(_wrong(f"indicators.{place}.cap", "the sign of the points"))
    return found


def _wrong(path: str, wanted: str) -> FieldProblem:
    return FieldProblem(path or "content", "credit.rule_content_wrong", wanted)
