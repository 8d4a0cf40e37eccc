"""Tables and the demo's data for Guangzhou alone: `python -m tests.operations.small_set`."""

import django
from django.core.management import call_command

django.setup()

from lingnan.applications.government_services.services import shipped  # noqa: E402
from lingnan.kernel import clock  # noqa: E402
from lingnan.platforms.identity import demo as identity_demo  # noqa: E402
from lingnan.platforms.licences import services as licences  # noqa: E402
from lingnan.project import demo  # noqa: E402
from lingnan.standards.agencies import demo as agencies_demo  # noqa: E402
from lingnan.standards.calendar import services as calendar  # noqa: E402
from lingnan.standards.regions import services as regions  # noqa: E402

GUANGZHOU = "440000000000/440100000000/"


def load() -> None:
    """What the examples need in Guangzhou."""
    call_command("migrate", verbosity=0, interactive=False)
    at = clock.now()
    calendar.load_calendar(at=at)
    regions.load_regions()
    agencies_demo.load_agencies(at=at)
    identity_demo.load(at=at)
    shipped.load_content(at=at, only=GUANGZHOU)
    licences.load_types(at=at)
    demo.load_stock()


if __name__ == "__main__":
    load()
