"""Drawing a process: coordinates for definitions that come without them, and a plain SVG.

Authors write process XML without a diagram; the viewer needs one. Columns follow the longest way
from the start (flows back do not count), rows are chosen so that ways side by side do not touch.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lxml import etree

from lingnan.kernel.text import localise

from .definitions import Definition
from .reading import child, children, split_name

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"

COLUMN, ROW, MARGIN = 170, 120, 60
SIZES = {"task": (120, 72), "gateway": (50, 50), "event": (36, 36)}


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2


def boxes(definition: Definition) -> dict[str, Box]:
    """Where each element stands."""
    columns = _columns(definition)
    taken: dict[int, set[int]] = defaultdict(set)
    rows: dict[str, int] = {}
    for element_id in sorted(columns, key=lambda item: columns[item]):
        column = columns[element_id]
        before = [
            rows[source]
            for source, target in definition.flows
            if target == element_id and source in rows and columns[source] < column
        ]
        wanted = before[0] if before else 0
        row = wanted
        while row in taken[column]:
            row += 1
        rows[element_id] = row
        taken[column].add(row)
    found: dict[str, Box] = {}
    for element_id, column in columns.items():
        width, height = _size(definition, element_id)
        middle_x = MARGIN + column * COLUMN + 60
        middle_y = MARGIN + rows[element_id] * ROW + 36
        found[element_id] = Box(middle_x - width // 2, middle_y - height // 2, width, height)
    _attach(definition, found)
    return found


def _columns(definition: Definition) -> dict[str, int]:
    """Longest distance from the start, without the flows that lead back."""
    order: list[str] = []
    state: dict[str, int] = {}
    back: set[tuple[str, str]] = set()
    start = next(e.id for e in definition.elements.values() if e.kind == "startEvent")
    waiting: list[tuple[str, int]] = [(start, 0)]
    while waiting:
        here, step = waiting.pop()
        following = definition.after(here)
        state[here] = 1
        if step < len(following):
            waiting.append((here, step + 1))
            if state.get(following[step]) == 1:
                back.add((here, following[step]))
            elif following[step] not in state:
                waiting.append((following[step], 0))
        else:
            state[here] = 2
            order.append(here)
    columns = dict.fromkeys(definition.elements, 0)
    for here in reversed(order):
        for following_id in definition.after(here):
            if (here, following_id) in back:
                continue
            attached = definition.elements[following_id].attached_to == here
            columns[following_id] = max(columns[following_id], columns[here] + (not attached))
    return columns


def _attach(definition: Definition, found: dict[str, Box]) -> None:
    """Boundary events sit on the lower edge of their step."""
    count: dict[str, int] = defaultdict(int)
    for element in definition.elements.values():
        host = found.get(element.attached_to)
        if host is not None:
            number = count[element.attached_to]
            count[element.attached_to] += 1
            found[element.id] = Box(
                host.x + host.width - 30 - number * 44, host.y + host.height - 18, 36, 36
            )


def _size(definition: Definition, element_id: str) -> tuple[int, int]:
    kind = definition.elements[element_id].kind
    if kind.endswith("Gateway"):
        return SIZES["gateway"]
    return SIZES["event"] if kind.endswith("Event") else SIZES["task"]


def _way(source: Box, target: Box, others: Iterable[Box]) -> list[tuple[int, int]]:
    """The corners of a flow: straight on where nothing stands between, else below everything."""
    (sx, sy), (tx, ty) = source.middle, target.middle
    between = [box for box in others if box not in (source, target)]
    if target.x > source.x + source.width:
        start, end = (source.x + source.width, sy), (target.x, ty)
        if sy == ty and not _blocked(between, start[0], end[0], sy):
            return [start, end]
        for bend in (start[0] + 20, target.x - 20):
            free = not _blocked(between, start[0], bend, sy)
            if sy != ty and free and not _blocked(between, bend, end[0], ty):
                return [start, (bend, sy), (bend, ty), end]
    low, high = min(sx, tx), max(sx, tx)
    lanes = [box.y + box.height for box in between if low <= box.middle[0] <= high]
    below = max(source.y + source.height, target.y + target.height, *lanes) + 34
    return [
        (sx, source.y + source.height),
        (sx, below),
        (tx, below),
        (tx, target.y + target.height),
    ]


def _blocked(boxes_: Iterable[Box], left: int, right: int, y: int) -> bool:
    """Whether a level line would cross a box."""
    return any(
        box.x < right and left < box.x + box.width and box.y <= y <= box.y + box.height
        for box in boxes_
    )


def with_diagram(source: str, definition: Definition) -> str:
    """The definition's text, with coordinates where it had none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(source.encode(), parser)
    if child(root, "BPMNDiagram") is not None:
        return source
    place = boxes(definition)
    diagram = etree.SubElement(root, f"{{{DI}}}BPMNDiagram", id="lingnan_diagram")
    process = next(children(root, "process"))
    plane = etree.SubElement(
        diagram,
        f"{{{DI}}}BPMNPlane",
        id="lingnan_plane",
        bpmnElement=process.get("id", ""),
    )
    for element_id, box in place.items():
        shape = etree.SubElement(
            plane, f"{{{DI}}}BPMNShape", id=f"{element_id}_di", bpmnElement=element_id
        )
        if definition.elements[element_id].kind == "exclusiveGateway":
            shape.set("isMarkerVisible", "true")
        _bounds(shape, box)
    for flow in children(process, "sequenceFlow"):
        ends = place.get(flow.get("sourceRef", "")), place.get(flow.get("targetRef", ""))
        if ends[0] is None or ends[1] is None or not flow.get("id"):
            continue
        edge = etree.SubElement(
            plane, f"{{{DI}}}BPMNEdge", id=f"{flow.get('id')}_di", bpmnElement=flow.get("id", "")
        )
        for x, y in _way(ends[0], ends[1], place.values()):
            etree.SubElement(edge, f"{{{DD}}}waypoint", x=str(x), y=str(y))
    return etree.tostring(root, encoding="unicode")


def in_language(source: str) -> str:
    """The definition with its bilingual names in the reader's language, for the viewer."""
    root = etree.fromstring(source.encode(), etree.XMLParser(resolve_entities=False))
    for node in root.iter():
        name = node.get("name") if isinstance(node.tag, str) else None
        if name:
            node.set("name", localise(split_name(name)))
    return etree.tostring(root, encoding="unicode")


def _bounds(shape: etree._Element, box: Box) -> None:
    etree.SubElement(
        shape,
        f"{{{DC}}}Bounds",
        x=str(box.x),
        y=str(box.y),
        width=str(box.width),
        height=str(box.height),
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """One element of the plain drawing."""

    id: str
    kind: str
    label: str
    box: Box
    is_current: bool
    is_passed: bool

    @property
    def lines(self) -> list[tuple[int, int, str]]:
        """The label broken to fit, with the place of each line."""
        x, y = self.box.middle
        size = 8 if not self.label.isascii() else 16
        parts = [self.label[i : i + size] for i in range(0, len(self.label), size)][:3]
        top = y - (len(parts) - 1) * 8 + 4 if self.kind == "task" else self.box.y + self.box.height
        if self.kind != "task":
            top += 16
        return [(x, top + number * 16, part) for number, part in enumerate(parts)]


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    shapes: list[Shape]
    ways: list[str]


def drawing(
    definition: Definition, *, current: Collection[str], passed: Collection[str]
) -> Drawing:
    """The process as shapes and lines, for a page without JavaScript."""
    place = boxes(definition)
    shapes = []
    for element in definition.elements.values():
        kind = "task"
        if element.kind.endswith("Gateway"):
            kind = "gateway"
        elif element.kind.endswith("Event"):
            kind = "event"
        label = localise(element.name)
        shapes.append(
            Shape(
                id=element.id,
                kind=kind,
                label="" if label == element.id else label,
                box=place[element.id],
                is_current=element.id in current,
                is_passed=element.id in passed,
            )
        )
    ways = [
        " ".join(f"{x},{y}" for x, y in _way(place[source], place[target], place.values()))
        for source, target in definition.flows
    ]
    corners = [tuple(map(int, point.split(","))) for way in ways for point in way.split()] + [
        (shape.box.x + shape.box.width, shape.box.y + shape.box.height) for shape in shapes
    ]
    return Drawing(
        width=max(x for x, _y in corners) + MARGIN,
        height=max(y for _x, y in corners) + MARGIN,
        shapes=shapes,
        ways=ways,
    )
