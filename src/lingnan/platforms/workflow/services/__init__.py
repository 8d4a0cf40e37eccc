"""Workflow's verbs: the only writer of its tables."""

from ..registry import action, register_subject, register_words, subject_url
from .accounts import move_submissions
from .clocks import (
    approve_extension,
    end_clock,
    recompute_deadlines,
    refuse_extension,
    request_extension,
    resume,
    start_clock,
    suspend,
    update_lights,
)
from .definitions import (
    check_process,
    evaluate,
    publish_decision,
    publish_process,
)
from .records import record_timeline
from .running import (
    cancel,
    fire_due_timers,
    send_message,
    set_variables,
    start_process,
    withdraw,
)
from .tasks import (
    add_consultant,
    claim_task,
    complete_task,
    complete_tasks,
    delegate,
    end_delegation,
    release_task,
    return_task,
    transfer_task,
    urge,
    withdraw_consultant,
)

__all__ = (
    "action",
    "add_consultant",
    "approve_extension",
    "cancel",
    "check_process",
    "claim_task",
    "complete_task",
    "complete_tasks",
    "delegate",
    "end_clock",
    "end_delegation",
    "evaluate",
    "fire_due_timers",
    "move_submissions",
    "publish_decision",
    "publish_process",
    "recompute_deadlines",
    "record_timeline",
    "refuse_extension",
    "register_subject",
    "register_words",
    "release_task",
    "request_extension",
    "resume",
    "return_task",
    "send_message",
    "set_variables",
    "start_clock",
    "start_process",
    "subject_url",
    "suspend",
    "transfer_task",
    "update_lights",
    "urge",
    "withdraw",
    "withdraw_consultant",
)
