"""A work tree per run: made without hooks or filters, registered with git, never removed with work in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import time

from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.head import in_files, read_ref
from agentboard_agents.repository.names import checked_branch
from agentboard_agents.repository.plumbing import Output, Plumbing
from agentboard_tasks.files import Root

__all__ = [
    "Worktrees",
    "copy_index",
    "fill",
    "forget",
    "index_of",
    "own_index",
    "registration",
    "share_index",
]

MOST_BRANCHES = 1000
MOST_FAILURES = 20
LARGEST_INDEX = 512 * 1024 * 1024
TRIES = 40
PAUSE = 0.05
BUSY = (
    "unable to create",
    "cannot lock ref",
    "file exists",
    "could not lock",
    "unable to lock",
    ".lock",
    "failed to read",
)
OUR_BRANCHES = "ab/"


class Worktrees:
    """The work trees of one repository."""

    def __init__(self, git: Plumbing) -> None:
        self.git = git

    def add(self, path: str, branch: str, base: str) -> str:
        """Make the work tree `path` at commit `base` on a new branch; return the branch it is on.

        The branch gets a numbered suffix where the name is taken. A work tree that is already there is
        completed and kept as it is.
        """
        branch = self.register(path, branch, base)
        path = os.path.realpath(path)
        self._complete(path, self._tip(branch) or base)
        return branch

    def register(self, path: str, branch: str, base: str) -> str:
        """Make the work tree without its files, which `add` writes; return the branch it is on."""
        checked_branch(branch)
        path = os.path.realpath(path)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        found = registration(self.git, path)
        if found is not None and os.path.isdir(path):
            branch = branch_of(found) or branch
        elif found is not None:
            branch = self._restore(path, branch_of(found) or branch)
        else:
            with self.git.alone():
                branch = self._register(path, branch, base)
        return branch

    def resume(self, path: str, branch: str) -> str:
        """Make the work tree `path` on a branch that is there, files and all; one that is there is kept."""
        path = os.path.realpath(path)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        found = registration(self.git, path)
        if found is None or not os.path.isdir(path):
            with self.git.alone():
                self._restore(path, checked_branch(branch))
        tip = self._tip(branch)
        if tip is None:
            raise GitFault(f"could not go on with {branch}", "there is no such branch any more")
        self._complete(path, tip)
        return branch

    def remove(self, path: str) -> None:
        """Remove a work tree whose work is safe already: files, registration, index; not its branch."""
        path = os.path.realpath(path)
        found = registration(self.git, path)
        if os.path.isdir(path):
            shutil.rmtree(path)
        if found is not None:
            arguments = ("worktree", "remove", "--force", "--force", "--end-of-options", path)
            _patiently(self.git, arguments, "remove a worktree")
        forget(index_of(self.git, path))

    def _restore(self, path: str, branch: str) -> str:
        """Make a registered work tree again whose directory somebody removed, on the branch that it had."""
        self.remove(path)
        arguments = ("worktree", "add", "--no-checkout", "--quiet", "--end-of-options", path, branch)
        _patiently(self.git, arguments, "add a worktree")
        return branch

    def _register(self, path: str, branch: str, base: str) -> str:
        failures = 0
        for number in range(1, MOST_BRANCHES):
            name = branch if number == 1 else f"{branch}-{number}"
            tip = self._tip(name)
            if tip is not None and not (tip == base and self._is_free(name)):
                continue
            on = ("-b", name) if tip is None else ()
            at = base if tip is None else name
            arguments = ("worktree", "add", "--no-checkout", "--quiet", *on, "--end-of-options", path, at)
            output = _patiently(self.git, arguments, "add a worktree", check=False)
            if output.status == 0:
                return name
            failures += 1  # another process may have taken the name in between
            if self._tip(name) is None or failures > MOST_FAILURES:
                raise GitFault(f"could not add the worktree {path}", output.said)
        raise GitFault(f"could not name a branch like {branch}", f"{MOST_BRANCHES} of them exist")

    def _tip(self, branch: str) -> str | None:
        ref = f"refs/heads/{branch}"
        known = read_ref(self.git.places, ref)
        if known is not None or in_files(self.git.places):
            return known
        output = self.git.refs("rev-parse", "--verify", "--quiet", ref, what="look for a branch", check=False)
        return output.data.decode("ascii", "replace").strip() or None

    def _is_free(self, branch: str) -> bool:
        """Tell whether a branch is one that an interrupted `add` of ours left without its work tree."""
        if not branch.startswith(OUR_BRANCHES):
            return False
        listed = _patiently(self.git, ("worktree", "list", "--porcelain", "-z"), "list the worktrees")
        return b"branch refs/heads/" + os.fsencode(branch) not in listed.data.split(b"\0")

    def _complete(self, path: str, commit: str) -> None:
        """Write the files, unless an index says that they were written before."""
        own = own_index(self.git, path)
        if own is None:
            raise GitFault(f"could not add the worktree {path}", "git did not register it")
        if os.path.exists(own) or os.path.exists(index_of(self.git, path)):
            return
        fill(self.git, path, commit, index_of(self.git, path))
        share_index(self.git, path)


def fill(git: Plumbing, directory: str, commit: str, index: str) -> None:
    """Write the files of `commit` into `directory` and their index to `index`: no filter, no hook runs."""
    os.makedirs(os.path.dirname(index), mode=0o700, exist_ok=True)
    making = f"{index}.{os.getpid()}.{time.monotonic_ns()}"
    git.contents("read-tree", "--end-of-options", commit, what="read a tree", index=making)
    try:
        git.contents(
            "checkout-index", "--all", "--force", "--quiet", "-u",
            what="write the files of a commit", index=making, work_tree=directory,
        )  # fmt: skip
        Root(os.path.dirname(index)).rename(os.path.basename(making), os.path.basename(index))
    finally:
        forget(making)


def index_of(git: Plumbing, path: str) -> str:
    """Return the place of the private index of the work tree `path`."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:24]
    return os.path.join(git.state, "indexes", digest)


def own_index(git: Plumbing, path: str) -> str | None:
    """Return the place of the index that `git status` inside the work tree reads."""
    found = registration(git, os.path.realpath(path))
    return os.path.join(found, "index") if found else None


def share_index(git: Plumbing, path: str) -> None:
    """Copy the private index to the work tree's own, in one step."""
    own = own_index(git, path)
    if own is not None:
        copy_index(index_of(git, path), own)


def copy_index(index: str, to: str) -> None:
    """Copy an index together with its time, by which git knows which files it must not trust it about."""
    image = Root(os.path.dirname(index)).read(os.path.basename(index), cap=LARGEST_INDEX)
    directory, name = os.path.split(to)
    making = f"{name}-copied"  # whoever finds the copy finds it with its time
    root = Root.create(directory)
    root.write(making, image.data, durable=False)
    os.utime(os.path.join(directory, making), ns=(image.stamp.mtime_ns, image.stamp.mtime_ns))
    root.rename(making, name)


def registration(git: Plumbing, path: str) -> str | None:
    """Return git's own directory for the work tree at `path`, found from git's side alone."""
    wanted = os.path.join(path, ".git")
    every = os.path.join(git.places.common_dir, "worktrees")
    if not os.path.isdir(every):
        return None
    for name in os.listdir(every):
        if _line(os.path.join(every, name, "gitdir")) == wanted:
            return os.path.join(every, name)
    return None


def branch_of(registered: str) -> str | None:
    """Return the branch that a registered work tree is on."""
    text = _line(os.path.join(registered, "HEAD"))
    return text.removeprefix("ref: refs/heads/") if text.startswith("ref: refs/heads/") else None


def _patiently(git: Plumbing, arguments: tuple[str, ...], what: str, check: bool = True) -> Output:
    """Run a command again while another process holds one of git's locks."""
    output = git.refs(*arguments, what=what, check=False)
    for _ in range(TRIES):
        if output.status == 0 or not any(word in output.said.lower() for word in BUSY):
            break
        time.sleep(PAUSE)
        output = git.refs(*arguments, what=what, check=False)
    if check and output.status != 0:
        raise GitFault(f"could not {what}", output.said, "another git command may hold a lock")
    return output


def _line(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(65_536)).strip("\n")
    except OSError:
        return ""


def forget(path: str) -> None:
    """Remove an index and the lock that a process which died may have left at it."""
    for name in (path, f"{path}.lock"):
        if os.path.lexists(name):
            Root(os.path.dirname(name)).remove(os.path.basename(name))
