"""Papers of credit under the seal of whoever issues them: OFD with it, PDF with two signatures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import translation

from lingnan.kernel.actors import Actor
from lingnan.kernel.text import DEFAULT_LANGUAGE
from lingnan.platforms.documents import services as documents
from lingnan.platforms.licences import services as licences


def render_sealed(
    facts: Mapping[str, Any], *, agency_id: UUID, purpose: str, actor: Actor, at: datetime
) -> dict[str, bytes]:
    """Both files by format. Each call is one use of the seal in its log.

    Raises: documents' StoreUnavailable, licences' SealUnavailable, SealUnusable (the job is tried
    again).
    """
    picture = licences.seal_picture_of(agency_id, at=at)
    with translation.override(DEFAULT_LANGUAGE):
        pdf = documents.render("notice", {**facts, "seal_image": picture}, formats=("pdf",))["pdf"]
        ofd = documents.render("notice", dict(facts), formats=("ofd",))["ofd"]
    return {
        "pdf": licences.seal_pdf(pdf, agency_id=agency_id, purpose=purpose, actor=actor, at=at),
        "ofd": licences.seal_ofd(ofd, agency_id=agency_id, purpose=purpose, actor=actor, at=at),
    }
