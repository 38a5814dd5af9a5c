"""What is checked after a change set: the gates, and the quality standards of the files that it wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from agentboard_agents.gates import GateResult
from agentboard_agents.gates.standards import Standards, judged
from agentboard_agents.protocols.changeset_take import Taken
from agentboard_agents.session import Session
from agentboard_agents.session_checks import Verdict, event_data
from agentboard_tasks.files import FileFault

__all__ = ["checked", "standards_of"]

LINE = re.compile(r"max(?:imum)? line length\W{1,6}(\d{2,3})", re.IGNORECASE)
FUNCTION = re.compile(
    r"functions?\b.{0,40}?\b(?:under|below|at most|max(?:imum)?)\W{1,3}(\d{1,3}) lines", re.IGNORECASE
)
LARGEST = 1_000_000
MOST_TOLD = 5


async def checked(session: Session, taken: Sequence[Taken]) -> Verdict:
    """Run the gates, and hold what was written against the standards."""
    verdict = await session.verdict()
    paths = [
        path for path in dict.fromkeys(path for one in taken for path in one.paths) if path.endswith(".py")
    ]
    if not paths:
        return verdict

    def look() -> Any:
        results = judged(standards_of(session), texts(session, paths), texts_before(session, paths))
        for result in results:
            session.place.control.emit("gate_finished", **event_data(result))
            if result.new_failures and result.advisory:
                told = f"{result.name}: {result.reason}: {', '.join(result.new_failures[:MOST_TOLD])}"
                session.place.control.emit("problem_found", severity="warning", message=told)
        return msgspec.to_builtins(results)

    found = msgspec.convert(await session.step("standards", look), tuple[GateResult, ...])
    return Verdict((*verdict.results, *found))


def standards_of(session: Session) -> Standards:
    """Return the standards: those that the definition names in its text, as the configuration has them."""
    body, configured = session.definition.body, session.equipment.survey.config.standards
    line, function = LINE.search(body), FUNCTION.search(body)
    own = Standards()
    if line:
        own = msgspec.structs.replace(own, line_length=int(line[1]))
    if function:
        own = msgspec.structs.replace(own, function_length=int(function[1]))
    return msgspec.structs.replace(own, **configured)


def texts(session: Session, paths: Sequence[str]) -> dict[str, str]:
    """Return the files as they are in the work tree."""
    found: dict[str, str] = {}
    for path in paths:
        try:
            found[path] = session.work.files.read(path, LARGEST).data.decode("utf-8", "replace")
        except FileFault:
            continue  # a later set has deleted it
    return found


def texts_before(session: Session, paths: Sequence[str]) -> dict[str, str]:
    """Return the files as they were when the run began."""
    repository, base = session.equipment.repository, session.work.branch.base
    found = {path: repository.file_at(base, path) for path in paths}
    return {path: data.decode("utf-8", "replace") for path, data in found.items() if data is not None}
