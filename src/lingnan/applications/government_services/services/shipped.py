"""The matters that ship: licence types, processes, decision tables, guides, themes.

`content/<slug>/` holds one matter as files a person can read and change; loading publishes each for
every agency whose work it is. Loading the same edition again does nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction

from lingnan.kernel import seeds
from lingnan.kernel.actors import Actor, system_actor
from lingnan.platforms.licences import services as licences
from lingnan.platforms.workflow import services as workflow
from lingnan.standards.agencies import queries as agencies
from lingnan.standards.agencies.types import AgencyCard
from lingnan.standards.matters import services as matters

from . import joint

FOLDER = Path(__file__).resolve().parents[1] / "content"
SEED = "government_services.content"
EDITION = "1"
PROVINCE = "440000000000"
CITY, COUNTY = 2, 3
EXERCISE_LEVELS = {CITY: 3, COUNTY: 4}  # GB/T 39046 table A.2: 3 city, 4 county

Step = Callable[[], None]


def load_content(
    *, at: datetime, only: str = "", progress: Callable[[int, int], None] | None = None
) -> int:
    """Publish what ships; returns how many implementation lists are in force after it.

    `only` is the path of a region: lists of agencies elsewhere are left out. `progress` is told
    (done, all) now and then. Raises: what the modules say of wrong content.
    """
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    digest = seeds.digest_of(files, edition=f"{EDITION} {only}".strip())
    if seeds.is_loaded(SEED, digest):
        return 0
    actor = system_actor("content")
    codes = _define_licence_types(actor, at)
    _publish_rules(actor, at)
    todo = list(_lists(codes, actor, at, only))
    for number, publish in enumerate(todo, start=1):
        publish()
        if progress is not None and (number % 10 == 0 or number == len(todo)):
            progress(number, len(todo))
    with transaction.atomic():
        for path in sorted((FOLDER / "themes").glob("*.json")):
            joint.publish_theme(content=_read(path), actor=actor, at=at)
        seeds.mark_loaded(SEED, digest)
    return len(todo)


def matter_folders() -> list[Path]:
    """One folder per shipped matter, in order of name."""
    return sorted(path.parent for path in FOLDER.glob("*/item.json"))


def licence_type_codes() -> dict[str, str]:
    """Key in the content -> the type's 21-character code: its defining body's USCC and a number."""
    codes = {}
    for path in sorted(FOLDER.glob("*/licence.json")):
        content = _read(path)
        body = agencies.agency_of_kind(content["defined_by_kind"], PROVINCE)
        codes[str(content["key"])] = f"{body.uscc}{content['sequence']}"
    return codes


def _define_licence_types(actor: Actor, at: datetime) -> dict[str, str]:
    codes = licence_type_codes()
    for path in sorted(FOLDER.glob("*/licence.json")):
        content = _read(path)
        code = codes[str(content["key"])]
        fields = {field["name"]: _licence_field(field) for field in content["fields"]}
        licences.define_type(
            {
                "code": code,
                "key": content["key"],
                "name": content["name"],
                "fields_schema": {
                    "type": "object",
                    "properties": fields,
                    "additionalProperties": False,
                },
                "face": {"style": content["face"]["style"], "fields": list(fields)},
                "issuer_kinds": content["issuer_kinds"],
                "holder_kinds": content["holder_kinds"],
                "validity": content["validity"],
                "legal_basis": content["legal_basis"],
                "effective_from": content["effective_from"],
            },
            at=at,
            actor=actor,
        )
    return codes


def _licence_field(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field of the face; `x-from` says where a case finds its value."""
    schema: dict[str, Any] = {"type": "string", "x-title": field["title"], "x-from": field["from"]}
    if field.get("sensitive"):
        schema["x-sensitive"] = True
    if field.get("format"):
        schema["x-format"] = field["format"]
    return schema


def _publish_rules(actor: Actor, at: datetime) -> None:
    for path in sorted(FOLDER.glob("*/*.dmn")):
        workflow.publish_decision(key=path.stem, dmn=path.read_text(), actor=actor, at=at)
    for path in sorted(FOLDER.glob("*/process.bpmn")):
        workflow.publish_process(key=path.parent.name, bpmn=path.read_text(), actor=actor, at=at)


def _lists(codes: Mapping[str, str], actor: Actor, at: datetime, only: str) -> Iterator[Step]:
    """One step for each agency that handles each matter, in the region `only`."""
    for folder in matter_folders():
        item = _read(folder / "item.json")
        content = dict(item["content"])
        content["form_schema"] = _read(folder / "form.json")
        content["licence_type_code"] = codes[content["licence_type_code"]]
        content["materials"] = [_with_codes(m, codes) for m in content["materials"]]
        content["results"] = [_with_codes(result, codes) for result in content["results"]]
        for agency in _agencies(item["agency_kind"], item["regions"]):
            if not agency.region_path.startswith(only):
                continue
            given = {
                "basic": item["basic"],
                "exercise_level": EXERCISE_LEVELS[agency.level],
                "list": content,
            }
            yield partial(_publish, given, agency=agency, actor=actor, at=at)


def _publish(given: Mapping[str, Any], *, agency: AgencyCard, actor: Actor, at: datetime) -> None:
    matters.publish_from_content(given, agency_id=agency.id, actor=actor, at=at)


def _with_codes(part: Mapping[str, Any], codes: Mapping[str, str]) -> dict[str, Any]:
    key = part.get("licence_type_code")
    return {**part, "licence_type_code": codes[key]} if key else dict(part)


def _agencies(kind: str, regions: str) -> list[AgencyCard]:
    """The agencies of a kind in all cities, or in all counties and the cities without counties."""
    found: list[AgencyCard] = []
    cursor = None
    while True:
        page = agencies.list_agencies(kind=kind, cursor=cursor, limit=200)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    if regions == "all_cities":
        return [agency for agency in found if agency.level == CITY]
    counties = [agency for agency in found if agency.level == COUNTY]
    with_counties = {agency.region_path.rsplit("/", 2)[0] + "/" for agency in counties}
    return counties + [
        agency
        for agency in found
        if agency.level == CITY and agency.region_path not in with_counties
    ]


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content
