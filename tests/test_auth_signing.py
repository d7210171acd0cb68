"""Kinds that sign each request, driven by hand and held against published examples."""

# Long lines: an example and what is expected of it stand side by side.
# ruff: noqa: E501

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.auths import NOW, READ, World, answered, drive, orders, signed
from workbench.calls import Request, Response
from workbench.calls.auth.oauth1 import base_string, signature
from workbench.calls.auth.sigv4 import canonical_request
from workbench.errors import LoginFailed, UsageError

LATE = "Tue, 14 Nov 2023 23:13:20 GMT"  # an hour after NOW

# ---------------------------------------------------------------- OAuth 1.0a

# (method, URL, form, parameters of the header, consumer's and token's secret, signature)
OAUTH1: dict[str, tuple[str, str, bytes, dict[str, str], str, str, str]] = {
    "photos of the specification": (
        "GET", "http://photos.example.net/photos?file=vacation.jpg&size=original", b"",
        {
            "oauth_consumer_key": "dpf43f3p2l4k3l03", "oauth_token": "nnch734d00sl2jdk",
            "oauth_nonce": "kllo9940pd9333jh", "oauth_timestamp": "1191242096",
            "oauth_signature_method": "HMAC-SHA1", "oauth_version": "1.0",
        },
        "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
    ),
    "a form": (
        "POST", "https://api.twitter.com/1/statuses/update.json?include_entities=true",
        b"status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21",
        {
            "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog", "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
            "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "1318622958",
            "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "oauth_version": "1.0",
        },
        "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        "tnnArxj06cWHq44gCs1OSKk/jLY=",
    ),
    "SHA-256, with all that is awkward": (
        "POST", "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", b"c2&a3=2+q",
        {
            "oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7",
            "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": "137131201", "oauth_nonce": "7d8f3e4a",
        },
        "j49sk3j29djd", "dh893hdasih9", "ypAxjNip++Dm0fTM+gCl8wAo6ufSnseu1WHxL7py3BU=",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OAUTH1)
def test_oauth1_as_published(name: str) -> None:
    """Signatures that others have published."""
    method, url, body, params, consumer, token, expected = OAUTH1[name]
    form = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),) if body else ()
    base = base_string(Request(method, url, form, body), params.items())

    assert signature(base, consumer, token, params["oauth_signature_method"]) == expected


OAUTH1_TABLE = {
    "kind": "oauth1", "consumer_key": "ck", "consumer_secret": "${SHOP_SECRET}", "token": "${SHOP_TOKEN}",
    "token_secret": "${SHOP_KEY}", "realm": "shop",
}  # fmt: skip


def test_oauth1_header() -> None:
    """Every parameter stands in the header; each request has a nonce of its own."""
    world = World()
    auth = world.auth(OAUTH1_TABLE)
    headers = [auth.apply(READ).header("Authorization") or "" for _ in range(2)]
    fields = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', headers[0])}

    assert headers[0] != headers[1]
    assert fields.pop("oauth_signature")
    assert fields.pop("oauth_nonce")
    assert fields == {
        "realm": "shop", "oauth_consumer_key": "ck", "oauth_token": "token-of-oauth1", "oauth_version": "1.0",
        "oauth_signature_method": "HMAC-SHA256", "oauth_timestamp": str(int(NOW)),
    }  # fmt: skip


@pytest.mark.parametrize(
    "table",
    [
        OAUTH1_TABLE,
        {
            "kind": "hmac",
            "secret": "${SHOP_SECRET}",
            "canonical": "{timestamp}",
            "headers": {"X": "{timestamp} {signature}"},
        },
        {"kind": "aws_sigv4", "access_key": "${SHOP_ID}", "secret_key": "${SHOP_SECRET}", "region": "eu-west-1"},
    ],
    ids=lambda table: str(table["kind"]),
)
def test_clock_that_is_off_is_set_by_the_merchants(table: dict[str, Any]) -> None:
    """A read that is refused by a server whose clock is an hour ahead is signed once more, by its time."""
    world = World()
    auth = world.auth(table)
    sent: list[Request] = []
    answers = iter([answered({}, 401, date=LATE), answered({}), answered({}), answered({}, 401, date=LATE)])
    assert drive(auth.flow(READ), lambda request: next(answers), sent).status == 200
    assert drive(auth.flow(READ), lambda request: next(answers), sent).status == 200
    assert drive(auth.flow(READ), lambda request: next(answers), sent).status == 401
    assert len(sent) == 4
    moments = [str(one.headers) for one in sent]
    early, late = (str(int(NOW)), str(int(NOW) + 3600)) if "1700000000" in moments[0] else ("T221320Z", "T231320Z")
    assert [early in moment for moment in moments] == [True, False, False, False]
    assert [late in moment for moment in moments] == [False, True, True, True]


# ---------------------------------------------------------------- AWS Signature Version 4

AWS = {
    "kind": "aws_sigv4", "access_key": "AKIDEXAMPLE", "secret_key": "${SHOP_AWS}", "region": "us-east-1",
    "service": "service",
}  # fmt: skip
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AWS_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7"
    "mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d"
    "+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
# Amazon's own test suite: method, target, headers, body, signature. The moment is 2015-08-30T12:36:00Z.
AWS_SUITE: dict[str, tuple[str, str, dict[str, str], bytes, str]] = {
    "get-vanilla": ("GET", "/", {}, b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-vanilla-query-order-key-case": (
        "GET", "/?Param2=value2&Param1=value1", {}, b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-vanilla-query-order-value": (
        "GET", "/?Param1=value2&Param1=value1", {}, b"",
        "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
    ),
    "get-unreserved": (
        "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", {}, b"",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "get-vanilla-utf8-query": (
        "GET", "/?%E1%88%B4=bar", {}, b"", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    "get-header-value-trim": (
        "GET", "/", {"My-Header1": " value1", "My-Header2": ' "a   b   c"'}, b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "post-header-key-sort": (
        "POST", "/", {"My-Header1": "value1"}, b"", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-vanilla-empty-query-value": (
        "POST", "/?Param1=value1", {}, b"", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    "post-x-www-form-urlencoded-parameters": (
        "POST", "/", {"Content-Type": "application/x-www-form-urlencoded; charset=utf8"}, b"Param1=value1",
        "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
    ),
    "post-sts-header-before": (
        "POST", "/", {"token": "yes"}, b"", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AWS_SUITE)
def test_aws_signature_as_published(name: str) -> None:
    """Amazon's published examples, to the last letter."""
    method, target, headers, body, expected = AWS_SUITE[name]
    table = {**AWS, "session_token": "${SHOP_STS}"} if headers.pop("token", "") else AWS
    world = World()
    world.time = 1440938160.0
    request = Request(method, f"https://example.amazonaws.com{target}", tuple(headers.items()), body)
    made = world.auth(table, SHOP_AWS=AWS_SECRET, SHOP_STS=AWS_TOKEN).apply(request).header("Authorization") or ""

    assert made.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, Sign")
    assert made.endswith(f"Signature={expected}")


def test_aws_path_that_is_encoded() -> None:
    """The path is encoded once more, as every service but S3 wants it."""
    request = Request("GET", "https://example.amazonaws.com:8443/a%20b/c")

    assert canonical_request(request)[1].split("\n")[1:4] == ["/a%2520b/c", "", "host:example.amazonaws.com:8443"]
    assert canonical_request(request, twice=False)[1].split("\n")[1] == "/a%20b/c"


# ---------------------------------------------------------------- HMAC from a template

HMAC = {"kind": "hmac", "secret": "${SHOP_SECRET}"}


def test_hmac_template() -> None:
    """Whatever a call has can stand in the text that is signed; the signature goes where the mapping says."""
    table = {
        **HMAC,
        "canonical": "{method}\n{host}\n{path}\n{query}\n{timestamp}\n{nonce}\n{body_hash}\n{header.Content-Type}|{none}",
        "headers": {"X-Key": "${SHOP_KEY}", "X-Time": "{timestamp}", "X-Nonce": "{nonce}", "Authorization": "H {signature}"},
        "timestamp": "iso",
    }  # fmt: skip
    request = Request("POST", "https://shop.example:8443/a/b?z=1&a=%20", (("content-type", "text/x"),), b"body")
    sent = signed(table, request)
    nonce = sent.header("X-Nonce") or ""
    text = "\n".join([
        "POST", "shop.example:8443", "/a/b", "z=1&a=%20", "2023-11-14T22:13:20Z", nonce,
        hashlib.sha256(b"body").hexdigest(), "text/x|{none}",
    ])  # fmt: skip
    import hmac as own

    assert sent.header("Authorization") == "H " + own.new(b"s3cret/of+client", text.encode(), "sha256").hexdigest()
    assert (sent.header("X-Key"), sent.header("X-Time")) == ("key-12345", "2023-11-14T22:13:20Z")
    assert re.fullmatch(r"[0-9a-f]{32}", nonce)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        # the example of RFC 4231, case 2: key "Jefe", data "what do ya want for nothing?"
        ({}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ({"encoding": "HEX"}, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"),
        ({"encoding": "base64"}, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="),
        ({"encoding": "base64url"}, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"),
        (
            {"algorithm": "sha512"},
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
            "636e070a38bce737",
        ),
        ({"algorithm": "md5"}, "750c783e6ab0b503eaa86e310a5db738"),
        ({"secret_encoding": "base64", "secret": "${SHOP_64}"}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ({"secret_encoding": "hex", "secret": "${SHOP_HEX}"}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ],
)  # fmt: skip
def test_hmac_as_published(more: dict[str, str], expected: str) -> None:
    """Algorithms and encodings, by the examples of RFC 2202 and RFC 4231."""
    table = {**HMAC, "canonical": "what do ya want for nothing?", "headers": {"X": "{signature}"}, **more}

    assert signed(table, SHOP_SECRET="Jefe", SHOP_64="SmVmZQ", SHOP_HEX="4a656665").header("X") == expected


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("unix", "1700000000"), ("unix_ms", "1700000000125"), ("iso", "2023-11-14T22:13:20Z"),
        ("iso_ms", "2023-11-14T22:13:20.125Z"), ("compact", "20231114T221320Z"), ("http", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ],
)  # fmt: skip
def test_hmac_timestamps(form: str, expected: str) -> None:
    """In the form that the merchant reads; as a parameter of the query as well as in a header."""
    world = World()
    world.time += 0.125
    table = {**HMAC, "canonical": "{timestamp}", "query": {"t": "{timestamp}", "sig": "{signature}"}, "timestamp": form}
    sent = world.auth(table).apply(READ)

    assert dict(parse_qsl(sent.url.partition("?")[2]))["t"] == expected
    assert sent.url.startswith(f"{READ.url}&t=")


def test_hmac_details() -> None:
    """A body without a hash, nonces of other kinds, a secret that is not written as it should be."""
    table = {**HMAC, "canonical": "{body_hash}", "headers": {"H": "[{body_hash}]{signature}", "N": "{nonce}"}}
    assert (signed({**table, "empty_body_hash": ""}).header("H") or "").startswith("[]")
    assert (signed(table).header("H") or "").startswith("[e3b0c442")
    assert re.fullmatch(r"[0-9a-f-]{36}", signed({**table, "nonce": "uuid"}).header("N") or "")
    assert (signed({**table, "nonce": "digits"}).header("N") or "").isdigit()
    with pytest.raises(UsageError, match="not written in base64 - check SHOP_SECRET") as caught:
        signed({**table, "secret_encoding": "base64"}, SHOP_SECRET="s3cret?!")
    assert "s3cret?!" not in str(caught.value)


# ---------------------------------------------------------------- JWT


def pem(key: Any) -> str:
    """A private key as PEM."""
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return str(key.private_bytes(serialization.Encoding.PEM, *form).decode())


RSA, EC = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
JWT = {"kind": "jwt", "token_url": "https://login.example/token", "key": "${SHOP_PEM}", "issuer": "us"}


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("PS256", RSA), ("ES256", EC)])
def test_jwt_grant(algorithm: str, key: Any) -> None:
    """The assertion of RFC 7523 is signed by our key and holds who, for whom, since when and until when."""
    world = World()
    sent: list[Request] = []
    table = {**JWT, "algorithm": algorithm, "key_id": "k1", "subject": "shop", "scope": "read", "claims": {"tenant": 7}}
    auth = world.auth(table, SHOP_PEM=pem(key))
    drive(
        auth.flow(READ),
        lambda request: answered({"access_token": "abcdefgh"}) if request.login else orders(request),
        sent,
    )
    fields = dict(parse_qsl(sent[0].body.decode()))
    assertion = fields.pop("assertion")
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(
        assertion, key.public_key(), [algorithm], audience="https://login.example/token", options=options
    )

    assert fields == {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "scope": "read"}
    assert claims.pop("jti")
    assert claims == {
        "iss": "us", "sub": "shop", "aud": "https://login.example/token", "iat": int(NOW), "exp": int(NOW) + 300,
        "tenant": 7,
    }  # fmt: skip
    assert jwt.get_unverified_header(assertion)["kid"] == "k1"
    assert assertion in world.learnt


def test_jwt_as_the_clients_proof_and_by_itself() -> None:
    """In client credentials in the place of a secret; or as the bearer token itself, renewed before it ends."""
    world = World()
    sent: list[Request] = []
    shared = {"key": "${SHOP_SECRET}", "algorithm": "HS256", "issuer": "us"}
    client = world.auth({**JWT, **shared, "use": "client"}, SHOP_SECRET="s" * 40)
    drive(client.flow(READ), lambda request: answered({"access_token": "abcdefgh"}), sent)
    fields = dict(parse_qsl(sent[0].body.decode()))
    assert fields["grant_type"] == "client_credentials"
    assert fields["client_assertion_type"].endswith("client-assertion-type:jwt-bearer")
    assert fields["client_id"] == "us"
    sent.clear()
    table = {"kind": "jwt", "use": "bearer", **shared, "audience": "shop", "jwt_lifetime_s": 60}
    for passed in (0, 10, 50, 60):
        world.time = NOW + passed
        drive(world.auth(table, SHOP_SECRET="s" * 40).flow(READ), orders, sent)
    tokens = [one.header("Authorization") for one in sent]
    assert len(sent) == 4
    assert (len(set(tokens)), tokens[0], tokens[2]) == (2, tokens[1], tokens[1])


def test_jwt_by_the_servers_clock() -> None:
    """A server an hour ahead refuses what is dated in its past: it is dated once more by its own clock."""
    sent: list[Request] = []
    answers = iter(
        [answered({"error": "invalid_grant"}, 400, date=LATE), answered({"access_token": "abcdefgh"}), orders(READ)]
    )
    auth = World().auth(JWT, SHOP_PEM=pem(RSA))
    assert drive(auth.flow(READ), lambda request: next(answers), sent).status == 200
    issued = [
        jwt.decode(dict(parse_qsl(one.body.decode()))["assertion"], options={"verify_signature": False})["iat"]
        for one in sent[:2]
    ]
    assert issued == [int(NOW), int(NOW) + 3600]


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", "not a key"), ("RS256", pem(EC)), ("ES256", pem(RSA))])
def test_jwt_key_that_does_not_fit(algorithm: str, key: str) -> None:
    """The reference is named, the key is not shown."""
    with pytest.raises(UsageError, match=f"the key does not fit {algorithm} - check the value of SHOP_PEM") as caught:
        drive(World().auth({**JWT, "algorithm": algorithm}, SHOP_PEM=key).flow(READ), orders)
    assert key not in str(caught.value)


# ---------------------------------------------------------------- HTTP Digest

DIGEST = {"kind": "digest", "username": "${SHOP_USER}", "password": "${SHOP_PASSWORD}"}
# RFC 7616, 3.9.1: both challenges, and the proof of each for client nonce f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ.
MUFASA = {"SHOP_USER": "Mufasa", "SHOP_PASSWORD": "Circle of Life"}
NONCE, OPAQUE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def challenge(*algorithms: str, **more: str) -> Response:
    """A 401 that asks for Digest."""
    told = [
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{NONCE}", '
        f'opaque="{OPAQUE}"' + "".join(f", {name}={value}" for name, value in more.items())
        for algorithm in algorithms
    ]
    return answered({}, 401, www_authenticate=", ".join(['Basic realm="x, Digest y=1"', *told]))


def fields_of(request: Request) -> dict[str, str]:
    """What a Digest header says."""
    header = request.header("Authorization") or ""
    assert header.startswith("Digest ")
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^, ]+))', header)}


def proof(algorithm: str, fields: dict[str, str], user: str, password: str, session: bool = False) -> str:
    """The proof as RFC 7616 has it, computed by the test."""
    hashed = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def h(text: str) -> str:
        return hashed(text.encode()).hexdigest()

    one = h(f"{user}:{fields['realm']}:{password}")
    one = h(f"{one}:{fields['nonce']}:{fields['cnonce']}") if session else one
    two = h(f"GET:{fields['uri']}")
    return h(f"{one}:{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}:{two}")


def test_digest_proofs_of_the_specification() -> None:
    """The test's own proof gives the published values, and so may judge ours."""
    fields = {
        "realm": "http-auth@example.org", "nonce": NONCE, "uri": "/dir/index.html", "nc": "00000001", "qop": "auth",
        "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }  # fmt: skip
    assert proof("MD5", fields, *MUFASA.values()) == "8ca523f5e9506fed4657c9700eebdbec"
    expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert proof("SHA-256", fields, *MUFASA.values()) == expected


@pytest.mark.parametrize(
    ("algorithms", "used", "session"),
    [(["MD5"], "MD5", False), (["MD5", "SHA-256"], "SHA-256", False), (["sha-256-sess"], "SHA-256", True), (["MD5-sess"], "MD5", True)],
)  # fmt: skip
def test_digest(algorithms: list[str], used: str, session: bool) -> None:
    """The strongest way that both know proves the password; the nonce serves the next calls, counted."""
    auth = World().auth(DIGEST, **MUFASA)
    sent: list[Request] = []
    answers = iter([challenge(*algorithms), answered({}), answered({})])
    for _ in range(2):
        assert drive(auth.flow(READ), lambda request: next(answers), sent).status == 200

    assert sent[0].header("Authorization") is None
    counts = []
    for request in sent[1:]:
        fields = fields_of(request)
        counts.append(fields["nc"])
        assert fields["uri"] == "/orders?email=a%40b.example"
        assert fields["opaque"] == OPAQUE
        assert fields["response"] == proof(used, fields, *MUFASA.values(), session=session)
    assert counts == ["00000001", "00000002"]


def test_digest_without_qop() -> None:
    """As servers of RFC 2069 still ask for it."""
    sent: list[Request] = []
    answers = iter([answered({}, 401, www_authenticate='Digest realm="r", nonce="n"'), answered({})])
    drive(World().auth(DIGEST).flow(READ), lambda request: next(answers), sent)
    fields = fields_of(sent[1])
    one = hashlib.md5(b"joan:r:pass word/1").hexdigest()
    two = hashlib.md5(b"GET:/orders?email=a%40b.example").hexdigest()

    assert "qop" not in fields
    assert fields["response"] == hashlib.md5(f"{one}:n:{two}".encode()).hexdigest()


def test_digest_nonce_that_is_stale() -> None:
    """It is exchanged once; a wrong password is not tried again and again."""
    auth = World().auth(DIGEST)
    sent: list[Request] = []
    fresh = challenge("MD5", stale="true")
    answers = iter([challenge("MD5"), answered({}), fresh, answered({}), challenge("MD5")])
    for expected in (200, 200, 401):
        assert drive(auth.flow(READ), lambda request: next(answers), sent).status == expected
    assert len(sent) == 5
    wrong = iter([challenge("MD5"), challenge("MD5")])
    assert drive(World().auth(DIGEST).flow(READ), lambda request: next(wrong)).status == 401


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ('Digest realm="r", nonce="n", qop="auth-int"', "not known here"),
        ('Digest realm="r", nonce="n", algorithm=TIGER', "not known here"),
        ('Basic realm="r"', "asks for Basic, not for Digest"),
        ("", "no way of logging in that it names"),
    ],
)
def test_digest_that_cannot_be_met(header: str, told: str) -> None:
    """What the merchant asks for instead is told."""
    with pytest.raises(LoginFailed, match=told):
        drive(World().auth(DIGEST).flow(READ), lambda request: answered({}, 401, www_authenticate=header))


# ---------------------------------------------------------------- WS-Security

WSSE = {"kind": "wsse", "username": "${SHOP_USER}", "password": "${SHOP_ODD}"}
SOAP, SOAP12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
NAMES = {"s": f"{_WSS}wssecurity-secext-1.0.xsd", "u": f"{_WSS}wssecurity-utility-1.0.xsd", "e": SOAP}
ENVELOPES = {
    "no header": f'<?xml version="1.0"?><!-- a > b --><q:Envelope xmlns:q="{SOAP}"><q:Body><x/></q:Body></q:Envelope>',
    "an empty one": f'<q:Envelope xmlns:q="{SOAP}" a="x>y">\n <q:Header a="1"/> <q:Body><x/></q:Body></q:Envelope>',
    "a full one": f'<e:Envelope xmlns:e="{SOAP}"><e:Header><a>1</a></e:Header><e:Body><x/></e:Body></e:Envelope>',
    "no prefix": f'<Envelope xmlns="{SOAP}"><Body><x xmlns=""/></Body></Envelope>',
    "Header in the body": f'<e:Envelope xmlns:e="{SOAP}"><e:Body><e:Header/><x/></e:Body></e:Envelope>',
}


def envelope(text: str, more: dict[str, Any] | None = None, odd: str = "<&> pass") -> ElementTree.Element:
    """The envelope as it is sent."""
    request = Request("POST", "https://shop.example/soap", body=text.encode())
    return ElementTree.fromstring(signed({**WSSE, **(more or {})}, request, SHOP_ODD=odd).body)


@pytest.mark.parametrize("name", ENVELOPES)
def test_wsse_text(name: str) -> None:
    """The token stands once in the header, wherever that is, and the body stays as it was."""
    root = envelope(ENVELOPES[name], {"must_understand": True})
    (security,) = root.findall("e:Header/s:Security", NAMES)
    password = security.find("s:UsernameToken/s:Password", NAMES)

    assert security.findtext("s:UsernameToken/s:Username", None, NAMES) == "joan"
    assert password is not None
    assert (password.text, password.get("Type", "").rpartition("#")[2]) == ("<&> pass", "PasswordText")
    assert security.get(f"{{{SOAP}}}mustUnderstand") == "1"
    assert [child.tag.rpartition("}")[2] for child in root] == ["Header", "Body"]
    assert root.find("e:Body/x", NAMES) is not None
    assert (root.findtext("e:Header/a", None, NAMES) == "1") == (name == "a full one")


def test_wsse_digest() -> None:
    """The digest is over nonce, time and password; a timestamp is added where the mapping wants one."""
    root = envelope(ENVELOPES["no header"], {"password_type": "digest", "lifetime_s": 300})
    token = root.find("e:Header/s:Security/s:UsernameToken", NAMES)
    assert token is not None
    nonce, created = token.findtext("s:Nonce", "", NAMES), token.findtext("u:Created", "", NAMES)
    raw = base64.b64decode(nonce) + created.encode() + b"<&> pass"

    assert created == "2023-11-14T22:13:20Z"
    assert token.findtext("s:Password", None, NAMES) == base64.b64encode(hashlib.sha1(raw).digest()).decode()
    assert root.findtext("e:Header/s:Security/u:Timestamp/u:Expires", None, NAMES) == "2023-11-14T22:18:20Z"


def test_wsse_details() -> None:
    """Without nonce and time; with SOAP 1.2; in another encoding; and not for calls that are no SOAP."""
    plain = envelope(ENVELOPES["no header"], {"nonce": False})
    assert plain.find(".//s:Nonce", NAMES) is None
    assert envelope(ENVELOPES["a full one"].replace(SOAP, SOAP12)).find(".//s:Username", NAMES) is not None
    latin = ENVELOPES["no header"].replace("?>", ' encoding="iso-8859-1"?>', 1).replace("<x/>", "<x>ü</x>")
    request = Request("POST", "https://shop.example/soap", body=latin.encode("latin-1"))
    root = ElementTree.fromstring(signed(WSSE, request, SHOP_ODD="ключ").body)
    assert (root.findtext("e:Body/x", None, NAMES), root.findtext(".//s:Password", None, NAMES)) == ("ü", "ключ")
    for body in (b"", b"{}", b"<other/>"):
        with pytest.raises(UsageError, match="needs a SOAP call"):
            signed(WSSE, Request("POST", READ.url, body=body), SHOP_ODD="x")
