"""Patches of PRDs: one member of one story; key order, indentation and number spelling stay."""

from __future__ import annotations

from agentboard_tasks.formats.errors import NoSuchTask
from agentboard_tasks.formats.jsontext import Json, Member, dump, read_json
from agentboard_tasks.formats.lines import encode
from agentboard_tasks.formats.spellings import spelled
from agentboard_tasks.formats.statewords import sentence_state
from agentboard_tasks.formats.stories import StorySpan, denial, is_true, locate, state_of
from agentboard_tasks.model import State

__all__ = ["set_member", "set_passes", "set_state"]

_FILE = "the PRD"
_FLAGS = {"inProgress": State.IN_PROGRESS, "in_progress": State.IN_PROGRESS, "blocked": State.BLOCKED}
"""Members that say yes or no, beside `passes`, and the state that a yes means."""


def set_member(data: bytes, key: str, member: str, value: Json, *, file: str = _FILE) -> bytes:
    """The file with one member of one story set; the value goes on one line.

    Raises:
        NoSuchTask: no story has this key.
        FormatError: the file is no PRD.
    """
    text, story = _find(data, key, file)
    held = [one for one in story.members if one.key == member]
    if held and story.value[member] == value and type(story.value[member]) is type(value):
        return data
    written = dump(value, ascii_only=text.isascii())
    if held:
        return encode(text[: held[-1].start] + written + text[held[-1].end :])
    return encode(_with_member(text, story, dump(member, ascii_only=text.isascii()), written))


def _find(data: bytes, key: str, file: str) -> tuple[str, StorySpan]:
    text, value = read_json(data, file)
    for story in locate(text, value, file):
        if story.key == key:
            return text, story
    raise NoSuchTask(file, key)


def _with_member(text: str, story: StorySpan, name: str, value: str) -> str:
    """The text with a member added last, spaced like the one before it."""
    if not story.members:
        return text[: story.start] + "{" + f"{name}: {value}" + "}" + text[story.end :]
    last = story.members[-1]
    lead = _lead(text, story, last)
    colon = text[last.key_end : last.start]
    return text[: last.end] + "," + lead + name + colon + value + text[last.end :]


def _lead(text: str, story: StorySpan, last: Member) -> str:
    """The white space before a member's key."""
    start = last.key_start
    while start > story.start + 1 and text[start - 1] in " \t\r\n":
        start -= 1
    lead = text[start : last.key_start]
    return lead if lead or len(story.members) > 1 else " "


def set_passes(data: bytes, key: str, value: bool, *, file: str = _FILE) -> bytes:
    """The file with `passes` of one story set, in the JSON type that the story already uses for it."""
    _, story = _find(data, key, file)
    return set_member(data, key, "passes", _in_type_of(story.value.get("passes"), value), file=file)


def _in_type_of(held: Json, value: bool) -> Json:
    if isinstance(held, str) and held.strip().casefold() in ("true", "false"):
        return "true" if value else "false"
    if isinstance(held, int) and not isinstance(held, bool) and held in (0, 1):
        return int(value)
    return value


def set_state(data: bytes, file: str, key: str, state: State) -> bytes:
    """The file with one story in another state, as far as the PRD has members that say so.

    In progress and blocked are written where the file uses members for them. A `status` is written where the
    state would be another one without that, or where it would deny what `passes` says.
    """
    text, value = read_json(data, file)
    stories = locate(text, value, file)
    story = next((story for story in stories if story.key == key), None)
    if story is None:
        raise NoSuchTask(file, key)
    wanted = _flags(story, stories, state)
    after = {**story.value, **wanted}
    wrong = state_of(after) is not state or denial(after, done=state is State.DONE) is not None
    if wrong and isinstance(story.value.get("status"), str):
        wanted["status"] = _status(story, stories, state)
    for member, held in wanted.items():
        data = set_member(data, key, member, held, file=file)
    return data


def _flags(story: StorySpan, stories: list[StorySpan], state: State) -> dict[str, Json]:
    """The members of a story that say yes or no, as far as a state changes them."""
    found: dict[str, Json] = {}
    if "passes" in story.value or not isinstance(story.value.get("status"), str):
        found["passes"] = _in_type_of(story.value.get("passes"), state is State.DONE)
    for name, says in _FLAGS.items():
        uses = any(_is_flag(one.value[name]) for one in stories if name in one.value)
        held = story.value.get(name, False)
        if uses and _is_flag(held) and is_true(held) is not (state is says):
            found[name] = _in_type_of(held, state is says)
    return found


def _is_flag(value: Json) -> bool:
    """Whether a member says yes or no, rather than why or what for."""
    words = ("true", "false", "yes", "no")
    return value in words if isinstance(value, str) else isinstance(value, bool | int)


def _status(story: StorySpan, stories: list[StorySpan], state: State) -> str:
    """How a PRD whose stories have a status spells a state: as another story does, else in the same style."""
    held = [str(one.value["status"]) for one in (story, *stories) if isinstance(one.value.get("status"), str)]
    return next((text for text in held if sentence_state(text) is state), spelled(held[0], state))
