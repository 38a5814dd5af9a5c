"""The one registry of actions: keys, words and availability, for footer, help, palette and the keys page."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from agentboard_tui import availability as when
from agentboard_tui.situation import Situation

__all__ = ["ACTIONS", "BY_ID", "GROUPS", "Action", "key_words", "keys_page", "offered"]

EVERYWHERE = ("board", "tasks", "inbox", "agent", "review", "artifacts", "timeline", "team")
BOARD = ("board",)
REVIEW = ("review",)
PANELS = ("board", "tasks", "agent", "review", "artifacts", "timeline", "team")

KEY_WORDS = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
}
"""Textual's names of keys, where a person would write another."""


class Action(Struct, frozen=True):
    """Something a person can do with a key or from the palette.

    `unavailable` returns why it makes no sense now (one clear line), or `None`. `footer` orders the footer,
    small first; 0 keeps it out.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    unavailable: Callable[[Situation], str | None] = when.always
    scope: tuple[str, ...] = EVERYWHERE
    footer: int = 0
    group: str = "look"


ACTIONS: tuple[Action, ...] = (
    Action("dispatch", ("d",), "dispatch", "give a task to an agent", when.dispatch, footer=1, group="act"),
    Action(
        "pause",
        ("p",),
        "pause",
        "pause the agent at its next safe point, or let it go on",
        when.pause,
        footer=2,
        group="act",
    ),
    Action("freeze", ("P",), "freeze all", "pause every run, or let all go on", when.freeze, group="act"),
    Action(
        "escalate",
        ("e",),
        "escalate",
        "stop at the safe point and ask somebody",
        when.escalate,
        footer=3,
        group="act",
    ),
    Action(
        "message",
        ("m",),
        "message",
        "tell the agent something; it reads it at its next safe point",
        when.message,
        footer=4,
        group="act",
    ),
    Action(
        "interrupt",
        ("i",),
        "interrupt",
        "cut off what the agent does now, and tell it something at once",
        when.interrupt,
        group="act",
    ),
    Action("answer", ("a",), "answer", "answer or approve what is asked", when.answer, footer=5, group="act"),
    Action("deny", ("n",), "deny", "refuse what is asked for", when.deny, group="act"),
    Action("cancel", ("x",), "cancel", "end the run; its branch stays", when.cancel, footer=8, group="act"),
    Action("retry", ("r",), "retry", "start a new run of the same task", when.retry, group="act"),
    Action("review", ("v",), "review", "look at diff, gates and claims", when.review, footer=5, group="act"),
    Action("accept", ("A",), "accept", "merge reviewed work", when.in_review, REVIEW, -2, "act"),
    Action("reject", ("R",), "reject", "send work back with feedback", when.in_review, REVIEW, -1, "act"),
    Action("peek", ("space",), "peek", "a look into the agent below the rows", when.peek, BOARD),
    Action("open", ("enter",), "open", "open what is selected", when.open_it, footer=6),
    Action("back", ("escape",), "back", "close this, clear the filter, select nothing", when.always),
    Action("board", ("1",), "board", "the agents", when.always, group="go"),
    Action("tasks", ("2",), "tasks", "every task, by state", when.always, footer=10, group="go"),
    Action("inbox", ("3",), "inbox", "what needs you, the most pressing first", when.always, group="go"),
    Action("artifacts", ("4",), "artifacts", "the shared directory", when.always, group="go"),
    Action("timeline", ("5",), "timeline", "runs over time", when.always, group="go"),
    Action("team", ("6",), "team", "who leads and asks whom", when.always, group="go"),
    Action("down", ("j", "down"), "down", "the one below", group="move"),
    Action("up", ("k", "up"), "up", "the one above", group="move"),
    Action("left", ("h", "left"), "left", "the one to the left", group="move"),
    Action("right", ("l", "right"), "right", "the one to the right", group="move"),
    Action(
        "previous", ("left_square_bracket",), "previous", "the agent before", when.has_agents, group="move"
    ),
    Action("next", ("right_square_bracket",), "next", "the agent after", when.has_agents, group="move"),
    Action(
        "next_panel",
        ("tab",),
        "next panel",
        "the panels or tabs in turn",
        scope=PANELS,
        group="move",
    ),
    Action(
        "previous_panel", ("shift+tab",), "previous panel", "the same, backwards", scope=PANELS, group="move"
    ),
    Action("filter", ("slash",), "filter", "show only what contains these words", when.filter_it, footer=7),
    Action("palette", ("colon", "ctrl+p"), "palette", "every action by name"),
    Action("follow", ("f",), "follow", "keep the newest in sight", when.follow),
    Action("copy", ("y",), "copy", "copy the branch, task or text that is selected", when.copy),
    Action("edit", ("o",), "edit", "open the file in $EDITOR", when.edit),
    Action("theme", ("t",), "theme", "the next theme"),
    Action("help", ("question_mark",), "help", "what the keys do here"),
    Action("suspend", ("ctrl+z",), "suspend", "to the shell; `fg` comes back", group="leave"),
    Action("leave", ("q",), "quit", "leave the board; agents go on", footer=12, group="leave"),
    Action("stop", ("Q",), "stop all", "stop every run and the worker, and leave", group="leave"),
)
"""Every action of agentboard, in the order of help and keys page."""

BY_ID = {action.id: action for action in ACTIONS}

GROUPS = {"act": "Act", "look": "Look", "go": "Go to", "move": "Move", "leave": "Leave"}


def key_words(action: Action) -> str:
    """Return an action's keys as a person writes them."""
    return " ".join(KEY_WORDS.get(key, key) for key in action.keys)


def offered(situation: Situation) -> list[tuple[Action, bool]]:
    """Return the actions for the footer, in its order, each with whether it makes sense now."""
    shown = [action for action in ACTIONS if action.footer and situation.screen in action.scope]
    return [(act, act.unavailable(situation) is None) for act in sorted(shown, key=lambda act: act.footer)]


def keys_page() -> str:
    """Return docs/keys.md."""
    parts = ["# Keys\n\nMade from the registry in `agentboard_tui/actions.py`; the palette (`:`) has all.\n"]
    for group, title in GROUPS.items():
        rows = [
            f"| `{key_words(action)}` | {action.label} | {action.help} |"
            for action in ACTIONS
            if action.group == group
        ]
        parts.append(
            "\n".join([f"\n## {title}\n", "| Key | Action | What it does |", "|---|---|---|", *rows, ""])
        )
    return "\n".join(parts)
