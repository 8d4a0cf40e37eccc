"""lingnan key_ceremony: the authority's keys, made or renewed before two witnesses, on record."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import system_actor
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto

WITNESSES_MIN = 2


class Command(BaseCommand):
    help = (
        "Make the test certificate authority (root and operating authority), or with --renew give"
        " the operating authority a new key. Two witnesses are named and stand in the audit chain;"
        " compare the SM3 fingerprints that are printed with what each of them wrote down."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--renew", action="store_true")
        parser.add_argument("--witness", action="append", default=[], metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        witnesses = [name.strip() for name in options["witness"] if name.strip()]
        if len(set(witnesses)) < WITNESSES_MIN:
            raise CommandError("name two different witnesses: --witness NAME --witness NAME")
        now = clock.now()
        before = set(crypto.authorities_in_force())
        with transaction.atomic():
            if options["renew"]:
                crypto.renew_intermediate(at=now)
            else:
                crypto.ensure_test_authority(at=now)
            authorities = crypto.authorities_in_force()
            made = [der for der in authorities if der not in before]
            if made:
                audit.record(
                    actor=system_actor("project.key_ceremony"),
                    act="crypto.key_ceremony",
                    object_kind="crypto.authority",
                    object_id=crypto.read_certificate(made[-1]).serial_number,
                    facts={
                        "witnesses": witnesses,
                        "fingerprints_sm3": [crypto.sm3(der).hex() for der in made],
                        "renewal": options["renew"],
                    },
                    at=now,
                )
        for der in authorities:
            facts = crypto.read_certificate(der)
            state = "made now" if der in made else "as before"
            self.stdout.write(f"{facts.subject}")
            self.stdout.write(f"  {state}; until {facts.not_after:%Y-%m-%d}")
            self.stdout.write(f"  serial {facts.serial_number}")
            self.stdout.write(f"  SM3 {crypto.sm3(der).hex()}")
