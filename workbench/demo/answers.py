"""What the faces in JSON have in common: answers that people can read, and bodies that came."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse as CompactResponse
from starlette.responses import Response

EVERYONE = "demo.everyone"
"""In the scope of a request: the search is to forget what it is asked for."""


class JSONResponse(CompactResponse):
    """JSON as people read it: who tries the demo merchant looks at its answers."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def problem(status: int, text: str) -> Response:
    """A refusal with a word about why."""
    return JSONResponse({"error": text}, status)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that came; an empty one where something else did."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def forgets(request: Request) -> bool:
    """Whether the search was told to forget what it is asked for."""
    return bool(request.scope.get(EVERYONE))
