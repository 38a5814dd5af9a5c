"""Every way in which a model call fails, as one typed failure.

Statuses and error types: https://docs.anthropic.com/en/api/errors.
"""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agentboard_agents.runtimes.port import TurnFailed

if TYPE_CHECKING:
    import anthropic

__all__ = ["MAX_RETRY_AFTER", "reported_fault", "retry_after", "status_fault"]

MAX_RETRY_AFTER = 120.0
"""Seconds: a server that asks for more gets this much, in the open."""

MAX_MESSAGE = 500

TOO_LONG = re.compile(r"prompt is too long|exceeds? (?:the )?context|context (?:window|limit)", re.IGNORECASE)
"""How the API says that a request does not fit into the model's context."""

STATUS_KINDS: dict[int, tuple[str, bool]] = {
    400: ("refused_request", False),
    401: ("credentials", False),
    402: ("credentials", False),
    403: ("credentials", False),
    404: ("unknown_model", False),
    408: ("timeout", True),
    409: ("server", True),
    413: ("refused_request", False),
    422: ("refused_request", False),
    429: ("rate_limit", True),
    504: ("timeout", True),
    529: ("overloaded", True),
}
"""HTTP status to (kind, whether another attempt can help)."""

ERROR_KINDS: dict[str, tuple[str, bool]] = {
    "invalid_request_error": ("refused_request", False),
    "authentication_error": ("credentials", False),
    "billing_error": ("credentials", False),
    "permission_error": ("credentials", False),
    "not_found_error": ("unknown_model", False),
    "request_too_large": ("refused_request", False),
    "rate_limit_error": ("rate_limit", True),
    "timeout_error": ("timeout", True),
    "overloaded_error": ("overloaded", True),
    "api_error": ("server", True),
}
"""Type of an error that the API reports in words, likewise."""


def status_fault(error: anthropic.APIStatusError) -> TurnFailed:
    """Return the failure behind an HTTP status that is not 200."""
    status = error.status_code
    kind, retryable = STATUS_KINDS.get(status, ("server", status >= 500))
    if status in {400, 413} and TOO_LONG.search(said(error.body)):
        kind = "context_overflow"
    message = f"the model API answered {status}: {said(error.body) or error.message}"[:MAX_MESSAGE]
    wait = retry_after(error.response.headers) if retryable else None
    return TurnFailed(kind, message, retryable=retryable, retry_after=wait)


def reported_fault(error: Mapping[str, Any]) -> TurnFailed:
    """Return the failure behind an `error` event in the middle of a stream."""
    name = str(error.get("type", "api_error"))
    kind, retryable = ERROR_KINDS.get(name, ("server", True))
    message = f"the model API broke off its reply: {error.get('message') or name}"[:MAX_MESSAGE]
    return TurnFailed(kind, message, retryable=retryable)


def said(body: object) -> str:
    """Return the message inside an error body, if it has one."""
    inner: object = body.get("error") if isinstance(body, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    message: object = inner.get("message") if isinstance(inner, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return message if isinstance(message, str) else ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a reply asks us to wait, capped; `None` when it names no such time."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = email.utils.parsedate_tz(value)
        if moment is None:
            return None
        seconds = email.utils.mktime_tz(moment) - time.time()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER)
