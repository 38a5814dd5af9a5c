"""Whether the system can tell of changes on a file system: other machines' changes are not hinted."""

from __future__ import annotations

import os
import re

__all__ = ["file_system", "is_remote", "remote_file_system"]

REMOTE = re.compile(
    r"nfs\d?|cifs|smb\d?|smbfs|9p|afs|ceph|glusterfs|lustre|fuse\.(?:sshfs|s3fs|rclone)|vboxsf|virtiofs"
)


def remote_file_system(path: str, mounts: str = "/proc/self/mountinfo") -> str | None:
    """Return the type of the remote file system that a path is on; `None` if it is local or unknown."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as listing:
            kind = file_system(os.path.realpath(path), listing.read(1 << 20))
    except OSError:
        return None
    return kind if is_remote(kind) else None


def is_remote(kind: str) -> bool:
    """Tell whether a file system of this type may change without a hint."""
    return REMOTE.fullmatch(kind) is not None


def file_system(path: str, mounts: str) -> str:
    """Return the type of the file system that holds a path, from the text of `mountinfo`."""
    best, kind = "", ""
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split(" ")
        if len(fields) < 5 or not right:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), fields[4])
        if len(point) >= len(best) and (path == point or path.startswith(point.rstrip("/") + "/")):
            best, kind = point, right.split(" ")[0]
    return kind
