"""`doctor`: what was found on this machine, and what to do about what was not."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator

from msgspec import Struct

from agentboard_agents.client import Client
from agentboard_agents.project import NotARepository, Project, config_home, state_home
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.opening import open_store
from agentboard_tui.cli.output import Output
from agentboard_tui.version import VERSION

__all__ = ["Finding", "doctor"]

INOTIFY = "/proc/sys/fs/inotify/max_user_watches"


class Finding(Struct, frozen=True):
    """One thing that was looked at: ok, worse (works, but weaker), missing."""

    name: str
    state: str
    fact: str
    advice: str = ""


MARKS = {"ok": "✓", "worse": "~", "missing": "✗"}


def doctor(options: argparse.Namespace, output: Output) -> int:
    """Print the findings; 1 if something that agentboard needs is missing."""
    found = [finding for look in LOOKS for finding in look(options)]
    if output.json:
        output.value(found)
    else:
        for finding in found:
            advice = f" — {finding.advice}" if finding.advice else ""
            output.line(f"{MARKS[finding.state]} {finding.name:10} {finding.fact}{advice}")
    return Exit.FAILED if any(finding.state == "missing" for finding in found) else Exit.DONE


def _versions(_options: argparse.Namespace) -> Iterator[Finding]:
    yield Finding("agentboard", "ok", f"{VERSION}, Python {platform.python_version()}, {platform.system()}")


def _git(_options: argparse.Namespace) -> Iterator[Finding]:
    version = _first_line("git", "--version")
    if version is None:
        yield Finding("git", "missing", "not installed", "agentboard works on git repositories: install git")
    else:
        yield Finding("git", "ok", version)


def _tmux(_options: argparse.Namespace) -> Iterator[Finding]:
    version = _first_line("tmux", "-V")
    fact = "inside tmux" if os.environ.get("TMUX") else (version or "not installed")
    yield Finding("tmux", "ok", fact, "" if version else "not needed; the tests use it")


def _sandbox(_options: argparse.Namespace) -> Iterator[Finding]:
    from agentboard_agents.sandbox import choose

    chosen = choose()
    state = {"bubblewrap": "ok", "sandlock": "worse"}.get(chosen.name, "missing")
    advice = "" if state == "ok" else "install bubblewrap: apt-get install bubblewrap"
    yield Finding("sandbox", state, f"{chosen.name}: {chosen.reason}", advice)
    for limit in chosen.describe():
        yield Finding("limit", "ok" if limit.holds else "worse", f"{limit.name}: {limit.detail}")


def _grammar(_options: argparse.Namespace) -> Iterator[Finding]:
    from agentboard_agents.shell_grammar import GrammarFault, tree_of

    try:
        tree_of(b"true")
        yield Finding("shell", "ok", "commands are read by shfmt")
    except GrammarFault as fault:
        fact = f"{fault}; permission rules take every command for one that they cannot read"
        yield Finding("shell", "worse", fact, "pip install --force-reinstall shfmt-py")


def _model(_options: argparse.Namespace) -> Iterator[Finding]:
    named = os.environ.get("AGENTBOARD_RUNTIME")
    if named == "rehearsal":
        yield Finding("model", "ok", "rehearsal: a scripted model, by AGENTBOARD_RUNTIME")
    elif os.environ.get("ANTHROPIC_API_KEY"):
        where = " at ANTHROPIC_BASE_URL" if os.environ.get("ANTHROPIC_BASE_URL") else ""
        yield Finding("model", "ok", f"anthropic: ANTHROPIC_API_KEY is set{where}")
    else:
        advice = "set ANTHROPIC_API_KEY, or AGENTBOARD_RUNTIME=rehearsal for the scripted one"
        yield Finding("model", "worse", "no key", advice)


def _watcher(_options: argparse.Namespace) -> Iterator[Finding]:
    try:
        with open(INOTIFY, encoding="ascii") as file:
            yield Finding("watcher", "ok", f"inotify, {file.read().strip()} watches allowed")
    except OSError:
        yield Finding("watcher", "ok", "the operating system's events, with a scan every 2 s")


def _claude_code(options: argparse.Namespace) -> Iterator[Finding]:
    """Say what Claude Code did in this project, by its own transcripts."""
    from agentboard_tasks.workspace_claude import transcripts, usage_of

    home = os.path.expanduser("~")
    try:
        found = transcripts(home, Project.open(options.directory or ".").root)
    except NotARepository:
        return
    if found:
        used = usage_of(home, found)
        cached = f"{used.cache_read:,} read from and {used.cache_write:,} written to the cache"
        fact = f"{len(found)} transcripts here: {used.input:,} tokens in, {used.output:,} out, {cached}"
        yield Finding("claude", "ok", fact)


def _limits(_options: argparse.Namespace) -> Iterator[Finding]:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    state = "ok" if soft >= 1024 or soft == resource.RLIM_INFINITY else "worse"
    yield Finding("files", state, f"{soft} open files allowed", "" if state == "ok" else "ulimit -n 1024")
    yield Finding("state", "ok", state_home())
    yield Finding("config", "ok", config_home())


def _project(options: argparse.Namespace) -> Iterator[Finding]:
    try:
        project = Project.open(options.directory or ".")
    except NotARepository as reason:
        yield Finding("project", "worse", "none here", str(reason))
        return
    yield Finding("project", "ok", project.root)
    store = open_store(project)
    alive = Client(project, store).worker_alive() if store else False
    yield _worktrees(project)
    yield Finding("worker", "ok", "at work" if alive else "not running; starts when needed")


def _worktrees(project: Project) -> Finding:
    from agentboard_agents.disk_use import bytes_beneath, in_words

    count = len(os.listdir(project.worktrees)) if os.path.isdir(project.worktrees) else 0
    trees = f"{count} work tree" + ("" if count == 1 else "s")
    size, left = bytes_beneath(project.state), shutil.disk_usage(_existing(project.state)).free
    advice = "accept or reject runs in review: a work tree goes when its work has landed"
    fact = f"{in_words(size)} in {trees}, {in_words(left)} free"
    return Finding("disk", "worse" if size > left else "ok", fact, advice if size > left else "")


def _existing(path: str) -> str:
    """Return the nearest directory at or above a path."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


LOOKS: tuple[Callable[[argparse.Namespace], Iterator[Finding]], ...] = (
    _versions,
    _git,
    _tmux,
    _sandbox,
    _grammar,
    _model,
    _watcher,
    _limits,
    _project,
    _claude_code,
)


def _first_line(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else None
