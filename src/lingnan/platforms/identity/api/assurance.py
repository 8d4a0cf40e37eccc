"""Levels, proofs and the rules behind them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Status

from lingnan.kernel import clock
from lingnan.kernel.errors import FieldProblem, Malformed, NotFound
from lingnan.kernel.web.guard import actor_of, permitted, signed_in

from .. import queries, services
from ..adapters.base import Answer
from ..rules import SHIPPED
from ..schemas import (
    AssuranceOut,
    ProofAnswerIn,
    ProofIn,
    ProofOut,
    ProvenOut,
    RuleIn,
    RuleSetOut,
    RulesOut,
)
from ..types import MANAGE_RULES
from .router import in_session, router

ANSWER_MAX = 20_000


@router.get("/me/assurance", response=AssuranceOut, summary="How sure we are of me here")
@signed_in
def show_assurance(request: HttpRequest) -> dict[str, Any]:
    actor, at = in_session(request), clock.now()
    found = queries.assurance_of(actor.session_id, at=at) if actor.session_id else None
    if found is None:
        raise NotFound
    worth = queries.rule("assurance", on=clock.local_date(at)).parameters
    subject = services.own_subject(actor)
    evidence = queries.evidence_of(actor.person_id) if actor.person_id else []
    return {
        "level": found.level,
        "session_level": found.session_level,
        "person_level": found.person_level,
        "methods": list(found.methods),
        "signed_in_at": found.signed_in_at,
        "evidence": [
            {
                "id": card.id,
                "kind": card.kind,
                "level": card.level,
                "outcome": card.outcome,
                "obtained_at": card.obtained_at,
                "expires_at": card.expires_at,
                "counts": card.counts(at),
                "organisation_id": card.organisation_id,
                "is_test": card.is_test,
            }
            for card in evidence
        ],
        "offered": [
            {
                "code": method.code,
                "label": str(method.label),
                "hint": str(method.hint),
                "is_test": method.is_test,
                "level": worth.get(f"{method.code}.level", 0),
                "session": worth.get(f"{method.code}.session", 0),
            }
            for method in services.methods()
            if method.fits(subject)
        ],
    }


@router.post("/me/proofs", response={201: ProofOut}, summary="Begin to prove who I am")
@signed_in
def start_proof(request: HttpRequest, body: ProofIn) -> Status[Any]:
    started = services.start_proof(
        actor=in_session(request),
        method=body.method,
        return_to=body.return_to,
        at=clock.now(),
    )
    return Status(201, proof_out(started))


def proof_out(started: services.StartedProof) -> dict[str, Any]:
    """An attempt in the form of the API."""
    return {
        "id": started.attempt_id,
        "method": started.method.code,
        "url": started.url,
        "fields": [
            {"name": field.name, "label": str(field.label), "kind": field.kind}
            for field in started.method.fields
        ],
        "shown": started.shown,
        "expires_at": started.expires_at,
    }


@router.post("/me/proofs/{attempt_id}/answer", response=ProvenOut, summary="Answer a proof")
@signed_in
def answer_proof(request: HttpRequest, attempt_id: UUID, body: ProofAnswerIn) -> dict[str, Any]:
    """For a proof given elsewhere `values` holds `arrival`, from the address the person was sent
    back to: open `url` in a view of your own that sees it. The gateway is asked what happened."""
    proven = services.finish_proof(
        actor=in_session(request),
        attempt_id=attempt_id,
        answer=answer_from(body),
        at=clock.now(),
    )
    return {"method": proven.method, "level": proven.level, "return_to": proven.return_to}


def answer_from(body: ProofAnswerIn) -> Answer:
    """The values of an answer; what would be uploaded on the page comes as text here.

    Raises: Malformed (422).
    """
    for name, value in body.values.items():
        if len(name) > 40 or len(value) > ANSWER_MAX:
            raise Malformed(fields=[FieldProblem(f"values.{name[:40]}", "length", "")])
    files = {name: value.encode() for name, value in body.values.items()}
    return Answer(values=body.values, files=files)


@router.get("/rules", response=RulesOut, summary="The rules identity goes by")
@permitted(MANAGE_RULES)
def list_rules(request: HttpRequest) -> dict[str, Any]:
    today = clock.today()
    found = [(SHIPPED[code], queries.rule(code, on=today)) for code in sorted(SHIPPED)]
    items = [
        {
            "code": now.code,
            "name": str(shipped.name),
            "version": now.version,
            "effective_from": now.effective_from,
            "parameters": dict(now.parameters),
        }
        for shipped, now in found
    ]
    return {"items": items}


@router.post("/rules/{code}", response={201: RuleSetOut}, summary="Publish a rule's next version")
@permitted(MANAGE_RULES)
def set_rule(request: HttpRequest, code: str, body: RuleIn) -> Status[Any]:
    row = services.set_rule(
        actor=actor_of(request),
        code=code,
        parameters=body.parameters,
        effective_from=body.effective_from,
        at=clock.now(),
    )
    made = {"code": row.code, "version": row.version, "effective_from": row.effective_from}
    return Status(201, made)
