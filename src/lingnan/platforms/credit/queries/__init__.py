"""Credit's questions. Reads only."""

from .archives import (
    archive_page,
    archive_views,
    history,
    latest_records,
    section_counts,
    subject_of,
    under_repair,
)
from .complaining import complaints, own_complaints
from .evaluation import (
    alerts,
    checked_report,
    commitments,
    evaluation_lines,
    grade,
    grade_by_uscc,
    latest_evaluation,
    own_commitments,
    own_consents,
    own_reports,
)
from .feedback import SHOWN_DAYS, supervision_results
from .figures import figure_kind, figure_rows, figures, month_from
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
from .standing import commitment_bars, standing, standing_of
from .stewarding import proposals, proposals_of, rule_file, rule_files

__all__ = (
    "SHOWN_DAYS",
    "alerts",
    "appeals_of",
    "archive_page",
    "archive_views",
    "batches",
    "checked_report",
    "commitment_bars",
    "commitments",
    "complaints",
    "decisions",
    "entries",
    "entries_of",
    "evaluation_lines",
    "figure_kind",
    "figure_rows",
    "figures",
    "grade",
    "grade_by_uscc",
    "history",
    "latest_evaluation",
    "latest_records",
    "listed_entries",
    "masked_name",
    "measure_feed",
    "measure_kinds",
    "measures",
    "month_from",
    "own_commitments",
    "own_complaints",
    "own_consents",
    "own_entries",
    "own_reports",
    "policies",
    "proposals",
    "proposals_of",
    "published_sections",
    "roster_kinds",
    "rule",
    "rule_file",
    "rule_files",
    "rules_in_force",
    "search_subjects",
    "section_counts",
    "shown_record",
    "sources",
    "stale_sources",
    "standing",
    "standing_of",
    "subject_of",
    "supervision_results",
    "under_repair",
)
