"""Symbols by universal-ctags, run where it can open no file: source goes in on a pipe, symbols come out.

`--options=NONE` keeps it from any configuration, the repository's own included; in its sandbox mode a system
call filter leaves it reading and writing alone (ctags manual, "interactive mode").
"""

from __future__ import annotations

import functools
import posixpath
import shutil
import subprocess
import threading
from types import TracebackType
from typing import Any, Self

import msgspec

from agentboard_agents.symbols.symbol import LONGEST_SIGNATURE, Symbol, language_of, owner

__all__ = ["Ctags", "program"]

PROGRAMS = ("ctags", "universal-ctags", "uctags")
OPTIONS = (
    "--options=NONE", "--_interactive=sandbox", "--output-format=json", "--fields=+nKSsZlt", "--extras=-F",
    "--map-TypeScript=+.tsx", "--map-TypeScript=+.mts", "--map-TypeScript=+.cts", "--map-JavaScript=+.cjs",
)  # fmt: skip
PATIENCE = 5.0
LONGEST_LINE = 64 * 1024
KINDS = {
    "class": "class", "field": "field", "function": "function", "func": "function",
    "method": "method", "member": "method",
    "methodSpec": "method", "singletonMethod": "method", "interface": "interface", "struct": "struct",
    "enum": "enum", "type": "type", "typedef": "type", "alias": "type", "talias": "type",
    "constant": "constant", "const": "constant", "variable": "variable", "var": "variable",
    "module": "module", "namespace": "namespace", "macro": "macro", "define": "macro", "trait": "trait",
    "union": "union", "constructor": "method", "subroutine": "function", "generator": "function",
}  # fmt: skip
"""Kinds of ctags -> ours; packages, imports and locals are left out."""

CALLABLE = frozenset({"function", "func", "method", "member", "subroutine", "singletonMethod", "methodSpec"})
OF_LANGUAGE = {("Go", "member"): "field", ("C", "member"): "field", ("C++", "member"): "field"}


@functools.cache
def program() -> str | None:
    """Return the universal-ctags of this machine, if it can be run so that it opens no file."""
    for name in PROGRAMS:
        path = shutil.which(name)
        if path and _features(path) >= {"json", "interactive", "sandbox"}:
            return path
    return None


def _features(path: str) -> set[str]:
    try:
        listed = subprocess.run(  # noqa: S603  our own command line
            [path, "--options=NONE", "--list-features"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return set()
    return {line.split()[0] for line in listed.stdout.decode("utf-8", "replace").splitlines() if line.strip()}


class Ctags:
    """One process that reads any number of files, one after the other; a file that ends it is skipped."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def read(self, path: str, data: bytes) -> list[Symbol]:
        """Return the symbols of a file; none where ctags fails on it or takes too long."""
        process = self._process = self._process or self._start()
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._ask(process, path, data)
        except (OSError, ValueError, msgspec.DecodeError):
            self._end()
            return []
        finally:
            watchdog.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603  our own command line
            [self._path, *OPTIONS], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env={"LC_ALL": "C"}
        )

    def _ask(self, process: subprocess.Popen[bytes], path: str, data: bytes) -> list[Symbol]:
        assert process.stdin is not None
        assert process.stdout is not None
        end = posixpath.splitext(path)[1].lower()
        order = {"command": "generate-tags", "filename": f"source{end}", "size": len(data)}
        process.stdin.write(msgspec.json.encode(order) + b"\n" + data)
        process.stdin.flush()
        found: list[Symbol] = []
        while line := process.stdout.readline(LONGEST_LINE):
            tag: dict[str, Any] = msgspec.json.decode(line)
            if tag.get("_type") == "completed":
                return found
            symbol = symbol_of(tag, path) if tag.get("_type") == "tag" else None
            found += [symbol] if symbol else []
        raise OSError("ctags has ended")

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def symbol_of(tag: dict[str, Any], path: str) -> Symbol | None:
    """Return what a tag of ctags says; `None` for what is local, or no definition that one would look for."""
    language, named = str(tag.get("language")), str(tag.get("kind"))
    kind = OF_LANGUAGE.get((language, named)) or KINDS.get(named)
    around = str(tag.get("scopeKind", ""))
    if kind is None or (around in CALLABLE and kind not in {"function", "method", "class"}):
        return None
    scope = "" if around == "package" else str(tag.get("scope", "")).replace("::", ".")
    if language == "Go":
        scope = owner(scope)
        kind = "method" if scope and kind == "function" else kind
    signature = str(tag.get("signature", "")) + result_of(tag)
    name, line = str(tag.get("name", "")), int(tag.get("line", 0))
    return Symbol(name, kind, path, line, signature[:LONGEST_SIGNATURE], scope, language_of(path) or "")


def result_of(tag: dict[str, Any]) -> str:
    """Return the declared result of a function, as it is written after its parameters."""
    named = str(tag.get("typeref", "")).partition(":")[2]
    if not named or "signature" not in tag:
        return ""
    return {"Python": f" -> {named}", "Go": f" {named}"}.get(str(tag.get("language")), f": {named}")
