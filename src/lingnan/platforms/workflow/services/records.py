"""Timeline lines that applications add themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound

from .. import timeline
from ..models import ProcessInstance


def record_timeline(
    *,
    instance_id: UUID,
    code: str,
    actor: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    internal: Mapping[str, Any] | None = None,
    agency_name: str = "",
) -> None:
    """Add a line to a subject's timeline; its words come from `register_words`.

    `internal` is for officers only. Raises: NotFound (404).
    """
    instance = ProcessInstance.objects.filter(pk=instance_id).first()
    if instance is None:
        raise NotFound
    timeline.record(
        instance,
        code,
        actor=actor,
        at=at,
        facts=facts,
        internal=internal,
        agency_name=agency_name,
    )
