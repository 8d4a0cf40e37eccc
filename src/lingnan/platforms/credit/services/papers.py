"""The written acts of a roster's procedure: numbered with the act, made by a job afterwards."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from lingnan.kernel import events
from lingnan.kernel.actors import system_actor
from lingnan.kernel.clock import local_date
from lingnan.kernel.text import DEFAULT_LANGUAGE
from lingnan.kernel.web.formats import format_date
from lingnan.platforms.documents import services as documents
from lingnan.platforms.documents.types import OFD, PDF

from ..events import PaperWritten
from ..models import RosterEntry, RosterPaper
from .numbers import take
from .sealed import render_sealed

OWNER = "credit.entry"
LETTERS = {"notice": "信告", "decision": "信列", "removal": "信移"}
TITLES = {
    "notice": "拟列入{roster}告知书",
    "decision": "列入{roster}决定书",
    "removal": "移出{roster}决定书",
}
REASONS = {
    "expired": "列入期限届满",
    "repaired": "经审核准予信用修复",
    "revoked": "原列入决定被撤销",
}


def decision_number(entry: RosterEntry, year: int) -> str:
    """The next number of decisions to list in the region in a year."""
    return _number(entry, RosterPaper.Kind.DECISION, year)


def _number(entry: RosterEntry, kind: str, year: int) -> str:
    letters = LETTERS[kind]
    serial = take(f"paper/{kind}/{entry.region_path}/{year}")
    return f"{entry.region_path.rstrip('/')[-12:][:6]}{letters}〔{year}〕{serial}号"


def write_paper(entry: RosterEntry, kind: str, *, at: datetime) -> RosterPaper:
    """Write the act down in its transaction; the files follow."""
    year = local_date(at).year
    number = (
        entry.decision_number if kind == RosterPaper.Kind.DECISION else _number(entry, kind, year)
    )
    paper = RosterPaper.objects.create(
        entry=entry, kind=kind, number=number, dated_at=at, facts=_facts(entry, kind, number, at)
    )
    events.publish(PaperWritten(paper_id=paper.pk, entry_id=entry.pk, kind=kind), at=at)
    return paper


def make_paper_files(paper_id: UUID, *, at: datetime) -> None:
    """Render a paper as PDF and OFD under the agency's seal and keep both; once, again changes
    nothing.

    Raises: documents' StoreUnavailable, licences' SealUnavailable (the job is tried again).
    """
    paper = RosterPaper.objects.select_related("entry").get(pk=paper_id)
    if paper.pdf_file_id and paper.ofd_file_id:
        return
    actor = system_actor("credit.papers")
    made = render_sealed(
        {**paper.facts, "made_at": paper.dated_at},
        agency_id=paper.entry.agency_id,
        purpose=f"roster paper {paper.number}",
        actor=actor,
        at=at,
    )
    with transaction.atomic():
        paper = RosterPaper.objects.select_for_update().get(pk=paper_id)
        if paper.pdf_file_id and paper.ofd_file_id:
            return
        for name, media_type in (("pdf", PDF), ("ofd", OFD)):
            stored = documents.store(
                made[name],
                name=f"{paper.number}.{name}",
                media_type=media_type,
                actor=actor,
                owner_kind=OWNER,
                owner_id=paper.entry_id,
                at=at,
            )
            setattr(paper, f"{name}_file_id", stored.pk)
        paper.save(update_fields=["pdf_file_id", "ofd_file_id"])


def _facts(entry: RosterEntry, kind: str, number: str, at: datetime) -> dict[str, Any]:
    roster = entry.kind.title["zh-hans"]
    title = TITLES[kind].format(roster=f"“{roster}”" if "名单" not in roster else roster)
    facts: dict[str, Any] = {
        "agency_name": entry.agency_name,
        "number": number,
        "title": title,
        "addressee": entry.subject.name,
        "paragraphs": _PARAGRAPHS[kind](entry),
        "fields": [["名单", roster], ["法律依据", entry.kind.legal_basis]],
        "closing": [],
        "date": local_date(at).isoformat(),
        "test_mark": "" if settings.LINGNAN.production else "测试文书，不具有法律效力",
    }
    if kind == RosterPaper.Kind.DECISION:
        facts["fields"] += [
            ["列入期限", f"自{_day(entry.decided_at)}起，至{_day(entry.until)}前"],
            ["移出条件", entry.kind.exit_conditions],
            ["联合措施", "；".join(_measures(entry)) or "无"],
        ]
        facts["closing"] = [entry.kind.remedy]
    return facts


def _notice(entry: RosterEntry) -> list[str]:
    due = _day(entry.statement_due_on)
    numbers = "、".join(entry.evidence.order_by("fact_on").values_list("number", flat=True))
    return [
        f"经查，{entry.facts}（证据：{numbers}）。依据下列规定，本机关拟将你（单位）列入下列名单。",
        f"你（单位）有权在{due}前向本机关陈述、申辩。逾期未陈述、申辩的，本机关将依法作出决定。",
    ]


def _decision(entry: RosterEntry) -> list[str]:
    heard = (
        "你（单位）提出了陈述、申辩，本机关已经复核。"
        if entry.stated_at
        else "你（单位）在规定期限内未提出陈述、申辩。"
    )
    return [f"经查，{entry.facts}。{heard}", "依据下列规定，本机关决定将你（单位）列入下列名单。"]


def _removal(entry: RosterEntry) -> list[str]:
    reason = REASONS.get(entry.end_reason, entry.end_reason)
    return [
        f"因{reason}，本机关决定将你（单位）移出下列名单，停止公示、共享和使用，并解除相关措施。"
    ]


_PARAGRAPHS = {"notice": _notice, "decision": _decision, "removal": _removal}


def _measures(entry: RosterEntry) -> list[str]:
    return [kind.title["zh-hans"] for kind in entry.kind.measures.order_by("code")]


def _day(value: object) -> str:
    with translation.override(DEFAULT_LANGUAGE):
        return format_date(value)  # type: ignore[arg-type]
