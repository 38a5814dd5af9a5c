"""States that people give to tasks, in their files or, where a file cannot say in progress, in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.store import Store, StoreMissing
from agentboard_agents.task_marks import CHANGED, begun_by_hand
from agentboard_tasks.edit import Edit, Editor
from agentboard_tasks.files import Root
from agentboard_tasks.model import State, Task
from agentboard_tasks.workspace_edit import CannotSay, set_task

__all__ = ["set_by_hand", "undo_by_hand"]


def set_by_hand(
    project: Project, task: Task, state: State, *, reason: str | None = None, today: str | None = None
) -> Edit:
    """Give a task another state, in its file or, where that cannot say in progress, in the store.

    Raises:
        PatchRefused: the file cannot say it, or the task is no longer there.
        EditConflict: others change the file all the time.
        FileFault: it cannot be read or written.
    """
    editor = _editor(project)
    date = today or datetime.now().astimezone().date().isoformat()
    try:
        edit = set_task(editor, task, state, today=date, reason=reason, strict=True)
    except CannotSay as refusal:
        if state is not State.IN_PROGRESS or refusal.said is not State.TODO:
            raise
        edit = set_task(editor, task, state, today=date, always=True)
        _note(Store.open(project), task.id, task.agent, task.source.file, state, edit.id)
        return edit
    _forget(project, task, state)
    return edit


def undo_by_hand(project: Project) -> Edit:
    """Take the last edit back, and with it what the store keeps of it.

    Raises:
        EditConflict: there is none, or the same lines were changed since.
    """
    edit = _editor(project).undo()
    store = _opened(project)
    event = store.once("", _key(edit.undoes)) if store is not None else None
    if store is not None and event is not None:
        _note(store, str(event.data["task"]), event.agent, edit.file, State.TODO, edit.id)
    return edit


def _editor(project: Project) -> Editor:
    return Editor(Root(project.root), Root(project.make_state()))


def _opened(project: Project) -> Store | None:
    try:
        return Store.open(project, create=False)
    except StoreMissing:
        return None


def _forget(project: Project, task: Task, state: State) -> None:
    """Let the file have the last word on a task that the store kept a word on."""
    store = _opened(project)
    if store is not None and task.id in begun_by_hand(store.by_hand()):
        _note(store, task.id, task.agent, task.source.file, state, "")


def _note(store: Store, task: str, agent: str | None, file: str, state: State, edit: str) -> None:
    data: Mapping[str, str] = {"task": task, "state": state.value, "file": file}
    key = _key(edit) if edit else None
    store.append([NewEvent("", agent or "", CHANGED, dict(data), key)])


def _key(edit: str) -> str:
    return f"edit {edit}"
