"""Providers whose sign-in is accepted here: listed, added, changed, switched off."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lingnan.platforms.identity.models import UpstreamProvider
from lingnan.platforms.identity.sso.services.addresses import is_web_address
from lingnan.platforms.identity.sso.services.upstream import callback_address, save_provider


class Command(BaseCommand):
    help = "List upstream providers; with a code, add or change one (its secret from stdin)."

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
        values: dict[str, Any] = {"code": options["code"]}
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
        if "issuer" in values and not is_web_address(values["issuer"]):
            raise CommandError("the issuer is a full https:// address")
        secret = "" if sys.stdin.isatty() else sys.stdin.read().strip()
        save_provider(values=values, secret=secret)
        self.stdout.write(f"return address to register there: {callback_address(options['code'])}")
