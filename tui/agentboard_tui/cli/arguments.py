"""What can be typed: one table of commands, made into a parser only when one is typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from agentboard_tui.cli.failure import Exit, Failure

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["COMMANDS", "CommandSpec", "parser_for", "split_directory"]

STATES = ("todo", "in_progress", "blocked", "done", "skipped")
OTHER_WORDS = {"cancelled": "skipped", "canceled": "skipped", "in-progress": "in_progress"}
Adder = Callable[[argparse.ArgumentParser], None]


class CommandSpec(Struct, frozen=True):
    """One command: what it does, what it takes, and which `module:function` of this package does it."""

    name: str
    summary: str
    handler: str
    add: Adder = lambda _parser: None


def _run_id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")


def _steer(parser: argparse.ArgumentParser) -> None:
    _run_id(parser)
    parser.add_argument("--no-wait", action="store_true", help="do not wait until it is acknowledged")


def _pause(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", nargs="?")
    parser.add_argument("--all", action="store_true", help="every run that is at work")
    parser.add_argument("--no-wait", action="store_true", help="do not wait until it is acknowledged")


def _escalate(parser: argparse.ArgumentParser) -> None:
    _steer(parser)
    parser.add_argument("--to", choices=("lead", "pm", "human", "model"), default="human")
    parser.add_argument("--reason", default="", metavar="TEXT")


def _accept(parser: argparse.ArgumentParser) -> None:
    _steer(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--onto", metavar="BRANCH", help="the branch to merge into (default: where it began)")
    what.add_argument("--undo", action="store_true", help="take the merge back, if nothing came after it")
    parser.add_argument(
        "--send-back", action="store_true", help="let the agent resolve conflicts, if there are any"
    )


def _reject(parser: argparse.ArgumentParser) -> None:
    _steer(parser)
    parser.add_argument("--reason", default="", metavar="TEXT", help="what is wrong; the agent is told")
    parser.add_argument("--final", action="store_true", help="for good: the run ends, its branch stays")


def _item(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("item", metavar="ITEM")


def _approve(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    scopes = {"once": "this time", "run": "all of the run", "project": "always, in this project"}
    told = "; ".join(f"{scope}: {what}" for scope, what in scopes.items())
    parser.add_argument("--for", dest="scope", choices=tuple(scopes), default="once", help=told)


def _inbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("item", metavar="ITEM", nargs="?", help="one of them, in full")


def _answer(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    parser.add_argument("text", metavar="TEXT", nargs="+")


def _deny(parser: argparse.ArgumentParser) -> None:
    _item(parser)
    parser.add_argument("--reason", default="", metavar="TEXT")


def _message(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("to", metavar="AGENT|RUN")
    parser.add_argument("text", metavar="TEXT", nargs="+")
    parser.add_argument(
        "--interrupt", action="store_true", help="cut off what the agent does now, so that it hears at once"
    )


def _memory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT")


def _log(parser: argparse.ArgumentParser) -> None:
    _run_id(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")


def _live(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", metavar="RUN", help="of this run only")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until it is interrupted")


def _what(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--task", metavar="ID")
    what.add_argument("--prompt", metavar="TEXT")
    parser.add_argument("--context", metavar="FILE|TEXT")
    parser.add_argument("--max-turns", type=_positive, metavar="N", help="default: 200")
    parser.add_argument("--max-iterations", type=_positive, metavar="N")
    parser.add_argument("--budget", type=_dollars, metavar="USD")
    parser.add_argument("--base", metavar="BRANCH", help="where the work starts (default: the branch here)")
    parser.add_argument("--protocol", metavar="WAY", help="another way of working than the agent's own")


def _runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="nested runs too")


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*")


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK")
    parser.add_argument("state", type=_state, metavar="STATE", help=f"{', '.join(STATES)}")
    parser.add_argument("--reason", metavar="TEXT")


def _versions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("digest", metavar="VERSION", nargs="?", help="print this one as it was")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", metavar="DIR", help="where to build the sample project (default: a new temporary one)"
    )
    parser.add_argument("--headless", action="store_true", help="run the team to the end without a terminal")


def _trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="DIR", nargs="?", help="the project (default: here)")
    parser.add_argument("--yes", action="store_true", help="say yes to all of it without being asked")


def _symbols(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", nargs="+")


def _recap(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since",
        metavar="T",
        help="a time (2026-03-01T14:00Z, 2026-03-01, 14:00, yesterday) or an age (90m, 2h, 1d); "
        "default: when the board was last left",
    )


def _worker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine-url", metavar="URL", help="a Postgres database, for workers on several machines"
    )


def _state(text: str) -> str:
    state = OTHER_WORDS.get(text, text)
    if state not in STATES:
        raise argparse.ArgumentTypeError(f"{text!r} is no state: {', '.join(STATES)}")
    return state


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _dollars(text: str) -> float:
    try:
        amount = float(text.removeprefix("$"))
    except ValueError:
        amount = -1.0
    if not 0 < amount < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount in US dollars")
    return amount


_TABLE = (
    CommandSpec(
        "demo", "a sample project with a team of five, on a scripted model", "demonstration:demo", _demo
    ),
    CommandSpec("agents", "the agents that the project's files define", "lists:agents"),
    CommandSpec("tasks", "every task in every format, in file order", "lists:tasks"),
    CommandSpec("runs", "what was dispatched, newest first", "lists:runs", _runs),
    CommandSpec("inbox", "what waits for a human", "lists:inbox", _inbox),
    CommandSpec("messages", "what agents were told, with receipts", "lists:messages"),
    CommandSpec("memory", "what an agent knows: notes, team protocol, guides", "remembering:memory", _memory),
    CommandSpec("artifacts", "the shared artifacts directory", "lists:artifacts"),
    CommandSpec("symbols", "what the code defines under a name", "symbols:symbols", _symbols),
    CommandSpec("status", "the project at a glance", "glancing:status"),
    CommandSpec(
        "check", "problems in definitions, task files, PRDs, configuration", "checking:check", _paths
    ),
    CommandSpec("run", "dispatch, follow to the end", "running:run", _what),
    CommandSpec("dispatch", "queue a task for an agent; prints the run id", "running:dispatch", _what),
    CommandSpec("pause", "hold a run at its next safe point", "steering:pause", _pause),
    CommandSpec("resume", "let a paused run go on", "steering:resume", _steer),
    CommandSpec("cancel", "end a run; its work is kept", "steering:cancel", _steer),
    CommandSpec("retry", "start a new run of the same task", "steering:retry", _steer),
    CommandSpec("escalate", "stop a run at its safe point and ask somebody", "steering:escalate", _escalate),
    CommandSpec("answer", "answer an inbox item", "steering:answer", _answer),
    CommandSpec("approve", "say yes to an inbox item", "steering:approve", _approve),
    CommandSpec("deny", "say no to an inbox item", "steering:deny", _deny),
    CommandSpec("message", "tell an agent something, with receipts", "steering:message", _message),
    CommandSpec("set", "edit a task in its file", "editing:set_state", _set),
    CommandSpec("undo", "take the last edit back", "editing:undo"),
    CommandSpec("versions", "what a shared file held before", "earlier:versions", _versions),
    CommandSpec("diff", "what a run changed", "reviewing:diff", _run_id),
    CommandSpec(
        "evidence",
        "what speaks for and against a run: the lead's checklist, claims",
        "proof:evidence",
        _run_id,
    ),
    CommandSpec(
        "gates", "what the quality gates of a run said, with their output", "reviewing:gates", _run_id
    ),
    CommandSpec(
        "accept", "merge a run's work into the branch that it is meant for", "reviewing:accept", _accept
    ),
    CommandSpec("reject", "send a run's work back with feedback", "reviewing:reject", _reject),
    CommandSpec("conflicts", "which runs change the same lines", "reviewing:conflicts"),
    CommandSpec("log", "the transcript of a run", "transcripts:log", _log),
    CommandSpec("live", "what happens, as JSON lines under CodeFRAME's names of events", "live:live", _live),
    CommandSpec("recap", "what happened while you were away", "recapping:recap", _recap),
    CommandSpec("worker", "a worker process; started by itself when needed", "serving:worker", _worker),
    CommandSpec(
        "trust", "what the repository wants to run or allow; remembers a yes", "trusting:trust", _trust
    ),
    CommandSpec("doctor", "what was found here: sandbox, git, key, limits", "doctoring:doctor"),
    CommandSpec("reset-tty", "put the terminal right after a crash", "terminal:reset"),
)

COMMANDS = {spec.name: spec for spec in _TABLE}


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line, as all of agentboard's are."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong with the words that were typed."""
        raise Failure(f"{message} ({self.prog} --help says what can be typed)", Exit.USAGE)

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Print what can be typed; a disk that is full is a fault, which `argparse` would pass over."""
        (file or sys.stdout).write(self.format_help())
        sys.stdout.flush()


def split_directory(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Take `DIR` of `agentboard [DIR]` out: the first word that is no option and no command."""
    rest = list(arguments)
    skip = False
    for index, word in enumerate(rest):
        if skip:
            skip = False
        elif word == "-C":
            skip = True
        elif not word.startswith("-"):
            if word in COMMANDS:
                return None, rest
            return word, rest[:index] + rest[index + 1 :]
    return None, rest


def parser_for(name: str | None) -> argparse.ArgumentParser:
    """Return the parser that knows the global options and, of the commands, only `name` in full."""
    parser = Parser(
        prog="agentboard",
        description="Mission control for a team of AI coding agents on one git repository.",
        epilog="Without a command, `agentboard [DIR]` opens the board.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    _add_globals(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for spec in [COMMANDS[name]] if name in COMMANDS else _TABLE:
        command = commands.add_parser(
            spec.name, help=spec.summary, description=spec.summary, allow_abbrev=False
        )
        _add_globals(command, default=argparse.SUPPRESS)
        spec.add(command)
    return parser


def _add_globals(parser: argparse.ArgumentParser, default: str | None) -> None:
    flag = False if default is None else default
    parser.add_argument(
        "-C", dest="directory", metavar="DIR", default=default, help="the project (default: here)"
    )
    parser.add_argument("--json", action="store_true", default=flag, help="JSON on stdout")
    parser.add_argument("--no-color", action="store_true", default=flag, help="no colours (as NO_COLOR does)")
