"""Process definitions: read BPMN 2.0, list what is wrong, and make the tree the engine runs.

The subset: start, end (none, terminate), user, service, send, receive, business rule and manual
tasks, exclusive, parallel, inclusive and event-based gateways, message and timer catch events,
message and timer boundary events, multi-instance user tasks. Anything else is refused by name when
published, above all script tasks: no Python comes from a definition.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from lingnan.kernel.text import LocalisedText

from .expressions import ExpressionInvalid, compile_expression
from .reading import child, children, local, read_xml, split_name
from .types import DefinitionProblem

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LINGNAN = "urn:lingnan:bpmn:1"
NEGATIVE_OUTCOMES = frozenset({"deny", "refuse", "reject", "return", "object", "disagree"})
VOTES = ("all", "majority", "any")

TASKS = ("userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "task")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent")
FLOW_NODES = (*TASKS, *GATEWAYS, *EVENTS)
DECORATION = (
    *("sequenceFlow", "documentation", "extensionElements", "laneSet", "textAnnotation"),
    *("association", "group", "dataObject", "dataObjectReference", "property"),
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_DURATION = re.compile(r"P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerPlan:
    """When a timer fires after it began to wait."""

    duration: timedelta | None = None
    workdays: int | None = None
    until: str = ""  # an expression giving a date or an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One node of the process as our services need it."""

    id: str
    kind: str
    name: LocalisedText
    role: str = ""
    agency: str = ""
    outcomes: tuple[str, ...] = ()
    form: str = ""
    limit_workdays: int | None = None
    allows_batch: bool = False
    is_separate: bool = True
    collection: str = ""
    vote: str = ""
    action: str = ""
    decision: str = ""
    result: str = ""
    message: str = ""
    timer: TimerPlan | None = None
    attached_to: str = ""
    outcome: str = ""
    opinion_required_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A readable process: its elements, its flows, and the tree for the engine."""

    key: str
    name: LocalisedText
    elements: dict[str, Element]
    flows: tuple[tuple[str, str], ...]
    tree: etree._Element

    def after(self, element_id: str) -> list[str]:
        found = [target for source, target in self.flows if source == element_id]
        return found + [e.id for e in self.elements.values() if e.attached_to == element_id]

    def same_branch(self, target: str, current: str) -> bool:
        """Whether one comes from `target` to `current` without a parallel split on the way."""
        waiting, seen = deque([target]), {target}
        while waiting:
            here = waiting.popleft()
            if here == current:
                return True
            splits = self.elements[here].kind in {"parallelGateway", "inclusiveGateway"}
            if splits and len(self.after(here)) > 1:
                continue
            for following in self.after(here):
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
        return False

    def steps(self) -> list[dict[str, Any]]:
        """The steps in reading order, for lists and drawings without JavaScript."""
        order: list[str] = []
        waiting = deque(e.id for e in self.elements.values() if e.kind == "startEvent")
        while waiting:
            here = waiting.popleft()
            if here not in order:
                order.append(here)
                waiting.extend(self.after(here))
        return [
            {
                "id": element.id,
                "kind": element.kind,
                "name": dict(element.name),
                "role": element.role,
                "outcomes": list(element.outcomes),
            }
            for element in (self.elements[item] for item in order)
            if element.kind not in GATEWAYS
        ]


@dataclass(slots=True)
class _Reading:
    problems: list[DefinitionProblem] = field(default_factory=list)

    def wrong(self, element: str, code: str, message: str) -> None:
        self.problems.append(DefinitionProblem(element=element, code=code, message=message))


def read_process(
    source: str | bytes,
    *,
    known_actions: Collection[str] | None = None,
    known_decisions: Collection[str] | None = None,
    known_roles: Collection[str] | None = None,
) -> tuple[Definition | None, list[DefinitionProblem]]:
    """Read and check one process. The definition is None while there are problems.

    What is passed as `known_…` is complete: a name outside it is a problem. None = do not check.
    """
    reading = _Reading()
    root = read_xml(source, reading.wrong)
    if root is None:
        return None, reading.problems
    processes = list(children(root, "process"))
    if len(processes) != 1 or local(root) != "definitions":
        reading.wrong("", "one_process", _("The file must hold exactly one process."))
        return None, reading.problems
    process = processes[0]
    messages = {
        node.get("id", ""): node.get("name", node.get("id", ""))
        for node in children(root, "message")
    }
    elements = _read_elements(process, messages, reading)
    flows = _read_flows(process, elements, reading)
    definition = Definition(
        key=process.get("id", ""),
        name=split_name(process.get("name", process.get("id", ""))),
        elements=elements,
        flows=tuple(flows),
        tree=root,
    )
    _check_shape(definition, reading)
    for element in elements.values():
        _check_element(element, reading)
        if known_actions is not None and element.action and element.action not in known_actions:
            reading.wrong(
                element.id,
                "action_unknown",
                _("No application provides the action “%s”.") % element.action,
            )
        if (
            known_decisions is not None
            and element.decision
            and element.decision not in known_decisions
        ):
            reading.wrong(
                element.id,
                "decision_unknown",
                _("There is no decision table “%s”.") % element.decision,
            )
        if known_roles is not None and element.role and element.role not in known_roles:
            reading.wrong(element.id, "role_unknown", _("There is no role “%s”.") % element.role)
    if not reading.problems:
        _prepare(process, definition)
    return (None if reading.problems else definition), reading.problems


def _own(node: etree._Element, name: str) -> str:
    return (node.get(f"{{{LINGNAN}}}{name}") or "").strip()


def _number(node: etree._Element, name: str, reading: _Reading) -> int | None:
    text = _own(node, name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 3650:
        reading.wrong(
            node.get("id", ""), "number", _("“%(name)s” must be a number of days.") % {"name": name}
        )
        return None
    return int(text)


def _read_elements(
    process: etree._Element, messages: dict[str, str], reading: _Reading
) -> dict[str, Element]:
    elements: dict[str, Element] = {}
    for node in process:
        kind = local(node)
        if kind in DECORATION:
            continue
        element_id = node.get("id", "")
        if kind == "manualTask":
            kind = "task"
        if kind == "scriptTask":
            reading.wrong(
                element_id, "script", _("Script tasks are refused: use a service task's action.")
            )
            continue
        if kind not in FLOW_NODES:
            reading.wrong(element_id, "unsupported", _("The element “%s” is not supported.") % kind)
            continue
        if not _IDENTIFIER.fullmatch(element_id):
            reading.wrong(
                element_id,
                "id",
                _("An id is made of letters, digits and _ and begins with a letter."),
            )
            continue
        elements[element_id] = _read_element(node, kind, messages, reading)
    return elements


def _read_element(
    node: etree._Element, kind: str, messages: dict[str, str], reading: _Reading
) -> Element:
    element_id = node.get("id", "")
    outcomes = tuple(filter(None, (part.strip() for part in _own(node, "outcomes").split(","))))
    required = _own(node, "opinionRequired")
    loop = child(node, "multiInstanceLoopCharacteristics")
    if child(node, "standardLoopCharacteristics") is not None:
        reading.wrong(element_id, "loop", _("Draw the loop as a flow back, not as a loop marker."))
    if loop is not None and kind != "userTask":
        reading.wrong(
            element_id, "countersign", _("Only a user task can be done by several at once.")
        )
    return Element(
        id=element_id,
        kind=kind,
        name=split_name(node.get("name", element_id)),
        role=_own(node, "role"),
        agency=_own(node, "agency"),
        outcomes=outcomes or (("done",) if kind == "userTask" else ()),
        form=_own(node, "form"),
        limit_workdays=_number(node, "limitWorkdays", reading),
        allows_batch=_own(node, "batch") == "true",
        is_separate=_own(node, "separate") != "false",
        collection=(_own(loop, "collection") or _own(node, "collection") or _own(node, "agency"))
        if loop is not None
        else "",
        vote=(_own(node, "vote") or _own(loop, "vote") or "all") if loop is not None else "",
        action=_own(node, "action"),
        decision=_own(node, "decision"),
        result=_own(node, "result") or element_id,
        message=_message(node, kind, messages, reading),
        timer=_timer(node, reading),
        attached_to=node.get("attachedToRef", ""),
        outcome=_own(node, "outcome"),
        opinion_required_for=frozenset(filter(None, (part.strip() for part in required.split(","))))
        if required
        else frozenset(outcomes) & NEGATIVE_OUTCOMES,
    )


def _message(node: etree._Element, kind: str, messages: dict[str, str], reading: _Reading) -> str:
    carrier = child(node, "messageEventDefinition")
    if carrier is None and kind != "receiveTask":
        return ""
    if kind not in {"receiveTask", "intermediateCatchEvent", "boundaryEvent"}:
        reading.wrong(node.get("id", ""), "message", _("A message cannot start or end a process."))
    holder = node if carrier is None else carrier
    name = _own(node, "message") or _own(holder, "message")
    reference = holder.get("messageRef", "")
    if not name and reference:
        name = messages.get(reference.split(":")[-1], "")
    if not name:
        reading.wrong(node.get("id", ""), "message", _("The message waited for has no name."))
    return name


def _timer(node: etree._Element, reading: _Reading) -> TimerPlan | None:
    carrier = child(node, "timerEventDefinition")
    if carrier is None:
        return None
    element_id = node.get("id", "")
    workdays = _number(node, "workdays", reading) or _number(carrier, "workdays", reading)
    if workdays:
        return TimerPlan(workdays=workdays)
    duration = child(carrier, "timeDuration")
    if duration is not None and duration.text:
        text = duration.text.strip()
        if _DURATION.fullmatch(text) and text not in {"P", "PT"}:
            parts = TimerEventDefinition.parse_iso_duration(text)
            return TimerPlan(duration=TimerEventDefinition.get_timedelta_from_start(parts))
    until = child(carrier, "timeDate")
    if until is not None and until.text and _is_expression(until.text, element_id, reading):
        return TimerPlan(until=until.text.strip())
    reading.wrong(
        element_id,
        "timer",
        _("A timer needs working days, a duration such as P3D, or a date."),
    )
    return None


def _is_expression(text: str | None, element_id: str, reading: _Reading) -> bool:
    try:
        compile_expression((text or "").strip())
    except ExpressionInvalid as error:
        reading.wrong(
            element_id,
            "expression",
            _("“%(text)s” is not an expression: %(why)s")
            % {"text": (text or "").strip(), "why": error},
        )
        return False
    return True


def _read_flows(
    process: etree._Element, elements: dict[str, Element], reading: _Reading
) -> list[tuple[str, str]]:
    flows = []
    leaving: dict[str, list[etree._Element]] = defaultdict(list)
    for node in children(process, "sequenceFlow"):
        source, target = node.get("sourceRef", ""), node.get("targetRef", "")
        if source not in elements or target not in elements:
            reading.wrong(
                node.get("id", ""), "flow", _("The flow does not join two known elements.")
            )
            continue
        flows.append((source, target))
        leaving[source].append(node)
    nodes = {node.get("id", ""): node for node in process}
    for source, arrows in leaving.items():
        _check_conditions(elements[source], nodes[source], arrows, reading)
    return flows


def _check_conditions(
    element: Element, node: etree._Element, arrows: list[etree._Element], reading: _Reading
) -> None:
    default = node.get("default")
    decides = element.kind in {"exclusiveGateway", "inclusiveGateway"}
    for arrow in arrows:
        condition = child(arrow, "conditionExpression")
        if condition is not None:
            if not decides:
                reading.wrong(
                    arrow.get("id", ""), "condition", _("Conditions stand behind gateways only.")
                )
            _is_expression(condition.text, arrow.get("id", ""), reading)
        elif decides and len(arrows) > 1 and arrow.get("id") != default:
            reading.wrong(
                element.id,
                "condition_missing",
                _("Every way out but the default needs a condition."),
            )
    if decides and len(arrows) > 1 and default is None:
        reading.wrong(element.id, "default_missing", _("The gateway needs a default way out."))
    if element.kind not in GATEWAYS and len(arrows) > 1:
        reading.wrong(element.id, "several_ways", _("Only a gateway may have several ways out."))


def _check_shape(definition: Definition, reading: _Reading) -> None:
    elements = definition.elements
    starts = [e for e in elements.values() if e.kind == "startEvent"]
    if not _IDENTIFIER.fullmatch(definition.key):
        reading.wrong("", "id", _("The process needs an id of letters, digits and _."))
    if len(starts) != 1:
        reading.wrong("", "one_start", _("A process has exactly one start."))
    if not any(e.kind == "endEvent" for e in elements.values()):
        reading.wrong("", "no_end", _("The process has no end."))
    reached = set()
    waiting = deque(e.id for e in starts)
    while waiting:
        here = waiting.popleft()
        if here not in reached:
            reached.add(here)
            waiting.extend(definition.after(here))
    sources = {source for source, _target in definition.flows}
    leaving = Counter(source for source, _target in definition.flows)
    arriving = Counter(target for _source, target in definition.flows)
    for element in elements.values():
        if element.id not in reached:
            reading.wrong(element.id, "unreachable", _("Nothing leads to this element."))
        if element.kind != "endEvent" and element.id not in sources:
            reading.wrong(element.id, "no_way_out", _("Nothing leads on from this element."))
        if element.kind == "parallelGateway" and leaving[element.id] > 1 < arriving[element.id]:
            reading.wrong(
                element.id, "mixed_gateway", _("A gateway either splits or joins; draw two.")
            )
        if element.attached_to and elements.get(element.attached_to) is None:
            reading.wrong(element.id, "attached", _("The event is attached to nothing."))
        if element.kind == "eventBasedGateway" and any(
            elements[item].kind != "intermediateCatchEvent" for item in definition.after(element.id)
        ):
            reading.wrong(
                element.id, "event_gateway", _("Behind this gateway stand waiting events only.")
            )


def _check_element(element: Element, reading: _Reading) -> None:
    if element.kind == "userTask":
        if not element.role:
            reading.wrong(element.id, "role_missing", _("The step names no role."))
        if element.vote and element.vote not in VOTES:
            reading.wrong(
                element.id, "vote", _("The vote rule must be one of: %s.") % ", ".join(VOTES)
            )
        if element.vote and not element.collection:
            reading.wrong(
                element.id, "collection", _("A countersign names the list of who takes part.")
            )
        unknown = element.opinion_required_for - set(element.outcomes)
        if unknown:
            reading.wrong(
                element.id,
                "outcome",
                _("A reason is required for outcomes the step does not have: %s.")
                % ", ".join(sorted(unknown)),
            )
    if element.kind in {"serviceTask", "sendTask"} and not element.action:
        reading.wrong(element.id, "action_missing", _("The step names no action."))
    if element.kind == "businessRuleTask" and not element.decision:
        reading.wrong(element.id, "decision_missing", _("The step names no decision table."))
    if element.kind in {"intermediateCatchEvent", "boundaryEvent"} and not (
        element.message or element.timer
    ):
        reading.wrong(element.id, "event", _("Only messages and timers can be waited for."))


def _prepare(process: etree._Element, definition: Definition) -> None:
    """Turn our extensions into what the engine knows.

    Timers become messages, because the clock is ours: a timer row fires them. A countersign becomes
    a parallel multi-instance over a count.
    """
    tag = f"{{{BPMN}}}"
    for node in list(process):
        element = definition.elements.get(node.get("id", ""))
        if element is None:
            continue
        if element.timer or element.message:
            for name in ("timerEventDefinition", "messageEventDefinition"):
                for old in list(children(node, name)):
                    node.remove(old)
            node.attrib.pop("messageRef", "")
            if element.kind != "receiveTask":
                etree.SubElement(node, f"{tag}messageEventDefinition")
            node.set("name", element.id)
        loop = child(node, "multiInstanceLoopCharacteristics")
        if loop is not None:
            for inner in list(loop):
                loop.remove(inner)
            loop.attrib.pop("isSequential", "")
            etree.SubElement(loop, f"{tag}loopCardinality").text = f"count:{element.id}"
            etree.SubElement(loop, f"{tag}completionCondition").text = f"decided:{element.id}"
