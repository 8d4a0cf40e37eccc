"""Background entries: faces and copies after commit, expiry once a night."""

from uuid import UUID

from lingnan.kernel import clock
from lingnan.kernel.jobs import job

from . import faces


@job("licences.render_faces")
def render_faces(*, licence_id: str) -> None:
    """Render the faces of a licence; done before, it changes nothing."""
    faces.ensure_faces(UUID(licence_id), at=clock.now())


@job("licences.render_copy")
def render_copy(*, use_id: str) -> None:
    """Render the marked copy of a use; done before, it changes nothing."""
    faces.ensure_copy(UUID(use_id), at=clock.now())
