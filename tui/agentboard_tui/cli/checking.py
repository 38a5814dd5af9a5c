"""`check`: every problem in the project's files, with file, line, column, why it matters, what to do."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import islice

from agentboard_agents.check import problems, problems_of
from agentboard_agents.outward import problem_form
from agentboard_agents.project import Project
from agentboard_agents.survey import Survey, survey_at_rest
from agentboard_tasks.files import Root
from agentboard_tasks.model import Problem, Severity
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["check"]

MOST_FILES = 10_000
"""Files of a directory in none of the usual places that are checked."""


def check(options: argparse.Namespace, output: Output) -> int:
    """Print each problem; 1 if there is any beyond a remark."""
    project = open_project(options)
    here = survey_at_rest(project)
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
    """Return the problems of what is in none of the usual places: a file, or each file of a directory."""
    place = _relative(here.project, path)
    known = {*here.workspace.files, *here.team.read, *(agent.file for agent in here.team.agents)}
    if os.path.isfile(path):
        return () if place in known else _problems_of(path, place)
    if place == "." or any(_within(file, place) for file in known):
        return ()
    return [
        problem
        for file in islice(_files_beneath(path), MOST_FILES)
        for problem in _problems_of(file, os.path.normpath(os.path.join(place, os.path.relpath(file, path))))
    ]


def _problems_of(path: str, shown: str) -> Sequence[Problem]:
    return problems_of(os.path.dirname(path) or os.curdir, os.path.basename(path), shown)


def _files_beneath(directory: str) -> Iterator[str]:
    """Yield the markdown and JSON files of a directory and of those in it, but for hidden and linked ones."""
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith((".", "node_modules")))
        shown = (name for name in sorted(names) if name[0] != "." and name.endswith((".md", ".json")))
        files = (os.path.join(place, name) for name in shown)
        yield from (file for file in files if not os.path.islink(file))


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
