"""Two changes of one text joined, line by line, where they do not meet."""

from __future__ import annotations

import pytest

from agentboard_tasks.edit_merge import Overlap, merge


@pytest.mark.parametrize(
    ("theirs", "ours", "joined"),
    [
        (b"1\n2\n3\n", b"1\n2\n3\n", b"1\n2\n3\n"),
        (b"1!\n2\n3\n", b"1\n2!\n3\n", b"1!\n2!\n3\n"),
        (b"1\n3\n", b"1\n2\n3\n4\n", b"1\n3\n4\n"),
        (b"1\n2\n3\na\n", b"1\n2\n3\nb\n", b"1\n2\n3\na\nb\n"),
        (b"1\nx\n3\n", b"1\nx\n3\n", b"1\nx\n3\n"),
        (b"", b"1\n2\n3\n", b""),
        (b"1\n2\n3", b"0\n1\n2\n3\n", b"0\n1\n2\n3"),
    ],
)
def test_merge(theirs: bytes, ours: bytes, joined: bytes) -> None:
    assert merge(b"1\n2\n3\n", theirs, ours) == joined


def test_merge_of_the_same_line() -> None:
    with pytest.raises(Overlap):
        merge(b"1\n2\n", b"1\n2a\n", b"1\n2b\n")
    with pytest.raises(Overlap):
        merge(b"1\n2\n3\n", b"", b"1\n2b\n3\n")
