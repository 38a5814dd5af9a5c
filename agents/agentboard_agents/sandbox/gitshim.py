"""The `git` that commands in a box find first: it reads for them and tells who commits."""

from __future__ import annotations

import re

__all__ = ["ANSWER", "SCRIPT", "safe_config"]

ANSWER = "agentboard commits your work when it is finished; nothing to do"

SCRIPT = f"""#!/bin/sh
# Passes on to the real git, except for what would change the repository that agentboard keeps.
while :; do  # a version manager may have put itself before this directory
  case ":$PATH:" in *:/run/agentboard/bin:*) ;; *) break ;; esac
  rest="${{PATH#*/run/agentboard/bin}}"
  PATH="${{PATH%%/run/agentboard/bin*}}${{rest#:}}"
done
real="$(command -v git)" || {{ echo "git: not installed here" >&2; exit 127; }}
for word; do
  if [ -n "$skip" ]; then skip=; continue; fi
  case "$word" in
    -C|-c|--git-dir|--work-tree|--namespace|--config-env) skip=1 ;;
    -*) ;;
    *) verb="$word"; break ;;
  esac
done
case "$verb" in
  commit|push|add|stage) ;;
  *) exec "$real" "$@" ;;
esac
before=0; skip=
for word; do
  if [ -n "$skip" ]; then skip=; before=$((before + 1)); continue; fi
  case "$word" in
    -C|-c|--git-dir|--work-tree|--namespace|--config-env) skip=1; before=$((before + 1)) ;;
    -*) before=$((before + 1)) ;;
    *) break ;;
  esac
done
place() {{
  count="$1"; shift
  i=0; n="$#"
  while [ "$i" -lt "$n" ]; do
    word="$1"; shift
    [ "$i" -lt "$count" ] && set -- "$@" "$word"
    i=$((i + 1))
  done
  "$real" "$@" rev-parse --absolute-git-dir 2>/dev/null
}}
here="$(place "$before" "$@")"
case "$here/" in
  "$AGENTBOARD_GIT_DIR"/*) ;;
  *) exec "$real" "$@" ;;
esac
echo "{ANSWER}" >&2
case "$verb" in add|stage) exit 0 ;; esac
exit 1
"""
"""Other repositories (a test suite's own, in a temporary directory) are left to the real git."""

KEPT_SECTIONS = ("core", "extensions", "remote", "branch", "init", "i18n")
SECTION = re.compile(r"^\s*\[\s*([A-Za-z0-9.-]+)")
USER_IN_URL = re.compile(r"(?<=://)[^/@\s]*@")
PROGRAMS = "fsmonitor|hookspath|sshcommand|pager|editor|askpass|gitproxy|attributesfile"
RUNS = re.compile(rf"^\s*(?:{PROGRAMS})\b", re.IGNORECASE)


def safe_config(text: str) -> str:
    """Return a repository's configuration without credentials and without anything that names a program."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        section = SECTION.match(line)
        if section:
            inside = section[1].lower() in KEPT_SECTIONS
        if inside and not RUNS.match(line):
            kept.append(USER_IN_URL.sub("", line))
    return "\n".join(kept) + "\n"
