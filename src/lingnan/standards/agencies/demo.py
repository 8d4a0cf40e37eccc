"""The demo set of agencies, entered through the services."""

from datetime import datetime

from lingnan.kernel.actors import system_actor

from . import services
from .demo_set import demo_agencies
from .models import Agency


def load_agencies(*, at: datetime) -> int:
    """Enter the demo agencies that are not there yet; returns how many were added.

    Needs the regions. Running it again adds nothing.
    """
    known = set(Agency.objects.filter(is_demo=True).values_list("uscc", flat=True))
    missing = [one for one in demo_agencies() if one.uscc not in known]
    return len(services.register_agencies(actor=system_actor("demo"), new=missing, at=at))
