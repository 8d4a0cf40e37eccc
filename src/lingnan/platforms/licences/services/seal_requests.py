"""Put a seal on many documents with one approval: asked, approved by another, sealed one by one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from lingnan.kernel import jobs
from lingnan.kernel.actors import Actor, system_actor
from lingnan.kernel.errors import FieldProblem, Malformed, Refusal
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD
from lingnan.platforms.identity import queries as identity
from lingnan.platforms.identity.types import is_own
from lingnan.security.audit import services as audit
from lingnan.security.crypto import services as crypto
from lingnan.security.crypto.errors import DeviceAway, DeviceRefused

from ..errors import (
    DocumentEmpty,
    SealDecidedByOneself,
    SealDocumentsMissing,
    SealGroundMissing,
    SealStateRefused,
)
from ..models import SealRequest, SealRequestItem
from ..ofd import open_package, straddling_stamps
from ..seal_access import access_request, access_seal
from ..seal_log import record_seal_use
from ..types import APPROVE_SEALS, KEEP_SEALS
from .seal_holding import hold_seal
from .sealing import check_usable, put_seal

JOB = "licences.run_seal_request"
OWNER = "licences.seal_request"
DOCUMENTS_MAX = 50  # our default
_CLERK = system_actor("licences.seal_request")


@transaction.atomic
def ask_for_seal(
    *,
    seal_id: UUID,
    purpose: str,
    files: Sequence[tuple[str, bytes]],
    actor: Actor,
    at: datetime,
    straddles: bool = False,
    closing: bool = True,
) -> SealRequest:
    """Ask that a seal be put on documents (name and OFD content each); nothing is sealed yet.

    Raises: SealUnknown (404); SealUnusable (409); DocumentUnreadable, DocumentEmpty,
    SealNeedsTwoPages (with the document named), SealDocumentsMissing, SealGroundMissing (422).
    Source: GB/T 38540-2020, 7; Plan 五（二）2（2）.
    """
    seal = access_seal(actor=actor, seal_id=seal_id, permission=KEEP_SEALS)
    check_usable(seal, at=at)
    if not purpose.strip():
        raise SealGroundMissing
    if not 1 <= len(files) <= DOCUMENTS_MAX:
        raise SealDocumentsMissing(limit=DOCUMENTS_MAX)
    for number, (name, content) in enumerate(files):
        try:
            if not content:
                raise DocumentEmpty
            open_package(content)
            if straddles:
                size = {"width_mm": seal.width_mm, "height_mm": seal.height_mm}
                straddling_stamps(content, **size)
        except Malformed as wrong:
            problem = FieldProblem(f"files.{number}", wrong.code, f"{name}: {wrong.text}")
            raise type(wrong)(fields=[problem], **wrong.facts) from wrong
    assert actor.account_id is not None
    request = SealRequest.objects.create(
        seal=seal,
        agency_id=seal.agency_id,
        purpose=purpose.strip()[:300],
        straddles=straddles,
        closing=closing,
        items_count=len(files),
        asked_by=actor.name[:200],
        asked_by_account=actor.account_id,
        asked_at=at,
    )
    for number, (name, content) in enumerate(files, start=1):
        stored = _store(request, name, content, actor=actor, at=at)
        SealRequestItem.objects.create(
            request=request,
            number=number,
            name=(name or f"{number}.ofd")[:200],
            file_id=stored,
            digest_sm3=crypto.sm3(content).hex(),
        )
    _record(request, "asked", actor=actor, at=at)
    return request


def _store(request: SealRequest, name: str, content: bytes, *, actor: Actor, at: datetime) -> UUID:
    stored = documents.store(
        content,
        name=name or "document.ofd",
        media_type=OFD,
        actor=actor,
        owner_kind=OWNER,
        owner_id=request.pk,
        at=at,
    )
    return stored.pk


@transaction.atomic
def decide_on_request(
    *, request_id: UUID, approves: bool, ground: str, actor: Actor, at: datetime
) -> SealRequest:
    """Approve or refuse a request, as another person than who asked; a job then seals.

    Raises: SealUnknown (404); SealDecidedByOneself (403); SealStateRefused, SealUnusable (409);
    SealGroundMissing (422).
    """
    request = access_request(
        actor=actor, request_id=request_id, permission=APPROVE_SEALS, lock=True
    )
    if is_asker(actor, request):
        raise SealDecidedByOneself
    if request.state != SealRequest.State.ASKED:
        raise SealStateRefused(state=SealRequest.State(request.state).label)
    if not ground.strip():
        raise SealGroundMissing
    if approves:
        check_usable(request.seal, at=at)
    request.state = SealRequest.State.RUNNING if approves else SealRequest.State.REFUSED
    request.decided_by, request.decided_by_account = actor.name[:200], actor.account_id
    request.decided_at, request.ground = at, ground.strip()[:500]
    request.save()
    _record(request, "approved" if approves else "refused", actor=actor, at=at)
    if approves:
        jobs.enqueue(JOB, key=str(request.pk), request_id=str(request.pk))
    return request


@transaction.atomic
def resume_request(*, request_id: UUID, actor: Actor, at: datetime) -> SealRequest:
    """Go on with a request that a problem stopped; the approval stands.

    Raises: SealUnknown (404), SealStateRefused, SealUnusable (409).
    """
    request = access_request(actor=actor, request_id=request_id, permission=KEEP_SEALS, lock=True)
    if request.state not in (SealRequest.State.STOPPED, SealRequest.State.RUNNING):
        raise SealStateRefused(state=SealRequest.State(request.state).label)
    check_usable(request.seal, at=at)
    request.state, request.problem = SealRequest.State.RUNNING, ""
    request.save(update_fields=["state", "problem"])
    jobs.enqueue(JOB, key=str(request.pk), request_id=str(request.pk))
    return request


@transaction.atomic
def drop_request(*, request_id: UUID, ground: str, actor: Actor, at: datetime) -> SealRequest:
    """Give up a request that waits or was stopped: what is not sealed stays so, what is sealed too.

    Who asked withdraws his own without a reason; another keeper of the seal gives up a stopped one
    and says why. Raises: SealUnknown (404), SealStateRefused (409), SealGroundMissing (422).
    """
    request = access_request(actor=actor, request_id=request_id, lock=True)
    is_askers = is_asker(actor, request)
    if not is_askers:
        access_request(actor=actor, request_id=request_id, permission=KEEP_SEALS)
    if not can_be_dropped(request, is_askers=is_askers):
        raise SealStateRefused(state=SealRequest.State(request.state).label)
    if not ground.strip() and not is_askers:
        raise SealGroundMissing
    request.items.filter(state=SealRequestItem.State.WAITING).update(
        state=SealRequestItem.State.DROPPED
    )
    request.state, request.ended_at = SealRequest.State.DROPPED, at
    request.dropped_by, request.dropped_ground = actor.name[:200], ground.strip()[:500]
    request.save(update_fields=["state", "ended_at", "dropped_by", "dropped_ground"])
    _record(request, "dropped", actor=actor, at=at, ground=request.dropped_ground)
    return request


def is_asker(actor: Actor, request: SealRequest) -> bool:
    """Whether the actor is who asked: one person, with however many accounts."""
    asker = request.asked_by_account
    return is_own(actor, asker, *identity.persons_behind(asker))


def can_be_dropped(request: SealRequest, *, is_askers: bool) -> bool:
    """Whether it stands where it may be given up: by who asked, or by another keeper."""
    mine = (SealRequest.State.ASKED, SealRequest.State.STOPPED)
    return request.state in (mine if is_askers else (SealRequest.State.STOPPED,))


def run_request(*, request_id: UUID, at: datetime) -> int:
    """Seal the documents that are left, each in its own transaction; return how many were sealed.

    A document that cannot be sealed is refused with its reason and the rest goes on. A seal that
    may no longer be used, or a device that refuses its key, stops the request, and `resume_request`
    goes on from there. While a device is away the request says so.
    Raises: DeviceAway (503), for whoever runs it again.
    """
    sealed = 0
    while True:
        outcome = _next_item(request_id, at=at)
        if outcome is None:
            return sealed
        sealed += outcome


def _next_item(request_id: UUID, *, at: datetime) -> int | None:
    """One document: how many were sealed, or None where the job has nothing more to do.

    The seal signs between two transactions, so that a slow signing device keeps nobody waiting. In
    the second all is looked at again: what was signed for a request or a seal that has changed
    meanwhile is thrown away.
    """
    found = _choose_item(request_id, at=at)
    if found is None:
        return None
    request, item = found
    content = documents.read_file(item.file_id)
    sealed, problem = b"", ""
    try:
        sealed = put_seal(
            content,
            request.seal,
            places=(),
            straddles=request.straddles,
            closing=request.closing,
            at=at,
        )
    except DeviceAway as away:
        _say_waiting(request_id, str(away.message))
        raise
    except DeviceRefused as refusal:  # of the key, not of this document
        _stop_running(request_id, refusal, at=at)
        return None
    except (Malformed, Refusal) as refusal:
        problem = refusal.text[:500]
    return _keep_item(request_id, item.pk, content, sealed, problem, at=at)


def _held(request_id: UUID) -> SealRequest:
    rows = SealRequest.objects.select_for_update(of=("self",)).select_related("seal")
    return rows.get(pk=request_id)


@transaction.atomic
def _choose_item(request_id: UUID, *, at: datetime) -> tuple[SealRequest, SealRequestItem] | None:
    """The next document that waits; at the end of them the request is done."""
    request = _held(request_id)
    if request.state != SealRequest.State.RUNNING:
        return None
    item = request.items.filter(state=SealRequestItem.State.WAITING).order_by("number").first()
    if item is None:
        request.state, request.ended_at = SealRequest.State.DONE, at
        request.save(update_fields=["state", "ended_at"])
        _record(request, "done", actor=_CLERK, at=at)
        return None
    return (request, item) if _seal_signs(request, at=at) else None


def _seal_signs(request: SealRequest, *, at: datetime) -> bool:
    """Whether the seal may sign, held until the transaction ends; else the request is stopped."""
    try:
        check_usable(hold_seal(request.seal), at=at)
    except Refusal as refusal:
        _stop(request, refusal, at=at)
        return False
    return True


def _stop(request: SealRequest, refusal: Refusal, *, at: datetime) -> None:
    request.state, request.problem = SealRequest.State.STOPPED, refusal.text[:500]
    request.save(update_fields=["state", "problem"])
    _record(request, "stopped", actor=_CLERK, at=at)


@transaction.atomic
def _stop_running(request_id: UUID, refusal: Refusal, *, at: datetime) -> None:
    request = _held(request_id)
    if request.state == SealRequest.State.RUNNING:
        _stop(request, refusal, at=at)


def _say_waiting(request_id: UUID, problem: str) -> None:
    running = SealRequest.objects.filter(pk=request_id, state=SealRequest.State.RUNNING)
    running.update(problem=problem[:500])


@transaction.atomic
def _keep_item(
    request_id: UUID, item_id: UUID, content: bytes, sealed: bytes, problem: str, *, at: datetime
) -> int | None:
    request = _held(request_id)
    if request.state != SealRequest.State.RUNNING or not _seal_signs(request, at=at):
        return None
    item = request.items.get(pk=item_id)
    if item.state != SealRequestItem.State.WAITING:
        return 0  # another job was quicker
    if problem:
        item.state, item.problem = SealRequestItem.State.REFUSED, problem
        item.save(update_fields=["state", "problem"])
        SealRequest.objects.filter(pk=request.pk).update(refused_count=F("refused_count") + 1)
        return 0
    item.sealed_file_id = _store(request, item.name, sealed, actor=_CLERK, at=at)
    item.state = SealRequestItem.State.SEALED
    item.save(update_fields=["state", "sealed_file_id"])
    SealRequest.objects.filter(pk=request.pk).update(done_count=F("done_count") + 1, problem="")
    record_seal_use(
        request.seal,
        purpose=request.purpose,
        content=content,
        sealed=sealed,
        rule=f"request {request.pk}",
        approved_by=request.decided_by,
        request=request,
        actor=_asker(request),
        at=at,
    )
    return 1


def _asker(request: SealRequest) -> Actor:
    """The keeper who asked stands in the log as who used the seal."""
    return Actor(kind="officer", name=request.asked_by, account_id=request.asked_by_account)


def _record(
    request: SealRequest, what: str, *, actor: Actor, at: datetime, ground: str = ""
) -> None:
    facts: dict[str, object] = {"purpose": request.purpose, "documents": request.items_count}
    if ground:
        facts["ground"] = ground
    audit.record(
        actor=actor,
        act=f"licences.seal_request_{what}",
        object_kind="licences.seal_request",
        object_id=request.pk,
        facts=facts,
        at=at,
    )
