"""PRDs in JSON: a feature, its stories as tasks, and which story is next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Set as AbstractSet

from agentboard_tasks.formats.errors import error, warning
from agentboard_tasks.formats.jsontext import Json, Member, is_object, members, place, read_json
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.formats.prd_edit import set_member, set_passes, set_state
from agentboard_tasks.formats.stories import NotAPrd, StorySpan, first_text, locate, story_task, texts
from agentboard_tasks.model import Prd, Problem, State, Task

__all__ = ["NotAPrd", "next_story", "parse", "set_member", "set_passes", "set_state"]

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
        branch=first_text(root, "branchName", "branch") or None,
        overview=first_text(root, "overview", "description", "summary"),
        agent=agent,
        needs=texts(root.get("dependencies")),
        stories=stories,
        team=_team(file),
        problems=(*_repeated_members(text, value, spans, file), *_problems(spans, stories, file)),
    )


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
            found.append(error(file, line, f"the id {span.identity} is used {uses[span.identity]} times"))
        passes = span.value.get("passes")
        if "passes" not in span.value:
            found.append(
                warning(file, line, f"story {story.key} has no `passes`", hint="it counts as not passed")
            )
        elif not isinstance(passes, bool):
            found.append(warning(file, line, f"`passes` of story {story.key} is not true or false"))
    return [*found, *_dependency_problems(stories, file)]


def _dependency_problems(stories: tuple[Task, ...], file: str) -> list[Problem]:
    known = {story.key for story in stories}
    found = [
        error(file, story.source.line, f"story {story.key} depends on {name}, which is not in this PRD")
        for story in stories
        for name in story.depends_on
        if name not in known
    ]
    stuck = _on_cycles(stories)
    if stuck:
        first = next(story for story in stories if story.key in stuck)
        names = ", ".join(story.key for story in stories if story.key in stuck)
        found.append(error(file, first.source.line, f"these stories wait for each other: {names}"))
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
