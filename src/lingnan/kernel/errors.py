"""What can go wrong, in three families: refusals, things unavailable, and bugs.

A `Refusal` is an answer, not an accident: the request was understood and the rules say no. It
carries a stable code, the facts, the rule's source and what to do next; one place turns it into
problem+json (RFC 9457) or a page. Bugs are ordinary exceptions and become a 500.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .dates import format_date

Text = str | Promise
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field. `path` is dotted ("applicant.name"); the message is for people."""

    path: str
    code: str
    message: str


def _said(value: object) -> object:
    """A day among the facts as the reader writes days; programs read it in the facts."""
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return format_date(value) or value
    return value


class Refusal(Exception):
    """The rules say no. Subclasses set the class attributes; facts come as keywords.

    `message` is a translatable template over the facts ("%(limit)s"). Never logged as a crash;
    never reveals that something hidden exists.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[Text] = _("This cannot be done.")
    remedy: ClassVar[Text] = ""
    source: ClassVar[str] = ""

    def __init__(self, *, fields: Sequence[FieldProblem] = (), **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts
        self.fields = tuple(fields)

    @property
    def onward(self) -> str:
        """The page on which a person can lift the refusal; empty where there is none."""
        return ""

    @property
    def text(self) -> str:
        """The message in the language of the reader."""
        if not self.facts:
            return str(self.message)
        return str(self.message) % {name: _said(value) for name, value in self.facts.items()}

    def __str__(self) -> str:
        return f"{self.code} {self.facts}"


class Malformed(Refusal):
    """The input cannot be read as what it should be."""

    code = "malformed"
    status = 422
    message = _("Some of what was sent cannot be understood.")
    remedy = _("Correct the fields named below and send it again.")


class SignInRequired(Refusal):
    """`page_path` is where a browser goes to mend it."""

    page_path: ClassVar[str] = "/account/sign-in/"
    code = "sign_in_required"
    status = 401
    message = _("Sign in to go on.")
    remedy = _("Sign in; what you were doing waits for you.")


class Forbidden(Refusal):
    code = "forbidden"
    status = 403
    message = _("Your account may not do this.")
    remedy = _("If your work needs it, ask the administrator of your agency for the right role.")


class ResidentsOnly(Forbidden):
    code = "residents_only"
    message = _("This page is for residents and firms.")
    remedy = _("You are at work. Change to your own name in the account menu, or sign in again.")


class OfficersOnly(Forbidden):
    code = "officers_only"
    message = _("This page is for officers at work.")
    remedy = _("Change to your post in the account menu, or sign in as an officer.")


class NotFound(Refusal):
    """Also the answer for what exists but is not the asker's to know."""

    code = "not_found"
    status = 404
    message = _("There is nothing here under this address.")
    remedy = _("Check the address or number, or start from the home page.")


class TooManyRequests(Refusal):
    """Base of all refusals of what comes too often, without a code of its own."""

    status = 429
    message = _("Too many requests in a short time.")
    remedy = _("Wait a little and try again.")


class Unavailable(Exception):
    """An engine or an outside party did not answer. Jobs retry these and only these."""

    code: ClassVar[str] = "unavailable"
    message: ClassVar[Text] = _("A part of the service does not answer at the moment.")

    def __init__(self, reason: str = "", *, retry_after_s: int = 30) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


def refusal_classes() -> Iterator[type[Refusal]]:
    """Every refusal the loaded modules define; the error reference is written from this."""
    waiting: list[type[Refusal]] = [Refusal]
    seen: set[type[Refusal]] = set()
    while waiting:
        cls = waiting.pop()
        if cls in seen:
            continue
        seen.add(cls)
        yield cls
        waiting.extend(cls.__subclasses__())


class UnusableFile(ImproperlyConfigured):
    """A file of settings or keys that cannot be used: which, and what is wrong with it, in one
    sentence without its full stop. Commands end with it instead of a traceback."""
