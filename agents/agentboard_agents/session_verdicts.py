"""Reviewers' outcomes in the shared artifacts: what a run leaves there reaches the runs that it is about."""

from __future__ import annotations

import re
from typing import Any

from agentboard_agents.claims_said import Claimed
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.events import NewEvent
from agentboard_agents.review.verdicts import concerned, said_of
from agentboard_agents.run import FINAL, RunState
from agentboard_agents.session import Session
from agentboard_agents.shared_artifacts import files_in, marks
from agentboard_tasks.files import FileFault
from agentboard_tasks.formats.summary import Outcome, parse_outcome

__all__ = ["hand_on_verdicts", "remember_outcomes"]

CAP = 256 * 1024
ENDING = "-outcome.md"
ENDED = FINAL | {RunState.REVIEW}
REVIEWING = re.compile(r"review|audit|\bqa\b|critic|tester", re.IGNORECASE)


async def remember_outcomes(session: Session) -> None:
    """Note which outcomes there are before a run begins: those are not of its making."""
    found = await session.step("outcomes", lambda: outcomes_now(session))
    session.once("~outcomes", "outcomes_seen", files=found)


async def hand_on_verdicts(session: Session) -> None:
    """Tell the runs concerned what the outcomes say that were written meanwhile, each once."""
    before: dict[str, str] = session.once("~outcomes", "outcomes_seen", files={})["files"]
    for claim, fact in await session.step("false verdicts", lambda: forged(session, before)):
        session.claim(Claimed(claim, fact, False))
    for problem in await session.step("verdicts", lambda: handed_on(session, before)):
        data: dict[str, Any] = {"item_kind": "problem", "text": problem, "options": []}
        session.tell("item_raised", item=session.place.unique("verdict"), **data)


def outcomes_now(session: Session) -> dict[str, str]:
    """Return the outcomes in the shared artifacts, each with the mark of its version."""
    root, layout = session.equipment.root, session.equipment.survey.layout
    files = (path for directory in layout.artifacts for path in files_in(root, directory))
    return marks(root, (path for path in files if path.lower().endswith(ENDING)))


def forged(session: Session, before: dict[str, str]) -> list[tuple[str, str]]:
    """Return each approval that was written meanwhile in the name of an agent which was not at work."""
    found: list[tuple[str, str]] = []
    for path, version in outcomes_now(session).items():
        name = forged_name(session, path) if before.get(path) != version else ""
        if name:
            told = f"it was written while {session.definition.name} worked, and {name} did not"
            found.append((f"{name} approves ({path})", told))
    return found


def forged_name(session: Session, path: str) -> str:
    """Return in whose name an approval is that had no part in it; empty for any other outcome."""
    try:
        outcome = parse_outcome(session.equipment.root.read(path, cap=CAP).data, path)
    except FileFault:
        return ""  # it is gone again
    return stranger(session, outcome) if outcome.approved else ""


def stranger(session: Session, outcome: Outcome) -> str:
    """Return the agent that an outcome is named after, if it is another one and has no part in it."""
    team = session.equipment.survey.team
    named = team.find(outcome.agent) if outcome.agent else None
    if named is None or named.stem == session.definition.stem or session.desk is None:
        return ""
    store = session.desk.store
    began = next((event.time for event in store.events(run=session.spec.run, limit=1)), "")
    at_work = any(
        run.stem == named.stem and (run.state not in ENDED or run.since >= began) for run in store.runs()
    )
    return "" if at_work else named.name


def handed_on(session: Session, before: dict[str, str]) -> list[str]:
    """Record each new verdict with the runs that it is about; return those that are about none."""
    homeless: list[str] = []
    for path, version in outcomes_now(session).items():
        if before.get(path) == version or forged_name(session, path):
            continue
        if not hand_on(session, path, version):
            homeless.append(
                f"{path} is a verdict about no run that is in review: name the agent or the run in it"
            )
    return homeless


def hand_on(session: Session, path: str, version: str) -> bool:
    """Record one verdict; `False` when it is about no run."""
    desk, team = session.desk, session.equipment.survey.team
    try:
        data = session.equipment.root.read(path, cap=CAP).data
    except FileFault:
        return True  # it is gone again
    if desk is None:
        return True
    key, outcome = f"verdict {path} {version}", parse_outcome(data, path)
    if desk.store.once("", key) is not None:
        return True  # another run has handed it on
    reviewer = author_of(session, outcome)
    runs = concerned(text_about(session, data, outcome), desk.store.runs(), reviewer)
    events = [event for run in runs for event in said_of(run, outcome, reviewer, version)]
    marker = NewEvent("", reviewer, "verdict_found", {"file": path, "runs": [run.id for run in runs]}, key)
    desk.store.append([*events, marker])
    for run in runs:
        definition = team.find(run.stem)
        lead = team.lead_of(definition) if definition is not None else None
        if lead is not None and lead.stem != reviewer:
            tell_lead(session, lead.name, run.id, outcome, version)
    return bool(runs)


def author_of(session: Session, outcome: Outcome) -> str:
    """Return who says it: the agent that the file is named after, unless that is who was reviewed."""
    named = session.equipment.survey.team.find(outcome.agent) if outcome.agent else None
    if named is None or (named.stem != session.definition.stem and not reviews(named)):
        return session.definition.stem
    return named.stem


def reviews(definition: AgentDefinition) -> bool:
    """Tell whether an agent is one that reviews, by what its file says."""
    said = f"{definition.stem} {definition.description}"
    return ENDING in definition.body or REVIEWING.search(said) is not None


def text_about(session: Session, data: bytes, outcome: Outcome) -> str:
    """Return where the run that a verdict is about may be named: the verdict, and the reviewer's task."""
    task = session.task
    told = [session.spec.prompt or "", task.title if task else "", task.body if task else ""]
    return "\n".join([data.decode("utf-8", "replace"), outcome.agent or "", *told])


def tell_lead(session: Session, lead: str, run: str, outcome: Outcome, version: str) -> None:
    """Queue a message for the agent that leads the one who was reviewed."""
    name = f"{run}-{outcome.file}-{version}"
    word = "APPROVED" if outcome.approved else "REJECTED" if outcome.approved is False else "no verdict"
    data = {
        "message": name,
        "text": f"{outcome.file}: {word} for run {run}",
        "sender": session.definition.name,
    }
    session.record(NewEvent("", lead, "message_queued", data, name))
