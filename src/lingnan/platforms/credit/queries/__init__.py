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
from .rules import policies, rule, rules_in_force

__all__ = (
    "archive_page",
    "archive_views",
    "batches",
    "decisions",
    "history",
    "latest_records",
    "masked_name",
    "policies",
    "published_sections",
    "rule",
    "rules_in_force",
    "search_subjects",
    "section_counts",
    "shown_record",
    "sources",
    "stale_sources",
    "subject_of",
)
