"""What can happen in a run, as one append-only sequence of events.

Kinds that scripts rely on are listed in `KINDS`; a reader accepts kinds that it does not know.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = ["CHATTER", "KINDS", "Event", "NewEvent"]

CHATTER = frozenset({"text", "todo_changed", "context_loaded", "safe_point", "run_taken_up"})
"""Kinds whose loss in a power failure costs nothing: they are written without waiting for the disk."""

KINDS = (
    # the life of a run (agentboard_agents.run moves the state by these)
    "run_queued",  # agent, task, title, protocol, runtime, prompt, context, limits, parent
    "run_taken_up",  # a worker begins or goes on with it; nothing to show
    "run_started",  # branch, worktree, base
    "setup_finished",  # name, ok, summary, output (capped), seconds: a command that prepared the work tree
    "worktree_measured",  # bytes on disk
    "worktree_removed",  # kept: a ref with what had not landed, if anything
    "pause_requested",
    "run_paused",
    "run_resumed",
    "cancel_requested",  # reason
    "escalate_requested",  # to, reason
    "safe_point",  # number, delivered: ids of messages; nothing to show
    "review_ready",
    "run_answered",  # a nested run is done
    "run_accepted",  # branch, before, after, text
    "run_rejected",  # reason, base: the same run goes on with the feedback
    "accept_undone",  # item, text: its merge was taken back, it is in review again
    "run_refused",
    "run_failed",
    "run_cancelled",
    "run_finished",  # outcome: review, failed, cancelled, gates_failed, limit; reason
    # turns
    "turn_started",  # turn, attempt, room: tokens that the reply may have
    "text",  # text: a coalesced delta of at most 100 ms
    "thinking",  # turn, text (capped)
    "context_trimmed",  # turn, results, tokens_before, tokens_after: old tool results left the conversation
    "turn_finished",  # turn, stop_reason, tokens {input, output, cache_read, cache_write}, model
    "turn_interrupted",  # turn: a person cut the model off
    "tool_called",  # call, tool, input, summary
    "tool_finished",  # call, tool, ok, summary, output (capped)
    "todo_changed",  # items [{text, state}]
    "rate_limited",  # reason, until, attempt
    "budget_reached",  # reason, until
    "hold_ended",
    # people
    "permission_asked",  # item, text, options, what
    "question_asked",
    "escalated",  # item, to, reason, text
    "item_escalated",  # item, to, reason: an open item is put to somebody else
    "model_changed",  # model, before, reason: an escalation lets a stronger one go on
    "blocker_created",
    "item_raised",  # an inbox item that does not stop the run: item, item_kind, text
    "item_closed",  # item, answer
    "answered",  # item, text
    "blocker_expired",  # item, text: nobody answered in time
    "message_queued",  # message, text, sender
    "message_delivered",  # message, text, sender
    "message_read",  # message: a turn that contained it is complete
    "message_acted",  # message: the agent said or did something after it
    # evidence
    "gates_started",  # gates: the names of those that run now, beside each other
    "gate_finished",  # name, state, new_failures, flaky, reason, ran, output (capped), seconds
    "correction_attempt",  # attempt, of, reason
    "correction_finished",  # attempt, of, error, analysis, fix: what was changed, result
    "context_related",  # files: what of the code a task is about
    "plan_kept",  # file: the agent's execution plan
    "changes_applied",  # files [{path, action}], explanation: a change set, as a whole
    "commit_created",  # commit, message, files
    "task_changed",  # task, state, file
    "finished_elsewhere",  # task, file: its file says that it is done, and the agent did not write that
    "claim_checked",  # claim, fact, holds
    "assumption_found",  # text, file, line; with item, options: a person is asked about it
    "assumption_judged",  # item, text, file, state: confirmed or rejected
    "consultation_started",  # asked, depth, question
    "consultation_finished",  # asked, depth, answer
    "consultation_deferred",  # asked, question, to, file
    "consultation_answered",  # file
    "reply_sent",  # item: an agent answered another one
    "outcomes_seen",  # files: the outcomes of reviewers as they were when the run began
    "verdict_found",  # reviewer, file, approved
    "shared_seen",  # files: the shared artifacts as they were when the run began
    "conflict_found",  # item, text, files: two sides changed the same lines
    "criterion_marked",  # text, state, evidence
    "problem_found",  # severity, message, hint
    "context_loaded",  # files
)


class NewEvent(Struct, frozen=True):
    """An event that the store has not numbered yet; `data` holds only JSON values.

    `key` makes it happen once in its run: an event whose key the run already has is not recorded again.
    """

    run: str
    agent: str
    kind: str
    data: dict[str, Any] = {}
    key: str | None = None


class Event(Struct, frozen=True):
    """A recorded event: `seq` orders all events of a project, `time` (RFC 3339, UTC) is only shown."""

    seq: int
    time: str
    run: str
    agent: str
    kind: str
    data: dict[str, Any] = {}
