"""One merged tree: which places all documents of a call have, how often, and what stands in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import tree as bench_tree
from workbench.decode import decode
from workbench.documents import Document
from workbench.tree import Budget, Change, Node, Tree, merge, merge_alike


def tree_of(*roots: Any) -> Tree:
    """The merged tree of plain JSON values."""
    return merge(Document(root) for root in roots)


def xml_tree(*texts: str) -> Tree:
    """The merged tree of XML texts."""
    return merge(decode(text.encode(), content_type="application/xml") for text in texts)


def node(tree: Tree, place: str) -> Node:
    """The node of a place, which must be there."""
    found = tree.find(place)
    assert found is not None, f"no {place} among {[each.path for each in tree]}"
    return found


def test_members_of_lists_are_one_node() -> None:
    """Two orders in two documents are one place; presence counts the items that could have it."""
    tree = tree_of({"data": [{"number": "A-1"}, {"number": "A-2", "note": None}]}, {"data": [{"number": "A-3"}]})

    number, note = node(tree, "$.data[*].number"), node(tree, "$.data[*].note")
    assert (number.presence, number.samples, number.distinct) == ("3/3", 2, 3)
    assert number.always
    assert (note.presence, note.samples, note.nulls, note.types) == ("1/3", 1, 1, {"null"})
    assert node(tree, "$.data").most == 2


def test_examples_come_from_different_documents_first() -> None:
    """An engineer sees values of several orders rather than five of one."""
    tree = tree_of([{"n": "a1"}, {"n": "a2"}], [{"n": "b1"}], [{"n": "c1"}])

    assert node(tree, "$[*].n").examples[:3] == ("a1", "b1", "c1")


def test_small_vocabulary_is_counted() -> None:
    """Status words show with their counts, most frequent first; unique ids do not."""
    tree = tree_of([{"id": n, "state": "open" if n % 3 else "sent", "paid": n > 2} for n in range(9)])

    assert node(tree, "$[*].state").words == {"open": 6, "sent": 3}
    assert node(tree, "$[*].paid").words == {"true": 6, "false": 3}
    assert node(tree, "$[*].id").words is None


def test_types_null_and_empty_are_told_apart() -> None:
    """A place may be text here and a number there; null and blank are counted on their own."""
    found = node(tree_of([{"v": 1}, {"v": "x"}, {"v": None}, {"v": " "}, {}]), "$[*].v")

    assert found.types == {"number", "text", "null"}
    assert (found.presence, found.nulls, found.empties) == ("4/5", 1, 1)


@pytest.mark.parametrize(
    "keys", [("17", "21", "30"), ("0b9c7a52-9d0f-4f5c-8a51-000000000001", "0b9c7a52-9d0f-4f5c-8a51-000000000002")]
)
def test_objects_keyed_by_id_are_one_place(keys: tuple[str, ...]) -> None:
    """Keys that are ids are no names: their members are merged, and the keys are the examples."""
    tree = tree_of({"items": {key: {"sku": f"S{key}"} for key in keys}})

    items = node(tree, "$.items")
    assert "map" in items.flags
    assert items.examples == keys
    assert node(tree, "$.items[*].sku").count == len(keys)
    assert node(tree, f"$.items['{keys[0]}'].sku").path == "$.items[*].sku"


def test_names_are_no_ids() -> None:
    """An address keeps its keys, also where two documents do not have the same ones."""
    tree = tree_of({"to": {"line1": "x", "city": "y"}}, {"to": {"line1": "x", "zip": "z"}})

    assert "map" not in node(tree, "$.to").flags
    assert node(tree, "$.to.zip").presence == "1/2"


@pytest.mark.parametrize("key", ["a.b", "it's", 'say "x"', "[0]", "a:b", "", "größe", "*", "@id", "#text", "\\"])
def test_odd_keys_have_a_path_that_finds_them(key: str) -> None:
    """Dots, quotes, brackets, colons, emptiness and letters of any language."""
    tree = tree_of({"o": {key: "v", "other": 1}})
    found = next(each for each in tree if each.name == key and each.depth == 2)

    assert tree.find(found.path) is found


def test_concrete_path_leads_to_its_place() -> None:
    """A click on the fourth order is a click on the place of all orders."""
    tree = tree_of({"data": [{"lines": [{"sku": "x"}]}]})

    assert node(tree, "$.data[3].lines[-1].sku").path == "$.data[*].lines[*].sku"
    assert node(tree, "$.data[?@.kind == 'a'].lines[*].sku").path == "$.data[*].lines[*].sku"
    for unknown in ("$.data[0].nope", "nope", "@.data", "search:$.data", "$.data[", ""):
        assert tree.find(unknown) is None


def test_one_xml_element_and_several_are_one_place() -> None:
    """Attributes, texts beside attributes, namespaces; a single element is a list of one where others have several."""
    tree = xml_tree(
        '<r><o id="1"><l cur="EUR">5</l></o></r>',
        '<r><o id="2"><l cur="EUR">6</l><l cur="USD">7</l></o><o id="3"/></r>',
    )

    assert node(tree, "$.r.o[*]['@id']").distinct == 3
    assert node(tree, "$.r.o['@id']") is node(tree, "$.r.o[*]['@id']")
    assert node(tree, "$.r.o[*].l[*]['#text']").examples == ("5", "6", "7")
    assert node(tree, "$.r.o[*].l[*]['@cur']").words == {"EUR": 2, "USD": 1}


def test_csv_rows_are_list_members() -> None:
    """A table has its columns as places."""
    tree = merge([decode(b"order;sku\nA-1;X\nA-1;Y\n", content_type="text/csv")])

    assert node(tree, "$[*].sku").presence == "2/2"


def test_differences_tell_gone_new_type_and_presence() -> None:
    """Between yesterday's samples and today's: each change once, at its topmost place."""
    before = tree_of([{"a": {"x": 1, "y": 2}, "n": "1", "p": 1}, {"a": {"x": 1, "y": 2}, "n": "2", "p": 2}])
    after = tree_of([{"b": {"x": 1}, "n": 1, "p": 1}, {"n": 2}])

    found = {(change.what, change.where, change.before, change.after) for change in before.differences(after)}
    assert found == {
        ("gone", "$[*].a", "object", ""),
        ("type", "$[*].n", "text", "number"),
        ("presence", "$[*].p", "2/2", "1/2"),
        ("new", "$[*].b", "", "object"),
    }
    assert before.differences(before) == []


def test_empty_list_today_does_not_say_that_members_are_gone() -> None:
    """What an answer without orders could not have shown is not reported."""
    assert tree_of([{"a": 1}]).differences(tree_of([])) == []


def test_null_today_does_not_say_that_what_was_inside_is_gone() -> None:
    """That an object is null is told of the object; what it holds where it is there may be as it was."""
    before = tree_of([{"guest": {"name": "x"}}, {"guest": None}])

    assert before.differences(tree_of([{"guest": None}])) == [Change("type", "$[*].guest", "null, object", "null")]
    assert [change.what for change in before.differences(tree_of([{"guest": {}}]))] == ["type", "gone"]


def test_few_keys_today_are_compared_as_the_map_that_they_were() -> None:
    """Objects by ids are told by many of them; one order has too few, and is compared with them all the same."""
    many = [{"parcels": {f"P{n}": {"code": n, "by": "x"}}} for n in range(9)]
    few = {"parcels": {"P3": {"code": 1, "by": "x"}, "P77": {"code": 2}}}
    before, after = merge_alike([Document(many)], [Document([few])])

    assert {(one.what, one.where) for one in before.differences(after)} == {("presence", "$[*].parcels[*].by")}
    assert {one.what for one in after.differences(before)} == {"presence"}
    assert after.maps == before.maps == {"$[*].parcels"}
    assert merge([Document([few])]).maps == frozenset()


def test_number_of_xml_elements_is_no_difference() -> None:
    """One order today and two yesterday is the same shape."""
    assert xml_tree("<r><o><n>1</n></o><o><n>2</n></o></r>").differences(xml_tree("<r><o><n>1</n></o></r>")) == []


def test_too_much_is_left_out_and_said() -> None:
    """Above the budget places are read in part, and the tree says so."""
    tree = merge([Document([{"a": n, "b": n} for n in range(5000)])], budget=Budget(values=6000, part=100))

    assert "part" in node(tree, "$[*].b").flags
    assert "only the first 100 values" in tree.left_out
    few = merge([Document({f"key{n}x": n for n in range(50)})], budget=Budget(nodes=10))
    assert len(few.nodes) == 10
    assert "at most 10" in few.left_out


def test_depth_of_the_decoder_is_no_trouble() -> None:
    """The deepest document that is decoded merges without recursion."""
    root: Any = "x"
    for _ in range(1000):
        root = {"d": root}

    assert tree_of(root).nodes[-1].depth == 1000


@pytest.mark.parametrize("root", ["text", 5, None, [], {}, [[]], [None]])
def test_odd_roots_have_a_tree(root: Any) -> None:
    """A scalar, nothing, and empty containers."""
    assert tree_of(root).nodes[0].path == "$"
    assert merge([]).nodes == ()


def test_wire_rebuilds_the_places() -> None:
    """What goes to the notebook is JSON from which each node's path follows."""
    tree = tree_of({"data": [{"o'k": 1, "\ud800": "x"}]})
    told = json.loads(tree.wire())

    steps: list[str] = []
    paths = []
    for depth, step, *_ in told["nodes"]:
        steps[depth:] = [step]
        paths.append("".join(steps))
    assert paths[:4] == [each.path for each in tree][:4]


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=3), below))


@given(st.lists(VALUES, max_size=3))
def test_any_documents_make_a_tree(roots: list[Any]) -> None:
    """Whatever the documents, each node is found by its path, and no count contradicts another."""
    tree = tree_of(*roots)

    for each in tree:
        assert tree.find(each.path) is each
        assert 0 <= each.present <= each.of
        assert each.nulls + each.empties <= each.count
        assert len(each.examples) <= 5
    assert tree.differences(tree) == []
    json.loads(tree.wire())


def test_benchmark_documents_have_the_size_that_is_told() -> None:
    """Documents of at least the bytes that are said, each with other orders."""
    one, other = bench_tree.texts(2, 20_000)

    assert min(len(one), len(other)) >= 20_000
    assert one != other


SCALARS = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(), st.none(), st.decimals(allow_nan=False, allow_infinity=False)
)


@given(SCALARS)
def test_a_single_scalar_is_described_as_among_others(value: Any) -> None:
    """One value alone gives what it gives twice, but for the counts."""
    (_, one), (_, two) = tree_of({"a": value}), tree_of({"a": value}, {"a": value})

    assert (one.types, one.distinct, one.examples) == (two.types, two.distinct, two.examples)
    assert [one.count * 2, one.nulls * 2, one.empties * 2] == [two.count, two.nulls, two.empties]
    assert one.words in (None, {"true": 1}, {"false": 1})


def test_a_first_look_reads_the_top_only() -> None:
    """With a depth and a width the upper places come, each counted in full, and the rest is told to be missing."""
    wide = {f"key{number}": {"a": {"b": 1}} for number in range(100)}
    tree = merge([Document([wide, wide])], budget=Budget(deep=3, wide=10))

    assert [node.path for node in tree][:4] == ["$", "$[*]", "$[*].key0", "$[*].key0.a"]
    assert len(tree.nodes) == 2 + 10 * 2
    assert tree.find("$[*].key0").presence == "2/2"  # type: ignore[union-attr]
    assert tree.left_out
