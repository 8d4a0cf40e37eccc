"""Credit's questions. Reads only."""

from .archives import (
    archive_page,
    archive_views,
    history,
    latest_records,
    section_counts,
    subject_of,
)
from .intake import batches, sources, stale_sources
from .publicity import (
    decisions,
    masked_name,
    published_sections,
    search_subjects,
    shown_record,
)
from .rosters import (
    appeals_of,
    entries,
    entries_of,
    listed_entries,
    measure_feed,
    measure_kinds,
    measures,
    own_entries,
    roster_kinds,
)
from .rules import policies, rule, rules_in_force
from .standing import standing, standing_of

__all__ = (
    "appeals_of",
    "archive_page",
    "archive_views",
    "batches",
    "decisions",
    "entries",
    "entries_of",
    "history",
    "latest_records",
    "listed_entries",
    "masked_name",
    "measure_feed",
    "measure_kinds",
    "measures",
    "own_entries",
    "policies",
    "published_sections",
    "roster_kinds",
    "rule",
    "rules_in_force",
    "search_subjects",
    "section_counts",
    "shown_record",
    "sources",
    "stale_sources",
    "standing",
    "standing_of",
    "subject_of",
)
