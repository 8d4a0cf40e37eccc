"""Identity's questions. Reads only."""

from ..types import mask_name, mask_number, mask_phone
from .access_log import access_log
from .accounts import account_card, live_sessions, live_tokens, persons_behind, persons_of
from .assurance import (
    assurance_of,
    evidence_of,
    level_demanded,
    level_of_organisation,
    level_of_person,
    levels_of_organisations,
)
from .demo import current_code, demo_accounts, spare_number
from .devices import devices_before, signed_in_devices
from .grants import administrators, grantable_roles, list_proposals, live_grants, roles
from .guardians import guardianships_in_reach, list_guardianships
from .history import account_history
from .keys import has_own_key, live_certificates, live_passkeys
from .linked import linked_accounts, upstream_links
from .mandates import mandate, mandate_covers, mandates_of
from .officers import is_officer_oneself, list_officers, officer, officers_with
from .people import (
    born_on,
    documents_of,
    find_person,
    is_only_one_named,
    organisation,
    organisation_by_number,
    organisations_led_by,
    person,
    prefill,
)
from .posts import count_open_offers, list_offers, own_offers
from .rights import actor_of_officer, actor_of_person, choices_of
from .rules import rule, rule_versions
from .window import (
    changes_in_reach,
    checks_in_reach,
    lacks_account,
    list_changes,
    list_checks,
    proposed_number,
)

__all__ = (
    "access_log",
    "account_card",
    "account_history",
    "actor_of_officer",
    "actor_of_person",
    "administrators",
    "assurance_of",
    "born_on",
    "changes_in_reach",
    "checks_in_reach",
    "choices_of",
    "count_open_offers",
    "current_code",
    "demo_accounts",
    "devices_before",
    "documents_of",
    "evidence_of",
    "find_person",
    "grantable_roles",
    "guardianships_in_reach",
    "has_own_key",
    "is_officer_oneself",
    "is_only_one_named",
    "lacks_account",
    "level_demanded",
    "level_of_organisation",
    "level_of_person",
    "levels_of_organisations",
    "linked_accounts",
    "list_changes",
    "list_checks",
    "list_guardianships",
    "list_offers",
    "list_officers",
    "list_proposals",
    "live_certificates",
    "live_grants",
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
    "own_offers",
    "person",
    "persons_behind",
    "persons_of",
    "prefill",
    "proposed_number",
    "roles",
    "rule",
    "rule_versions",
    "signed_in_devices",
    "spare_number",
    "upstream_links",
)
