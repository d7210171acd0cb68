"""Which certificates count, and which one is ours: the TLS context of a connection."""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbench.connect.transport import public_tls
from workbench.errors import UsageError

_BEGIN = "-----BEGIN"
_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}", re.ASCII)


def connection_tls(connection: Mapping[str, Any], reveal: Callable[[str], str]) -> ssl.SSLContext | None:
    """The context that a connection asks for; None where the public authorities are enough.

    Args:
        connection: With what the environment overrides.
        reveal: The value of a secret.

    Raises:
        UsageError: A certificate or key cannot be used; the text tells what is wrong with it and never what it holds.
    """
    table = dict(connection.get("tls") or {})
    auth = connection.get("auth") or {}
    if auth.get("kind") == "mutual_tls":
        if "certificate" in table:
            raise UsageError("a client certificate stands under auth: and under tls: - keep one")
        table |= {key: auth[key] for key in ("certificate", "key", "key_password") if key in auth}
    if not table.keys() - {"note"}:
        return None
    context = public_tls() if "ca" not in table else _private(_pem(table, "ca", reveal))
    if table.get("strict") is False:
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    elif hasattr(ssl, "VERIFY_X509_STRICT"):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    if "certificate" in table:
        password = table.get("key_password")
        _load(context, table, reveal, reveal(_name(password)) if password else "")
    return context


def _name(reference: str) -> str:
    found = _REFERENCE.search(reference)
    if found is None:
        raise UsageError("key_password: is not a reference - write ${NAME}")
    return found[1]


def _private(pem: str) -> ssl.SSLContext:
    """The context that trusts a private authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise UsageError("ca: holds no certificate that can be read - give PEM, BEGIN and END lines included") from None
    if not context.get_ca_certs():
        how = "ask for the authority's own certificate, not the server's"
        raise UsageError(f"ca: holds no certificate of an authority - {how}")
    return context


def _pem(table: Mapping[str, Any], key: str, reveal: Callable[[str], str]) -> str:
    """PEM text: the value of a reference, or of the file that it or the mapping names."""
    said = str(table[key])
    found = _REFERENCE.fullmatch(said)
    value = reveal(found[1]) if found else said
    told = found[1] if found else f"tls.{key}"
    if _BEGIN in value:
        return value.replace("\\n", "\n")
    try:
        text = Path(value.strip()).expanduser().read_bytes().decode("ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no PEM"
        how = "a .p12 or .der becomes PEM by: openssl pkcs12 -in FILE -nodes -out FILE.pem"
        raise UsageError(f"{key}: {told} names no PEM file that can be read ({reason}) - {how}") from None
    if _BEGIN not in text:
        raise UsageError(f"{key}: the file that {told} names holds no PEM - give one with BEGIN and END lines")
    return text


def _load(context: ssl.SSLContext, table: Mapping[str, Any], reveal: Callable[[str], str], password: str) -> None:
    """Our certificate and its key. Python loads them from files only: one that only we can read, gone at once."""
    pem = _pem(table, "certificate", reveal)
    if "key" in table:
        pem = f"{pem.rstrip()}\n{_pem(table, 'key', reveal)}"
    if "PRIVATE KEY-----" not in pem:
        raise UsageError("certificate: comes without its private key - add key:")
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        path = os.path.join(folder, "client.pem")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pem)
        try:
            context.load_cert_chain(path, password=password or _no_password)
        except _NoPassword:
            raise UsageError("key: is locked by a password - add key_password:") from None
        except ssl.SSLError as error:
            reason = (error.reason or "").upper()
            if "MISMATCH" in reason:
                told = "certificate: and key: do not belong together - check which key the request was made with"
            elif password:
                told = "the key cannot be opened - check the value of key_password:, and that key: is PEM"
            else:
                told = "certificate: or key: cannot be read - give PEM, BEGIN and END lines included"
            raise UsageError(told) from None
        except (OSError, ValueError):
            raise UsageError("certificate: or key: cannot be read - give PEM, BEGIN and END lines included") from None


class _NoPassword(Exception):
    """A locked key, and nothing to open it with: OpenSSL would ask on the terminal."""


def _no_password() -> str:
    raise _NoPassword
