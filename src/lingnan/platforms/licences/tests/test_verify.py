"""Verifying by identifier: what anyone is told, and the proof without us."""

import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM
from lingnan.kernel.testing import max_queries

from .. import payload, proof, queries, services
from ..disclosure import disclose
from ..models import Licence
from ..testing import make_licence
from ..types import Check
from ..verification import verify_identifier

pytestmark = pytest.mark.django_db


def _code(licence: Licence) -> str:
    return queries.verify_code(licence.identifier)


def test_identifier_without_code_shows_little() -> None:
    licence = make_licence()
    with max_queries(4):
        found = verify_identifier(licence.identifier.lower(), at=clock.now())
    shown = disclose(found)
    assert shown.verdict == "proven"
    assert (shown.holder_name, shown.holder_code, shown.fields) == ("陈*玲", "", {})
    assert not shown.number


def test_identifier_with_code_shows_the_contents_but_not_the_whole_number() -> None:
    licence = make_licence()
    shown = disclose(verify_identifier(licence.identifier, code=_code(licence), at=clock.now()))
    assert shown.holder_name == "陈美玲"
    assert shown.holder_code == "009***********0025"
    assert "热食类食品制售" in shown.fields.values()
    wrong = disclose(verify_identifier(licence.identifier, code="0" * 12, at=clock.now()))
    assert wrong.holder_name == "陈*玲"


def test_wrong_and_unknown_identifiers_are_answers() -> None:
    licence = make_licence()
    wrong = licence.identifier[:-1] + ("A" if licence.identifier[-1] != "A" else "B")
    found = verify_identifier(wrong, at=clock.now())
    assert [(r.check, r.held) for r in found.checks] == [(Check.IDENTIFIER, False)]
    real = "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F"
    found = verify_identifier(real, at=clock.now())
    assert {r.check for r in found.failures} == {Check.REGISTERED}
    assert disclose(found).verdict == "not_proven"


def test_a_revoked_or_ended_licence_is_genuine_but_not_valid() -> None:
    licence = make_licence()
    later = clock.now() + timedelta(days=365 * 5)
    assert disclose(verify_identifier(licence.identifier, at=later)).verdict == "not_valid"
    services.revoke_licence(licence_id=licence.pk, ground="69", actor=SYSTEM, at=clock.now())
    found = verify_identifier(licence.identifier, at=clock.now())
    assert {r.check for r in found.failures} == {Check.STATUS}
    assert disclose(found).verdict == "not_valid"


def test_contents_changed_in_the_database_are_found() -> None:
    licence = make_licence()
    forged = payload.payload_bytes(licence).replace("热食".encode(), "冷食".encode())
    Licence.objects.filter(pk=licence.pk).update(payload_sealed=payload.seal_up(forged))
    found = verify_identifier(licence.identifier, at=clock.now())
    assert {r.check for r in found.failures} == {Check.PAYLOAD_SIGNATURE}


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl program is not here")
def test_the_documented_openssl_commands_prove_a_licence(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["openssl", "list", "-public-key-algorithms"], capture_output=True, check=False
    )
    if b"SM2" not in listed.stdout:
        pytest.skip("the openssl program on this machine has no SM2")
    licence = make_licence()
    for part in proof.FILES:
        file = proof.proof_file(licence, part)
        (tmp_path / file.name).write_bytes(file.content)
    for command in proof.COMMANDS:
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stderr)
    changed = (tmp_path / "payload.json").read_bytes().replace(b"2031", b"2041")
    (tmp_path / "payload.json").write_bytes(changed)
    done = subprocess.run(proof.COMMANDS[1].split(), cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode != 0


def test_status_on_counts_the_last_day() -> None:
    licence = make_licence(valid_until=date(2030, 1, 31))
    assert licence.status_on(date(2030, 1, 31)) == "valid"
    assert licence.status_on(date(2030, 2, 1)) == "expired"
