"""Certificates made by the tests: authorities, servers and clients, right and wrong ones."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str
    made: x509.Certificate
    secret: ec.EllipticCurvePrivateKey

    def locked(self, password: str) -> str:
        """The key as PEM that only the password opens."""
        lock = serialization.BestAvailableEncryption(password.encode())
        form = serialization.PrivateFormat.PKCS8
        return self.secret.private_bytes(serialization.Encoding.PEM, form, lock).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def authority(name: str = "Shop Authority", key_usage: bool = True) -> Pair:
    """An authority; without key usage it is one that Python 3.13 refuses and 3.11 does not."""
    secret = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, _name(name), secret).add_extension(x509.BasicConstraints(True, None), critical=True)
    if key_usage:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    return _pair(builder.sign(secret, hashes.SHA256()), secret)


def signed_by(issuer: Pair, name: str, *, host: str = "", days: int = 30, client: bool = False) -> Pair:
    """A certificate for a server or a client."""
    secret = ec.generate_private_key(ec.SECP256R1())
    use = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.secret.public_key())
    builder = _builder(name, issuer.made.subject, secret, days)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
    builder = builder.add_extension(identifier, critical=False).add_extension(x509.ExtendedKeyUsage([use]), False)
    if host:
        try:
            shown: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            shown = x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([shown]), critical=False)
    return _pair(builder.sign(issuer.secret, hashes.SHA256()), secret)


def _builder(
    name: str, issuer: x509.Name, secret: ec.EllipticCurvePrivateKey, days: int = 30
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    begin, end = now - datetime.timedelta(days=60), now + datetime.timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer).public_key(secret.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)


def _pair(certificate: x509.Certificate, secret: ec.EllipticCurvePrivateKey) -> Pair:
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key = secret.private_bytes(serialization.Encoding.PEM, *form).decode()
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), key, certificate, secret)
