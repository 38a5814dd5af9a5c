"""Kinds of files as search programs name them, and which file names belong to each."""

from __future__ import annotations

__all__ = ["KINDS", "glob_of"]

KINDS: dict[str, str] = {
    "c": "c,h",
    "cpp": "cc,cpp,cxx,hh,hpp,hxx,h",
    "cs": "cs",
    "css": "css,scss,sass,less",
    "go": "go",
    "html": "html,htm",
    "java": "java",
    "js": "js,jsx,mjs,cjs",
    "json": "json",
    "kotlin": "kt,kts",
    "lua": "lua",
    "md": "md,markdown",
    "php": "php",
    "proto": "proto",
    "py": "py,pyi",
    "rb": "rb",
    "rust": "rs",
    "sh": "sh,bash,zsh",
    "sql": "sql",
    "swift": "swift",
    "toml": "toml",
    "ts": "ts,tsx,mts,cts",
    "txt": "txt",
    "xml": "xml",
    "yaml": "yaml,yml",
}
"""Name to the endings of its files."""

OTHERWISE = {
    "javascript": "js",
    "markdown": "md",
    "python": "py",
    "rs": "rust",
    "ruby": "rb",
    "typescript": "ts",
    "yml": "yaml",
}


def glob_of(kind: str) -> str | None:
    """Return the pattern of the files of a kind, `None` for a kind that is not known."""
    endings = KINDS.get(OTHERWISE.get(kind.lower(), kind.lower()))
    return f"*.{{{endings}}}" if endings else None
