"""A merchant's files, what differs between two of them, and the step that this needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.folders import MAPPING, a_merchant, write
from workbench.errors import UsageError, VersionError
from workbench.mapping import load_text
from workbench.publish import needs
from workbench.versions import (
    LOCK,
    Folder,
    Version,
    add_lock,
    needed_step,
    rule_changes,
    safe_name,
    surface,
    write_new,
)


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return a_merchant(tmp_path)


# ---------------------------------------------------------------- versions and names


@pytest.mark.parametrize("text", ["", "1.2", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.3\n", "../1.2.3", "1.2.1234567890"])
def test_what_is_no_version(text: str) -> None:
    """Only three plain numbers name a version, so that it can name a file."""
    with pytest.raises(UsageError, match="is not a version"):
        Version.parse(text)


def test_versions_are_in_the_order_of_numbers(acme: Path) -> None:
    """1.10.0 comes after 1.9.0, and other files are no versions."""
    for name in ("1.9.0.yaml", "1.10.0.yaml", "0.1.0.yaml", "1.9.0.yaml.bak", "notes.yaml", ".1.11.0.yaml.ab.tmp"):
        write(acme / name, MAPPING)

    assert [str(version) for version in Folder(acme).versions()] == ["0.1.0", "1.9.0", "1.10.0"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a b", ".hidden", "a" * 65, None, 5, "x\0"])
def test_names_that_name_no_folder(name: object) -> None:
    """A merchant's name can never lead out of the folder of mappings."""
    with pytest.raises(VersionError, match="cannot name a folder"):
        safe_name(name)


# ---------------------------------------------------------------- what changed, and the step


def changed(*edits: tuple[str, str]) -> tuple[dict, dict]:
    text = MAPPING
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return load_text(MAPPING).data, load_text(text).data


@pytest.mark.parametrize(
    ("edit", "word", "why"),
    [
        (('    currency: "@.cur"\n', ""), "major", "order.currency removed"),
        (("      fields: {sku: ", "      fields: {id: "), "major", "order.lines.sku removed"),
        (("  find_order_by_number:", "  find_by_phone:"), "major", "operation find_order_by_number removed"),
        (
            ("  find_orders_by_email:\n", "  find_orders_by_email:\n    inputs: [postcode]\n"),
            "major",
            "operation find_orders_by_email changes from order by email to order by email, postcode",
        ),
        (('    currency: "@.cur"\n', '    currency: "@.cur"\n    region: "@.r"\n'), "minor", "order.region added"),
        (('"@.cur"', '"@.currency"'), "patch", "no field, operation or result that weighs changes"),
        (("sent: shipped", "sent: delivered"), "patch", "no field, operation or result that weighs changes"),
    ],
)
def test_step_follows_from_what_flows_rely_on(edit: tuple[str, str], word: str, why: str) -> None:
    """A removed field or operation is major, an added one minor, anything else a patch."""
    step = needed_step(*changed(edit))

    assert (step.word, step.why[0]) == (word, why)


def test_own_field_that_changes_its_kind_is_major() -> None:
    """A merchant's own field that was a text and is a number breaks the flows that read it."""
    own = '    extra: {weight: "@.w"}\n'
    text = MAPPING + own + "fields: {weight: {label: Weight, kind: text, meaning: of the parcel}}\n"
    step = needed_step(load_text(text).data, load_text(text.replace("kind: text", "kind: decimal")).data)

    assert step == ("major", ("order.extra.weight changes from text to decimal",))


def test_a_rule_replaced_by_what_the_order_takes_from_its_parts_removes_nothing() -> None:
    """An order has tracking numbers as long as its shipments have."""
    before, after = changed(("    lines:\n", '    tracking_numbers: "@.t"\n    lines:\n'))

    assert surface(before).keys() == surface(after).keys()
    assert needed_step(after, before).word == "patch"


def test_results_that_weigh_make_it_minor() -> None:
    """The same fields with other amounts are no patch."""
    before, after = changed(("sent: shipped", "sent: delivered"))

    step = needed_step(before, after, results=["amount: changed in 2 of 3 orders"])

    assert step == ("minor", ("results change: amount: changed in 2 of 3 orders",))


def test_changes_are_told_place_by_place() -> None:
    """Each difference has its place in the file, with what stood there and what stands there."""
    before, after = changed(
        ("sent: shipped", "sent: delivered"),
        ('    currency: "@.cur"\n', ""),
        ('{sku: "@.art"', '{name: "@.text", sku: "@.art"'),
        (
            'for_each: order, get: "/orders/{@.id}/parcels", not_found',
            'for_each: order, get: "/parcels/{@.id}", not_found',
        ),
        ("timezone: Europe/Madrid\n", "timezone: Europe/Madrid\nexpect: {lines: {always: true}}\n"),
    )

    assert sorted(change.text for change in rule_changes(before, after)) == [
        "expect.lines: added {always: true}",
        "operations.find_orders_by_email.calls.parcels.get: /orders/{@.id}/parcels -> /parcels/{@.id}",
        "records.order.currency: removed @.cur",
        "records.order.lines.fields.name: added @.text",
        "records.order.status.lookup.sent: shipped -> delivered",
    ]


def test_what_exporting_writes_is_no_change() -> None:
    """Version, history and evidence differ between any two versions."""
    before = load_text(MAPPING).data
    after = {**before, "version": "9.9.9", "history": [{"version": "9.9.9"}], "evidence": {"samples": ["x"]}}

    assert rule_changes(before, after) == []


# ---------------------------------------------------------------- files


def test_a_version_is_never_replaced(acme: Path) -> None:
    """A file that is there, or a link that leads elsewhere, stays what it is."""
    elsewhere = write(acme.parent / "elsewhere.yaml", "mine")
    (acme / "1.0.0.yaml").symlink_to(elsewhere)
    (acme / "1.0.1.yaml").symlink_to(acme / "nowhere")

    for name in ("1.0.0.yaml", "1.0.1.yaml"):
        with pytest.raises(VersionError, match="a version is never replaced"):
            write_new(acme / name, "other")
    assert elsewhere.read_text() == "mine"
    assert not (acme / "nowhere").exists()


def test_lock_lines_are_added_once(acme: Path) -> None:
    """A version's digest is written once and never changed, also behind a line without its end."""
    folder = Folder(acme)
    write(acme / LOCK, f"1.0.0: sha256:{'a' * 64}")
    add_lock(folder, "1.0.1", "b" * 64)
    add_lock(folder, "1.0.0", "c" * 64)

    assert folder.locked() == {"1.0.0": "a" * 64, "1.0.1": "b" * 64}


# ---------------------------------------------------------------- what a deployment needs


def test_needs(acme: Path) -> None:
    """Secrets, hosts and calls are read off the mapping."""
    needed = needs(load_text((acme / "draft.yaml").read_text()))

    assert needed.secrets == {
        "ACME_USER": ("connection.auth.username",),
        "ACME_PASSWORD": ("connection.auth.password",),
    }
    assert needed.hosts == {"": "api.acme.example", "test": "test.acme.example"}
    assert needed.calls["find_orders_by_email"] == "1 + 1 for each order"
    assert list(needed.settings) == ["ACME_HOSTS", "WORKBENCH_ALLOW_HOSTS", "WORKBENCH_PROXY"]
