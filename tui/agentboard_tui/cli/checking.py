"""`check`: every problem in the project's files, with file, line, column, why it matters, what to do."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from agentboard_agents.check import problems, problems_of
from agentboard_agents.outward import problem_form
from agentboard_agents.project import Project
from agentboard_agents.survey import Survey, survey
from agentboard_tasks.files import Root
from agentboard_tasks.model import Problem, Severity
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["check"]


def check(options: argparse.Namespace, output: Output) -> int:
    """Print each problem; 1 if there is any beyond a remark."""
    project = open_project(options)
    here = survey(project)
    found = problems(Root(project.root), here)
    base = options.directory or os.curdir
    wanted = _only(found, project, [_place(path, base) for path in options.paths])
    wanted += [problem for path in options.paths for problem in _elsewhere(here, _place(path, base))]
    if output.json:
        output.value([problem_form(problem) for problem in wanted])
    else:
        for problem in wanted:
            output.line(_line(problem))
        output.say(_summary(wanted))
    return Exit.FAILED if any(problem.severity is not Severity.INFO for problem in wanted) else Exit.DONE


def _place(path: str, base: str) -> str:
    """Return a path as it was meant: from the project that was named, else from where we stand."""
    for place in (os.path.join(base, path), path):
        if os.path.lexists(place):
            return place
    raise Failure(f"no such file or directory: {path}", Exit.USAGE)


def _elsewhere(here: Survey, path: str) -> Sequence[Problem]:
    """Return the problems of one file that is in none of the usual places, read as what it looks like."""
    place = _relative(here.project, path)
    known = place in here.workspace.files or any(agent.file == place for agent in here.team.agents)
    if known or not os.path.isfile(path) or place in here.team.read:
        return ()
    return problems_of(os.path.dirname(path) or os.curdir, os.path.basename(path), place)


def _only(found: Sequence[Problem], project: Project, paths: Sequence[str]) -> list[Problem]:
    if not paths:
        return list(found)
    places = [_relative(project, path) for path in paths]
    return [problem for problem in found if any(_within(problem.file, place) for place in places)]


def _relative(project: Project, path: str) -> str:
    absolute = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    return os.path.relpath(absolute, project.root)


def _within(file: str, place: str) -> bool:
    return place == "." or file == place or file.startswith(place.rstrip("/") + "/")


def _line(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.file}:{problem.line}:{problem.column}: {problem.severity}: {problem.message}{hint}"


def _summary(found: Sequence[Problem]) -> str:
    remarks = sum(1 for problem in found if problem.severity is Severity.INFO)
    counts = ((len(found) - remarks, "problem"), (remarks, "remark"))
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count) or "no problems"
