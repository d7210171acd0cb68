"""Where secrets come from, and how they are kept out of what is written."""

from __future__ import annotations

import base64
import json
import pickle
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.connect.secrets import MASK, Secret, Secrets, Source, fill, read_env_file, references
from workbench.errors import SecretMissing, UsageError

VALUE = 's3cr/et + "wörd" <&>'


def test_environment_wins(tmp_path: Path) -> None:
    """First the environment, then a file it names, then the file of secrets."""
    named, file = tmp_path / "named", tmp_path / "secrets.env"
    named.write_text("from a file\n")
    file.write_text(f"SHOP_A=filed\nSHOP_B=filed\nSHOP_C=filed\nSHOP_D_FILE={named}\n")
    source = Source({"SHOP_A": "set", "SHOP_B_FILE": str(named), "SHOP_C": " "}, str(file))

    names = ["SHOP_A", "SHOP_B", "SHOP_C", "SHOP_D"]
    assert source.find_all(names) == dict(zip(names, ["set", "from a file", "filed", "from a file"], strict=True))


def test_all_missing_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engineer sets them in one go."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SecretMissing, match="SHOP_A, SHOP_B") as caught:
        Source({"SHOP_B": "", "SHOP_C": "c"}).find_all(["SHOP_A", "SHOP_B", "SHOP_C"])

    assert caught.value.names == ("SHOP_A", "SHOP_B")


def test_env_file_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` is read where it is there; one that was named must be."""
    monkeypatch.chdir(tmp_path)
    assert Source({}).find("SHOP_A") is None
    (tmp_path / ".env").write_text("SHOP_A=a")
    assert Source({}).find("SHOP_A") == "a"
    with pytest.raises(UsageError, match="cannot read the file of secrets"):
        Source({}, str(tmp_path / "other.env"))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=plain", "plain"),
        ("  export A = plain  ", "plain"),
        ("A=with blanks in it", "with blanks in it"),
        ("A=value # a comment", "value"),
        ("A=val#ue", "val#ue"),
        ("A='single # $quoted \\n'", "single # $quoted \\n"),
        ('A="double \\"quoted\\"\\n\\t\\\\" # why', 'double "quoted"\n\t\\'),
        ("A=", ""),
        ("A=''", ""),
        ("A=a=b=c", "a=b=c"),
        ("A=# nothing", ""),
        ("A=ünï", "ünï"),
    ],
)
def test_line_of_the_env_file(tmp_path: Path, line: str, value: str) -> None:
    """Quotes, comments, `export` and blanks are read as shells read them."""
    (tmp_path / "x.env").write_text(f"\ufeff# a comment\n\n{line}\nB=2\n")

    assert read_env_file(tmp_path / "x.env") == {"A": value, "B": "2"}


@pytest.mark.parametrize("line", ["hunter2", "A='open", 'A="open', "1A=x", "A B=hunter2", "=x"])
def test_line_that_is_none(tmp_path: Path, line: str) -> None:
    """The line's number is told, never its text."""
    (tmp_path / "x.env").write_text(f"OK=1\n{line}\n")
    with pytest.raises(UsageError, match="line 2 of") as caught:
        read_env_file(tmp_path / "x.env")

    assert (
        str(caught.value).removeprefix(f"line 2 of {tmp_path}")
        == "/x.env is no NAME=value - mend it, or begin it with #"
    )


def test_file_of_a_secret_that_cannot_be_read(tmp_path: Path) -> None:
    """The variable is named, for the engineer to mend."""
    for name, content in (("missing", None), ("binary", b"\xff\xfe"), ("huge", b"x" * 300_000)):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(UsageError, match="SHOP_A_FILE names a file"):
            Source({"SHOP_A_FILE": str(path)}, None).find("SHOP_A")


def test_a_secret_shows_nothing() -> None:
    """However it is printed; and it does not travel."""
    secret = Secret("SHOP_A", VALUE)

    assert secret.reveal() == VALUE
    assert VALUE not in f"{secret} {secret!r} {Secrets([secret])!r} {[secret]}"
    assert str(secret) == MASK
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    "form",
    [
        VALUE,
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        json.dumps(VALUE),
        json.dumps(VALUE, ensure_ascii=False),
        "s3cr/et + &quot;wörd&quot; &lt;&amp;&gt;",
        's3cr/et + "wörd" &lt;&amp;&gt;',
        base64.b64encode(VALUE.encode()).decode(),
        "Basic " + base64.b64encode(f"joan:{VALUE}".encode()).decode(),
    ],
)
def test_secret_is_masked_in_every_form(form: str) -> None:
    """As text, percent-encoded, escaped as JSON or XML does, in base64, and together with its user."""
    secrets = Secrets([Secret("SHOP_USER", "joan"), Secret("SHOP_A", VALUE)], [f"joan:{VALUE}"])
    text = f"before {form} after"

    for masked in (secrets.redact(text), secrets.redact_bytes(text.encode()).decode()):
        assert "wörd" not in masked
        assert "w%C3%B6rd" not in masked
        assert "w\\u00f6rd" not in masked
        assert form.removeprefix("Basic ") not in masked
        assert masked.startswith("before ")
        assert masked.endswith(" after")


def test_short_secret_is_masked_where_it_stands_alone() -> None:
    """A secret of three letters would otherwise make every text unreadable."""
    secrets = Secrets([Secret("SHOP_A", "abc")])

    assert secrets.redact("abc abcd xabc key=abc&x") == "*** abcd xabc key=***&x"
    assert Secrets().redact("anything") == "anything"


@given(st.text(min_size=4), st.text(), st.text())
def test_masked_text_never_holds_the_secret(value: str, before: str, after: str) -> None:
    """Whatever stands around it."""
    if value in MASK * 2:
        return

    assert value not in Secrets([Secret("SHOP_A", value)]).redact(f"{before}\x00{value}\x00{after}").replace(
        MASK, "\x00"
    )


def test_references_of_plain_data() -> None:
    """Each name once, in order; other braces are none."""
    data = {"a": "${SHOP_B} and ${SHOP_A}", "b": ["${SHOP_B}", "{email}", "$SHOP_C", 1, None]}

    assert references(data) == ["SHOP_B", "SHOP_A"]
    assert fill(data, {"SHOP_A": "1", "SHOP_B": "2"}) == {"a": "2 and 1", "b": ["2", "{email}", "$SHOP_C", 1, None]}
