"""Decision tables: what they answer, and the gaps and overlaps found when published."""

from datetime import date, datetime
from typing import Any

import pytest

from lingnan.kernel.actors import SYSTEM, Actor
from lingnan.kernel.errors import Forbidden
from lingnan.platforms.workflow import errors, services
from lingnan.platforms.workflow.dmn import CellInvalid, read_decision, unary_test


def table(
    rules: list[tuple[list[str], list[str]]],
    *,
    inputs: list[tuple[str, str, str]] | None = None,
    outputs: tuple[str, ...] = ("fee",),
    policy: str = "UNIQUE",
    extra: str = "",
) -> str:
    """DMN XML. `inputs`: (expression, type, allowed values)."""
    columns = "".join(
        f'<input id="i{n}" label="{text}"><inputExpression typeRef="{kind}"><text>{text}</text>'
        f"</inputExpression>{f'<inputValues><text>{ok}</text></inputValues>' if ok else ''}</input>"
        for n, (text, kind, ok) in enumerate(inputs or [("area", "number", "")])
    )
    heads = "".join(f'<output id="o_{name}" name="{name}"/>' for name in outputs)
    rows = "".join(
        f'<rule id="r{n}">'
        + "".join(f"<inputEntry><text>{escape(c)}</text></inputEntry>" for c in cells)
        + "".join(f"<outputEntry><text>{escape(c)}</text></outputEntry>" for c in results)
        + "</rule>"
        for n, (cells, results) in enumerate(rules)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="t" namespace="t">'
        f'<decision id="fee" name="费用 | Fee"><decisionTable hitPolicy="{policy}" {extra}>'
        f"{columns}{heads}{rows}</decisionTable></decision></definitions>"
    )


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@pytest.mark.parametrize(
    ("cell", "fits", "not_fits"),
    [
        ("-", [1, "x", None], []),
        ("5", [5, 5.0], [4, "5", None, True]),
        ("< 5", [4.99], [5, "a", None]),
        ("[1..5]", [1, 3, 5], [0.9, 5.1]),
        ("]1..5[", [1.1], [1, 5]),
        ("(1..5]", [5], [1]),
        ('"a","b"', ["a", "b"], ["c", None]),
        ('not("a")', ["b", None, 1], ["a"]),
        ("true", [True], [False, 1]),
        (">= 18, < 3", [18, 2], [3, 17]),
        ('date("2026-01-01")', ["2026-01-01"], ["2026-01-02"]),
        ('< date("2026-03-01")', ["2026-02-28"], ["2026-03-01"]),
    ],
)
def test_unary_tests(cell: str, fits: list[Any], not_fits: list[Any]) -> None:
    test = unary_test(cell)
    assert all(test(value) for value in fits)
    assert not any(test(value) for value in not_fits)


@pytest.mark.parametrize("cell", ["abc", "[5..1]", '"a', "1,,2", "< true", "__import__('os')"])
def test_cells_that_are_no_tests(cell: str) -> None:
    with pytest.raises(CellInvalid):
        unary_test(cell)


def codes(xml: str) -> list[str]:
    return [problem.code for problem in read_decision(xml)[1]]


@pytest.mark.parametrize(
    ("cells", "kind", "found"),
    [
        (["< 10", ">= 10"], "number", []),
        (["< 10", "> 10"], "number", ["gap"]),
        (["<= 10", ">= 10"], "number", ["overlap"]),
        (["[0..10]", "[11..20]", "< 0", "> 20"], "integer", []),
        (["[0..10]", "[11..20]", "< 0", "> 20"], "number", ["gap"]),
        (["true", "false"], "boolean", []),
        (["true"], "boolean", ["gap"]),
        (['"a"', 'not("a")'], "string", []),
        (['"a"', '"b"'], "string", ["gap"]),
        (["-", "1"], "number", ["overlap"]),
    ],
)
def test_gaps_and_overlaps_of_one_column(cells: list[str], kind: str, found: list[str]) -> None:
    xml = table([([cell], ["1"]) for cell in cells], inputs=[("x", kind, "")])
    assert codes(xml) == found


def test_gaps_are_found_across_columns() -> None:
    columns = [("kind", "string", '"new","old"'), ("area", "number", "[0..1000]")]
    rules = [
        (['"new"', "<= 100"], ["1"]),
        (['"new"', "> 100"], ["2"]),
        (['"old"', "<= 500"], ["3"]),
    ]
    _table, problems = read_decision(table(rules, inputs=columns))
    assert [p.code for p in problems] == ["gap", "gap", "gap"] or all(
        p.code == "gap" for p in problems
    )
    assert all("old" in p.message for p in problems)
    assert codes(table([*rules, (['"old"', "> 500"], ["4"])], inputs=columns)) == []


def test_a_rule_that_never_applies_is_named() -> None:
    rules = [(["-"], ["1"]), (["5"], ["2"])]
    assert codes(table(rules, policy="FIRST")) == ["unreachable"]


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<a", "not_xml"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "entities"),
        ("<definitions/>", "one_decision"),
        (table([(["-"], ["1"])], policy="RULE ORDER"), "hit_policy"),
        (table([(["-"], ["1 +"])]), "expression"),
        (table([(["abc"], ["1"])]), "cell"),
        (table([(["-", "-"], ["1"])]), "rule_cells"),
        (table([]), "no_rules"),
    ],
)
def test_files_that_cannot_be_published(xml: str, code: str) -> None:
    assert code in codes(xml)


@pytest.mark.django_db
def test_tables_answer_by_the_day_of_the_fact(at: datetime) -> None:
    old = table([(["<= 100"], ["1000"]), (["> 100"], ["area * 20.0"])])
    new = table([(["-"], ["0"])])
    services.publish_decision(key="fee", dmn=old, actor=SYSTEM, at=at)
    services.publish_decision(
        key="fee", dmn=new, actor=SYSTEM, at=at, effective_from=date(2027, 1, 1)
    )
    assert services.evaluate("fee", {"area": 50.0}, at=at).value == 1000
    large = services.evaluate("fee", {"area": 150.0}, at=at)
    assert (large.value, large.rules, large.version) == (3000.0, (2,), 1)
    assert services.evaluate("fee", {"area": 150.0}, at=date(2027, 1, 1)).value == 0
    with pytest.raises(errors.NoRuleMatched):
        services.evaluate("fee", {}, at=at)
    with pytest.raises(errors.DecisionUnknown):
        services.evaluate("nothing", {}, at=at)


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [("", [10, 5]), ("SUM", 15), ("MIN", 5), ("MAX", 10), ("COUNT", 2)],
)
def test_collect(aggregation: str, value: Any) -> None:
    extra = f'aggregation="{aggregation}"' if aggregation else ""
    rules = [(["> 0"], ["10"]), (["> 5"], ["5"]), (["> 100"], ["1"])]
    found, problems = read_decision(table(rules, policy="COLLECT", extra=extra))
    assert problems == [] and found is not None
    assert found.evaluate({"area": 7}) == (value, (1, 2))


def test_several_outputs_are_a_dict() -> None:
    found, _problems = read_decision(table([(["-"], ["1", '"窗口"'])], outputs=("fee", "route")))
    assert found is not None
    assert found.evaluate({})[0] == {"fee": 1, "route": "窗口"}


@pytest.mark.django_db
def test_publishing_needs_the_right_and_a_sound_table(at: datetime) -> None:
    with pytest.raises(Forbidden):
        services.publish_decision(
            key="fee", dmn="", actor=Actor(kind="officer", name="李工"), at=at
        )
    with pytest.raises(errors.DefinitionInvalid) as refused:
        services.publish_decision(key="fee", dmn=table([(["1"], ["1"])]), actor=SYSTEM, at=at)
    assert [field.code for field in refused.value.fields] == ["workflow.gap"] * 2
