"""What keeps a process from being published, each named; and that drawings fit."""

from datetime import datetime

import pytest
from lxml import etree

from lingnan.platforms.workflow import expressions
from lingnan.platforms.workflow.definitions import read_process
from lingnan.platforms.workflow.errors import ExpressionFailed
from lingnan.platforms.workflow.layout import boxes, drawing, with_diagram
from lingnan.platforms.workflow.testing import (
    approval_xml,
    chain,
    flow,
    process_xml,
    publish,
    user_task,
)

ONE = chain("start", "a", "end")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<x", "not_xml"),
        ('<!DOCTYPE a [<!ENTITY e "x">]>' + process_xml(user_task("a"), ONE)[39:], "entities"),
        ("<definitions/>", "one_process"),
        (
            process_xml('<bpmn:scriptTask id="a"><bpmn:script>1</bpmn:script></bpmn:scriptTask>'),
            "script",
        ),
        (process_xml('<bpmn:subProcess id="a"/>', ONE), "unsupported"),
        (process_xml(user_task("a-b"), chain("start", "end")), "id"),
        (process_xml('<bpmn:userTask id="a"/>', ONE), "role_missing"),
        (process_xml('<bpmn:serviceTask id="a"/>', ONE), "action_missing"),
        (process_xml('<bpmn:businessRuleTask id="a"/>', ONE), "decision_missing"),
        (process_xml(user_task("a"), user_task("b"), ONE, chain("b", "end")), "unreachable"),
        (process_xml(user_task("a"), chain("start", "a")), "no_way_out"),
        (process_xml(user_task("a", limitWorkdays="five"), ONE), "number"),
        (process_xml(user_task("a", outcomes="x", opinionRequired="y"), ONE), "outcome"),
        (process_xml(user_task("a"), user_task("b"), ONE, chain("a", "b", "end")), "several_ways"),
        (process_xml(user_task("a"), ONE, flow("a", "nowhere")), "flow"),
        (
            process_xml(
                '<bpmn:exclusiveGateway id="g" default="f_g_end"/>',
                user_task("a"),
                chain("start", "g"),
                flow("g", "a", "outcome =="),
                flow("g", "end"),
                chain("a", "end"),
            ),
            "expression",
        ),
        (
            process_xml(
                '<bpmn:exclusiveGateway id="g"/>',
                user_task("a"),
                chain("start", "g"),
                flow("g", "a", "x"),
                flow("g", "end"),
                chain("a", "end"),
            ),
            "default_missing",
        ),
        (
            process_xml(
                '<bpmn:intermediateCatchEvent id="a"><bpmn:timerEventDefinition/>'
                "</bpmn:intermediateCatchEvent>",
                ONE,
            ),
            "timer",
        ),
        (
            process_xml(
                '<bpmn:intermediateCatchEvent id="a"><bpmn:messageEventDefinition/>'
                "</bpmn:intermediateCatchEvent>",
                ONE,
            ),
            "message",
        ),
        (
            process_xml(
                '<bpmn:userTask id="a" lingnan:role="r" lingnan:vote="most">'
                '<bpmn:multiInstanceLoopCharacteristics lingnan:collection="c"/>'
                "</bpmn:userTask>",
                ONE,
            ),
            "vote",
        ),
    ],
)
def test_each_fault_is_named(xml: str, code: str) -> None:
    definition, problems = read_process(xml)
    assert definition is None
    assert code in {problem.code for problem in problems}


def test_every_fault_is_listed_at_once() -> None:
    xml = process_xml(
        '<bpmn:userTask id="a"/>', '<bpmn:serviceTask id="b"/>', chain("start", "a", "b", "end")
    )
    _definition, problems = read_process(xml)
    assert {(p.element, p.code) for p in problems} == {
        ("a", "role_missing"),
        ("b", "action_missing"),
    }


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"known_actions": {"other"}}, "action_unknown"),
        ({"known_roles": {"other"}}, "role_unknown"),
        ({"known_decisions": set()}, "decision_unknown"),
    ],
)
def test_names_that_no_one_knows_are_refused(known: dict[str, set[str]], code: str) -> None:
    xml = process_xml(
        user_task("a"),
        '<bpmn:serviceTask id="b" lingnan:action="x.y"/>',
        '<bpmn:businessRuleTask id="c" lingnan:decision="fee"/>',
        chain("start", "a", "b", "c", "end"),
    )
    assert read_process(xml)[1] == []
    assert [p.code for p in read_process(xml, **known)[1]] == [code]


@pytest.mark.parametrize(
    "text", ["__import__('os').system('x')", "a.__class__", "open('/etc/passwd')", "().__class__"]
)
def test_expressions_lead_nowhere_in_python(text: str) -> None:
    with pytest.raises((expressions.ExpressionInvalid, ExpressionFailed)):
        expressions.evaluate(text, {"a": {"b": 1}})


def test_a_name_without_a_value_is_null() -> None:
    assert expressions.evaluate('outcome == "accept"', {}) is False
    assert expressions.evaluate("fee > 0 && kind in ['a', 'b']", {"fee": 3, "kind": "a"}) is True


def test_the_layout_gives_every_element_its_own_place() -> None:
    definition, _problems = read_process(approval_xml())
    assert definition is not None
    found = boxes(definition)
    assert set(found) == set(definition.elements)
    placed = list(found.values())
    for n, one in enumerate(placed):
        for other in placed[n + 1 :]:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert apart, (one, other)
    shown = drawing(definition, current={"review"}, passed={"accept"})
    assert [shape.id for shape in shown.shapes if shape.is_current] == ["review"]
    assert len(shown.ways) == len(definition.flows)


@pytest.mark.django_db
def test_a_definition_without_a_diagram_gets_one(at: datetime) -> None:
    version = publish(approval_xml(), at=at)
    root = etree.fromstring(version.source.encode())
    shapes = root.findall(".//{http://www.omg.org/spec/BPMN/20100524/DI}BPMNShape")
    edges = root.findall(".//{http://www.omg.org/spec/BPMN/20100524/DI}BPMNEdge")
    assert (len(shapes), len(edges)) == (7, 8)
    definition, problems = read_process(version.source)
    assert definition is not None and problems == []
    assert with_diagram(version.source, definition) == version.source
    assert [step["id"] for step in version.steps][:3] == ["start", "accept", "review"]
