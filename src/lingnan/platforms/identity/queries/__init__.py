"""Identity's questions. Reads only."""

from ..types import mask_name, mask_number, mask_phone
from .access_log import access_log
from .accounts import account_card, live_sessions, live_tokens, persons_behind
from .assurance import (
    assurance_of,
    evidence_of,
    level_demanded,
    level_of_organisation,
    level_of_person,
)
from .demo import current_code, demo_accounts
from .keys import has_own_key, live_certificates, live_passkeys
from .mandates import mandate, mandate_covers, mandates_of
from .officers import list_officers, officer, officers_with, roles
from .people import (
    born_on,
    find_person,
    organisation,
    organisation_by_number,
    organisations_led_by,
    person,
    prefill,
)
from .rights import actor_of_officer, actor_of_person, choices_of
from .rules import rule, rule_versions
from .window import checks_in_reach, list_checks

__all__ = (
    "access_log",
    "account_card",
    "actor_of_officer",
    "actor_of_person",
    "assurance_of",
    "born_on",
    "checks_in_reach",
    "choices_of",
    "current_code",
    "demo_accounts",
    "evidence_of",
    "find_person",
    "has_own_key",
    "level_demanded",
    "level_of_organisation",
    "level_of_person",
    "list_checks",
    "list_officers",
    "live_certificates",
    "live_passkeys",
    "live_sessions",
    "live_tokens",
    "mandate",
    "mandate_covers",
    "mandates_of",
    "mask_name",
    "mask_number",
    "mask_phone",
    "officer",
    "officers_with",
    "organisation",
    "organisation_by_number",
    "organisations_led_by",
    "person",
    "persons_behind",
    "prefill",
    "roles",
    "rule",
    "rule_versions",
)
