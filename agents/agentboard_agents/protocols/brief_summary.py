"""The output summary of an agent under a team lead: where it is, whether it is of this run, what it says."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from agentboard_agents.session import Session
from agentboard_agents.shared_artifacts import files_in, mark, marks
from agentboard_tasks.files import FileFault, Missing
from agentboard_tasks.formats import summary as summaries

__all__ = ["Shared", "read_summary", "summary_path", "written_since"]

CAP = 256 * 1024


class Shared(Struct, frozen=True):
    """The shared artifacts as they were: path to a mark of its version."""

    files: Mapping[str, str]


def summary_path(session: Session) -> str:
    """Return where the agent's summary goes."""
    return session.definition.summary or f"{session.shared_directory}/{session.definition.stem}-summary.md"


def read_summary(session: Session, before: Shared) -> tuple[str, str]:
    """Return the summary's text, and what is wrong with it; one of an earlier run is as good as none."""
    path, root = summary_path(session), session.equipment.root
    try:
        data = root.read(path, cap=CAP).data
    except Missing:
        return "", "is missing"
    except FileFault as fault:
        return "", f"cannot be read: {fault}"
    if mark(root, path) == before.files.get(path):
        return "", "is that of an earlier run: this one has not written it"
    problems = summaries.parse(data, path).problems
    return data.decode("utf-8", "replace"), problems[0].message if problems else ""


def written_since(session: Session, before: Mapping[str, str]) -> dict[str, str]:
    """Return the shared artifacts that are new or changed."""
    root = session.equipment.root
    found = marks(root, [summary_path(session), *files_in(root, session.shared_directory)])
    return {path: now for path, now in found.items() if now != before.get(path)}
