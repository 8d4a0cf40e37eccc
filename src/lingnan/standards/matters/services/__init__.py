"""The catalogue's verbs, by noun."""

from .catalogue import (
    change_basic_item,
    create_basic_item,
    create_duty,
    set_unified_element,
)
from .drafts import (
    adopt_item,
    create_item,
    discard_draft,
    publish_from_content,
    save_draft,
    start_change,
)
from .indexing import rebuild_index
from .life import (
    cancel_item,
    end_due_items,
    publish_version,
    resume_item,
    return_version,
    submit_for_review,
    suspend_item,
)
from .tables import export_items, import_items

__all__ = [
    "adopt_item",
    "cancel_item",
    "change_basic_item",
    "create_basic_item",
    "create_duty",
    "create_item",
    "discard_draft",
    "end_due_items",
    "export_items",
    "import_items",
    "publish_from_content",
    "publish_version",
    "rebuild_index",
    "resume_item",
    "return_version",
    "save_draft",
    "set_unified_element",
    "start_change",
    "submit_for_review",
    "suspend_item",
]
