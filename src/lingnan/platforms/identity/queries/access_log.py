"""Who looked at one's data: the audit's record, and what other modules keep of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.pagination import Page, merged_page
from lingnan.kernel.text import localise
from lingnan.security.audit import queries as audit
from lingnan.standards.agencies import queries as agencies

from ..models import Officer
from ..types import AccessLine, access_logs

WHAT: dict[str, str | Promise] = {
    "case": _("the file of a case"),
    "joint_case": _("the file of a joint case"),
    "licences.licence": _("a licence"),
    "person": _("your entry in the register of persons"),
}

# Purposes the platform itself gives; what an officer wrote stands as he wrote it.
PURPOSES: dict[str, str | Promise] = {"window": _("To confirm who you are, at a window")}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """A look with the agency and post in words; the name only where the rule shows names."""

    line: AccessLine
    agency_name: str
    post_title: str
    officer_name: str

    @property
    def at(self) -> datetime:
        return self.line.at


def access_log(
    actor: Actor, *, object_id: UUID | None = None, cursor: str | None = None, limit: int = 20
) -> Page[SeenBy]:
    """Who looked at the data of whom the actor acts for, newest first.

    With `object_id` only the audit's looks at this one thing. A query for each list, and two.
    """
    pages = [_audited(actor, object_id, cursor, limit)]
    if object_id is None:
        pages += [log(actor, cursor, limit) for log in access_logs()]
    page = merged_page(pages, key=lambda line: (line.at, line.id), limit=limit)
    return Page(_in_words(page.items), page.next_cursor)


def _audited(
    actor: Actor, object_id: UUID | None, cursor: str | None, limit: int
) -> Page[AccessLine]:
    page = audit.looks_at(actor, object_id=object_id, cursor=cursor, limit=limit)
    lines = [
        AccessLine(
            id=look.pk,
            at=look.at,
            agency_id=look.agency_id,
            officer_id=look.officer_id,
            what=WHAT.get(look.object_kind, look.object_kind),
            matter=localise(look.title) if look.title else "",
            number=look.number,
            purpose=str(PURPOSES.get(look.purpose, look.purpose)),
        )
        for look in page.items
    ]
    return Page(lines, page.next_cursor)


def _in_words(lines: Sequence[AccessLine]) -> list[SeenBy]:
    if not lines:
        return []
    names = agencies.agencies(list({line.agency_id for line in lines if line.agency_id}))
    rows = Officer.objects.filter(pk__in={line.officer_id for line in lines if line.officer_id})
    officers = {row.pk: row for row in rows.select_related("post")}
    shown = settings.LINGNAN.officer_names == "shown"
    seen = []
    for line in lines:
        officer = officers.get(line.officer_id) if line.officer_id else None
        agency = names.get(line.agency_id) if line.agency_id else None
        seen.append(
            SeenBy(
                line=line,
                agency_name=agency.name if agency else line.who,
                post_title=officer.post.title if officer and officer.post else "",
                officer_name=officer.name if officer and shown else "",
            )
        )
    return seen
