"""What the inside of a box looks like, as arguments of bubblewrap: what is not listed is absent."""

from __future__ import annotations

import os

from agentboard_agents.sandbox import devices, leftovers
from agentboard_agents.sandbox.box import Box, SandboxRefused
from agentboard_agents.sandbox.toolchains import Toolchains, beneath

__all__ = ["HOME", "SHIM", "Files", "arguments", "environment", "inside"]

ALIAS = "/project"
TMP = "/tmp"  # noqa: S108  the box's own, private and gone with it
HOME = f"{TMP}/home"
SHM = ("--size", str(1024**3), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
SHIM = "/run/agentboard/bin"
TMP_BYTES = 4 * 1024**3

ROOTS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Shown as they are: links on a merged-/usr system, directories elsewhere."""

ETC = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "debian_version", "fonts", "host.conf",
    "hostname", "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "locale.alias", "localtime", "mime.types", "nsswitch.conf", "os-release", "pki/ca-trust",
    "pki/tls/certs", "pki/tls/cert.pem", "protocols", "services", "ssl/cert.pem", "ssl/certs",
    "ssl/openssl.cnf", "terminfo", "timezone", "xml",
)  # fmt: skip
"""Of /etc, what programs need to start; nothing that holds a secret."""

HOSTS = "127.0.0.1 localhost\n::1 localhost\n"

Files = dict[str, tuple[int, str]]
"""Path inside to (permissions, content) of files that exist only in the box."""


def environment(box: Box, toolchains: Toolchains) -> dict[str, str]:
    """Return the whole environment of a boxed command."""
    fixed = {
        "PATH": f"{SHIM}:{toolchains.path}",
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TMPDIR": TMP,
        "AGENTBOARD_SANDBOX": "1",
        leftovers.MARK: box.worktree,
        **({"AGENTBOARD_GIT_DIR": box.git_dir} if box.git_dir else {}),
    }
    asked = {key: value for key, value in box.environment.items() if not key.startswith("GIT_")}
    extra = asked.pop("PATH", "")
    if extra:
        fixed["PATH"] = f"{SHIM}:{extra}:{toolchains.path}"
    return {**toolchains.environment, **fixed, **asked}


def arguments(box: Box, toolchains: Toolchains) -> list[str]:
    """Return the mounts of `box`, in the order in which they cover each other."""
    return [
        *_system(box),
        *(word for path in toolchains.directories for word in ("--ro-bind", path, path)),
        *("--size", str(TMP_BYTES), "--perms", "1777", "--tmpfs", TMP, "--dir", HOME),
        *("--dir", "/var", "--symlink", TMP, "/var/tmp"),  # noqa: S108
        *_shown_again(toolchains),
        *_git(box),
        *("--bind", box.worktree, box.worktree),
        *_fence(box),
        *_dot_git(box),
        *_mounts(box, "--bind", box.binds),
        *_mounts(box, "--ro-bind", box.read_only),
        *(("--remount-ro", box.worktree) if box.fence is not None else ()),
        *_alias(box, toolchains),
    ]


def _alias(box: Box, toolchains: Toolchains) -> list[str]:
    """Return what makes the worktree known under the name that definitions have for the repository."""
    taken = (box.worktree, *toolchains.directories, *(host for host, _ in box.read_only))
    if any(beneath(path, [ALIAS]) for path in taken):
        return []
    return ["--symlink", box.worktree, ALIAS]


def _fence(box: Box) -> list[str]:
    """Return the mounts that stay writable when the worktree around them, mount points made, no longer is."""
    places = [(os.path.join(box.worktree, name), name) for name in box.fence or ()]
    return _mounts(box, "--bind", tuple(place for place in places if os.path.exists(place[0])))


def _system(box: Box) -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for root in ROOTS:
        if os.path.islink(root):
            words += ["--symlink", os.readlink(root), root]
        elif os.path.isdir(root):
            words += ["--ro-bind", root, root]
    for name in ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    if box.network and os.path.exists("/etc/resolv.conf"):
        words += ["--ro-bind", os.path.realpath("/etc/resolv.conf"), "/etc/resolv.conf"]
    return [*words, *_kernel()]


def _kernel() -> list[str]:
    """Return /proc and /dev; what of /proc belongs to the machine is made read-only.

    Writing there needs no capability where the user is root outside: `core_pattern` would be a way out.
    """
    return [
        *("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"),
        *(word for name in ("mtrr", "pressure", "acpi", "scsi") for word in _read_only(f"/proc/{name}")),
        *("--dev", "/dev", *SHM, "--remount-ro", "/dev"),
        *_devices(),
    ]


def _devices() -> list[str]:
    """Return the nodes that take the place of the machine's own."""
    own = devices.own_devices()
    names = devices.NODES if own else ()
    return [word for name in names for word in ("--dev-bind", f"{own}/{name}", f"/dev/{name}")]


def _read_only(path: str) -> tuple[str, ...]:
    return ("--ro-bind-try", path, path)


def _shown_again(toolchains: Toolchains) -> list[str]:
    """Return the tool chains that the private /tmp has just covered."""
    covered = [path for path in toolchains.directories if beneath(path, [TMP])]
    return [word for path in covered for word in ("--ro-bind", path, path)]


def _git(box: Box) -> list[str]:
    return ["--ro-bind", box.git_dir, box.git_dir] if box.git_dir else []


def _dot_git(box: Box) -> list[str]:
    dot_git = os.path.join(box.worktree, ".git")
    if os.path.islink(dot_git):
        raise SandboxRefused(f"{dot_git} is a link; a worktree's own is a file")
    return ["--ro-bind", dot_git, dot_git] if os.path.lexists(dot_git) else []


def _mounts(box: Box, verb: str, pairs: tuple[tuple[str, str], ...]) -> list[str]:
    words: list[str] = []
    for host, name in pairs:
        if not os.path.exists(host):
            raise SandboxRefused(f"{host} does not exist, so it cannot be shown in the sandbox")
        words += [verb, host, inside(box, name)]
    return words


def inside(box: Box, name: str) -> str:
    """Return where `name` is in the box, refusing a place in the worktree that a link leads to.

    A mount point that is missing is created; through a link that would happen outside.
    """
    path = os.path.normpath(os.path.join(box.worktree, name))
    if not beneath(path, [box.worktree]):
        return path
    place = box.worktree
    for part in os.path.relpath(path, box.worktree).split("/"):
        place = os.path.join(place, part)
        if os.path.islink(place):
            raise SandboxRefused(f"{place} is a link, so nothing can be shown there")
    return path
