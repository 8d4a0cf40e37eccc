"""The reference documents, written from the code: they cannot say what the code does not.

Events with their subscribers, refusal codes, permissions, settings, tables, addresses, and the
plan's sections with the code and tests that cite them.
"""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable

from django.apps import apps
from django.utils import translation

from lingnan.kernel import permissions
from lingnan.kernel.errors import refusal_classes
from lingnan.kernel.events import event_classes, subscriptions
from lingnan.kernel.jobs import periodic_jobs
from lingnan.kernel.web.guard import access_of

from .api import api
from .config import BASE_DIR, Config

FOLDER = BASE_DIR / "docs" / "reference"
NOTE = "Written by `./lingnan reference` from the code; do not edit.\n"
PLAN = re.compile(
    r"Plan\s+([一二三四五六七八九]+(?:（[一二三四五六七八九十]+）)?(?:\d+(?:（\d+）)?)?)"
)


def documents() -> dict[str, str]:
    """File name -> content, in English."""
    writers: dict[str, Callable[[], str]] = {
        "errors.md": _errors,
        "events.md": _events,
        "permissions.md": _permissions,
        "settings.md": _settings,
        "tables.md": _tables,
        "api.md": _api,
        "plan.md": _plan,
    }
    with translation.override("en"):
        return {name: write() for name, write in writers.items()}


def write() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text)


def stale() -> list[str]:
    """Documents that do not say what the code says."""
    return [
        name
        for name, text in documents().items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text
    ]


def _row(*cells: object) -> str:
    texts = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return "| " + " | ".join(texts) + " |\n"


def _table(*heads: str) -> str:
    return _row(*heads) + "|" + "---|" * len(heads) + "\n"


def _errors() -> str:
    text = f"# Refusals\n\n{NOTE}\nEvery `code` an API answer or a page may carry.\n\n"
    text += _table("code", "status", "message", "what to do", "source")
    own = {
        cls.code: cls
        for cls in refusal_classes()
        if cls.__module__.startswith("lingnan.") and ".tests" not in cls.__module__
    }
    for code in sorted(own):
        cls = own[code]
        text += _row(f"`{code}`", cls.status, cls.message, cls.remedy, cls.source)
    return text


def _events() -> str:
    text = f"# Events\n\n{NOTE}\nPublished in the transaction of their cause; at least once, once"
    text += " in effect per subscriber.\n\n"
    text += _table("event", "facts", "subscribers", "what happened")
    listening = subscriptions()
    for cls in event_classes():
        if ".tests" in cls.__module__:
            continue
        facts = ", ".join(f"`{name}`" for name in cls.__dataclass_fields__)
        keys = ", ".join(f"`{key}`" for key in listening.get(cls.name, ()))
        text += _row(f"`{cls.name}`", facts, keys, (cls.__doc__ or "").split("\n\n")[0])
    text += "\n## By the clock\n\n" + _table("job", "cron")
    for name, cron in sorted(periodic_jobs().items()):
        text += _row(f"`{name}`", f"`{cron}`")
    return text


def _permissions() -> str:
    text = (
        f"# Permissions\n\n{NOTE}\nRoles hold them, each with a reach: an agency or a region.\n\n"
    )
    text += _table("permission", "what it allows")
    for code, permission in sorted(permissions.declared().items()):
        text += _row(f"`{code}`", permission.title)
    return text


def _settings() -> str:
    text = f"# Settings\n\n{NOTE}\nRead once from the environment.\n\n"
    text += _table("variable", "default", "meaning")
    for name, field in Config.model_fields.items():
        variable = "DATABASE_URL" if name == "database_url" else f"LINGNAN_{name.upper()}"
        default = "`var/` beside the code" if name == "var" else f"`{field.default}`"
        default = "" if field.default == "" else default
        text += _row(f"`{variable}`", default, field.description or "")
    return text


def _tables() -> str:
    text = f"# Tables\n\n{NOTE}\nWhat one row means, its data class, and how long it is kept.\n"
    for config in sorted(apps.get_app_configs(), key=lambda config: config.name):
        models = list(config.get_models())
        if not config.name.startswith("lingnan.") or not models:
            continue
        text += f"\n## {config.name.removeprefix('lingnan.')}\n\n" + _table("table", "a row is")
        for model in sorted(models, key=lambda model: model.__name__):
            text += _row(f"`{model.__name__}`", inspect.getdoc(model) or "")
    return text


def _api() -> str:
    text = f"# API\n\n{NOTE}\nThe document for tools is `/api/v1/openapi.json` (OpenAPI 3.1).\n\n"
    text += _table("operation", "who", "what")
    rows = []
    for _prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                access = access_of(operation.view_func)
                who = access.rule if access else ""
                if access and access.permissions:
                    who = " or ".join(f"`{code}`" for code in access.permissions)
                place = f"/api/v1/{path.lstrip('/')}"
                for method in operation.methods:
                    rows.append((place, method, who, operation.summary or ""))
    for place, method, who, what in sorted(rows):
        text += _row(f"`{method} {place}`", who, what)
    return text


def _plan() -> str:
    """Which code and which tests stand for which section of the plan."""
    text = f"# The plan in the code\n\n{NOTE}\nSections of the master plan and who cites them.\n\n"
    text += _table("section", "code", "tests")
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"code": set(), "tests": set()})
    for folder in ("src", "tests"):
        for path in sorted((BASE_DIR / folder).rglob("*.py")):
            kind = "tests" if "tests" in path.parts else "code"
            for match in PLAN.finditer(path.read_text()):
                place = str(path.relative_to(BASE_DIR)).removeprefix("src/lingnan/")
                found[match[1]][kind].add(place)
    for section in sorted(found, key=_section_order):
        cited = found[section]
        code, tests = (
            ", ".join(f"`{place}`" for place in sorted(cited[kind])) for kind in ("code", "tests")
        )
        text += _row(section, code, tests)
    return text


def _section_order(section: str) -> tuple[list[int], str]:
    digits = "一二三四五六七八九十"
    return [digits.index(c) + 1 if c in digits else ord(c) for c in section], section
