"""The faces of the demo merchant, as data: the APIs that it has, each a merchant of its own to whoever maps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PROBE = {"PROBE_EMAIL": "jane.doe@example.com", "PROBE_NUMBER": "A-1002"}
USER = "demo"


class Keys(NamedTuple):
    """What callers must know.

    Attributes:
        user: Of HTTP Basic, and of the login for a session.
        password: The same.
        api_key: Sent in a header, or in the body.
        control: Of those who demonstrate.
        token: A bearer token that was handed out once.
        client: Of the token endpoint.
        client_secret: The same.
        refresh: The first refresh token.
    """

    user: str
    password: str
    api_key: str
    control: str
    token: str
    client: str
    client_secret: str
    refresh: str


class Face(NamedTuple):
    """One API.

    Attributes:
        name: Of the merchant that it is in `mappings/`.
        path: Where it is; the base URL of its mapping ends with it.
        shape: How it is asked and answers, for people.
        login: How it knows its callers, for people.
        secrets: The `Keys` that a caller needs, by what the environment variable ends with.
        scenes: The scenes that are its samples, of `workbench.demo.record`; all that concern every face unless said.
    """

    name: str
    path: str
    shape: str
    login: str
    secrets: Mapping[str, str]
    scenes: tuple[str, ...] = ()


_FEW = ("regular-customer", "plus-sign", "no-orders", "nobody", "split-shipment", "no-such-number")
_BASIC = {"USER": "user", "PASSWORD": "password"}
_KEY = {"KEY": "api_key"}
_OAUTH = {"CLIENT": "client", "CLIENT_SECRET": "client_secret", "REFRESH_TOKEN": "refresh"}

FACES = (
    Face("northwind", "/v2", "JSON, parcels apart", "Basic", _BASIC),
    Face("southwind", "/xml", "XML", "header key", _KEY),
    Face("eastwind", "", "SOAP", "Basic", _BASIC),
    Face("westwind", "", "GraphQL", "bearer token", {"TOKEN": "token"}),
    Face("headwind", "/far", "JSON, three calls", "Basic", _BASIC, _FEW),
    Face("crosswind", "/all", "JSON, e-mail ignored", "header key", _KEY, _FEW),
    Face("upwind", "/up", "JSON by ids, cursor", "OAuth2", _OAUTH),
    Face("downwind", "/down", "JSON, a row per line", "session", _BASIC),
    Face("tailwind", "/tail", "JSON-RPC", "key in body", _KEY),
)

NAMES = tuple(face.name for face in FACES)


def environ(base_url: str, keys: Keys) -> dict[str, str]:
    """The environment variables that clients of all faces need, but for what the deployment says."""
    known: dict[str, str] = {}
    for face in FACES:
        own = {"URL": f"{base_url}{face.path}", **PROBE}
        own |= {ending: str(getattr(keys, key)) for ending, key in face.secrets.items()}
        known |= {f"{face.name.upper()}_{ending}": value for ending, value in own.items()}
    return known
