"""The lines of one agent's pane, and its one-line row, as spans. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from agentboard_agents.board_panes import Ask, Pane
from agentboard_agents.board_tail import TailLine
from agentboard_tui.age import age
from agentboard_tui.figures import money, tokens
from agentboard_tui.glyphs import Glyphs
from agentboard_tui.widgets.spans import Span, cut, fill, fit, say, spread, width_of, wrap

__all__ = ["Brush", "paint_pane", "paint_row", "state_spans"]

LINE_STYLES = {
    "tool": "p-tool",
    "result": "p-dim",
    "fault": "p-fault",
    "text": "p-plain",
    "note": "p-note",
    "evidence": "p-ok",
}
"""Kind of a line of work to its style."""

Line = tuple[Span, ...]
NO_TASK = "no task yet"
WHO_LINES = 2
ASK_KEYS = {"permission": (("a", "approve"), ("n", "deny"), ("enter", "look"))}
ANSWER_KEYS = (("a", "answer"), ("enter", "look"))


class Brush:
    """What all panes of one flush share: glyphs and the time."""

    def __init__(self, glyphs: Glyphs, now: float) -> None:
        self.glyphs = glyphs
        self.now = now

    def stamp(self, pane: Pane) -> str:
        """Return the age that a pane shows: what makes it differ from what it showed a second ago."""
        return age(pane.since, self.now, fine=pane.active)


def state_spans(pane: Pane, brush: Brush) -> list[Span]:
    """Return glyph, word and age of a pane's state; `~` inferred from files, `!` stale."""
    glyph = brush.glyphs.run(pane.state, pane.provenance)
    style = f"s-{pane.state}" if pane.provenance != "stale" else "p-fault"
    stamp = brush.stamp(pane)
    return [Span(glyph, style), say(f" {pane.word}", style), say(f" {stamp}" if stamp else "", "p-dim")]


class Frame:
    """The characters of a pane's frame: heavy, and in another colour, round the selected one."""

    def __init__(self, glyphs: Glyphs, *, selected: bool) -> None:
        self.style = "p-frame-on" if selected else "p-frame"
        self._suffix = "_on" if selected else ""
        self._glyphs = glyphs

    def piece(self, name: str) -> Span:
        """Return a corner or one cell of an edge."""
        return Span(self._glyphs.mark(name + self._suffix), self.style)

    def edge(self, width: int) -> Span:
        """Return `width` cells of the horizontal edge."""
        return fill(width, self.piece("horizontal").text, self.style)


def paint_pane(pane: Pane, width: int, height: int, brush: Brush, *, selected: bool) -> list[Line]:
    """Return the `height` lines of a pane in its frame."""
    frame = Frame(brush.glyphs, selected=selected)
    side = frame.piece("vertical")
    inner = max(0, width - 4)
    body = list(_body(pane, inner, height - 2, brush))[: max(0, height - 2)]
    below = [(side, say(" "), fill(inner), say(" "), side)] * (height - 2 - len(body))
    label = [say(" rehearsal ", "p-rehearsal")] if pane.rehearsal and width > 20 else []
    edge = [*label, frame.edge(width - 3 - width_of(label))]
    bottom = (frame.piece("bottom_left"), frame.edge(1), *edge, frame.piece("bottom_right"))
    lines = [(side, say(" "), *fit(spans, inner), say(" "), side) for spans in body]
    return [_top(pane, width, brush, frame), *lines, *below, bottom][:height]


def _top(pane: Pane, width: int, brush: Brush, frame: Frame) -> Line:
    glyph_and_word, stamp = state_spans(pane, brush)[:2], state_spans(pane, brush)[2:]
    whole = width_of(glyph_and_word) + width_of(stamp) + cell_len(say(pane.name).text) + 10 <= width
    state = [frame.edge(1), say(" "), *glyph_and_word, *(stamp if whole else ()), say(" ")]
    room = max(4, width - 6 - width_of(state))
    name = [say(" "), Span(cut(say(pane.name).text, room), "p-name"), say(" ")]
    line = spread(name, state, width - 3, frame.piece("horizontal").text, frame.style)
    return (frame.piece("top_left"), frame.edge(1), *line, frame.piece("top_right"))


def _body(pane: Pane, width: int, height: int, brush: Brush) -> Iterator[list[Span]]:
    ask = list(_ask(pane.ask, width, height)) if pane.ask else []
    if pane.run is not None:
        yield _facts(pane, width, brush)
    yield _task(pane, width)
    if pane.run is None:
        yield from _who(pane, width)
    if pane.reason and not pane.ask and not pane.active:
        yield from ([Span(line, "p-fault")] for line in wrap(say(pane.reason).text, width, 2))
    taken = (2 if pane.run is not None else 1) + len(ask)
    room = max(0, height - taken)
    yield from (_work(line, width) for line in (pane.lines[-room:] if room else ()))
    yield from ask


def _who(pane: Pane, width: int) -> Iterator[list[Span]]:
    """Say who an agent is that does nothing yet, and what is wrong with its file."""
    yield from ([Span(line, "p-dim")] for line in wrap(say(pane.about).text, width, WHO_LINES) if line)
    yield from ([Span(line, "p-ask")] for line in wrap(say(pane.problem).text, width, WHO_LINES) if line)


def _facts(pane: Pane, width: int, brush: Brush) -> list[Span]:
    nothing = "no branch yet" if pane.open else "no branch"
    branch = [Span(brush.glyphs.mark("branch"), "p-dim"), say(f" {pane.branch or nothing}", "p-dim")]
    right: list[Span] = []
    if pane.contradicted:
        right.append(Span(brush.glyphs.mark("unequal"), "p-fault"))
    if pane.cost_usd is not None:
        right.append(say(f" {money(pane.cost_usd)}", "p-dim"))
    if pane.tokens:
        right.append(say(f" {tokens(pane.tokens)}", "p-dim"))
    return spread(branch, right, width)


def _task(pane: Pane, width: int) -> list[Span]:
    if pane.task is None and not pane.title:
        return [_next(pane)]
    todo = [say(f"{pane.todo[0]}/{pane.todo[1]}", "p-dim")] if pane.todo else []
    more = [say(f" +{pane.others}", "p-dim")] if pane.others else []
    key = [say(f"{pane.key} ", "p-key")] if _is_id(pane.key) else []
    return spread([*key, say(pane.title, "p-name")], [*todo, *more], width)


def _is_id(key: str) -> bool:
    """Whether a task's key was written by a person; a hash says nothing to one."""
    return bool(key) and len(key) < 8


def _ask(ask: Ask, width: int, height: int) -> Iterator[list[Span]]:
    lines = wrap(say(ask.text or ask.kind).text, width, max(1, height - 3))
    yield from ([Span(line, "p-ask")] for line in lines)
    keys: list[Span] = []
    for key, label in ASK_KEYS.get(ask.kind, ANSWER_KEYS):
        keys += [say(f"[{key}]", "p-key"), say(f" {label}  ", "p-dim")]
    yield fit(keys, width)


def _work(line: TailLine, width: int) -> list[Span]:
    return [Span(cut(say(line.text).text, width), LINE_STYLES.get(line.kind, "p-plain"))]


def paint_row(pane: Pane, width: int, brush: Brush, *, selected: bool) -> list[Span]:
    """Return an agent on one line: state, name, task, the last thing it did; what fits of it."""
    marker = Span(brush.glyphs.mark("cursor"), "p-frame-on") if selected else say(" ")
    state = state_spans(pane, brush)
    if width < 60:
        line = [marker, *fit(state[:1], 2), say(" "), *fit([say(pane.name, "p-name")], width // 2 - 4)]
        return fit([*line, say(" "), _what(pane)], width)
    name = fit([say(pane.name, "p-name")], min(28, max(16, width // 4)))
    line = [marker, *fit(state, 17), say(" "), *name, say(" "), _what(pane)]
    if width < 90 or not pane.lines:
        return fit(line, width)
    room = width * 2 // 3
    return [*fit(line, room), *fit([say("  "), *_work(pane.lines[-1], width - room - 2)], width - room)]


def _what(pane: Pane) -> Span:
    if pane.ask:
        return say(pane.ask.text, "p-ask")
    return say(pane.title) if pane.title else _next(pane)


def _next(pane: Pane) -> Span:
    return say(f"next {pane.upcoming}" if pane.upcoming else NO_TASK, "p-dim")
