"""Programs that can be made to run other ones, and the words that make them: no wildcard stands for those.

The lists err on the side of asking. A program that is in none of them does what its name says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import basename

from msgspec import Struct

__all__ = ["KEYWORDS", "PREFIXES", "RUNNERS", "SHELLS", "TEXT_RUNNERS", "harmless"]


def names(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


KEYWORDS = names(
    """if then else elif fi for while until do done case esac select function in time coproc
    ! { } [[ ]]"""
)

INTERPRETERS = names("python python2 python3 node deno bun perl ruby php lua bash sh dash zsh ksh")
"""Run the script or module that their first plain word names."""

RUNNERS = INTERPRETERS | names(
    """fish env sudo doas su xargs parallel nohup setsid nice ionice timeout time command exec eval
    source . builtin coproc trap watch strace ltrace gdb script ssh docker podman chroot unshare nsenter
    flock busybox stdbuf entr systemd-run at batch crontab expect screen tmux tee dd
    alias bind complete declare enable export fc hash jobs let local mapfile printf read readarray
    readonly set shopt test [ typeset unset wait getopts history
    awk gawk mawk nawk tclsh osascript pwsh vi vim nvim emacs ed ex less more man most"""
)
"""Programs and builtins whose words are code, another command, or places to write."""

PREFIXES = names(
    """env sudo doas nohup setsid nice ionice timeout time command exec builtin coproc xargs stdbuf eval
    watch then do else ! chroot flock busybox strace parallel entr"""
)
"""Run the command that follows them."""

SHELLS = names("bash sh dash zsh ksh fish eval su ssh")
"""Run text that they are given."""

TEXT_RUNNERS = PREFIXES | names("trap alias script tmux screen at batch systemd-run expect")
"""Run what a word of several words says."""

PLAIN_SED = re.compile(
    r"(?:(?:\d+|\$)(?:,(?:\d+|\$))?)?[pdq=]|s([/|#,])(?:(?!\1)[^\n])*\1(?:(?!\1)[^\n])*\1[gipI\d]*"
)
SED_OPTIONS = names("-n -E -r -e -ne -nE -nr --quiet --silent --regexp-extended --")


class Risks(Struct, frozen=True):
    """Words of a program that run something else: long options by name, short ones by letter, whole words."""

    long: frozenset[str] = frozenset()
    short: str = ""
    words: re.Pattern[str] | None = None

    def meet(self, word: str) -> bool:
        """Tell whether a word is one of them; long options may be shortened."""
        if self.words is not None and self.words.match(word):
            return True
        if word.startswith("--") and word != "--":
            name = word[2:].partition("=")[0]
            return any(known.startswith(name) or name.startswith(f"{known}-") for known in self.long)
        return word.startswith("-") and any(letter in word[1:] for letter in self.short)


GIT_GLOBAL = Risks(names("config-env exec-path git-dir work-tree paginate namespace"), "cCp")
GIT = Risks(
    names(
        """exec upload-pack receive-pack ext-diff textconv open-files-in-pager output output-directory
        template editor gpg-sign strategy config tool extcmd edit show-signature reference trailer"""
    ),
    "Oxu",
    re.compile(
        r"(config|bisect|submodule|filter-branch|filter-repo|difftool|mergetool|daemon|instaweb|help|hook|"
        r"credential|send-email|clone|fetch-pack|upload-pack|alias|archive|worktree|maintenance|"
        r"for-each-repo)\Z|.*::"
    ),
)
RISKS: dict[str, Risks] = {
    "find": Risks(words=re.compile(r"-(exec|execdir|ok|okdir|delete|fprint0?|fprintf|fls|files0-from)\Z")),
    "fd": Risks(names("exec exec-batch"), "xX"),
    "rg": Risks(names("pre hostname-bin search-zip"), "z"),
    "tar": Risks(
        names(
            """to-command checkpoint-action use-compress-program rsh-command info-script
            new-volume-script"""
        ),
        "IF",
        re.compile(r"[A-Za-z]*[IF][A-Za-z]*\Z"),
    ),
    "sort": Risks(names("output compress-program temporary-directory"), "oT"),
    "rsync": Risks(names("rsh rsync-path"), "e"),
    "scp": Risks(short="SoD"),
    "zip": Risks(names("unzip-command test"), "T"),
    "make": Risks(names("file makefile directory eval include-dir"), "fICE", re.compile(r"[^-].*=")),
    "npm": Risks(
        names("script-shell prefix node-options userconfig globalconfig shell editor git call viewer"),
        "c",
        re.compile(r"(exec|x|config|explore|edit)\Z"),
    ),
    "npx": Risks(names("call shell package"), "cp"),
    "go": Risks(words=re.compile(r"--?(exec|toolexec|vettool|overlay|C)\b|(generate|tool)\Z")),
    "cargo": Risks(names("config"), words=re.compile(r"\+")),
    "curl": Risks(
        names(
            """output output-dir remote-name config upload-file dump-header create-dirs data form trace
            cookie-jar stderr etag-save libcurl alt-svc hsts"""
        ),
        "oOKTDdFcJ",
    ),
    "wget": Risks(
        names(
            """output-document output-file directory-prefix execute use-askpass input-file post-file
            config"""
        ),
        "OPieo",
    ),
    "mypy": Risks(names("python-executable config-file custom-typing-module")),
}
"""Program to its risky words."""


def harmless(argv: Sequence[str], open_places: set[int], globs: frozenset[int]) -> bool:
    """Tell whether the words at `open_places`, which a wildcard stands for, run nothing else."""
    if not open_places:
        return True
    if 0 in open_places:
        return False
    name = basename(argv[0])
    if name in RUNNERS:
        name = script_named(argv, open_places) if name in INTERPRETERS else ""
        if not name:
            return False
    if name == "sed":
        return plain_sed(argv)
    if name == "git":
        return plain_git(argv, open_places)
    risks = RISKS.get(name)
    if risks is None:
        return True
    starts_open = any(place in globs and argv[place][0] in "*?" for place in open_places)
    return not starts_open and not any(risks.meet(argv[place]) for place in open_places)


def script_named(argv: Sequence[str], open_places: set[int]) -> str:
    """Return the module or script that an interpreter runs, if the rule itself names it; else nothing."""
    if len(argv) > 2 and argv[1] == "-m" and not open_places & {1, 2}:
        return argv[2]
    fixed = len(argv) > 1 and 1 not in open_places and not argv[1].startswith("-")
    return argv[1] if fixed else ""


def plain_git(argv: Sequence[str], open_places: set[int]) -> bool:
    """Tell whether a git command has none of the options that run other programs."""
    command = next((place for place in range(1, len(argv)) if not argv[place].startswith("-")), len(argv))
    return not any((GIT_GLOBAL if place < command else GIT).meet(argv[place]) for place in open_places)


def plain_sed(argv: Sequence[str]) -> bool:
    """Tell whether a sed command only prints: every script of it is plain."""
    rest = list(argv[1:])
    options = [word for word in rest if word.startswith("-")]
    if not set(options) <= SED_OPTIONS:
        return False
    scripts = [rest[i + 1] for i, word in enumerate(rest[:-1]) if word in {"-e", "-ne"}]
    scripts = scripts or [word for word in rest if not word.startswith("-")][:1]
    return all(PLAIN_SED.fullmatch(part) for script in scripts for part in script.split(";"))
