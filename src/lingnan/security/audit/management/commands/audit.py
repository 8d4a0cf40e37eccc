"""`lingnan audit verify`: walk the chain, say what does not fit. `lingnan audit seal`: seal now."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from lingnan.kernel import clock
from lingnan.security.audit import queries, services


class Command(BaseCommand):
    """The audit record from the command line."""

    help = "Verify or seal the audit record"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=("verify", "seal"))
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "seal":
            self.stdout.write(f"Sealed {services.seal_entries(at=clock.now())} entries.")
            return
        verdict = queries.verify_chain()
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "is_sound": verdict.is_sound,
                        "sealed": verdict.sealed,
                        "unsealed": verdict.unsealed,
                        "blocks": verdict.blocks,
                        "anchored_to": verdict.anchored_to,
                        "findings": [
                            {
                                "kind": found.kind,
                                "what": found.what,
                                "seq": found.seq,
                                "entry_id": str(found.entry_id) if found.entry_id else None,
                                "detail": found.detail,
                            }
                            for found in verdict.findings
                        ],
                    },
                    ensure_ascii=False,
                )
            )
        else:
            self.stdout.write(
                f"{verdict.sealed} entries in {verdict.blocks} blocks, anchored up to"
                f" {verdict.anchored_to}; {verdict.unsealed} not sealed yet."
            )
            for found in verdict.findings:
                place = f" at {found.seq}" if found.seq is not None else ""
                self.stdout.write(f"{found.kind.upper()} {found.what}{place}: {found.detail}")
            self.stdout.write(
                "The chain is whole."
                if verdict.is_sound
                else f"The chain is broken: {len(verdict.findings)} findings."
            )
        if not verdict.is_sound:
            sys.exit(1)
