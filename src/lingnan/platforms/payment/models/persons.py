"""Steps that belong to different persons, as the database sees them."""

from django.db.models import CheckConstraint, F, Q


def withdrawn_by_someone(name: str) -> CheckConstraint:
    """What is withdrawn says by whom, and nothing else does."""
    withdrawn = Q(withdrawn_at__isnull=False)
    return CheckConstraint(
        condition=withdrawn & ~Q(withdrawn_by="") | ~withdrawn & Q(withdrawn_by=""), name=name
    )


def different(later: str, earlier: str) -> Q:
    """Two columns of persons differ where both are known; an account that stands for a system has
    no person. The services compare every person an account may belong to; this is the last line.
    """
    unknown = Q(**{f"{later}__isnull": True}) | Q(**{f"{earlier}__isnull": True})
    return unknown | ~Q(**{later: F(earlier)})
