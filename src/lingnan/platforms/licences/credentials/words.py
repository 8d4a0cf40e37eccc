"""What an officer reads of an answer: each look in plain words."""

from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from lingnan.kernel.text import localise

from ..models import PresentationRequest
from .requests import open_answer

_HELD = MappingProxyType(
    {
        "issuer": _("Signed by an issuer on our list of trusted issuers."),
        "contents": _("What is shown is exactly what the issuer signed."),
        "holder": _("Shown with the key it was issued to, not a copy of it."),
        "fresh": _("Made for this request, at this moment."),
        "term": _("Within its term."),
        "standing": _("The licence is valid by the issuer's status list."),
        "asked": _("Everything asked for is there."),
    }
)
_FAILED = MappingProxyType(
    {
        "term": _("Past its term."),
        "standing": _("The licence is no longer valid by the issuer's status list."),
        "asked": _("Not everything asked for is there."),
    }
)
_SUSPENDED = _("The licence is suspended by the issuer's status list.")
_PROBLEMS = MappingProxyType(
    {
        "form": _("the answer could not be read"),
        "query": _("something else was shown than was asked for"),
        "issuer": _("it was not signed by an issuer we trust"),
        "contents": _("it was changed after it was issued"),
        "holder": _("it was not shown with the key it was issued to"),
        "freshness": _("it was made for someone else, or at another time"),
        "status": _("its place on a status list is unknown"),
        "access_denied": _("the holder declined"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookLine:
    """One look in words."""

    held: bool
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """One licence that was shown, in words."""

    type_name: str
    issuer: str
    fields: tuple[tuple[str, str, str], ...]  # path, title, value
    looks: tuple[LookLine, ...]
    proven: bool


def shown_in_words(row: PresentationRequest) -> list[ShownLine]:
    """Every licence an answer showed; nothing where none did, or it was blanked."""
    return [
        ShownLine(
            type_name=localise(item["type_name"]),
            issuer=item["issuer"],
            fields=tuple(
                (field["path"], localise(field["title"]), field["value"])
                for field in item["fields"]
            ),
            looks=tuple(
                _line(look["step"], bool(look["held"]), look["detail"]) for look in item["looks"]
            ),
            proven=all(look["held"] for look in item["looks"]),
        )
        for item in open_answer(row)
    ]


def _line(step: str, held: bool, detail: str) -> LookLine:
    if not held and detail == "suspended":
        return LookLine(held=False, text=str(_SUSPENDED), detail="")
    text = _HELD[step] if held else _FAILED[step]
    return LookLine(held=held, text=str(text), detail=detail)


def problem_in_words(code: str) -> str:
    """Why an answer proved nothing; empty where none came."""
    return str(_PROBLEMS.get(code, code))
