"""The state of a task written into its file, if the file can say it and the task that is meant is certain."""

from __future__ import annotations

from agentboard_tasks.edit import Edit, Editor, PatchRefused
from agentboard_tasks.formats import taskfile
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.keys import HASH_LIKE
from agentboard_tasks.model import Prd, State, Task

__all__ = ["CannotSay", "set_task"]


class CannotSay(PatchRefused):
    """The file has no way to say that the task is in this state; `said` is what it would say at best."""

    def __init__(self, reason: str, said: State | None) -> None:
        super().__init__(reason)
        self.said = said


def set_task(
    editor: Editor,
    task: Task,
    state: State,
    *,
    today: str,
    reason: str | None = None,
    strict: bool = False,
    always: bool = False,
) -> Edit:
    """Write the state of a task into its file.

    Args:
        editor: of the project.
        task: as it was read; it is looked up again by its key.
        state: the new state.
        today: the date for a completed task, `YYYY-MM-DD`.
        reason: why it is blocked.
        strict: refuse where the file has no way to say this state, instead of saying what it can, and
            where it is uncertain which of several items with one text is meant.
        always: journal the edit also where the file says this state already, or cannot say it.

    Raises:
        CannotSay: if `strict`, the file has no way to say this state.
        PatchRefused: the task is no longer in the file, or the file cannot be edited.
        EditConflict: others change the file all the time.
        FileFault: it cannot be read or written.
    """
    if task.read_only:
        raise PatchRefused(f"{task.id} is {_kept_by(task)}; agentboard only reads it")
    file = task.source.file

    def patch(data: bytes) -> bytes:
        try:
            if strict:
                _be_certain(data, task)
            patched = taskfile.set_state(data, file, task.key, state, today=today, reason=reason)
            said = _state_in(patched, task) if strict else state
            if said is not state:
                raise CannotSay(f"{file}:{task.source.line}: {_cannot_say(task, state)}", said)
        except FormatError as error:
            raise PatchRefused(str(error)) from error
        return patched

    return editor.apply(file, patch, why=f"{task.id}: {state.value}", always=always)


def _kept_by(task: Task) -> str:
    return "a bullet without a box" if task.format == "fix_plan" else f"kept by {task.format}"


def _cannot_say(task: Task, state: State) -> str:
    """Say that a file has no way to express a state, and what would help."""
    what = f"the file has no way to say that a task is {state.value.replace('_', ' ')}"
    if task.format != "checklist":
        return f"{what}; nothing was changed"
    if task.parent is not None and task.state is State.DONE and state in (State.TODO, State.BLOCKED):
        return f"{what} within {task.section!r}; set the task that it is part of back first"
    return f"{what}; add a section for it, or a legend line such as `[~] = in progress, [!] = blocked`"


def _be_certain(data: bytes, task: Task) -> None:
    """Refuse one of several items with the same text when it is not as it was: they may have swapped."""
    if not HASH_LIKE.match(task.key):
        return
    base = task.key.partition(".")[0]
    twins = [one for one in _tasks_in(data, task.source.file) if one.key.partition(".")[0] == base]
    if len(twins) > 1 and not any(one.key == task.key and one.state is task.state for one in twins):
        raise PatchRefused(
            f"{task.source.file}:{task.source.line}: {len(twins)} items have this text, and since the file"
            " changed it is not certain which of them is meant; look again"
        )


def _state_in(data: bytes, task: Task) -> State | None:
    """Return the state that a file gives a task."""
    found = (one.state for one in _tasks_in(data, task.source.file) if one.key == task.key)
    state = next(found, None)
    return task.state if state is None else state


def _tasks_in(data: bytes, file: str) -> tuple[Task, ...]:
    value = taskfile.parse(data, file)
    if value is None:
        return ()
    return value.stories if isinstance(value, Prd) else value.tasks
