"""Values from files of any bytes go to programs that take Unicode alone."""

from __future__ import annotations

import json

from agentboard_tasks.unicodes import as_unicode, json_line


def test_what_is_text_stays_and_what_stands_for_a_byte_is_replaced() -> None:
    assert as_unicode("caf\u00e9 \U0001f600") == "caf\u00e9 \U0001f600"
    assert as_unicode("caf\udce9") == "caf\ufffd"


def test_a_line_of_json_holds_whatever_was_read() -> None:
    value = {"a\udcff": ["caf\udce9", {"n": 1, "none": None}], "ok": "\u00e9"}
    assert json.loads(json_line(value)) == {"a\ufffd": ["caf\ufffd", {"n": 1, "none": None}], "ok": "\u00e9"}
