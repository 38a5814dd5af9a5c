"""What the actions do that are the same on every screen: ask the worker, open dialogs and screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from agentboard_agents.attention import Need
from agentboard_agents.board_panes import Pane
from agentboard_tui import going, leaving, orders
from agentboard_tui.figures import plural
from agentboard_tui.messages import Replied
from agentboard_tui.station import Station, in_thread
from agentboard_tui.themes import after

__all__ = ["ACTS"]


def order(
    app: Station, work: Callable[[], orders.Reply], select: str | None = None, runs: Sequence[str] = ()
) -> None:
    """Do `work`, which was asked of `runs`, in a thread and say what came of it."""

    def run() -> None:
        reply = work()
        app.post_message(Replied(reply.text, ok=reply.ok, select=select if reply.ok else None, runs=runs))

    in_thread(app, run, "orders")


def send(app: Station, kind: str, pane: Pane, asked: str, done: str, **data: Any) -> None:
    """Send a command about a pane's run; the pane shows `asked` at once."""
    if pane.run is None:
        return
    app.bridge.asked(pane.run, asked)
    app.board = app.bridge.board()
    order(app, partial(orders.send, app.counter, kind, pane.run, done, **data), runs=(pane.run,))


def pause(app: Station) -> None:
    """Pause the selected run, or let it go on."""
    pane = app.situation().pane
    if pane is None:
        return
    if pane.state in {"paused", "pausing"}:
        send(app, "resume", pane, "resume asked", f"{pane.name} goes on")
    else:
        send(app, "pause", pane, "pause asked", f"{pane.name} is paused and spends nothing; p lets it go on")


def freeze(app: Station) -> None:
    """Pause every run, or let all go on when all are paused."""
    panes = [pane for pane in app.board.panes if pane.open and pane.state != "review"]
    held = [pane.run for pane in panes if pane.state in {"paused", "pausing"} and pane.run]
    counter = app.counter
    if held and len(held) == len(panes):
        done = f"{plural(len(held), 'run goes', 'runs go')} on"
        order(app, partial(orders.send_all, counter, "resume", held, done))
        return
    asked = [pane.run for pane in panes if pane.run and pane.run not in held]
    for run in asked:
        app.bridge.asked(run, "pause asked")
    app.board = app.bridge.board()
    work = partial(orders.send, counter, "pause_all", None, "all are paused; P lets them go on")
    order(app, work, runs=asked)


def dispatch(app: Station) -> None:
    """Ask which task for whom, with the obvious choice filled in."""
    from agentboard_tui.screens.dispatch import DispatchDialog, Wanted

    survey = app.bridge.survey
    if survey is None:
        app.say("files are still being read: try again in a moment", ok=False)
        return
    situation = app.situation()
    stem = situation.pane.stem if situation.pane else None

    def chosen(wanted: Wanted | None) -> None:
        if wanted is not None:
            order(app, partial(orders.dispatch, app.counter, survey, wanted.order), select=wanted.stem)

    app.bring(DispatchDialog(survey, app.board, stem, situation.task), chosen)


def escalate(app: Station) -> None:
    """Ask to whom and why, then stop the run at its safe point."""
    from agentboard_tui.screens.escalate import EscalateDialog, Escalation

    pane = app.situation().pane
    if pane is None:
        return

    def chosen(wanted: Escalation | None) -> None:
        if wanted is not None:
            done = f"{pane.name} stops at its safe point and asks the {wanted.to}"
            send(app, "escalate", pane, "escalating", done, to=wanted.to, reason=wanted.reason)

    app.bring(EscalateDialog(pane), chosen)


def message(app: Station) -> None:
    """Ask for words and send them to the selected agent."""
    from agentboard_tui.screens.prompts import TextDialog

    pane = app.situation().pane
    if pane is None:
        return

    def written(text: str | None) -> None:
        if text:
            tell(app, pane, text)

    where = "it reads it at its next safe point" if pane.open else "it reads it when it next works"
    app.bring(TextDialog(f"Message to {pane.name}", where, "enter sends"), written)


def interrupt(app: Station) -> None:
    """Ask for words that the selected agent hears at once."""
    from agentboard_tui.screens.prompts import TextDialog

    pane = app.situation().pane
    if pane is None:
        return

    def written(text: str | None) -> None:
        if text:
            tell(app, pane, text, at_once=True)

    where = "what it does now is cut off; it is told that, and goes on with your words"
    app.bring(TextDialog(f"Interrupt {pane.name}", where, "enter interrupts"), written)


def tell(app: Station, pane: Pane, text: str, *, at_once: bool = False) -> None:
    """Send a message to a pane's run, or to its agent while it has none."""
    run = pane.run if pane.open else None
    data: dict[str, Any] = {"text": text, "sender": "human", "interrupt": at_once or None}
    if run is None:
        data["agent"] = pane.name
    order(app, partial(orders.send, app.counter, "message", run, f"message queued for {pane.name}", **data))


def answer(app: Station) -> None:
    """Show exactly what is asked, and take the answer."""
    need = app.situation().need
    if need is not None:
        open_answer(app, need)


def open_answer(app: Station, need: Need) -> None:
    """Open the answer dialog for a need."""
    from agentboard_tui.screens.answer import Answer, AnswerDialog

    def given(reply: Answer | None) -> None:
        if reply is not None and need.item is not None:
            give(app, need, reply.text, reply.choice, reply.reason)

    app.bring(AnswerDialog(need), given)


def give(app: Station, need: Need, text: str, choice: str | None, reason: str | None = None) -> None:
    """Send the answer to an inbox item."""
    words = {"approve": f"approved for {need.agent}", "deny": f"denied to {need.agent}"}
    done = words.get(choice or "", f"answered {need.agent}")
    data = {"item": need.item, "text": text, "choice": choice, "reason": reason or None}
    order(app, partial(orders.send, app.counter, "answer", need.run, done, **data))


def deny(app: Station) -> None:
    """Refuse the permission that is asked for, with a reason if there is one."""
    from agentboard_tui.screens.prompts import TextDialog

    need = app.situation().need
    if need is None:
        return

    def written(reason: str | None) -> None:
        if reason is not None:
            give(app, need, "deny", "deny", reason)

    text = f"{need.text}  {need.what}".strip()
    app.bring(TextDialog(f"Deny {need.agent}", text, "enter denies; a reason helps", empty=True), written)


def cancel(app: Station) -> None:
    """End the selected run after a yes."""
    from agentboard_tui.screens.prompts import ConfirmDialog

    pane = app.situation().pane
    if pane is None:
        return

    def confirmed(yes: bool | None) -> None:
        if yes:
            send(app, "cancel", pane, "cancelling", f"{pane.name}: cancelled", reason="cancelled by the user")

    lines = [
        pane.title or "its run",
        f"Its branch {pane.branch or ''} and worktree stay; r starts the task again.",
    ]
    app.bring(ConfirmDialog(f"Cancel {pane.name}?", lines, "cancel the run"), confirmed)


def retry(app: Station) -> None:
    """Start a new run of the same task."""
    pane = app.situation().pane
    if pane is not None:
        send(app, "retry", pane, "retry asked", f"{pane.name} starts again")


def accept(app: Station) -> None:
    """Merge the work under review, after a yes."""
    from agentboard_tui.screens.prompts import ConfirmDialog

    pane = app.situation().pane
    if pane is None:
        return

    def confirmed(yes: bool | None) -> None:
        if yes:
            send(app, "accept", pane, "accepting", f"{pane.name}: {{reply}}")

    lines = [pane.title, f"{pane.branch or 'its branch'} is merged into {app.bridge.branch or 'the base'}."]
    lines += ["Some gates fail: see the evidence."] if _gates_fail(app, pane) else []
    app.bring(ConfirmDialog(f"Accept the work of {pane.name}?", lines, "accept and merge"), confirmed)


def _gates_fail(app: Station, pane: Pane) -> bool:
    run = app.bridge.run(pane.run)
    return run is not None and any(gate.state in {"failed", "error"} for gate in run.gates)


def reject(app: Station) -> None:
    """Send the work under review back with feedback."""
    from agentboard_tui.screens.prompts import TextDialog

    pane = app.situation().pane
    if pane is None:
        return

    def written(reason: str | None) -> None:
        if reason:
            done = f"{pane.name} works on your feedback"
            send(app, "reject", pane, "sending back", done, reason=reason)

    words = "It goes back to the agent, which works on; nothing is deleted."
    app.bring(TextDialog(f"Reject the work of {pane.name}", words, "what should be different?"), written)


def palette(app: Station) -> None:
    """Offer every action by name."""
    from textual.command import CommandPalette

    from agentboard_tui.palette import ActionProvider

    app.bring(CommandPalette(providers=[ActionProvider], placeholder="what to do?"))


def show_help(app: Station) -> None:
    """Explain the keys of what is in front."""
    from agentboard_tui.screens.help import HelpScreen

    app.bring(HelpScreen(app.situation()))


def theme(app: Station) -> None:
    """Take the next theme."""
    app.theme = after(app.theme)
    app.say(f"theme {app.theme}")


def copy(app: Station) -> None:
    """Copy what is selected to the clipboard."""
    situation = app.situation()
    pane, task, need = situation.pane, situation.task, situation.need
    text = task.title if task else need.text if need and situation.screen == "inbox" else ""
    text = text or (pane.branch or pane.name if pane else "")
    app.copy_to_clipboard(text)
    app.say(f"copied: {text}")


def edit(app: Station) -> None:
    """Open the file behind what is selected in the user's editor."""
    from agentboard_tui.editor import open_editor

    situation = app.situation()
    if situation.file is not None:
        line = situation.task.source.line if situation.task else 1
        fault = open_editor(app, app.bridge.project.root, situation.file, line)
        if fault:
            app.say(fault, ok=False)


def nothing(_app: Station) -> None:
    """A movement on a screen that has nothing to move."""


def _moves(names: Sequence[str]) -> dict[str, Callable[[Station], None]]:
    return dict.fromkeys(names, nothing)


ACTS: dict[str, Callable[[Station], None]] = {
    "dispatch": dispatch,
    "pause": pause,
    "freeze": freeze,
    "escalate": escalate,
    "message": message,
    "interrupt": interrupt,
    "answer": answer,
    "deny": deny,
    "cancel": cancel,
    "retry": retry,
    "stop": leaving.stop,
    "open_agent": going.open_agent,
    "open": going.open_agent,
    "review": going.review,
    "accept": accept,
    "reject": reject,
    **{name: going.go(name) for name in ("board", "tasks", "inbox", "artifacts", "timeline", "team")},
    "previous": going.step(-1),
    "next": going.step(1),
    "filter": going.filter_it,
    "back": going.back,
    "palette": palette,
    "help": show_help,
    "theme": theme,
    "copy": copy,
    "edit": edit,
    "leave": leaving.leave,
    "suspend": leaving.suspend,
    **_moves(("up", "down", "left", "right", "next_panel", "previous_panel")),
}
"""Action id to what it does; a screen's own actions go before these."""
