"""The facts of an entry in words. A fact without a name, or a value without a word, stays readable.

Names and words have a context of their own, so that they may be as short as a table wants them.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django import template
from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from lingnan.kernel.money import format_fen
from lingnan.kernel.text import localise
from lingnan.kernel.web.formats import format_date, format_instant, format_number

from ..models import Entry

register = template.Library()

FACTS: Mapping[str, Promise] = {
    "agency_id": pgettext_lazy("audit fact", "Agency"),
    "agent_id": pgettext_lazy("audit fact", "Agent"),
    "amount_fen": pgettext_lazy("audit fact", "Amount"),
    "asked_fen": pgettext_lazy("audit fact", "Amount asked"),
    "unit_price_fen": pgettext_lazy("audit fact", "Price of one unit"),
    "before": pgettext_lazy("audit fact", "State before"),
    "case_id": pgettext_lazy("audit fact", "Case"),
    "channel": pgettext_lazy("audit fact", "Way in"),
    "code": pgettext_lazy("audit fact", "Code"),
    "code31": pgettext_lazy("audit fact", "Item code"),
    "count": pgettext_lazy("audit fact", "How many"),
    "days": pgettext_lazy("audit fact", "Valid for days"),
    "digest": pgettext_lazy("audit fact", "Digest"),
    "document_type": pgettext_lazy("audit fact", "Kind of document"),
    "effective_from": pgettext_lazy("audit fact", "In force from"),
    "esid": pgettext_lazy("audit fact", "Number of the seal"),
    "delivery_id": pgettext_lazy("audit fact", "Delivery id"),
    "event_id": pgettext_lazy("audit fact", "Event"),
    "filters": pgettext_lazy("audit fact", "Conditions"),
    "finding": pgettext_lazy("audit fact", "Finding"),
    "found": pgettext_lazy("audit fact", "Found"),
    "from": pgettext_lazy("audit fact", "From"),
    "ground": pgettext_lazy("audit fact", "Legal ground"),
    "identifier": pgettext_lazy("audit fact", "Licence identifier"),
    "item_code": pgettext_lazy("audit fact", "Item code"),
    "item_version_id": pgettext_lazy("audit fact", "Version of the list"),
    "key": pgettext_lazy("audit fact", "Key"),
    "key_id": pgettext_lazy("audit fact", "Key id"),
    "level": pgettext_lazy("audit fact", "Stars given"),
    "licence": pgettext_lazy("audit fact", "Licence"),
    "licence_id": pgettext_lazy("audit fact", "Licence"),
    "locked": pgettext_lazy("audit fact", "Locked for a while"),
    "mandate_id": pgettext_lazy("audit fact", "Mandate"),
    "method": pgettext_lazy("audit fact", "Way of delivery"),
    "names": pgettext_lazy("audit fact", "Names"),
    "note": pgettext_lazy("audit fact", "Note"),
    "number": pgettext_lazy("audit fact", "Number"),
    "outcome": pgettext_lazy("audit fact", "Outcome"),
    "parts": pgettext_lazy("audit fact", "Parts"),
    "payload_sm3": pgettext_lazy("audit fact", "Digest of the contents"),
    "process": pgettext_lazy("audit fact", "Process"),
    "proposal": pgettext_lazy("audit fact", "Proposal"),
    "change": pgettext_lazy("audit fact", "Change"),
    "changed": pgettext_lazy("audit fact", "What was changed"),
    "purpose": pgettext_lazy("audit fact", "Purpose"),
    "reason": pgettext_lazy("audit fact", "Reason"),
    "region": pgettext_lazy("audit fact", "Region"),
    "registration_number": pgettext_lazy("audit fact", "Registration number"),
    "result": pgettext_lazy("audit fact", "Result"),
    "role": pgettext_lazy("audit fact", "Role"),
    "scopes": pgettext_lazy("audit fact", "Scopes"),
    "seal_id": pgettext_lazy("audit fact", "Seal"),
    "second_factor": pgettext_lazy("audit fact", "With a second factor"),
    "source": pgettext_lazy("audit fact", "Source"),
    "state": pgettext_lazy("audit fact", "State"),
    "step": pgettext_lazy("audit fact", "Step"),
    "subject": pgettext_lazy("audit fact", "Belongs to"),
    "subject_id": pgettext_lazy("audit fact", "Number of the business"),
    "subject_kind": pgettext_lazy("audit fact", "Kind of business"),
    "to": pgettext_lazy("audit fact", "To"),
    "until": pgettext_lazy("audit fact", "Until"),
    "url": pgettext_lazy("audit fact", "Network address"),
    "use_id": pgettext_lazy("audit fact", "Use"),
    "version": pgettext_lazy("audit fact", "Version"),
    "workdays": pgettext_lazy("audit fact", "Working days"),
    "event": pgettext_lazy("audit fact", "Event"),
    "message": pgettext_lazy("audit fact", "Message"),
    "measures": pgettext_lazy("audit fact", "Measures"),
    "open_commitments": pgettext_lazy("audit fact", "Open commitments"),
    "stored": pgettext_lazy("audit fact", "Stored"),
    "refused": pgettext_lazy("audit fact", "Refused"),
    "corrected": pgettext_lazy("audit fact", "Corrected"),
    "unchanged": pgettext_lazy("audit fact", "Unchanged"),
    "action": pgettext_lazy("audit fact", "Action"),
    "agency": pgettext_lazy("audit fact", "Agency"),
    "agency_name": pgettext_lazy("audit fact", "Agency"),
    "algorithm": pgettext_lazy("audit fact", "Algorithm"),
    "applicant_name": pgettext_lazy("audit fact", "Applicant"),
    "applied": pgettext_lazy("audit fact", "Applied"),
    "approver": pgettext_lazy("audit fact", "Agreed by"),
    "asker": pgettext_lazy("audit fact", "Asked by"),
    "basis": pgettext_lazy("audit fact", "Legal ground"),
    "card": pgettext_lazy("audit fact", "Last digits of the account"),
    "case_number": pgettext_lazy("audit fact", "Case number"),
    "certificate": pgettext_lazy("audit fact", "Certificate"),
    "check_id": pgettext_lazy("audit fact", "Check"),
    "client": pgettext_lazy("audit fact", "Program"),
    "counter": pgettext_lazy("audit fact", "Counter"),
    "credential_id": pgettext_lazy("audit fact", "Credential"),
    "documents": pgettext_lazy("audit fact", "Documents"),
    "done": pgettext_lazy("audit fact", "Done"),
    "due_on": pgettext_lazy("audit fact", "Due on"),
    "effective_until": pgettext_lazy("audit fact", "In force until"),
    "entry": pgettext_lazy("audit fact", "Entry"),
    "evidence": pgettext_lazy("audit fact", "Evidence"),
    "fields": pgettext_lazy("audit fact", "Fields"),
    "fingerprints_sm3": pgettext_lazy("audit fact", "Fingerprints (SM3)"),
    "former": pgettext_lazy("audit fact", "Before"),
    "grade": pgettext_lazy("audit fact", "Grade"),
    "issuer": pgettext_lazy("audit fact", "Issued by"),
    "item_name": pgettext_lazy("audit fact", "Matter"),
    "kind": pgettext_lazy("audit fact", "Kind"),
    "known": pgettext_lazy("audit fact", "Known"),
    "leader": pgettext_lazy("audit fact", "Legal representative"),
    "legal_basis": pgettext_lazy("audit fact", "Legal ground"),
    "length": pgettext_lazy("audit fact", "Length in days"),
    "lines": pgettext_lazy("audit fact", "Lines"),
    "link": pgettext_lazy("audit fact", "Connection"),
    "measure": pgettext_lazy("audit fact", "Measure"),
    "methods": pgettext_lazy("audit fact", "Ways of signing in"),
    "minutes": pgettext_lazy("audit fact", "Minutes"),
    "name": pgettext_lazy("audit fact", "Name"),
    "name_agrees": pgettext_lazy("audit fact", "Name agrees"),
    "noticed_on": pgettext_lazy("audit fact", "Notice dated"),
    "offer_id": pgettext_lazy("audit fact", "Offer"),
    "old_number_shown": pgettext_lazy("audit fact", "Old number shown"),
    "on": pgettext_lazy("audit fact", "Day"),
    "open": pgettext_lazy("audit fact", "Open"),
    "organisation": pgettext_lazy("audit fact", "Organisation"),
    "organisation_id": pgettext_lazy("audit fact", "Organisation"),
    "paid_into": pgettext_lazy("audit fact", "Paid into"),
    "passkey_id": pgettext_lazy("audit fact", "Passkey"),
    "percent": pgettext_lazy("audit fact", "Percent"),
    "phone": pgettext_lazy("audit fact", "Telephone"),
    "photo": pgettext_lazy("audit fact", "Photo compared"),
    "place": pgettext_lazy("audit fact", "Place"),
    "problem": pgettext_lazy("audit fact", "Problem"),
    "program": pgettext_lazy("audit fact", "Program"),
    "promised": pgettext_lazy("audit fact", "Promised working days"),
    "promised_due": pgettext_lazy("audit fact", "Promised by"),
    "provider": pgettext_lazy("audit fact", "Checked with"),
    "receipt": pgettext_lazy("audit fact", "Receipt"),
    "reduction": pgettext_lazy("audit fact", "Reduction"),
    "reference": pgettext_lazy("audit fact", "Reference"),
    "refund": pgettext_lazy("audit fact", "Refund"),
    "remedy": pgettext_lazy("audit fact", "Remedy"),
    "renewal": pgettext_lazy("audit fact", "Renewal"),
    "reply": pgettext_lazy("audit fact", "Reply"),
    "revision": pgettext_lazy("audit fact", "Revision"),
    "roster": pgettext_lazy("audit fact", "Roster"),
    "rows": pgettext_lazy("audit fact", "Rows"),
    "rule": pgettext_lazy("audit fact", "Rule"),
    "serial_number": pgettext_lazy("audit fact", "Serial number"),
    "series": pgettext_lazy("audit fact", "Series"),
    "shares": pgettext_lazy("audit fact", "Shares"),
    "since": pgettext_lazy("audit fact", "Since"),
    "statutory": pgettext_lazy("audit fact", "Statutory working days"),
    "step_id": pgettext_lazy("audit fact", "Step"),
    "target": pgettext_lazy("audit fact", "To the step"),
    "target_id": pgettext_lazy("audit fact", "To the step"),
    "test": pgettext_lazy("audit fact", "Test"),
    "text": pgettext_lazy("audit fact", "Words"),
    "title": pgettext_lazy("audit fact", "Title"),
    "transaction": pgettext_lazy("audit fact", "Transaction"),
    "type": pgettext_lazy("audit fact", "Type"),
    "types": pgettext_lazy("audit fact", "Types"),
    "unit": pgettext_lazy("audit fact", "Unit"),
    "use": pgettext_lazy("audit fact", "Purpose"),
    "username": pgettext_lazy("audit fact", "Account name"),
    "what": pgettext_lazy("audit fact", "What"),
    "when": pgettext_lazy("audit fact", "When"),
    "witnesses": pgettext_lazy("audit fact", "Witnesses"),
}
# What a fact is called in the acts of one module, where it is something else there.
FACTS_OF: Mapping[str, Mapping[str, Promise]] = {
    "identity": {"level": pgettext_lazy("audit fact", "Level of assurance")},
}
WORDS: Mapping[str, Promise] = {
    "accepted": pgettext_lazy("audit value", "accepted"),
    "active": pgettext_lazy("audit value", "in force"),
    "approve": pgettext_lazy("audit value", "agreed"),
    "approved": pgettext_lazy("audit value", "agreed"),
    "cancelled": pgettext_lazy("audit value", "cancelled"),
    "courier": pgettext_lazy("audit value", "by courier"),
    "declined": pgettext_lazy("audit value", "declined"),
    "demo": pgettext_lazy("audit value", "demonstration"),
    "digital": pgettext_lazy("audit value", "electronic"),
    "electronic": pgettext_lazy("audit value", "electronic"),
    "password": pgettext_lazy("audit value", "password"),
    "ended": pgettext_lazy("audit value", "ended"),
    "expired": pgettext_lazy("audit value", "expired"),
    "failed": pgettext_lazy("audit value", "failed"),
    "granted": pgettext_lazy("audit value", "granted"),
    "denied": pgettext_lazy("audit value", "denied"),
    "licence face": pgettext_lazy("audit value", "face of a licence"),
    "offered": pgettext_lazy("audit value", "offered"),
    "passed": pgettext_lazy("audit value", "passed"),
    "portal": pgettext_lazy("audit value", "portal"),
    "desk": pgettext_lazy("audit value", "workbench"),
    "window": pgettext_lazy("audit value", "at the window"),
    "register": pgettext_lazy("audit value", "register"),
    "self": pgettext_lazy("audit value", "own entry"),
    "refused": pgettext_lazy("audit value", "refused"),
    "reject": pgettext_lazy("audit value", "refused"),
    "revoked": pgettext_lazy("audit value", "revoked"),
    "resident_id": pgettext_lazy("audit value", "resident identity card"),
    "hm_travel": pgettext_lazy("audit value", "travel permit of Hong Kong and Macao residents"),
    "superseded": pgettext_lazy("audit value", "replaced"),
    "suspended": pgettext_lazy("audit value", "suspended"),
    "valid": pgettext_lazy("audit value", "valid"),
    "case": pgettext_lazy("audit value", "case"),
    "api": pgettext_lazy("audit value", "interface"),
    "web": pgettext_lazy("audit value", "browser"),
    "online": pgettext_lazy("audit value", "online"),
    "correction": pgettext_lazy("audit value", "waiting for a correction"),
    # steps and outcomes of the processes
    "accept": pgettext_lazy("audit value", "acceptance"),
    "amend": pgettext_lazy("audit value", "corrected"),
    "answer": pgettext_lazy("audit value", "answered"),
    "confirm": pgettext_lazy("audit value", "confirmation"),
    "correct": pgettext_lazy("audit value", "correction asked for"),
    "decide": pgettext_lazy("audit value", "decision"),
    "decline": pgettext_lazy("audit value", "not listed"),
    "deny": pgettext_lazy("audit value", "not granted"),
    "dismiss": pgettext_lazy("audit value", "not upheld"),
    "drop": pgettext_lazy("audit value", "dropped"),
    "forward": pgettext_lazy("audit value", "passed on"),
    "grant": pgettext_lazy("audit value", "grant"),
    "inspect": pgettext_lazy("audit value", "site inspection"),
    "keep": pgettext_lazy("audit value", "kept as it was"),
    "list": pgettext_lazy("audit value", "put on the roster"),
    "not_needed": pgettext_lazy("audit value", "no approval needed"),
    "not_ours": pgettext_lazy("audit value", "not for this body"),
    "notice": pgettext_lazy("audit value", "notice given"),
    "notify": pgettext_lazy("audit value", "told to the party"),
    "object": pgettext_lazy("audit value", "objection"),
    "pass": pgettext_lazy("audit value", "without objection"),
    "propose": pgettext_lazy("audit value", "proposed"),
    "rectify": pgettext_lazy("audit value", "to be put right"),
    "refuse": pgettext_lazy("audit value", "not accepted"),
    "reply": pgettext_lazy("audit value", "reply"),
    "return": pgettext_lazy("audit value", "returned for another look"),
    "review": pgettext_lazy("audit value", "review"),
    "revoke": pgettext_lazy("audit value", "taken back"),
    "verify": pgettext_lazy("audit value", "checked with the source"),
}
# What ships under a key; a key of one's own is shown as it is.
KEYS: Mapping[str, Promise] = {
    "company_registration": pgettext_lazy("audit key", "Registration of a company"),
    "construction_permit": pgettext_lazy("audit key", "Construction permit"),
    "driving_licence": pgettext_lazy("audit key", "Renewal of a driving licence"),
    "employer_registration": pgettext_lazy("audit key", "Registration of an employer"),
    "food_business": pgettext_lazy("audit key", "Food business licence"),
    "old_age_allowance": pgettext_lazy("audit key", "Old-age allowance"),
    "residence_permit": pgettext_lazy("audit key", "Residence permit"),
    "seal_filing": pgettext_lazy("audit key", "Filing of seals"),
    "credit_objection": pgettext_lazy("audit key", "Objection to a credit record"),
    "credit_repair": pgettext_lazy("audit key", "Credit repair"),
    "credit_roster": pgettext_lazy("audit key", "Listing on a roster"),
    "credit_breach": pgettext_lazy("audit key", "Breach of a commitment"),
    "credit.roster": pgettext_lazy("audit key", "Listing on a roster"),
    "credit.objection": pgettext_lazy("audit key", "Objection to a credit record"),
    "credit.repair": pgettext_lazy("audit key", "Credit repair"),
    "credit.commitment": pgettext_lazy("audit key", "Credit commitment"),
    "registration": pgettext_lazy("audit key", "Registration of a company"),
    "seals": pgettext_lazy("audit key", "Filing of seals"),
    "employer": pgettext_lazy("audit key", "Registration of an employer"),
    "approver": pgettext_lazy("audit key", "Approver"),
    "case_handler": pgettext_lazy("audit key", "Case handler"),
    "inspector": pgettext_lazy("audit key", "Inspector"),
    "leader": pgettext_lazy("audit key", "Leader"),
    "finance": pgettext_lazy("audit key", "Finance"),
    "data_steward": pgettext_lazy("audit key", "Data steward"),
    "window_clerk": pgettext_lazy("audit key", "Window clerk"),
    "system_admin": pgettext_lazy("audit key", "System administrator"),
    "security_admin": pgettext_lazy("audit key", "Security administrator"),
    "audit_admin": pgettext_lazy("audit key", "Audit administrator"),
    "bank": pgettext_lazy("audit key", "Bank"),
    "organisation": pgettext_lazy("audit key", "Organisation"),
    "person": pgettext_lazy("audit key", "Person"),
    "automatic": pgettext_lazy("audit key", "By the system"),
    "inspection": pgettext_lazy("audit key", "Site inspection"),
    "made": pgettext_lazy("audit key", "made"),
    "recorded": pgettext_lazy("audit key", "recorded"),
    "city": pgettext_lazy("audit key", "City"),
    "county": pgettext_lazy("audit key", "County"),
    "central": pgettext_lazy("audit key", "Central government"),
    "province": pgettext_lazy("audit key", "Province"),
}
_KEYED = frozenset(
    {
        *("process", "key", "role", "parts", "channel", "subject_kind", "before", "reason"),
        *("rule", "series"),
    }
)
_AGENCIES = frozenset({"agency_id", "agency"})
_IN_WORDS = frozenset(
    {
        *("before", "channel", "document_type", "finding", "method", "outcome", "purpose"),
        *("reason", "result", "source", "state", "step", "subject_kind"),
    }
)
_COUNTS = frozenset({"count", "days", "parts", "workdays"})


@register.filter
def entry_facts(entry: Entry, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """The facts of an entry as `facts_in_words` gives them, called as its act calls them."""
    return facts_in_words(entry.facts, names, act=entry.act)


def facts_in_words(
    facts: Mapping[str, object], names: Mapping[str, str] | None = None, *, act: str = ""
) -> list[tuple[str, str]]:
    """(name, value) of each fact, as people read them; facts without a value are left out.

    `names` says how agencies are called, by id.
    """
    known = names or {}
    lines = (
        (fact_name(key, act), known.get(str(value)) or fact_value(key, value))
        for key, value in facts.items()
    )
    return [(name, value) for name, value in lines if value]


def agency_ids(facts: Mapping[str, object]) -> list[UUID]:
    """The agencies that are named by their id."""
    found = []
    for key in _AGENCIES & facts.keys():
        try:
            found.append(UUID(str(facts[key])))
        except ValueError:
            continue
    return found


def fact_name(key: str, act: str = "") -> str:
    """What a fact is called in an act; of an unknown one its key, without underscores."""
    known = FACTS_OF.get(act.partition(".")[0], {}).get(key) or FACTS.get(key)
    return str(known) if known is not None else key.replace("_", " ").strip()


def fact_value(key: str, value: object) -> str:
    """What a fact says: money, dates, instants, yes and no, numbers and codes in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return pgettext("audit value", "yes") if value else pgettext("audit value", "no")
    if isinstance(value, int | float):
        if key.endswith("_fen") and isinstance(value, int):
            return format_fen(value)
        return format_number(value) if key in _COUNTS or isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        if any(language in value for language in ("zh-hans", "en")):
            return localise({str(code): str(text) for code, text in value.items()})
        parts = (
            f"{KEYS.get(str(k)) or fact_name(str(k))}: {fact_value(str(k), v)}"
            for k, v in value.items()
            if v
        )
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return "、".join(fact_value(key, part) for part in value)
    return _of_text(key, str(value))


def _of_text(key: str, text: str) -> str:
    if key == "region":
        return text.strip("/").rsplit("/", 1)[-1] or pgettext("audit value", "everywhere")
    if key == "subject":
        kind, _colon, number = text.partition(":")
        return " ".join(filter(None, (str(KEYS.get(kind) or _word(kind)), number)))
    if key in _KEYED and text in KEYS:
        return str(KEYS[text])
    if key in _IN_WORDS:
        return _word(text)
    if _is_iso(text):
        return format_instant(text) if "T" in text else format_date(text)
    return text


def _word(text: str) -> str:
    known = WORDS.get(text)
    return str(known) if known is not None else text


def _is_iso(text: str) -> bool:
    if len(text) < 10 or text[4:5] != "-" or text[7:8] != "-":
        return False
    try:
        datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return False
    return True
