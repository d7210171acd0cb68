"""How a merchant knows us: kinds of authentication, each without I/O; `workbench.mapping.auth_kinds` declares them.

A kind is a generator over requests and responses. What it needs of the world - a clock, random bytes, a store of
tokens - it is given as `Surroundings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from workbench.calls.auth.answers import WHERE, says
from workbench.calls.auth.base import (
    HEADER_NAME,
    HEADER_VALUE,
    Auth,
    Reveal,
    Surroundings,
    clocks,
    may_repeat,
    origin_of,
    with_parameter,
)
from workbench.calls.auth.custom import CustomAuth, make_custom, register_auth
from workbench.calls.auth.digest import Digest
from workbench.calls.auth.hmac import Hmac
from workbench.calls.auth.jwt import Jwt
from workbench.calls.auth.login import LoginToken, SessionCookie
from workbench.calls.auth.oauth1 import OAuth1
from workbench.calls.auth.oauth2 import AuthorizationCode, ClientCredentials, Password, RefreshToken, Started
from workbench.calls.auth.several import Several
from workbench.calls.auth.sigv4 import AwsSigV4
from workbench.calls.auth.simple import ApiKey, Basic, Bearer
from workbench.calls.auth.store import Lock, MemoryStore, Token, TokenStore
from workbench.calls.auth.tokens import TokenAuth
from workbench.calls.auth.wsse import Wsse
from workbench.errors import UsageError

__all__ = [
    "HEADER_NAME",
    "HEADER_VALUE",
    "KINDS",
    "WHERE",
    "Auth",
    "AuthorizationCode",
    "CustomAuth",
    "Lock",
    "MemoryStore",
    "Reveal",
    "Started",
    "Surroundings",
    "Token",
    "TokenAuth",
    "TokenStore",
    "clocks",
    "make_auth",
    "may_repeat",
    "origin_of",
    "register_auth",
    "says",
    "with_parameter",
]

KINDS: Mapping[str, Callable[[Mapping[str, Any], Reveal, Surroundings], Auth]] = MappingProxyType(
    {
        "none": Auth,
        "basic": Basic,
        "bearer": Bearer,
        "api_key": ApiKey,
        "oauth2_client_credentials": ClientCredentials,
        "oauth2_password": Password,
        "oauth2_refresh_token": RefreshToken,
        "oauth2_authorization_code": AuthorizationCode,
        "jwt": Jwt,
        "login_token": LoginToken,
        "session_cookie": SessionCookie,
        "oauth1": OAuth1,
        "digest": Digest,
        "hmac": Hmac,
        "aws_sigv4": AwsSigV4,
        "mutual_tls": Auth,
        "wsse": Wsse,
        "custom": make_custom,
    }
)
"""What makes each kind, by the word after `kind:`; a client certificate is shown by the connection itself."""


def make_auth(table: Mapping[str, Any] | None, reveal: Reveal, around: Surroundings | None = None) -> Auth:
    """The authentication that a connection says; none where it says nothing.

    Args:
        table: The `auth:` table.
        reveal: Gives the values of secrets.
        around: Clock, random bytes, the store of tokens, and what else kinds are given.

    Raises:
        UsageError: The kind is unknown, or something is missing.
    """
    table = table or {"kind": "none"}
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        raise UsageError(f"auth of kind {table.get('kind')!r} is unknown - one of {', '.join(KINDS)}")
    around = around or Surroundings()
    made = kind(table, reveal, around)
    if isinstance(made, TokenAuth) and table.get("login_auth"):
        made.login_auth = make_auth(table["login_auth"], reveal, replace(around, scope=(*around.scope, "login_auth")))
    others = [
        make_auth(each, reveal, replace(around, scope=(*around.scope, f"also[{index}]")))
        for index, each in enumerate(table.get("also") or ())
    ]
    return Several(made, others) if others else made
