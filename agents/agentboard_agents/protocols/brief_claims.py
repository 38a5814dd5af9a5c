"""What a summary claims beside what is so. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentboard_agents.claims_said import Claimed
from agentboard_agents.session_checks import Verdict
from agentboard_tasks.model import Summary

__all__ = ["Facts", "checked_claims", "unfinished"]

MOUNT = "/project/"
MOVED = re.compile(r"\s+(?:->|=>|→)\s+")
ALIKE = {("modified", "created")}
"""What is said, and is so, and is no contradiction: a list of what was modified names new files too."""


class Facts(Struct, frozen=True):
    """What is so: the files of the branch that changed, the team's live files that did, the checks.

    `directory` is where the agent works, `worktree` the path of its work tree. `acts` says of what changed
    whether it was created, modified or deleted.
    """

    changed: Sequence[str]
    shared: Sequence[str]
    verdict: Verdict
    directory: str = ""
    worktree: str = ""
    acts: Mapping[str, str] = {}


def checked_claims(summary: Summary, facts: Facts) -> Iterator[Claimed]:
    """Yield each claim of a summary with the fact, and whether they agree."""
    if summary.problems:
        yield Claimed(f"the output summary {summary.file}", summary.problems[0].message, False)
    if summary.problems and not (summary.completed or summary.files_modified or summary.done is not None):
        return
    yield from files_claims(summary, facts)
    yield from blocker_claims(summary, facts)
    if summary.done is not None or summary.completed:
        yield completed_claim(summary, facts)


def files_claims(summary: Summary, facts: Facts) -> Iterator[Claimed]:
    """Yield what is said of files: those that are named, and those that are not."""
    if summary.files_count is not None:
        known = len(facts.changed), len(facts.changed) + len(facts.shared)
        holds = known[0] <= summary.files_count <= known[1]
        yield Claimed(f"files_modified: {summary.files_count}", f"{known[0]} changed", holds)
        return
    named: set[str | None] = set()
    for file in dict.fromkeys(summary.files_modified):
        paths = [meaning(part, facts) for part in MOVED.split(file, 1)]
        named.update(paths)
        moved = len(paths) > 1
        yield moved_claim(file, paths, facts) if moved else file_claim(file, paths[0], summary, facts)
    for path in facts.changed:
        if path not in named:
            yield Claimed(f"files_modified without {path}", "changed, and not named", False)


def file_claim(file: str, path: str | None, summary: Summary, facts: Facts) -> Claimed:
    """Return what is said of one file; what is said to have been done with it has to be so as well."""
    said = summary.acts.get(file, "")
    claim = f"files_modified: {file}" + (f" ({said})" if said and said not in file else "")
    if path is None:
        return Claimed(claim, "not in the diff", False)
    if path in facts.shared:
        return Claimed(claim, "changed in the live files", True)
    act = facts.acts.get(path, "")
    if act and said and (said, act) not in ALIKE and said != act:
        return Claimed(claim, f"{act}, not {said}", False)
    return Claimed(claim, "changed", True)


def moved_claim(file: str, paths: Sequence[str | None], facts: Facts) -> Claimed:
    """Return what is said of a file that has another name now."""
    holds = [facts.acts.get(path or "") for path in paths] == ["deleted", "created"]
    return Claimed(f"files_modified: {file}", "renamed" if holds else "no such change in the diff", holds)


def meaning(file: str, facts: Facts) -> str | None:
    """Return the changed file that an agent means by a path; `None` when it means none of them."""
    path = file.strip().strip("`").partition(" (")[0]
    for mount in (facts.worktree, MOUNT):
        path = path.removeprefix(mount) if mount else path
    path = posixpath.normpath(path.lstrip("/"))
    every = (*facts.changed, *facts.shared)
    exact = [
        name for name in (posixpath.normpath(posixpath.join(facts.directory, path)), path) if name in every
    ]
    near = [one for one in every if one.endswith(f"/{path}")]
    return exact[0] if exact else near[0] if len(near) == 1 else None


def blocker_claims(summary: Summary, facts: Facts) -> Iterator[Claimed]:
    """Yield what is said of blockers; naming none is a claim as well."""
    for text in summary.blockers:
        yield Claimed(f"blocker: {text}", "waits for the lead's answer", True)
    if not summary.blockers and not facts.verdict.passed:
        yield Claimed("blockers: none", f"the checks do not pass: {facts.verdict.reason}", False)


def completed_claim(summary: Summary, facts: Facts) -> Claimed:
    """Return what is said of the whole, beside what the checks and the summary itself say."""
    claim = f"completed: {summary.completed or ('yes' if summary.done else 'no')}"
    if summary.done is False:
        return Claimed(claim, "the task stays open", True)
    if not facts.verdict.passed:
        return Claimed(claim, f"the checks do not pass: {facts.verdict.reason}", False)
    if summary.blockers:
        return Claimed(claim, f"its own blockers say otherwise: {'; '.join(summary.blockers)}", False)
    if not facts.changed and not facts.shared:
        return Claimed(claim, "nothing was changed", False)
    return Claimed(claim, proof(facts.verdict), True)


def proof(verdict: Verdict) -> str:
    """Return what stands behind checks that pass."""
    absent = all(result.state == "absent" for result in verdict.results)
    return "no check exists here: nothing was proved" if absent else "the checks pass"


def unfinished(summary: Summary) -> str:
    """Return why a summary's own words say that the task is not done; empty when it is."""
    if summary.blockers:
        return f"blocked: {'; '.join(summary.blockers)}"
    return (
        f"the agent says that it is not completed: {summary.completed or 'no'}"
        if summary.done is False
        else ""
    )
