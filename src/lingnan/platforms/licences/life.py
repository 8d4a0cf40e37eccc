"""How the status of a licence may change: verbs, allowed transitions, grounds, national codes.

Everything here is a table. The national line systems write a status with two digits (01 valid to
99 other) and an operation with two more; both are mapped both ways. Grounds are content
(`content/grounds.json`) with the days between which they may be used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.db import models
from django.utils.translation import pgettext_lazy

from lingnan.kernel.text import LocalisedText

from .models import Licence
from .types import ENDED, Status

_GROUNDS = Path(__file__).parent / "content" / "grounds.json"


class Verb(models.TextChoices):
    """What someone, or the calendar, does to a licence."""

    SUSPEND = "suspend", pgettext_lazy("licence", "Suspend")
    RESUME = "resume", pgettext_lazy("licence", "Give back after suspension")
    REVOKE = "revoke", pgettext_lazy("licence", "Revoke")
    ANNUL = "annul", pgettext_lazy("licence", "Take away as a penalty")
    CANCEL = "cancel", pgettext_lazy("licence", "Cancel")
    TRANSFER = "transfer", pgettext_lazy("licence", "Move to another register")
    RESTORE = "restore", pgettext_lazy("licence", "Restore after a decision was annulled")
    EXPIRE = "expire", pgettext_lazy("licence", "Let expire")
    SUPERSEDE = "supersede", pgettext_lazy("licence", "Replace by a newer version")


BY_OFFICERS = (
    Verb.SUSPEND,
    Verb.RESUME,
    Verb.REVOKE,
    Verb.ANNUL,
    Verb.CANCEL,
    Verb.TRANSFER,
    Verb.RESTORE,
)

_V, _S = Status.VALID, Status.SUSPENDED

# Verb -> (from, to). An expired licence may still be revoked, cancelled or replaced for the record.
TRANSITIONS: Mapping[Verb, tuple[frozenset[Status], Status]] = MappingProxyType(
    {
        Verb.SUSPEND: (frozenset({_V}), _S),
        Verb.RESUME: (frozenset({_S}), _V),
        Verb.REVOKE: (frozenset({_V, _S, Status.EXPIRED}), Status.REVOKED),
        Verb.ANNUL: (frozenset({_V, _S}), Status.ANNULLED),
        Verb.CANCEL: (frozenset({_V, _S, Status.EXPIRED}), Status.CANCELLED),
        Verb.TRANSFER: (frozenset({_V}), Status.MOVED_OUT),
        Verb.RESTORE: (frozenset(ENDED), _V),
        Verb.EXPIRE: (frozenset({_V}), Status.EXPIRED),
        Verb.SUPERSEDE: (frozenset({_V, Status.EXPIRED}), Status.SUPERSEDED),
    }
)

# Source: the status and operation codes of a national line system (reference 3.1).
NATIONAL_STATUS: Mapping[Status, str] = MappingProxyType(
    {
        Status.VALID: "01",
        Status.SUSPENDED: "02",
        Status.REVOKED: "03",
        Status.CANCELLED: "04",
        Status.EXPIRED: "05",
        Status.MOVED_OUT: "06",
        Status.ANNULLED: "07",
        Status.SUPERSEDED: "99",
        Status.NOT_YET: "99",
    }
)
NATIONAL_OPERATION: Mapping[Verb, str] = MappingProxyType(
    {
        Verb.SUSPEND: "03",
        Verb.EXPIRE: "04",
        Verb.CANCEL: "05",
        Verb.REVOKE: "05",
        Verb.ANNUL: "05",
        Verb.TRANSFER: "05",
        Verb.RESUME: "06",
        Verb.RESTORE: "07",
        Verb.SUPERSEDE: "02",
    }
)
ISSUED_OPERATION, RENEWED_OPERATION = "01", "02"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One ground in law for one verb."""

    code: str
    verb: Verb
    title: LocalisedText
    source: str
    effective_from: date
    effective_until: date | None

    def is_in_force(self, on: date) -> bool:
        """Whether it may be used on a day; the end is exclusive."""
        return self.effective_from <= on and (
            self.effective_until is None or on < self.effective_until
        )

    @property
    def text(self) -> str:
        """As it is written on the licence's record: the law, then its words."""
        return f"{self.source}：{self.title['zh-hans']}"


def verbs_for(status: Status) -> tuple[Verb, ...]:
    """What officers may do with a licence of a status, in the order of the page."""
    stored = Status.VALID if status is Status.NOT_YET else status
    return tuple(verb for verb in BY_OFFICERS if stored in TRANSITIONS[verb][0])


def may_be_renewed(licence: Licence) -> bool:
    """Whether a newer version may take over from a licence, by its status alone."""
    return licence.status in TRANSITIONS[Verb.SUPERSEDE][0]


def status_of_national(code: str) -> Status | None:
    """The status of a national code; None for an unknown one."""
    return next((status for status, known in NATIONAL_STATUS.items() if known == code), None)


def verb_of_national(operation: str, status: str) -> Verb | None:
    """The verb of a national operation and the status it led to; None where they do not fit.

    Operation 05 covers four verbs: the status says which.
    """
    wanted = status_of_national(status)
    return next(
        (
            verb
            for verb, code in NATIONAL_OPERATION.items()
            if code == operation and TRANSITIONS[verb][1] is wanted
        ),
        None,
    )


@lru_cache(maxsize=1)
def grounds() -> Mapping[str, Ground]:
    """Every ground by its code."""
    entries: list[dict[str, Any]] = json.loads(_GROUNDS.read_text())
    return MappingProxyType(
        {
            entry["code"]: Ground(
                code=entry["code"],
                verb=Verb(entry["verb"]),
                title=entry["title"],
                source=entry["source"],
                effective_from=date.fromisoformat(entry["effective_from"]),
                effective_until=(
                    date.fromisoformat(entry["effective_until"])
                    if entry["effective_until"]
                    else None
                ),
            )
            for entry in entries
        }
    )


def grounds_for(verb: Verb, *, on: date) -> tuple[Ground, ...]:
    """The grounds of a verb that are in force on a day."""
    return tuple(
        ground for ground in grounds().values() if ground.verb is verb and ground.is_in_force(on)
    )
