"""Headers of every response: nothing is loaded from elsewhere, nothing inline runs, nobody frames the page."""

from __future__ import annotations

from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_NO_STORE = ("/api/", "/metrics")


async def secure(message: Message, scope: Scope) -> None:
    """Hook before every message that leaves, errors included."""
    if message["type"] != "http.response.start":
        return
    headers: Any = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        headers[name] = value
    caching = "no-store" if scope["path"].startswith(_NO_STORE) else "no-cache"
    headers.setdefault("cache-control", caching)
