"""Bad change sets, each with a sound file before and after what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

__all__ = ["bad_sets", "lay_out"]

FIRST = {"path": "ok/first.py", "action": "create", "content": "1\n"}
LAST = {"path": "calc.py", "action": "modify", "content": "2\n"}
PATHS = (
    *(
        "/etc/passwd",
        "/calc.py",
        "//x",
        "../out.py",
        "a/../../out.py",
        "a/..",
        "..",
        ".",
        "./calc.py",
        "a//b.py",
    ),
    *(
        "a/./b.py",
        "a/",
        ".git/config",
        ".git",
        ".GIT/hooks/pre-commit",
        "a/.git/x",
        ".git /x",
        ".git./x",
        "git~1/x",
    ),
    *(
        ".g\u200cit/x",
        "\uff0egit/x",
        "a\\b.py",
        "..\\x",
        "C:/x.py",
        "c:x.py",
        "~/x.py",
        "~root/x",
        "",
        " ",
        "\t",
        "a\nb",
    ),
    *("a\x00b", "a\x7fb", "\u202eyp.x", "a\u2028b", "a/\u200bb.py", "x" * 256, "d/" * 2_500 + "x.py"),
)
NO_PATHS: tuple[object, ...] = (None, 3, True, [], {}, ["a.py"], 1.5)
ACTIONS: tuple[object, ...] = (
    None,
    "",
    "rename",
    "CREATE",
    "Modify",
    "remove",
    "add",
    "create ",
    1,
    True,
    [],
    {},
    ["create"],
)
NO_TEXTS: tuple[object, ...] = (None, 0, 1.5, True, [], {}, ["x"], "\ud800", "a\udfff")
ROOTS = (
    *(
        "",
        " ",
        "null",
        "true",
        "3",
        '"files"',
        "[]",
        "{}",
        "I changed nothing.",
        "```\n```",
        "```json\n\n```",
    ),
    *('{"files": null}', '{"files": {}}', '{"files": "a"}', '{"files": []}', '{"files": 1}', '{"file": []}'),
    *('{"files": [null]}', '{"files": [[]]}', '{"files": ["calc.py"]}', '{"files": [3]}', '{"FILES": []}'),
)
BROKEN = (
    *(
        '{"files": [',
        '{"files": [}',
        '{"files": [],}',
        "{'files': []}",
        '{"files": [NaN]}',
        '{"files": [Infinity]}',
    ),
    *('{"files": [01]}', '{"files": [.5]}', "{files: []}", '{"files": [] // none\n}', '{"files": ["\\x"]}'),
    *('{"files": ["a\nb"]}', '{"files": [1 2]}', '{"files" []}', '{"files": [tru]}', '{"files": []]'),
)
THERE = (
    *(("calc.py", "create"), ("docs/guide.md", "create"), ("empty.txt", "create"), ("run.sh", "create")),
    *(
        ("ghost.py", "modify"),
        ("docs/ghost.md", "modify"),
        ("no/where/x.py", "modify"),
        ("Calc.py", "modify"),
    ),
    *(("ghost.py", "delete"), ("docs/ghost.md", "delete"), ("no/where", "delete"), ("calc.pyc", "delete")),
    *(
        (path, action)
        for path in ("link.py", "dead", "out", "pipe", "docs")
        for action in ("create", "modify", "delete")
    ),
    *(
        (path, action)
        for path in ("out/x.py", "in/guide.md", "calc.py/x.py")
        for action in ("create", "modify", "delete")
    ),
    *((path, "create") for path in (".claude/tasks/a-tasks.md", ".claude/tasks/new.md", "tasks/a_prd.json")),
    *((path, "create") for path in ("frontend/app.js", "apps/web/x.ts", "elsewhere.txt", "infra/x.tf")),
)
"""What does not fit the files that are there, or is not the agent's to change."""
TOGETHER = (
    ("a.py", "a.py"), ("a.py", "A.py"), ("caf\u00e9.py", "cafe\u0301.py"), ("a", "a/b.py"), ("a/b.py", "a"),
    ("a/b/c.py", "a/B"), ("x.py", "x.py/y.py"), ("ok/first.py", "b.py"), ("b.py", "calc.py"),
    ("OK/First.py", "b.py"),
)  # fmt: skip


def wrapped(*wrong: object, **more: Any) -> str:
    return json.dumps({"files": [FIRST, *wrong, LAST], "explanation": "why", **more})


def one(**members: Any) -> dict[str, Any]:
    return {"path": "mid.py", "action": "create", "content": "x\n", **members}


def bad_sets() -> Iterator[tuple[str, str]]:
    """Yield the name and the answer of each."""
    paths: tuple[object, ...] = (*PATHS, *NO_PATHS)
    for number, path in enumerate(paths):
        for action in ("create", "modify", "delete") if number % 3 == 0 else ("create",):
            yield f"path {number} {action}", wrapped(one(path=path, action=action))
    for number, odd in enumerate(ACTIONS):
        yield f"action {number}", wrapped(one(action=odd))
    for number, content in enumerate(NO_TEXTS):
        for action in ("create", "modify"):
            yield f"content {number} {action}", wrapped(one(content=content, action=action))
    for name in ("path", "action", "content"):
        yield f"without {name}", wrapped({key: value for key, value in one().items() if key != name})
    for number, root in enumerate((*ROOTS, *BROKEN)):
        yield f"root {number}", root
    for number, (there, act) in enumerate(THERE):
        yield f"there {number}", wrapped(one(path=there, action=act))
    for number, pair in enumerate(TOGETHER):
        yield f"together {number}", wrapped(*(one(path=each) for each in pair))
    yield from mangled()


def mangled() -> Iterator[tuple[str, str]]:
    """Yield sets that are sound until their text is spoilt."""
    whole = wrapped(one())
    for end in range(12, len(whole), max(1, len(whole) // 40)):
        yield f"cut at {end}", whole[:end]
    for name, was in (("files", "["), ("explanation", '"')):
        start = whole.index(f'"{name}": {was}')
        yield f"{name} twice", f'{whole[:start]}"{name}": {"[]" if was == "[" else "3"}, {whole[start:]}'
    for name in ("path", "action", "content"):
        yield f"{name} twice in one", whole.replace(f'"{name}": ', f'"{name}": "x", "{name}": ', 1)
    yield "explanation is a number", wrapped(one(), explanation=3)
    yield "explanation is a list", wrapped(one(), explanation=["why"])
    yield "two", f"{whole}\n{whole}"
    yield "two with prose", f"First:\n{whole}\nor:\n{whole}"
    yield "two fences", f"```json\n{whole}\n```\n```json\n{whole}\n```"
    yield "a fence and a broken one", f"```json\n{whole[:-1]}\n```"
    yield "trailing comma", whole[:-1] + ",}"
    yield "a comment", whole.replace("{", "{ /* mine */ ", 1)
    yield "single quotes", whole.replace('"', "'")
    yield "too many files", json.dumps({"files": [one(path=f"f{number}.py") for number in range(2_001)]})


def lay_out() -> dict[str, str]:
    """The files that the sets are about."""
    return {"calc.py": "1\n", "docs/guide.md": "# guide\n", "empty.txt": "", "run.sh": "#!/bin/sh\n"}
