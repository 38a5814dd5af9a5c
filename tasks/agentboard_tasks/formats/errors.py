"""What a format says when bytes are not what they should be: one family, each error carries a problem."""

from __future__ import annotations

from agentboard_tasks.model import Problem, Severity

__all__ = ["FormatError", "NoSuchTask", "encoding_problems", "error", "note", "warning"]


class FormatError(Exception):
    """A file cannot be read, or a patch does not apply; `problem` says where and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.file}:{problem.line}:{problem.column}: {problem.message}")
        self.problem = problem


class NoSuchTask(FormatError):
    """A patch names a task that is not (or no longer) in the file."""

    def __init__(self, file: str, key: str) -> None:
        super().__init__(
            error(file, 1, f"no task {key!r} in this file", hint="the file may have changed; look again")
        )
        self.key = key


def error(file: str, line: int, message: str, *, column: int = 1, hint: str = "") -> Problem:
    """A problem that hides data."""
    return Problem(Severity.ERROR, file, line, message, column, hint)


def encoding_problems(data: bytes, file: str) -> tuple[Problem, ...]:
    """What is wrong with a file that says it is UTF-16, as some editors and shells write it."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return ()
    return (error(file, 1, "this is UTF-16 and not UTF-8: nothing of it is read", hint="save it as UTF-8"),)


def warning(file: str, line: int, message: str, *, column: int = 1, hint: str = "") -> Problem:
    """A problem that surprises."""
    return Problem(Severity.WARNING, file, line, message, column, hint)


def note(file: str, line: int, message: str, *, column: int = 1, hint: str = "") -> Problem:
    """A fact that explains."""
    return Problem(Severity.INFO, file, line, message, column, hint)
