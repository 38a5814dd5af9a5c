"""Any file of tasks: which format it is, its tasks, and a task's state set in it."""

from __future__ import annotations

from agentboard_tasks.formats import checklist, fixplan, prd, taskcard, taskcard_edit
from agentboard_tasks.formats.errors import FormatError, error
from agentboard_tasks.formats.lines import agent_of, file_stem
from agentboard_tasks.formats.reparse import Reading, again, read
from agentboard_tasks.model import Prd, State, TaskList

__all__ = ["parse", "read_again", "set_state"]

_PLANS = frozenset({"fix_plan", "@fix_plan", "fix-plan"})
_MARKDOWN = (".md", ".markdown", ".mdx", ".txt")


def _is_json(file: str) -> bool:
    return file.casefold().endswith(".json")


def _is_markdown(file: str) -> bool:
    return file.casefold().endswith(_MARKDOWN)


def parse(data: bytes, file: str) -> TaskList | Prd | None:
    """The tasks of a file in any editable format; None for JSON that is no PRD and for other files.

    Raises:
        FormatError: a JSON file that is broken.
    """
    if _is_json(file):
        try:
            return prd.parse(data, file)
        except prd.NotAPrd:
            return None
    if not _is_markdown(file):
        return None
    if file_stem(file).casefold() in _PLANS:
        return fixplan.parse(data, file)
    return taskcard.parse(data, file) or checklist.parse(data, file)


def read_again(data: bytes, file: str, before: Reading | None, owner: str | None = None) -> Reading | None:
    """A plain task list with what makes the next reading of it quick; None for every other file.

    Args:
        before: what was read from the file before, if anything.
        owner: whose tasks they are; by default the name of the file tells.
    """
    if (
        not _is_markdown(file)
        or file_stem(file).casefold() in _PLANS
        or taskcard.parse(data, file) is not None
    ):
        return None
    found = again(before, data) if before is not None else None
    return found or read(data, file, owner or agent_of(file))


def set_state(
    data: bytes, file: str, key: str, state: State, *, today: str, reason: str | None = None
) -> bytes:
    """The file with one task in another state; unchanged bytes where the format cannot say it.

    Raises:
        NoSuchTask: no task has this key.
        FormatError: the file is broken, or in no format that can be edited.
    """
    if _is_json(file):
        return prd.set_state(data, file, key, state)
    if not _is_markdown(file):
        raise FormatError(error(file, 1, "this is no task file that can be edited", hint="edit it by hand"))
    if taskcard.parse(data, file) is not None:
        return taskcard_edit.set_state(data, file, key, state)
    return checklist.set_state(data, file, key, state, today=today, reason=reason)
