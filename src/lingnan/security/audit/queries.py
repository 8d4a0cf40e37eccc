"""Questions to the audit record: search it, verify it."""

import hmac
from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, keyset_page
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import KeyUnknown, KeyUnusable
from lingnan.security.crypto.types import Mac

from . import anchor, chain
from .models import Block, Entry, Look
from .types import READ_AUDIT, AuditFilter, ChainVerdict, Finding

_CHUNK = 2000


def search(
    *, actor: Actor, wanted: AuditFilter, cursor: str | None = None, limit: int = 50
) -> Page[Entry]:
    """Entries within the reader's reach, newest first. One query."""
    rows = Entry.objects.filter(actor.reach(READ_AUDIT).q())
    if wanted.act:
        exact = Q(act=wanted.act) | Q(act__startswith=wanted.act + ".")
        rows = rows.filter(exact)
    if wanted.object_kind:
        rows = rows.filter(object_kind=wanted.object_kind)
    if wanted.object_id:
        rows = rows.filter(object_id=wanted.object_id)
    if wanted.actor:
        rows = rows.filter(Q(actor_id=wanted.actor) | Q(actor_name=wanted.actor))
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return keyset_page(
        rows.defer("mac", "chain_hash"), order=("-at", "-id"), cursor=cursor, limit=limit
    )


def history_of(object_kind: str, object_id: str, *, limit: int = 200) -> list[Entry]:
    """What was done to one object, newest first; the caller has checked that it may be shown."""
    rows = Entry.objects.filter(object_kind=object_kind, object_id=object_id)
    return list(rows.order_by("-at", "-id")[:limit])


def history_page(
    objects: Sequence[tuple[str, str]], *, cursor: str | None = None, limit: int = 20
) -> Page[Entry]:
    """What was done to several objects (kind, id), newest first; the caller has checked that it may
    be shown. One query."""
    condition = Q(pk__in=[])
    for kind, object_id in objects:
        condition |= Q(object_kind=kind, object_id=object_id)
    rows = Entry.objects.filter(condition).defer("mac", "chain_hash")
    return keyset_page(rows, order=("-at", "-id"), cursor=cursor, limit=limit)


def looks_at(
    actor: Actor, *, object_id: UUID | None = None, cursor: str | None = None, limit: int = 20
) -> Page[Look]:
    """Which officers opened what is about whom the actor acts for, newest first. One query.

    Under a mandate for certain matters: those of these matters. Nothing for officers.
    """
    principal = actor.principal
    if principal is None or not actor.is_person:
        return Page([], None)
    rows = Look.objects.filter(
        actor.matters_q(), subject_kind=principal.kind, subject_id=principal.id
    )
    if object_id is not None:
        rows = rows.filter(object_id=object_id)
    return keyset_page(rows, order=("-at", "-id"), cursor=cursor, limit=limit)


def verify_chain() -> ChainVerdict:
    """Walk the whole chain, its blocks and its anchors, and say what does not fit.

    Reads one snapshot in chunks; memory does not grow with the table.
    `changed`: the content, the MAC or the chain value of a row that was sealed.
    `missing`: a place in the chain, a block, or a tail that the anchor file still knows.
    `added`: a row that no holder of the key wrote, or that stands outside every block.
    """
    findings: list[Finding] = []
    with transaction.atomic():
        blocks, heads, last_seq = _verify_blocks(findings)
        sealed = _verify_entries(blocks, last_seq, findings)
        unsealed = _verify_unsealed(findings)
        anchored_to = _verify_anchors(heads, last_seq, findings)
    return ChainVerdict(
        sealed=sealed,
        unsealed=unsealed,
        blocks=len(blocks),
        anchored_to=anchored_to,
        findings=tuple(findings),
    )


def _holds(data: bytes, mac: Mac) -> bool:
    try:
        return crypto.check_mac(data, mac)
    except (KeyUnknown, KeyUnusable):
        return False


def _verify_blocks(findings: list[Finding]) -> tuple[list[Block], dict[int, bytes], int]:
    blocks = list(Block.objects.order_by("number"))
    heads: dict[int, bytes] = {}
    expected_number, expected_seq, previous_head = 1, 1, chain.START
    for block in blocks:
        if block.number != expected_number or block.first_seq != expected_seq:
            findings.append(
                Finding(
                    kind="missing",
                    what="block",
                    seq=expected_seq,
                    detail=f"block {expected_number} to {block.number - 1}",
                )
            )
        elif bytes(block.previous_head) != previous_head:
            findings.append(
                Finding(kind="changed", what="block", seq=block.first_seq, detail=str(block))
            )
        if not _holds(chain.block_bytes(block), Mac(key_id=block.key_id, value=bytes(block.mac))):
            findings.append(
                Finding(kind="changed", what="block", seq=block.first_seq, detail=str(block))
            )
        heads[block.last_seq] = bytes(block.head)
        expected_number, expected_seq = block.number + 1, block.last_seq + 1
        previous_head = bytes(block.head)
    return blocks, heads, expected_seq - 1


def _sealed_entries() -> Iterator[Entry]:
    rows = Entry.objects.filter(seal_seq__isnull=False).order_by("seal_seq")
    yield from rows.iterator(chunk_size=_CHUNK)


def _verify_entries(blocks: list[Block], last_seq: int, findings: list[Finding]) -> int:
    previous, expected, count = chain.START, 1, 0
    pending = iter(blocks)
    block = next(pending, None)
    for entry in _sealed_entries():
        seq = entry.seal_seq
        assert seq is not None
        count += 1
        if seq > last_seq:
            findings.append(_finding("added", entry, "stands behind the last block"))
            continue
        while block is not None and block.last_seq < seq:
            block = next(pending, None)
        if seq > expected:
            findings.extend(_missing(expected, seq - 1))
            previous = b""  # unknown: the link of this row cannot be checked, those after can
        if block is not None and seq == block.first_seq:
            previous = bytes(block.previous_head)
        chained = (
            block is not None
            and block.first_seq <= seq
            and (
                previous == b""
                or _holds(
                    chain.link_bytes(previous=previous, seq=seq, entry=entry),
                    Mac(key_id=block.key_id, value=bytes(entry.chain_hash or b"")),
                )
            )
        )
        if block is not None and seq == block.last_seq:
            chained = chained and bytes(entry.chain_hash or b"") == bytes(block.head)
        intact = _holds(
            chain.entry_bytes(entry), Mac(key_id=entry.mac_key_id, value=bytes(entry.mac))
        )
        if not intact:
            findings.append(_finding("changed", entry, "its content is not what was recorded"))
        elif not chained:
            findings.append(_finding("changed", entry, "its place in the chain does not fit"))
        previous, expected = bytes(entry.chain_hash or b""), seq + 1
    if expected <= last_seq:
        findings.extend(_missing(expected, last_seq))
    return count


def _missing(first: int, last: int) -> list[Finding]:
    if last - first >= 20:
        return [Finding(kind="missing", what="entry", seq=first, detail=f"places {first}-{last}")]
    return [
        Finding(kind="missing", what="entry", seq=seq, detail=f"place {seq}")
        for seq in range(first, last + 1)
    ]


def _finding(kind: str, entry: Entry, detail: str) -> Finding:
    return Finding(
        kind="added" if kind == "added" else "changed",
        what="entry",
        seq=entry.seal_seq,
        entry_id=entry.pk,
        detail=f"{entry}: {detail}",
    )


def _verify_unsealed(findings: list[Finding]) -> int:
    count = 0
    rows = Entry.objects.filter(seal_seq__isnull=True).order_by("id")
    for entry in rows.iterator(chunk_size=_CHUNK):
        count += 1
        mac = Mac(key_id=entry.mac_key_id, value=bytes(entry.mac))
        if not _holds(chain.entry_bytes(entry), mac):
            findings.append(_finding("added", entry, "not sealed, and not written by the system"))
    return count


def _verify_anchors(heads: dict[int, bytes], last_seq: int, findings: list[Finding]) -> int:
    anchors, broken = anchor.read()
    if broken:
        findings.append(Finding(kind="changed", what="anchor", detail=f"{broken} unreadable lines"))
    reached = 0
    for line in anchors:
        reached = max(reached, line.seq)
        head = heads.get(line.seq)
        if line.seq > last_seq:
            continue
        if head is None or not hmac.compare_digest(head, line.head):
            findings.append(
                Finding(
                    kind="changed",
                    what="anchor",
                    seq=line.seq,
                    detail=f"the head at {line.seq} is not the one anchored",
                )
            )
    if reached > last_seq:
        findings.append(
            Finding(
                kind="missing",
                what="tail",
                seq=last_seq + 1,
                detail=f"places {last_seq + 1}-{reached} were anchored and are gone",
            )
        )
    return reached
