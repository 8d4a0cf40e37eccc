"""What a way to prove who one is must do, whoever answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose proof it is. The organisation's fields are filled where a firm is to be proved."""

    account_id: UUID
    person_id: UUID | None
    name: str
    document_type: str
    document_number: str
    phone: str
    organisation_id: UUID | None = None
    organisation_name: str = ""
    organisation_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to type or to upload."""

    name: str
    label: Text
    hint: Text = ""
    kind: str = "text"  # text, code, phone, file, long
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """How to go on: to an address outside (`url`), or by answering the method's fields.

    `shown` is for the page and the API; `state` is kept sealed until the answer comes; `code` is
    what has to be typed again: only its digest is kept. `once`: one answer, within the minutes of
    a code.
    """

    url: str = ""
    shown: Mapping[str, object] = field(default_factory=dict)
    state: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it. `reason` is a code of the method where it did not pass; `until`, where what
    was shown ends by itself, is as long as it may count.
    """

    passed: bool
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: typed values, files, or what stood in the address one came back with.

    `code_fits`: whether the typed code is the one that was sent.
    """

    values: Mapping[str, str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    code_fits: bool = False


class ProofMethod(Protocol):
    """One way. Both verbs run outside any transaction and may be tried again.

    Raise ProofUnavailable when no valid answer came from outside, ProofFailed where starting is
    refused already.
    """

    @property
    def code(self) -> str: ...
    @property
    def label(self) -> Text: ...
    @property
    def hint(self) -> Text: ...
    @property
    def is_test(self) -> bool: ...
    @property
    def fields(self) -> tuple[Field, ...]: ...

    def fits(self, subject: Subject) -> bool:
        """Whether this subject can use it: has the document, the telephone, the device."""
        ...

    def start(
        self, subject: Subject, *, attempt_id: UUID, return_url: str, at: datetime
    ) -> Started:
        """Send a code, make a challenge, or open a session outside."""
        ...

    def judge(
        self,
        subject: Subject,
        *,
        attempt_id: UUID,
        state: Mapping[str, object],
        answer: Answer,
        at: datetime,
    ) -> Verdict:
        """Decide about an answer; called once for each try."""
        ...
