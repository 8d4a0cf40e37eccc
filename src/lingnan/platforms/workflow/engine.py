# mypy: disallow-subclassing-any=False
"""Running a process: SpiffWorkflow executes, a small marking is what is kept.

SpiffWorkflow grows a tree of every task a case ever passed, each with a copy of the data; a case
that is sent back two hundred times would cost two hundred times as much. So between two steps we
keep only the marking: the live tasks, the joins that have been reached, and what they hang on. The
workflow is rebuilt from it over a specification that is parsed once per process version. Data lives
in one place, the instance's variables, and is never copied into the tree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.multiinstance_task import MultiInstanceTask
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.exceptions import WorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from .definitions import BPMN, Definition, read_process
from .expressions import evaluate

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED
CHILD_SUFFIX = " [child]"
STEPS_MAX = 500

Marking = dict[str, Any]


class EndlessProcess(RuntimeError):
    """A definition runs in a circle without waiting for anyone."""


class Driver(Protocol):
    """What the engine asks of whoever runs an instance."""

    def variables(self) -> dict[str, Any]: ...
    def run_automatic(self, element_id: str) -> None: ...
    def count(self, element_id: str) -> int: ...
    def is_decided(self, element_id: str, voted: UUID) -> bool: ...


@dataclass(frozen=True, slots=True)
class Token:
    """One live place of an instance."""

    id: UUID
    element_id: str
    index: int | None = None  # which participant of a countersign
    group: UUID | None = None


# --- specification -----------------------------------------------------------------------------


class AutomaticTask(BpmnSpecMixin):
    """A service, send or business rule task: our driver does it in the step's transaction."""

    def _run_hook(self, my_task: Task) -> bool:
        my_task.workflow.driver.run_automatic(self.bpmn_id)
        return True


class PersonTask(BpmnSpecMixin):
    """A user task: waits until a person completes it."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **options: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **options)
        self.manual = True


class RaceGateway(BpmnSpecMixin):
    """An event-based gateway: all its events wait; the first to come cancels the others."""


class _FreshJoin:
    """What joins forget when they have fired, so that a loop finds them as new."""

    name: str

    def _run_hook(self, my_task: Task) -> bool:
        result = super()._run_hook(my_task)  # type: ignore[misc]
        workflow = my_task.workflow
        for task in list(workflow.tasks.values()):
            if task.task_spec is self and task.state == TaskState.CANCELLED:
                workflow._remove_task(task.id)
        return bool(result)


class Join(_FreshJoin, ParallelGateway):
    """A parallel gateway: goes on when every incoming flow has arrived since it last fired."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        arrived = {
            task.parent.task_spec.name
            for task in my_task.workflow.tasks.values()
            if task.task_spec is self
            and task.state != TaskState.COMPLETED
            and task.parent.state == TaskState.COMPLETED
        }
        return arrived >= set(self._inputs)


class LooseJoin(_FreshJoin, InclusiveGateway):
    """An inclusive gateway: goes on when no other live task can still reach it."""

    def _check_threshold_unstructured(self, my_task: Task) -> bool:
        upstream = self._upstream()
        return not any(
            task.has_state(LIVE) and task.task_spec is not self and task.task_spec.name in upstream
            for task in my_task.workflow.tasks.values()
        )

    def _upstream(self) -> set[str]:
        found: set[str] = set()
        waiting = list(self.inputs)
        while waiting:
            spec = waiting.pop()
            if spec.name not in found and spec is not self:
                found.add(spec.name)
                waiting.extend(spec.inputs)
        return found


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {
        f"{{{BPMN}}}serviceTask": (TaskParser, AutomaticTask),
        f"{{{BPMN}}}sendTask": (TaskParser, AutomaticTask),
        f"{{{BPMN}}}businessRuleTask": (TaskParser, AutomaticTask),
        f"{{{BPMN}}}userTask": (TaskParser, PersonTask),
        f"{{{BPMN}}}parallelGateway": (GatewayParser, Join),
        f"{{{BPMN}}}inclusiveGateway": (ConditionalGatewayParser, LooseJoin),
        f"{{{BPMN}}}eventBasedGateway": (GatewayParser, RaceGateway),
    }


class _Environment(BasePythonScriptEngineEnvironment):
    """In place of Spiff's open `eval`: nothing is executed, expressions go through our port."""

    def execute(self, script: str, context: Any, external_context: Any = None) -> bool:
        raise WorkflowException("scripts are refused")

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        raise WorkflowException("expressions go through the restricted engine")

    def call_service(self, context: Any, **options: Any) -> Any:
        raise WorkflowException("services are called as registered actions")


class RestrictedEngine(PythonScriptEngine):
    """Conditions are CEL over the variables; `count:` and `decided:` are countersigns."""

    def __init__(self) -> None:
        super().__init__(_Environment())

    def validate(self, expression: str) -> None:
        """Definitions were checked when they were published."""

    def evaluate(self, task: Task, expression: str, external_context: Any = None) -> Any:
        driver: Driver = task.workflow.driver
        if expression.startswith("count:"):
            return driver.count(expression.removeprefix("count:"))
        if expression.startswith("decided:"):
            return driver.is_decided(expression.removeprefix("decided:"), task.id)
        return evaluate(expression, driver.variables())

    def execute(self, task: Task, script: str, external_context: Any = None) -> bool:
        raise WorkflowException("scripts are refused")

    def call_service(self, task: Task, **options: Any) -> Any:
        raise WorkflowException("services are called as registered actions")


_ENGINE = RestrictedEngine()


class _Workflow(BpmnWorkflow):
    driver: Driver


def compile_spec(definition: Definition) -> Any:
    """The specification the engine runs. Raises Spiff's own errors on what it cannot read."""
    parser = _Parser()
    parser.add_bpmn_xml(definition.tree)
    spec = parser.get_spec(definition.key)
    for task_spec in list(spec.task_specs.values()):
        if isinstance(task_spec, MultiInstanceTask):
            inner = spec.task_specs[task_spec.task_spec]
            inner.completed_event.connect(task_spec.merge_child)
    return spec


# --- running -----------------------------------------------------------------------------------


class Run:
    """One instance in the hands of one transaction."""

    def __init__(self, spec: Any, driver: Driver, marking: Marking | None = None) -> None:
        self.spec = spec
        self.passed: list[str] = []
        if marking is None:
            self.workflow = _Workflow.__new__(_Workflow)
            self.workflow.driver = driver
            self.workflow.__init__(spec, script_engine=_ENGINE)  # type: ignore[misc]
        else:
            self.workflow = _Workflow(spec, script_engine=_ENGINE, deserializing=True)
            self.workflow.driver = driver
            self._restore(marking)

    # what stands

    def tokens(self) -> list[Token]:
        """The places where something is waited for: people, messages, timers."""
        found = []
        for task in self.workflow.tasks.values():
            spec = task.task_spec
            if not task.has_state(LIVE) or isinstance(spec, UnstructuredJoin | MultiInstanceTask):
                continue
            name = getattr(spec, "bpmn_id", None)
            if name is None or (not spec.manual and not hasattr(spec, "event_definition")):
                continue
            group = task.parent.id if spec.name.endswith(CHILD_SUFFIX) else None
            found.append(Token(task.id, name, task.internal_data.get("key_or_index"), group))
        return found

    @property
    def is_ended(self) -> bool:
        return not any(task.has_state(LIVE) for task in self.workflow.tasks.values())

    # what moves

    def advance(self) -> None:
        """Do everything that waits for no one.

        The engine's own `do_engine_steps` walks the tree of tasks for subprocesses and timers too,
        several times a step; we have neither: subprocesses are refused, timers are rows.
        """
        steps = 0
        while ready := [
            task
            for task in self.workflow.tasks.values()
            if task.state == TaskState.READY and not task.task_spec.manual
        ]:
            for task in ready:
                if task.state != TaskState.READY:
                    continue  # one before it in this round took it away
                steps += 1
                if steps > STEPS_MAX:
                    raise EndlessProcess(self.spec.name)
                task.run()
                name = getattr(task.task_spec, "bpmn_id", None)
                if name:
                    self.passed.append(name)

    def complete(self, token: UUID) -> None:
        """A person has done the task; go on from it."""
        task = self.workflow.tasks[token]
        self.passed.append(task.task_spec.bpmn_id)
        task.run()
        self.advance()

    def fire(self, token: UUID) -> None:
        """What a token waits for has come: a message or a time."""
        task = self.workflow.tasks[token]
        parent = task.parent
        task.internal_data["event_fired"] = True
        task.task_spec._update(task)
        if isinstance(parent.task_spec, RaceGateway):
            for sibling in list(parent.children):
                if sibling.id != task.id and sibling.has_state(LIVE):
                    sibling.cancel()
        self.advance()

    def move(self, *, tokens: Iterable[UUID], to_element: str) -> None:
        """Take tokens away and put one before another element; go on from there."""
        for token in tokens:
            self._withdraw(token)
        entry = self.spec.task_specs.get(f"{to_element}.BoundaryEventSplit")
        spec = entry or self.spec.task_specs[to_element]
        task = self.workflow.task_tree._add_child(spec, TaskState.FUTURE)
        task.triggered = True
        spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)
        spec._update(task)
        self.advance()

    def _withdraw(self, token: UUID) -> None:
        task = self.workflow.tasks.get(token)
        if task is None or not task.has_state(LIVE):
            return
        if isinstance(task.parent.task_spec, MultiInstanceTask):
            task = task.parent
        if isinstance(task.parent.task_spec, BoundaryEventSplit | RaceGateway):
            doomed = [child for child in task.parent.children if child.has_state(LIVE)]
        else:
            doomed = [task]
        for item in doomed:
            for descendant in list(item):
                if descendant.id != item.id and descendant.has_state(LIVE):
                    descendant.cancel()
            item.cancel()

    # what is kept

    def marking(self) -> Marking:
        """Everything needed to go on, and nothing of what is past."""
        tasks = self.workflow.tasks
        keep: dict[UUID, Task] = {
            t.id: t
            for t in tasks.values()
            if t.has_state(LIVE) and not isinstance(t.task_spec, BoundaryEventJoin)
        }
        joins = {
            t.task_spec.name for t in keep.values() if isinstance(t.task_spec, UnstructuredJoin)
        }
        for task in tasks.values():
            if task.task_spec.name in joins and task.state == TaskState.CANCELLED:
                keep[task.id] = task
        for task in list(keep.values()):
            if task.task_spec.name in joins:
                keep[task.parent.id] = task.parent
        for task in list(keep.values()):
            above = task.parent
            if above is not None and isinstance(above.task_spec, BoundaryEventSplit | RaceGateway):
                keep[above.id] = above
        numbers: dict[UUID, int] = {}
        rows: list[list[Any]] = []
        for task in self._from_root():
            if task.id not in keep or task is self.workflow.task_tree:
                continue
            above = task.parent
            while above is not None and above.id not in numbers:
                above = above.parent
            numbers[task.id] = len(rows)
            row = [
                task.id.hex,
                task.task_spec.name,
                int(task.state),
                -1 if above is None else numbers[above.id],
            ]
            if "key_or_index" in task.internal_data:
                row.append(task.internal_data["key_or_index"])
            rows.append(row)
        return {"v": 1, "t": rows}

    def _from_root(self) -> Iterable[Task]:
        waiting = [self.workflow.task_tree]
        while waiting:
            task = waiting.pop()
            yield task
            waiting.extend(reversed(task.children))

    def _restore(self, marking: Marking) -> None:
        workflow = self.workflow
        workflow.task_tree = Task(workflow, self.spec.start, state=TaskState.COMPLETED)
        restored: list[Task] = []
        for token, name, state, above, *item in marking["t"]:
            parent = workflow.task_tree if above < 0 else restored[above]
            task = Task(workflow, self.spec.task_specs[name], parent, state=state, id=UUID(token))
            task.triggered = True
            if item:
                task.internal_data["key_or_index"] = item[0]
            if isinstance(task.task_spec, MultiInstanceTask):
                task.internal_data["merged"] = []
            restored.append(task)
        for task in restored:
            if task.has_state(LIVE):
                task.task_spec._predict(task, mask=TaskState.NOT_FINISHED_MASK)


@lru_cache(maxsize=300)
def load(version_id: UUID, source: str) -> tuple[Definition, Any]:
    """A published version's definition and specification, parsed once per process."""
    definition, problems = read_process(source)
    assert definition is not None, f"{version_id}: {problems}"
    return definition, compile_spec(definition)
