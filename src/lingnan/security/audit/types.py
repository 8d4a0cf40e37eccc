"""Values that cross audit's wall."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from lingnan.kernel import permissions

READ_AUDIT = permissions.declare("audit.read", _("Read the audit record"))
VERIFY_AUDIT = permissions.declare("audit.verify", _("Verify the audit chain"))

Outcome = Literal["ok", "refused", "failed"]
FindingKind = Literal["changed", "missing", "added"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What a reader of the audit record asks for; empty fields do not narrow."""

    act: str = ""
    object_kind: str = ""
    object_id: str = ""
    actor: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong with the chain. `seq` is the place in the chain, None when not sealed."""

    kind: FindingKind
    what: str
    seq: int | None = None
    entry_id: UUID | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVerdict:
    """What verifying the chain found."""

    sealed: int
    unsealed: int
    blocks: int
    anchored_to: int
    findings: tuple[Finding, ...] = field(default=())

    @property
    def is_sound(self) -> bool:
        """Nothing changed, missing or added as far as the chain and its anchor reach."""
        return not self.findings
