"""Secrets are found by value and by shape, and nothing else is touched."""

from __future__ import annotations

import base64
import io
import time

import pytest

from agentboard_agents import credentials, redaction
from agentboard_agents.hardening import RedactedLog
from agentboard_agents.redaction import REDACTED, known_redacted, learn, redact, redacted

LETTERS = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
SHAPED = (
    f"sk-ant-api03-{LETTERS}",
    f"sk-proj-{LETTERS}",
    f"ghp_{LETTERS}",
    f"github_pat_{LETTERS}{LETTERS}",
    f"glpat-{LETTERS}",
    "AKIAIOSFODNN7EXAMPLE",
    f"xoxb-{LETTERS}",
    f"AIza{LETTERS[:35]}",
    f"npm_{LETTERS[:36]}",
    f"hf_{LETTERS}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJ{LETTERS}.{LETTERS}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS}\n-----END RSA PRIVATE KEY-----",
    f"-----BEGIN OPENSSH PRIVATE KEY-----\n{LETTERS}",
)
ORDINARY = (
    "the task-list is ask-me-anything; sk-short",
    "https://example.org/a/b?c=d#e and git@example.org:x/y.git",
    "def api_key(self) -> str: return self._key",
    "commit 3f2a9c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    "ghost_writer, hf_model, npm_install, AKIA, eyJ",
)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "KNOWN", redaction.Known())
    monkeypatch.setattr(credentials, "TAKEN", {})


@pytest.mark.parametrize("secret", SHAPED)
def test_shapes(secret: str) -> None:
    text = redact(f"before {secret} after")
    assert LETTERS[:20] not in text
    assert REDACTED in text
    assert text.startswith("before ")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_addresses_and_headers() -> None:
    assert redact("https://user:hunter22@example.org/x") == f"https://{REDACTED}@example.org/x"
    assert LETTERS not in redact(f"Authorization: Bearer {LETTERS}")
    assert LETTERS not in redact(f'"x-api-key": "{LETTERS}"')
    assert LETTERS not in redact(f"aws_secret_access_key = {LETTERS}")


def test_known_values_in_every_spelling() -> None:
    secret = "p@ss/word with space"
    learn({"MY_SERVICE_TOKEN": secret, "PLAIN": "plain-value-here"})
    coded = base64.b64encode(secret.encode()).decode()
    for spelled in (secret, "p%40ss%2Fword%20with%20space", coded):
        assert spelled not in known_redacted(f"x {spelled} y")
    assert redact("plain-value-here") == "plain-value-here"


def test_a_short_value_hides_no_words() -> None:
    learn({"A_KEY": "main"})
    assert redact("the main branch") == "the main branch"


def test_json_values() -> None:
    learn({"A_TOKEN": "canary-77aa"})
    value = {"a": ["canary-77aa", 1, None, {"canary-77aa": True}], "b": 2.5}
    assert redacted(value) == {"a": [REDACTED, 1, None, {REDACTED: True}], "b": 2.5}


def test_secrets_move_out_of_the_environment() -> None:
    environment = {
        "ANTHROPIC_API_KEY": "canary-1234",
        "AWS_SECRET_ACCESS_KEY": "canary-2345",
        "AWS_ACCESS_KEY_ID": "canary-3456",
        "GH_TOKEN": "canary-4567",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
        "PATH": "/bin",
        "KEYBOARD": "us",
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/x/key.json",
    }
    before = dict(environment)
    credentials.take(environment)
    assert set(environment) == {"ANTHROPIC_BASE_URL", "PATH", "KEYBOARD", "GOOGLE_APPLICATION_CREDENTIALS"}
    assert credentials.value("ANTHROPIC_API_KEY", environment) == "canary-1234"
    assert credentials.whole(environment) == before
    assert redact("canary-4567 and canary-1234") == f"{REDACTED} and {REDACTED}"


def test_a_log_loses_secrets_even_when_they_come_in_pieces() -> None:
    learn({"A_KEY": "canary-5678"})
    stream = io.StringIO()
    log = RedactedLog(stream)
    for piece in ("Traceback\n  key = can", "ary-5", "678\n", "no line end"):
        log.write(piece)
    log.flush()
    assert stream.getvalue() == f"Traceback\n  key = {REDACTED}\nno line end"


def test_a_large_ordinary_text_costs_little() -> None:
    text = "def main() -> None:\n    print('hello, world')  # a comment\n" * 2_000
    learn({"A_KEY": "canary-5678"})
    began = time.perf_counter()
    for _ in range(10):
        redact(text)
    assert (time.perf_counter() - began) / 10 < 0.05, "120 KB"
