"""How values are read: dates in words, zones, cents and commas told by what stands beside them, words for nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.picking import draft, picker
from workbench.catalogue import catalogue
from workbench.mapping import dump, load_text
from workbench.pick import Proposal
from workbench.pick.dates import spoken
from workbench.pick.evidence import Evidence, Seen
from workbench.pick.kinds import readings
from workbench.pick.rules import rule_of

EACH = {"each": "$"}
NOON = datetime(2026, 11, 26, 16, 2, tzinfo=UTC)


def dates(rows: list[dict[str, Any]], key: str = "d", field: str = "created_at", **more: Any) -> list[Proposal]:
    """What a click on the dates of some orders may mean, fetched at four in the afternoon."""
    header = more.pop("header", None)
    made = picker(draft(EACH, **more), rows, fetched=NOON, header=header)
    return made.propose(field, "search", f"$[*].{key}")


def test_date_is_told_in_words() -> None:
    """Which day, which clock, and how long before the fetch."""
    found = dates([{"d": "2026-11-25T10:00:00Z"}, {"d": "2026-11-26T13:02:00Z"}], timezone="Europe/Berlin")

    assert found[0].notes == ("the newest reads today 14:02 in Berlin, 3 h before it was fetched",)
    assert found[0].rule == "@.d"


def test_header_is_the_better_clock() -> None:
    """Where the answer told its own time, that counts."""
    found = dates([{"d": "2026-11-26T13:02:00Z"}], header=datetime(2026, 11, 26, 13, 12, tzinfo=UTC))

    assert found[0].notes == ("the newest reads today 13:02 in UTC, 10 min before the answer's Date header",)


@pytest.mark.parametrize(
    ("text", "fetched", "zone", "said"),
    [
        ("2026-04-03", NOON, "", "3 April 2026"),
        ("2026-11-26T14:02:00", NOON, "", "26 November 2026 14:02"),
        ("2026-11-25T14:02:00+01:00", NOON, "", "yesterday 14:02 at +01:00, 27 h before it was fetched"),
        ("2026-11-26T23:30:00+00:00", None, "America/New_York", "26 November 2026 18:30 in New York"),
        (
            "2026-11-26T17:02:30",
            NOON,
            "Europe/Berlin",
            "today 17:02 in Berlin, less than a minute after it was fetched",
        ),
        ("2026-11-01T00:00:00-03:30", NOON, "", "1 November 2026 00:00 at -03:30, 25 days before it was fetched"),
    ],
)
def test_words_of_a_moment(text: str, fetched: datetime | None, zone: str, said: str) -> None:
    """Days by name, offsets where no zone is known, months in English whatever the machine speaks."""
    assert spoken(text, fetched, zone) == said


def test_time_after_the_fetch_refutes_the_zone() -> None:
    """Times that would lie ahead in the mapping's zone are in another: the nearest that fits is proposed first."""
    found = dates([{"d": "2026-11-26T16:40:00"}, {"d": "2026-11-20T09:11:00"}], timezone="UTC")

    assert found[0].rule == {"path": "@.d", "datetime": {"timezone": "Europe/Berlin"}}
    assert "in Europe/Berlin (+01:00)" in found[0].words
    assert not found[0].warnings
    assert found[-1].rule == "@.d"
    assert found[-1].warnings == ("1 of 2 times would lie after the fetch: they are not in UTC",)


def test_expected_times_may_lie_ahead() -> None:
    """A delivery that is still to come refutes nothing."""
    found = dates([{"d": "2026-11-29T16:40:00"}], field="expected_delivery_at", timezone="UTC")

    assert [each.rule for each in found] == ["@.d"]
    assert not found[0].warnings


def test_z_that_cannot_be_true() -> None:
    """Local times with a Z lie after the fetch; they are read without it."""
    found = dates([{"d": "2026-11-26T16:40:00Z"}])

    assert found[0].rule["datetime"] == {"format": "%Y-%m-%dT%H:%M:%SZ", "timezone": "Europe/Berlin"}
    assert found[0].values == (("2026-11-26T16:40:00+01:00",),)
    assert "1 of 1 times lie after the fetch" in found[-1].warnings[0]


def test_unknown_zone_is_said() -> None:
    """No offset and no timezone: nothing is guessed, and it is told."""
    found = dates([{"d": "2026-11-20T16:40:00"}])

    assert [each.rule for each in found] == ["@.d"]
    assert "the times have no offset, and the mapping has no timezone: the zone is not known" in found[0].notes


def test_fresh_order_tells_the_zone() -> None:
    """An order that was placed a minute before the fetch shows how far its clock is from ours."""
    found = dates([{"d": "2026-11-26T17:01:00"}])

    assert found[0].rule == "@.d"
    assert found[1].rule == {"path": "@.d", "datetime": {"timezone": "Europe/Berlin"}}
    assert "a few minutes old" in found[1].notes[1]


@pytest.mark.parametrize(
    ("twins", "zone"),
    [
        ([{"d": "2026-11-20T16:40:09", "u": "2026-11-20T15:40:09Z"}], "Europe/Berlin"),
        ([{"d": "2026-11-20T16:40:09", "date_gmt": "2026-11-20T15:40:09"}], "Europe/Berlin"),
        ([{"d": "2026-11-20T16:40:09", "stamp": 1795189209}], "Europe/Berlin"),
        ([{"d": "2026-11-20 15:40:09", "meta": {"at": "Fri, 20 Nov 2026 15:40:09 +0000"}}], "UTC"),
        ([{"d": "2026-11-20T16:40:09", "u": "2026-11-20T13:10:09Z"}], "+03:30"),
        ([{"d": "2026-07-20T16:40:09", "u": "2026-07-20T20:40:09Z"},
          {"d": "2026-11-20T16:40:09", "u": "2026-11-20T21:40:09Z"}], "America/New_York"),
    ],
)  # fmt: skip
def test_twin_with_an_offset_tells_the_zone(twins: list[dict[str, Any]], zone: str) -> None:
    """The same moment said with an offset, in UTC or as an epoch, elsewhere in the order."""
    found = dates(twins)

    assert found[0].rule == {"path": "@.d", "datetime": {"timezone": zone}}
    assert any("says the same moment" in note for note in found[0].notes)


def test_round_times_are_no_twins() -> None:
    """Two dates on the hour, of different events, agree by chance."""
    found = dates([{"d": "2026-11-20T16:00:00", "paid": "2026-11-20T15:00:00Z"}])

    assert [each.rule for each in found] == ["@.d"]


def test_twin_bears_the_mappings_zone_out() -> None:
    """Where the twin agrees with the mapping nothing is written."""
    rows = [{"d": "2026-11-20T16:40:09", "u": "2026-11-20T15:40:09Z"}]
    found = dates(rows, timezone="Europe/Vienna")

    assert [each.rule for each in found] == ["@.d"]
    assert "u says the same moment with its offset" in found[0].notes


def test_day_and_month_in_words() -> None:
    """Both readings say which day a value would be."""
    found = dates([{"d": "03/04/2026"}])

    assert {each.notes[0] for each in found} == {"the newest reads 3 April 2026", "the newest reads 4 March 2026"}


def test_fetch_tells_day_from_month() -> None:
    """11 December would lie after the fetch, so it is 12 November."""
    found = dates([{"d": "11/12/2026"}, {"d": "03/04/2026"}])

    assert found[0].rule == {"path": "@.d", "datetime": "%m/%d/%Y"}
    assert not found[0].warnings
    assert "would lie after the fetch" in found[0].notes[0]
    assert "lie after the fetch" in found[-1].warnings[0]


@pytest.mark.parametrize(
    ("row", "moment", "value"),
    [
        ({"d": "2026-11-20", "time": "14:02"}, {"time": "@.time"}, "2026-11-20T14:02:00"),
        ({"d": "20.11.2026", "uhrzeit": "14:02:11"}, {"format": "%d.%m.%Y %H:%M:%S", "time": "@.uhrzeit"},
         "2026-11-20T14:02:11"),
        ({"d": "2026-11-20", "timeOfDay": "2:02 PM"}, {"format": "%Y-%m-%d %I:%M %p", "time": "@.timeOfDay"},
         "2026-11-20T14:02:00"),
        ({"d": "20261120", "time": "140211"}, {"format": "%Y%m%d %H%M%S", "time": "@.time"}, "2026-11-20T14:02:11"),
        ({"d": "2026-11-20T00:00:00", "time": "14:02"}, None, ""),
    ],
)  # fmt: skip
def test_time_beside_the_date_is_offered(row: dict[str, Any], moment: Any, value: str) -> None:
    """The time of day that stands in a sibling is read with the date."""
    found = dates([row])

    if moment is None:
        assert found[0].rule == "@.d"
    else:
        assert found[0].rule == {"path": "@.d", "datetime": moment}
        assert found[0].values == ((value,),)
        assert "with the time of day from" in found[0].words


def test_date_and_time_of_one_event() -> None:
    """In a list of events date and time are read from the same one."""
    events = [{"kind": "made", "day": "2026-11-19", "time": "08:00"}, {"kind": "sent", "day": "2026-11-20"}]
    more = [
        {"kind": "sent", "day": "2026-11-21", "time": "09:30"},
        {"kind": "made", "day": "2026-11-18", "time": "07:01"},
    ]
    found = picker(draft(EACH), [{"e": events}, {"e": more}], fetched=NOON).propose(
        "shipped_at", "search", "$[0].e[1].day"
    )

    assert found[0].rule == {"at": "@.e[?@.kind == 'sent']", "path": "@.day", "datetime": {"time": "@.time"}}
    assert found[0].values == (("2026-11-20", "2026-11-21T09:30:00"),)


def amounts(rows: list[dict[str, Any]], **rules: Any) -> list[Proposal]:
    """What a click on `t` of some orders may mean as their amount."""
    return picker(draft(EACH, rules), rows).propose("amount", "search", "$[*].t")


@pytest.mark.parametrize(
    ("row", "note"),
    [
        ({"t": 30185, "t_text": "301,85 zł"}, "t_text says the same amount with 2 decimals"),
        ({"t": 30185, "view": {"total": "EUR 301.85"}}, "view.total says the same amount with 2 decimals"),
        ({"t": 30185, "brutto": 301.85}, "brutto says the same amount with 2 decimals"),
        ({"t": "3400", "lines": [{"price": "10.50", "qty": 2}, {"price": "13.00", "qty": 1}]},
         "the lines of lines say so: price times qty adds up to it"),
        ({"t": 2350, "rows": [{"cost": {"amount": 10.5}}, {"cost": {"amount": 13.0}}]},
         "the lines of rows say so: cost.amount adds up to it"),
    ],
)  # fmt: skip
def test_cents_are_told_by_what_stands_beside(row: dict[str, Any], note: str) -> None:
    """A formatted twin, a decimal elsewhere in the order, or the lines say that whole numbers are cents."""
    found = amounts([{**row, "c": "EUR"}], currency="@.c")

    assert found[0].rule == {"path": "@.t", "decimal": {"minor_units": True}}
    assert found[0].notes == (note,)
    assert not found[0].warnings
    assert found[0].values[0][0].replace(".", "") == str(row["t"])


def test_cents_without_a_currency_are_two_digits() -> None:
    """Where no currency is mapped the reading that works comes first."""
    found = amounts([{"t": 30185, "t_text": "301,85"}])

    assert found[0].rule == {"path": "@.t", "decimal": {"minor_units": 2}}


def test_whole_amounts_are_told_as_well() -> None:
    """Beside the same amount with decimals whole numbers are no cents, and nothing is asked."""
    found = amounts([{"t": 1990, "text": "1 990,00 kr"}, {"t": 250, "text": "250,00 kr"}])

    assert [each.rule for each in found] == ["@.t"]
    assert not found[0].warnings


def test_three_digits_are_told() -> None:
    """A dinar has a thousand fils."""
    found = amounts([{"t": 12345, "text": 12.345}])

    assert found[0].rule == {"path": "@.t", "decimal": {"minor_units": 3}}


def test_chance_does_not_make_cents() -> None:
    """1000 beside the 10.00 of another thing is no evidence."""
    found = amounts([{"t": 1000, "shipping": "10.00"}])

    assert found[0].rule == "@.t"
    assert any("are they cents?" in warning for warning in found[0].warnings)


@pytest.mark.parametrize(
    ("rows", "rule", "value"),
    [
        ([{"t": "1,234"}, {"t": "12,50"}], {"comma": True}, "1.234"),
        ([{"t": "1.234,50"}, {"t": "12,50"}], {"comma": True}, "1234.50"),
        ([{"t": "1,234"}, {"t": "1,234.50"}], {"comma": False}, "1234"),
        ([{"t": "1,234", "n": 1234}], {"comma": False}, "1234"),
        ([{"t": "1,234", "n": 1.234}], {"comma": True}, "1.234"),
        ([{"t": "1.234", "n": 1234}], {"comma": True}, "1234"),
        ([{"t": "1.234 €", "tax": "12,50 €", "net": "5,10 €"}], {"comma": True}, "1234"),
        ([{"t": "1,234,567"}], {"comma": False}, "1234567"),
    ],
)
def test_decimal_sign_is_told(rows: list[dict[str, Any]], rule: Any, value: str) -> None:
    """Other values of the place, a number beside it, or the other amounts say what a comma is."""
    found = amounts(rows)

    assert found[0].rule["decimal"] == rule
    assert found[0].values[0][0] == value
    assert not found[0].warnings


def test_open_decimal_sign_is_asked() -> None:
    """Nothing tells: both are offered with the doubt."""
    found = amounts([{"t": "1,234"}])

    assert [each.rule["decimal"] for each in found] == [{"comma": False}, {"comma": True}]
    assert all("either" in each.warnings[0] for each in found)


def test_numbers_with_three_decimals_are_no_question() -> None:
    """What JSON says as a number is one."""
    assert [each.rule for each in amounts([{"t": 1.234}])] == ["@.t"]


@pytest.mark.parametrize("word", ["N/A", "-", "none", "0000", "--", "keine Angabe"])
def test_words_for_nothing_are_offered(word: str) -> None:
    """A placeholder among real values is no value, and that is said with its count."""
    rows = [{"p": "PX100"}, {"p": word}, {"p": "PX200"}, {"p": word}]
    found = picker(draft(EACH), rows).propose("tracking_numbers", "search", "$[*].p")

    assert found[0].rule == {"path": "@.p", "null_when": [word]}
    assert f"{word} (2 of 4) means that there is none" in found[0].words
    assert found[0].filled == 2
    assert found[-1].rule == "@.p"


def test_word_that_repeats_among_distinct_ones() -> None:
    """A word nobody knows is offered, not decided."""
    rows = [{"p": code} for code in ("PX1", "PX2", "DUMMY", "PX3", "DUMMY", "PX4")]
    found = picker(draft(EACH), rows).propose("tracking_numbers", "search", "$[*].p")

    assert found[0].rule == "@.p"
    assert any("comes 2 times" in note for note in found[0].notes)
    assert found[1].rule == {"path": "@.p", "null_when": ["DUMMY"]}


def test_words_for_nothing_beside_dates() -> None:
    """Dates keep their format when some orders have none."""
    found = dates([{"d": "24.11.2026"}, {"d": "n/a"}])

    assert found[0].rule == {"path": "@.d", "null_when": ["n/a"], "datetime": "%d.%m.%Y"}
    assert not found[0].warnings


def test_codes_are_no_words_for_nothing() -> None:
    """NA is a region among regions."""
    found = picker(draft(EACH), [{"r": "NA"}, {"r": "EU"}]).propose("region", "search", "$[*].r")

    assert [each.rule for each in found] == ["@.r"]


def test_notes_stay_out_of_what_a_notebook_saves() -> None:
    """A proposal that is the last line of a cell shows no sampled value."""
    found = dates([{"d": "2026-11-26T13:02:00Z"}])

    assert "13:02" not in repr(found)


SCALARS = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789.,-/: TZ+€", max_size=25),
    st.sampled_from(["2026-11-20T16:40:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "24:00", "n/a", "1,234",
                     "-0", "00000000", "31/12/9999", "1" * 5000, "٣٤٥", "2026-11-20T16:40:00+23:59", "/Date(1)/"]),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.booleans(),
)  # fmt: skip


@given(
    st.sampled_from(["created_at", "expected_delivery_at", "amount", "order_number", "lines.quantity", "currency"]),
    st.lists(st.dictionaries(st.sampled_from(["d", "time", "gmt", "x"]), SCALARS, max_size=4), min_size=1, max_size=6),
    st.sampled_from(["", "Europe/Berlin", "+05:30"]),
    st.booleans(),
)
def test_any_values_are_read_or_left(key: str, rows: list[dict[str, Any]], zone: str, fetched: bool) -> None:
    """Whatever stands there: at least one reading, each with a rule that loads, and never an exception."""
    field = catalogue().records["line" if "." in key else "order"].fields[key.rpartition(".")[2]]
    order = {"rows": rows}
    seen = [Seen(row["d"], row, order, NOON if fetched else None) for row in rows if "d" in row]
    found = readings(field, [each.value for each in seen], "$.rows[*].d", Evidence(seen, zone))

    assert found
    for reading in found:
        rule = rule_of("@.d", reading)
        rules = {"lines": {"each": "@.rows", "fields": {"quantity": rule}}} if "." in key else {key: rule}
        load_text(dump(draft(EACH, rules)), "draft")
