"""Audit's verbs: record an act; seal what was recorded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from lingnan.kernel import locks
from lingnan.kernel.actors import Actor, Principal
from lingnan.kernel.text import LocalisedText
from lingnan.kernel.transactions import insert_later
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.types import Mac

from . import anchor, chain
from .models import Block, Entry, Look
from .types import Outcome

MAC_PURPOSE = "audit.entry"
CHAIN_PURPOSE = "audit.chain"
BLOCK_ROWS_MAX = 1000


def record(
    *,
    actor: Actor,
    act: str,
    object_kind: str,
    object_id: str | UUID,
    outcome: Outcome = "ok",
    facts: Mapping[str, object] | None = None,
    at: datetime,
) -> UUID:
    """Write one audit entry in the caller's transaction; waits for no one. One INSERT,
    or one for all that a unit of work records.

    `act` is dotted and stable ("licence.revoked"). Put no secrets and no document numbers into
    `facts`: ids and codes, old and new states.
    """
    entry = _signed(
        actor=actor,
        act=act,
        object_kind=object_kind,
        object_id=object_id,
        outcome=outcome,
        facts=facts,
        at=at,
    )
    insert_later(entry)
    return entry.pk


def record_look(
    *,
    actor: Actor,
    subject: Principal,
    act: str,
    object_kind: str,
    object_id: UUID,
    title: LocalisedText | None = None,
    number: str = "",
    item_code: str = "",
    purpose: str = "",
    facts: Mapping[str, object] | None = None,
    at: datetime,
) -> bool:
    """Write down that an officer opened something about a person or firm; whether it was new.

    Once for each officer, thing and hour. One statement, new or not: the row in the way is found
    by its unique index. Call it when the content is handed out, never for a row of a list. Anyone
    but an officer reads his own and leaves no entry.
    Source: 个人信息保护法 44, 51, 54.
    """
    if not actor.is_officer or actor.officer_id is None:
        return False
    entry = _signed(
        actor=actor,
        act=act,
        object_kind=object_kind,
        object_id=object_id,
        outcome="ok",
        facts={
            **(facts or {}),
            "subject_kind": subject.kind,
            "subject_id": subject.id,
            "number": number,
            "item_code": item_code,
            "purpose": purpose[:200],
        },
        at=at,
    )
    look = Look(
        id=entry.pk,
        at=at,
        hour=at.replace(minute=0, second=0, microsecond=0),
        officer_id=actor.officer_id,
        officer_name=entry.actor_name,
        agency_id=actor.agency_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        object_kind=object_kind,
        object_id=object_id,
        title=chain.plain(title or {}),
        number=number[:80],
        item_code=item_code[:33],
        purpose=str(chain.plain(purpose))[:200],
    )
    look_columns, look_values, look_marks = _insertable(look)
    columns, values, marks = _insertable(entry)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH new AS (INSERT INTO audit_look ({look_columns}) VALUES ({look_marks})"  # noqa: S608
            " ON CONFLICT DO NOTHING RETURNING id)"
            f" INSERT INTO audit_entry ({columns}) SELECT {marks} FROM new",
            [*look_values, *values],
        )
        return bool(cursor.rowcount)


def _insertable(row: Entry | Look) -> tuple[str, list[Any], str]:
    """Columns, values and typed marks of a row, for a statement of our own."""
    fields = row._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    return names, values, ", ".join(f"%s::{field.db_type(connection)}" for field in fields)


def _signed(
    *,
    actor: Actor,
    act: str,
    object_kind: str,
    object_id: str | UUID,
    outcome: Outcome,
    facts: Mapping[str, object] | None,
    at: datetime,
) -> Entry:
    principal = actor.principal
    entry = Entry(
        at=at,
        act=act,
        object_kind=object_kind,
        object_id=str(object_id),
        outcome=outcome,
        actor_kind=actor.kind,
        actor_id=str(actor.officer_id or actor.person_id or actor.account_id or ""),
        actor_name=str(chain.plain(actor.name))[:200],
        agency_id=actor.agency_id,
        region_path=actor.region_path,
        principal_kind=principal.kind if principal else "",
        principal_id=str(principal.id) if principal else "",
        principal_name=str(chain.plain(principal.name))[:200] if principal else "",
        mandate_id=actor.mandate_id,
        session_id=actor.session_id,
        address=str(chain.plain(actor.address))[:64],
        facts=chain.plain(facts or {}),
    )
    mac = crypto.hmac_sm3(chain.entry_bytes(entry), purpose=MAC_PURPOSE)
    entry.mac_key_id = mac.key_id
    entry.mac = mac.value
    return entry


def seal_entries(*, at: datetime, blocks_max: int = 100) -> int:
    """Chain what is recorded and committed but not sealed; return how many entries.

    Each block is its own transaction. One sealer at a time; writers are not held up.
    """
    sealed = 0
    for _block in range(blocks_max):
        count = _seal_block(at=at)
        sealed += count
        if count < BLOCK_ROWS_MAX:
            break
    return sealed


@transaction.atomic
def _seal_block(*, at: datetime) -> int:
    locks.hold("audit.seal", "chain")
    entries = list(
        Entry.objects.filter(seal_seq__isnull=True)
        .only("id", "mac", "mac_key_id")
        .order_by("id")[:BLOCK_ROWS_MAX]
    )
    if not entries:
        return 0
    last = Block.objects.order_by("-number").first()
    head = previous_head = bytes(last.head) if last else chain.START
    first_seq = (last.last_seq if last else 0) + 1
    key_id = crypto.hmac_sm3(b"", purpose=CHAIN_PURPOSE).key_id  # one key for the whole block
    hashes = []
    for seq, entry in enumerate(entries, start=first_seq):
        mac = crypto.hmac_sm3(
            chain.link_bytes(previous=head, seq=seq, entry=entry),
            purpose=CHAIN_PURPOSE,
            key_id=key_id,
        )
        head = mac.value
        hashes.append(head)
    block = Block(
        number=(last.number if last else 0) + 1,
        first_seq=first_seq,
        last_seq=first_seq + len(entries) - 1,
        previous_head=previous_head,
        head=head,
        sealed_at=at,
        key_id=key_id,
    )
    block.mac = crypto.hmac_sm3(
        chain.block_bytes(block), purpose=CHAIN_PURPOSE, key_id=key_id
    ).value
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_entry AS e SET seal_seq = v.seq, chain_hash = v.hash"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::bytea[]) AS v(id, seq, hash)"
            " WHERE e.id = v.id",
            [
                [entry.pk for entry in entries],
                list(range(first_seq, first_seq + len(entries))),
                hashes,
            ],
        )
    block.save(force_insert=True)
    transaction.on_commit(lambda: anchor.append(block))
    return len(entries)


def check_entry(entry: Entry) -> bool:
    """Whether an entry is as it was written. Raises: KeyUnknown."""
    mac = Mac(key_id=entry.mac_key_id, value=bytes(entry.mac))
    return crypto.check_mac(chain.entry_bytes(entry), mac)
