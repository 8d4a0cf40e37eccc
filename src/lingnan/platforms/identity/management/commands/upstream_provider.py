"""Providers whose sign-in is accepted here, by the operator of the machine alone.

On the desk two administrators do this. The command is for the first day, before there are two, and
for an emergency; each use is kept in the audit record as `identity.upstream_set_by_operator`.
"""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.platforms.identity.models import UpstreamProvider
from lingnan.platforms.identity.sso.errors import ProviderWrong
from lingnan.platforms.identity.sso.services.providers import set_provider_by_operator
from lingnan.platforms.identity.sso.services.upstream import callback_address


class Command(BaseCommand):
    help = (
        "List upstream providers; with a code, add or change one (its secret from stdin)."
        " This passes over the rule that a second administrator confirms: use"
        " /desk/sign-in-providers/ where two are there. Each use is audited."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?")
        parser.add_argument("--name")
        parser.add_argument("--issuer")
        parser.add_argument("--client-id")
        parser.add_argument("--scopes")
        parser.add_argument("--levels", help='JSON, such as {"urn:x:high": 3}')
        parser.add_argument("--link-level", type=int, choices=(2, 3, 4))
        parser.add_argument(
            "--test", action="store_true", help="a simulator: marked so on the page"
        )
        parser.add_argument("--off", action="store_true")
        parser.add_argument("--on", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["code"]:
            for row in UpstreamProvider.objects.order_by("code"):
                self.stdout.write(f"{row.code}  {'on' if row.active else 'off'}  {row.issuer}")
            return
        values: dict[str, Any] = {}
        for name in ("name", "issuer", "client_id", "scopes", "link_level"):
            if options[name] is not None:
                values[name] = options[name]
        if options["levels"]:
            values["levels"] = json.loads(options["levels"])
        if options["test"]:
            values["is_test"] = True
        if options["on"] or options["off"]:
            values["active"] = options["on"]
        known = UpstreamProvider.objects.filter(code=options["code"]).exists()
        if not known and not {"name", "issuer", "client_id"} <= values.keys():
            raise CommandError("a new provider needs --name, --issuer and --client-id")
        secret = "" if sys.stdin.isatty() else sys.stdin.read().strip()
        try:
            set_provider_by_operator(
                actor=system_actor("operator: upstream_provider"),
                code=options["code"],
                values=values,
                secret=secret,
                at=clock.now(),
            )
        except ProviderWrong as wrong:
            problems = "; ".join(f"{one.path}: {one.message}" for one in wrong.fields)
            raise CommandError(problems) from wrong
        self.stdout.write(
            "in force without a second person; the audit record says"
            " identity.upstream_set_by_operator"
        )
        self.stdout.write(f"return address to register there: {callback_address(options['code'])}")
