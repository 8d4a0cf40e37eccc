"""GB/T 22239-2019 8.1.4.3: the record is protected from change, deletion and overwriting; a change
made behind the triggers' back is found and named.
"""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from lingnan.kernel import clock
from lingnan.kernel.actors import SYSTEM, Actor, Principal
from lingnan.kernel.testing import max_queries, race

from .. import anchor, queries, services
from ..models import Block, Entry
from ..types import Finding

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh_anchor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "audit.anchor"
    monkeypatch.setattr(anchor, "path", lambda: place)
    return place


def _record(count: int = 1, act: str = "test.done") -> None:
    for number in range(count):
        services.record(
            actor=SYSTEM, act=act, object_kind="thing", object_id=str(number),
            facts={"number": number, "ratio": 0.1, "text": "文"}, at=clock.now(),
        )  # fmt: skip


def _seal() -> int:
    return services.seal_entries(at=clock.now())


def _tamper(sql: str, *parameters: str) -> None:
    """As the owner of the tables, with the triggers off."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("audit_entry", "audit_block"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)
        assert cursor.rowcount > 0
        for table in ("audit_entry", "audit_block"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _findings() -> tuple[Finding, ...]:
    return queries.verify_chain().findings


def test_a_whole_chain_is_sound_and_its_tail_is_reported() -> None:
    _record(5)
    assert _seal() == 5
    _record(2)
    verdict = queries.verify_chain()
    assert verdict.is_sound, verdict.findings
    assert (verdict.sealed, verdict.unsealed, verdict.blocks) == (5, 2, 1)
    assert verdict.anchored_to == 5
    assert _seal() == 2
    assert _seal() == 0
    verdict = queries.verify_chain()
    assert (verdict.sealed, verdict.blocks, verdict.anchored_to) == (7, 2, 7)
    assert verdict.is_sound


def test_record_keeps_who_for_whom_and_from_where_in_one_insert() -> None:
    person, firm = uuid4(), uuid4()
    actor = Actor(
        kind="person", name="陈美玲", person_id=person, address="203.0.113.9",
        principal=Principal(kind="organisation", id=firm, name="演示公司"),
    )  # fmt: skip
    services.record(actor=actor, act="a.b", object_kind="x", object_id="1", at=clock.now())
    with max_queries(1):
        services.record(actor=actor, act="a.b", object_kind="x", object_id="2", at=clock.now())
    entry = Entry.objects.get(object_id="2")
    assert (entry.actor_id, entry.principal_id, entry.address) == (
        str(person), str(firm), "203.0.113.9",
    )  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        {"float": 1e22, "small": 1e-9, "big": 2**70, "none": None, "yes": True},
        {"nul": "a\x00b", "emoji": "🀄", "quote": "'\"\\"},
        {"list": [1, {"b": 2.5}], "when": clock.now(), "id": uuid4(), "raw": b"\x00"},
    ],
)
def test_any_facts_survive_the_database(facts: dict[str, object]) -> None:
    services.record(
        actor=SYSTEM, act="a.b", object_kind="x", object_id="1", facts=facts, at=clock.now()
    )
    _seal()
    assert queries.verify_chain().is_sound


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET actor_name = 'someone'",
        "UPDATE audit_entry SET seal_seq = seal_seq + 100",
        "DELETE FROM audit_entry",
        "UPDATE audit_block SET sealed_at = now()",
        "DELETE FROM audit_block",
    ],
)
def test_the_database_refuses_change_and_deletion(sql: str) -> None:
    _record(2)
    _seal()
    with pytest.raises(DatabaseError, match="only grows"), connection.cursor() as cursor:
        cursor.execute(sql)
    assert queries.verify_chain().is_sound


def test_an_unsealed_row_cannot_be_changed_while_pretending_to_seal() -> None:
    _record(1)
    with pytest.raises(DatabaseError, match="only grows"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry SET seal_seq = 1, chain_hash = 'x', actor_name = 'someone'"
        )


@pytest.mark.parametrize(
    "change",
    ["actor_name = 'x'", "act = 'a.c'", "at = at + interval '1 second'", "facts = '{}'",
     "outcome = 'failed'", "mac = 'x'", "chain_hash = 'x'", "address = '1.2.3.4'"],
)  # fmt: skip
def test_each_changed_column_is_found_at_its_place(change: str) -> None:
    _record(5)
    _seal()
    _tamper(f"UPDATE audit_entry SET {change} WHERE seal_seq = 3")
    found = _findings()
    assert found
    assert {item.kind for item in found} == {"changed"}
    assert 3 in {item.seq for item in found}
    assert {item.seq for item in found} <= {3, 4}


def test_a_missing_row_is_found_and_its_place_named() -> None:
    _record(5)
    _seal()
    _tamper("DELETE FROM audit_entry WHERE seal_seq = 3")
    assert [(item.kind, item.seq) for item in _findings()] == [("missing", 3)]


def test_a_missing_row_cannot_be_hidden_by_renumbering() -> None:
    _record(5)
    _seal()
    _tamper("DELETE FROM audit_entry WHERE seal_seq = 3")
    _tamper("UPDATE audit_entry SET seal_seq = seal_seq - 1 WHERE seal_seq > 3")
    kinds = {(item.kind, item.seq) for item in _findings()}
    assert ("changed", 3) in kinds
    assert ("missing", 5) in kinds


def _copy_row(**changes: str) -> str:
    columns = [str(field.column) for field in Entry._meta.concrete_fields]
    values = [changes.get(column, column) for column in columns]
    return (
        f"INSERT INTO audit_entry ({', '.join(columns)})"
        f" SELECT {', '.join(values)} FROM audit_entry WHERE object_id = '1'"
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"seal_seq": "NULL", "chain_hash": "NULL"}, "added"),
        ({"seal_seq": "6"}, "added"),
    ],
)
def test_an_added_row_is_found(changes: dict[str, str], kind: str) -> None:
    _record(5)
    _seal()
    _tamper(_copy_row(id="gen_random_uuid()", actor_name="'forged'", **changes))
    assert {item.kind for item in _findings()} == {kind}


def test_two_rows_that_changed_places_are_found() -> None:
    _record(4)
    _seal()
    _tamper("UPDATE audit_entry SET seal_seq = 1000 WHERE seal_seq = 2")
    _tamper("UPDATE audit_entry SET seal_seq = 2 WHERE seal_seq = 3")
    _tamper("UPDATE audit_entry SET seal_seq = 3 WHERE seal_seq = 1000")
    assert {(item.kind, item.seq) for item in _findings()} >= {("changed", 2), ("changed", 3)}


def test_a_tail_cut_off_with_its_block_is_found_by_the_anchor() -> None:
    _record(3)
    _seal()
    _record(2)
    _seal()
    _tamper("DELETE FROM audit_entry WHERE seal_seq > 3")
    _tamper("DELETE FROM audit_block WHERE number = 2")
    assert [(item.kind, item.what, item.seq) for item in _findings()] == [("missing", "tail", 4)]


def test_a_tail_cut_off_without_its_block_is_found_by_the_block() -> None:
    _record(3)
    _seal()
    _tamper("DELETE FROM audit_entry WHERE seal_seq > 1")
    assert {(item.kind, item.seq) for item in _findings()} == {("missing", 2), ("missing", 3)}


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DELETE FROM audit_block WHERE number = 1", "missing"),
        ("UPDATE audit_block SET head = 'x' WHERE number = 1", "changed"),
        ("UPDATE audit_block SET sealed_at = now() - interval '1 day'", "changed"),
    ],
)
def test_blocks_are_proven_too(sql: str, kind: str) -> None:
    _record(2)
    _seal()
    _record(2)
    _seal()
    _tamper(sql)
    assert kind in {item.kind for item in _findings() if item.what == "block"}


def test_a_rewritten_chain_does_not_fit_the_anchor(_fresh_anchor: Path) -> None:
    _record(2)
    _seal()
    line = json.loads(_fresh_anchor.read_text())
    _fresh_anchor.write_text(json.dumps({**line, "head": "00" * 32}) + "\nrubbish\n")
    assert [item.what for item in _findings()] == ["anchor", "anchor"]


def test_a_record_that_commits_late_is_chained_late_and_leaves_no_gap() -> None:
    """A transaction that began first and commits last: its row has the lowest id."""
    other = connection.copy()
    try:
        _record(1, act="test.early")
        early = Entry.objects.get(act="test.early")
        columns = [str(field.column) for field in Entry._meta.concrete_fields]
        values = [getattr(early, field.attname) for field in Entry._meta.concrete_fields]
        _tamper("DELETE FROM audit_entry")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            values = [json.dumps(v) if isinstance(v, dict) else v for v in values]
            holders = ", ".join(["%s"] * len(columns))
            cursor.execute(
                f"INSERT INTO audit_entry ({', '.join(columns)}) VALUES ({holders})", values
            )
        _record(2, act="test.late")
        assert _seal() == 2
        other.commit()
        assert _seal() == 1
    finally:
        other.close()
    sealed = list(Entry.objects.order_by("seal_seq").values_list("act", flat=True))
    assert sealed == ["test.late", "test.late", "test.early"]
    assert queries.verify_chain().is_sound


def test_two_sealers_and_writers_at_once_make_one_chain() -> None:
    _record(30)
    calls: list[Callable[[], object]] = [_seal, _seal, lambda: _record(10), lambda: _record(10)]
    race(calls)
    _seal()
    verdict = queries.verify_chain()
    assert verdict.is_sound, verdict.findings
    assert verdict.sealed == 50
    assert list(Entry.objects.order_by("seal_seq").values_list("seal_seq", flat=True)) == list(
        range(1, 51)
    )


def test_a_writer_does_not_wait_for_the_sealer() -> None:
    _record(3)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:  # a sealer in the middle of its transaction
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('audit.seal:chain', 0))")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        _record(1)
    finally:
        other.close()
    assert Entry.objects.count() == 4


def test_more_than_one_block_is_sealed_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "BLOCK_ROWS_MAX", 4)
    _record(10)
    assert _seal() == 10
    assert list(Block.objects.order_by("number").values_list("last_seq", flat=True)) == [4, 8, 10]
    assert queries.verify_chain().is_sound


def test_the_command_exits_with_one_on_a_broken_chain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _record(3)
    call_command("audit", "seal")
    call_command("audit", "verify")
    assert "The chain is whole." in capsys.readouterr().out
    _tamper("UPDATE audit_entry SET act = 'x' WHERE seal_seq = 2")
    with pytest.raises(SystemExit):
        call_command("audit", "verify")
    assert "CHANGED entry at 2" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("audit", "verify", "--json")
    assert json.loads(capsys.readouterr().out)["findings"][0]["seq"] == 2
