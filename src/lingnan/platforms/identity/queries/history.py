"""Every change of an account, as its owner reads it: from the audit record, never retold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lingnan.kernel.actors import Actor
from lingnan.kernel.errors import NotFound
from lingnan.kernel.pagination import Page
from lingnan.security.audit import queries as audit

WHAT: dict[str, str | Promise] = {
    "identity.account_opened": _("The account was opened"),
    "identity.person_registered": _("You were registered with your document"),
    "identity.signed_in": _("Signed in"),
    "identity.new_sign_in": _("You were told of a sign-in from somewhere new"),
    "identity.device_forgotten": _("A device was forgotten"),
    "identity.sign_ins_disowned": _("Everything else was signed out: “that was not me”"),
    "identity.sign_in_failed": _("An attempt to sign in failed"),
    "identity.password_changed": _("The password was changed"),
    "identity.second_factor_set": _("A second factor was set up"),
    "identity.second_factor_removed": _("The second factor was removed"),
    "identity.second_factor_reset": _("An administrator reset the second factor"),
    "identity.recovery_codes_renewed": _("New recovery codes were made"),
    "identity.other_sessions_ended": _("Other devices were signed out"),
    "identity.contact_changed": _("How you are reached was changed"),
    "identity.phone_changed": _("The telephone number was changed"),
    "identity.proof_given": _("You confirmed who you are"),
    "identity.proof_failed": _("An attempt to confirm who you are failed"),
    "identity.recovery_asked": _("Someone asked to recover the account"),
    "identity.recovery_failed": _("An attempt to recover the account failed"),
    "identity.account_recovered": _("The account was recovered with a new password"),
    "identity.account_merged": _("Another account of yours was joined to this one"),
    "identity.account_closed": _("The account was closed"),
    "identity.person_looked_up": _("An officer looked up your document"),
    "identity.person_read": _("An officer looked up your document"),
    "identity.details_proposed": _("A change of your name or document was proposed at a window"),
    "identity.details_refused": _("A change of your name or document was refused"),
    "identity.details_changed": _("Your name or document on record was changed at a window"),
    "identity.details_undone": _("A change of your name or document was undone"),
    "identity.window_checked": _("A clerk at a window confirmed who you are"),
    "identity.window_check_withdrawn": _("A check at a window was withdrawn"),
    "identity.passkey_added": _("A passkey was added"),
    "identity.passkey_removed": _("A passkey was removed"),
    "identity.passkey_copied": _("A passkey was used that may be a copy"),
    "identity.certificate_bound": _("An SM2 certificate was bound"),
    "identity.certificate_removed": _("An SM2 certificate was removed"),
    "identity.account_linked": _("A WeChat or Alipay account was linked"),
    "identity.account_unlinked": _("A WeChat or Alipay account was unlinked"),
    "identity.upstream_linked": _("An account at another identity provider was linked"),
    "identity.upstream_unlinked": _("An account at another identity provider was unlinked"),
    "identity.post_offered": _("An agency offered you a post"),
    "identity.post_accepted": _("You accepted a post"),
    "identity.post_declined": _("You declined a post"),
    "identity.post_withdrawn": _("An agency took the offer of a post back"),
    "identity.acting_as": _("You went on in your own name"),
}
OTHER = _("Another change of the account")


By = Literal["oneself", "system", "unknown", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One change: what, when, from where, whether it went through, and by whom.

    `by`: "oneself", "system" (a job, a feed), "unknown" (nobody signed in) or "other" (an officer).
    """

    id: UUID
    at: datetime
    act: str
    what: str | Promise
    passed: bool
    address: str
    by: By

    @property
    def by_oneself(self) -> bool:
        return self.by == "oneself"


def account_history(
    actor: Actor, *, cursor: str | None = None, limit: int = 20
) -> Page[HistoryLine]:
    """Of the account one is signed in with and of the person behind it, newest first. One query.

    Raises: NotFound (404) without an account.
    """
    if actor.account_id is None:
        raise NotFound
    objects = [("account", str(actor.account_id))]
    if actor.person_id is not None and actor.is_person:
        objects.append(("person", str(actor.person_id)))
    page = audit.history_page(objects, cursor=cursor, limit=limit)
    own = {str(key) for key in (actor.account_id, actor.person_id, actor.officer_id) if key}
    lines = [
        HistoryLine(
            id=row.id,
            at=row.at,
            act=row.act,
            what=WHAT.get(row.act, OTHER),
            passed=row.outcome == "ok",
            address="" if _by(row.actor_kind, row.actor_id, own) == "other" else row.address,
            by=_by(row.actor_kind, row.actor_id, own),
        )
        for row in page.items
    ]
    return Page(lines, page.next_cursor)


def _by(kind: str, actor_id: str, own: set[str]) -> By:
    """Who did it: an empty id is of the system or of someone not signed in, never of the owner.

    Whoever recovers an account is not signed in, though the record names the account he recovers.
    """
    if kind == "system":
        return "system"
    if kind == "anonymous":
        return "unknown"
    return "oneself" if actor_id in own else "other"
