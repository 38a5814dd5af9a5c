"""PRDs in JSON: a feature, its stories as tasks, and which story is next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from agentboard_tasks.formats.errors import error, warning
from agentboard_tasks.formats.jsontext import Json, Member, is_object, members, place, read_json
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.prd_edit import set_member, set_passes, set_state
from agentboard_tasks.formats.stories import NotAPrd, StorySpan, denial, first_text, locate, story_task, texts
from agentboard_tasks.model import Prd, Problem, State, Task

__all__ = ["NotAPrd", "next_story", "parse", "place_of_branch", "set_member", "set_passes", "set_state"]

_BRANCH = ("branchName", "branch")
_TEAM = re.compile(r"(.+?)[-_.]prd\Z", re.IGNORECASE)


def parse(data: bytes, file: str) -> Prd:
    """The PRD that a file holds.

    Raises:
        NotAPrd: valid JSON without a list of stories.
        FormatError: not JSON.
    """
    text, value = read_json(data, file)
    spans = locate(text, value, file)
    root: dict[str, Json] = value if is_object(value) else {}
    agent = first_text(root, "agent", "assignee", "owner") or None
    stories = tuple(story_task(span, file, agent) for span in spans)
    return Prd(
        file=file,
        feature=first_text(root, "featureName", "feature", "project", "name", "title") or file_stem(file),
        branch=first_text(root, *_BRANCH) or None,
        overview=first_text(root, "overview", "description", "summary"),
        agent=agent,
        needs=texts(root.get("dependencies")),
        stories=stories,
        team=_team(file),
        problems=(*_repeated_members(text, value, spans, file), *_problems(spans, stories, file)),
    )


def place_of_branch(data: bytes, file: str) -> tuple[int, int]:
    """The line and column of the branch that a PRD names.

    Raises:
        FormatError: not JSON.
    """
    text, value = read_json(data, file)
    named = members(text, text.index("{")) if is_object(value) else []
    starts = [one.start for name in _BRANCH for one in reversed(named) if one.key == name]
    where = place(text, starts[0] if starts else 0)
    return where.line, where.column


def _team(file: str) -> str:
    match = _TEAM.match(file_stem(file))
    return match[1] if match else ""


def _repeated_members(text: str, value: Json, spans: list[StorySpan], file: str) -> list[Problem]:
    found = _repeats(text, members(text, text.index("{")), file) if is_object(value) else []
    for span in spans:
        found += _repeats(text, span.members, file)
    return found


def _repeats(text: str, of: list[Member], file: str) -> list[Problem]:
    uses = Counter(member.key for member in of)
    seen: set[str] = set()
    found: list[Problem] = []
    for member in of:
        if uses[member.key] > 1 and member.key in seen:
            where = place(text, member.key_start)
            message = f"the member `{member.key}` is given twice"
            found.append(warning(file, where.line, message, column=where.column, hint="the last one counts"))
        seen.add(member.key)
    return found


def _problems(spans: list[StorySpan], stories: tuple[Task, ...], file: str) -> list[Problem]:
    found: list[Problem] = []
    uses = Counter(span.identity for span in spans if span.identity is not None)
    for span, story in zip(spans, stories, strict=True):
        line = story.source.line
        if span.identity is not None and uses[span.identity] > 1:
            reason = f"the id {span.identity} is used {uses[span.identity]} times: nobody can depend on it"
            found.append(error(file, line, reason, column=span.column, hint="give each story its own id"))
        found += _passes_problems(span, story, file)
    return [*found, *_dependency_problems(spans, stories, file)]


def _passes_problems(span: StorySpan, story: Task, file: str) -> Iterator[Problem]:
    """What is wrong with the member that says whether a story is done; a status says it as well."""
    held = "passes" in span.value
    if isinstance(span.value.get("passes" if held else "status"), bool if held else str):
        yield from _denials(span, story, file) if held else ()
        return
    if held:
        reason = f"`passes` of {_called(span, story)} is not true or false: it counts as {story.state.value}"
        hint = "write true or false, without quotes"
    else:
        reason = f"{_called(span, story)} has no `passes`: it counts as not passed"
        hint = 'add `"passes": false`'
    yield warning(file, span.line, reason, column=span.column, hint=hint)


def _denials(span: StorySpan, story: Task, file: str) -> Iterator[Problem]:
    """Two facts about a story that cannot both be true."""
    done = story.state is State.DONE
    other = denial(span.value, done=done)
    if other is not None:
        called, held = _called(span, story), str(done).lower()
        reason = f"`passes` of {called} is {held}, the rest of it says {other.value}"
        hint = "`passes` counts; correct the one that is wrong"
        yield warning(file, span.line, reason, column=span.column, hint=hint)


def _called(span: StorySpan, story: Task) -> str:
    """How people know a story."""
    return f"story {span.identity}" if span.identity is not None else f"the story {story.title!r:.80}"


def _dependency_problems(spans: list[StorySpan], stories: tuple[Task, ...], file: str) -> list[Problem]:
    known = {story.key for story in stories}
    found = [
        error(
            file,
            span.line,
            f"{_called(span, story)} depends on {name}, which is not in this PRD: its turn never comes",
            column=span.column,
            hint="correct the id, or remove the dependency",
        )
        for span, story in zip(spans, stories, strict=True)
        for name in story.depends_on
        if name not in known
    ]
    stuck = _on_cycles(stories)
    if stuck:
        first = next(span for span in spans if span.key in stuck)
        names = ", ".join(span.identity or span.key for span in spans if span.key in stuck)
        reason = f"these stories wait for each other, so none of them is ever next: {names}"
        found.append(error(file, first.line, reason, column=first.column, hint="remove one dependency"))
    return found


def _on_cycles(stories: tuple[Task, ...]) -> set[str]:
    """The keys of stories on a cycle: those left after all ends, on either side, are taken away."""
    keys = {story.key for story in stories}
    needs = {story.key: {name for name in story.depends_on if name in keys} for story in stories}
    _peel(needs)
    needed_by: dict[str, set[str]] = {key: set() for key in needs}
    for key, names in needs.items():
        for name in names:
            needed_by[name].add(key)
    _peel(needed_by)
    return set(needed_by)


def _peel(edges: dict[str, set[str]]) -> None:
    """Takes away, again and again, the nodes without edges."""
    back: dict[str, list[str]] = {}
    for key, names in edges.items():
        for name in names:
            back.setdefault(name, []).append(key)
    free = [key for key, names in edges.items() if not names]
    while free:
        gone = free.pop()
        del edges[gone]
        for key in back.get(gone, ()):
            edges[key].discard(gone)
            if not edges[key]:
                free.append(key)


def next_story(prd: Prd, passed_elsewhere: AbstractSet[str] = frozenset()) -> Task | None:
    """The story to work on: not passed, its dependencies passed, lowest priority number, then file order.

    Args:
        passed_elsewhere: keys of stories that count as passed although the file does not say so.
    """
    passed = {story.key for story in prd.stories if story.state is State.DONE} | passed_elsewhere
    ready = [
        story
        for story in prd.stories
        if story.key not in passed
        and story.state is not State.SKIPPED
        and passed.issuperset(story.depends_on)
    ]
    return min(ready, key=_rank, default=None)


def _rank(story: Task) -> float:
    return float("inf") if story.priority is None else story.priority
