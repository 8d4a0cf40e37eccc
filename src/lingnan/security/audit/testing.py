"""Builders for tests: actors with audit rights."""

from uuid import UUID, uuid4

from lingnan.kernel.actors import Actor, Grant

from .types import READ_AUDIT, VERIFY_AUDIT


def audit_admin(*, agency_id: UUID | None = None) -> Actor:
    """An audit administrator, everywhere or of one agency."""
    return Actor(
        kind="officer",
        name="审计管理员",
        account_id=uuid4(),
        officer_id=uuid4(),
        grants=(
            Grant(
                role="audit_admin",
                permissions=frozenset({READ_AUDIT, VERIFY_AUDIT}),
                agency_id=agency_id,
                region_path=None if agency_id else "",
            ),
        ),
    )
