"""Documents that stand as text inside others: the tree opens them, and a click inside reads them by `parse:`."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.picking import BY_EMAIL, accept, draft, picker
from workbench.documents import Document
from workbench.errors import UsageError
from workbench.pick.places import places_read
from workbench.tree import Budget, Tree, find_place, merge

EACH = {"each": "$"}


def tree_of(*roots: Any, **more: Any) -> Tree:
    """The merged tree of plain JSON values."""
    return merge((Document(root) for root in roots), **more)


def held(value: Any) -> str:
    """A document as the text that another holds."""
    return json.dumps(value)


def test_tree_opens_texts_that_hold_json() -> None:
    """Its nodes have places, presence and examples like any other; the text tells that it holds a document."""
    tree = tree_of([{"p": held({"mail": "a@example.org", "n": [1, 2]})}, {"p": held({"mail": "b@example.org"})}])

    text, mail = tree.find("$[*].p"), tree.find("$[0].p['(json)'].mail")
    assert text is not None
    assert (text.types, text.flags) == ({"text"}, {"json"})
    assert mail is not None
    assert mail.path == "$[*].p['(json)'].mail"
    assert (mail.presence, mail.examples) == ("2/2", ("a@example.org", "b@example.org"))
    rows = json.loads(tree.wire())["nodes"]
    assert ["['(json)']", "(json)"] in [row[1:3] for row in rows]


def test_tree_opens_texts_that_hold_xml() -> None:
    """One element and many are the same inside it, whatever stands around it."""
    tree = tree_of([{"x": "<o><l>1</l></o>"}, {"x": "<o><l>1</l><l>2</l></o>"}])

    assert tree.find("$[*].x['(xml)'].o.l") is not None
    assert tree.find("$[0].x['(xml)'].o[*].l[1]") is not None
    assert tree.find("$.x['(xml)'].o") is None


@pytest.mark.parametrize(
    "texts",
    [
        ["hello", "{not json}", "[]"],
        ["<p>Thank <b>you</b></p>", "<p>Bye</p>"],
        ["<not xml", "< 5", "<3"],
        ["{}", "[]", ""],
        ['"quoted"', "12", "true"],
        ["{a}", "{b}", '{"c": 1}'],
    ],
)
def test_other_texts_stay_closed(texts: list[str]) -> None:
    """Words in braces, pages for people, numbers and empty documents are texts."""
    tree = tree_of([{"t": text} for text in texts])

    assert [node.path for node in tree] == ["$", "$[*]", "$[*].t"]


def test_most_texts_are_enough() -> None:
    """One order whose text is broken does not hide what the others hold."""
    tree = tree_of([*({"t": held({"a": n})} for n in range(5)), {"t": '{"a": '}, {"t": ""}])

    node = tree.find("$[*].t['(json)'].a")
    assert node is not None
    assert node.presence == "5/5"
    around = tree.find("$[*].t['(json)']")
    assert around is not None
    assert around.presence == "5/6"


def test_hostile_texts_cost_little() -> None:
    """Too deep, too large, entities inside entities, too many levels of texts: left as texts."""
    bomb = '<!DOCTYPE a [<!ENTITY b "xxxxxxxxxx"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'
    deep = "[" * 5000 + "]" * 5000
    large = held({"k": "v" * 2_000_000})
    wide = held([0] * 100_000)
    tree = tree_of({"bomb": bomb, "deep": deep, "large": large, "wide": wide})
    nested: Any = {"end": 1}
    for _ in range(5):
        nested = {"t": held(nested)}

    assert [node.path for node in tree] == ["$", "$.bomb", "$.deep", "$.large", "$.wide"]
    assert max(node.path.count("(json)") for node in tree_of(nested)) == 2


def test_budget_of_texts_is_kept() -> None:
    """Beyond it texts stay closed, and that is told; the tree is still there."""
    rows = [{"a": held({"x": "y" * 50}), "b": held({"x": "y" * 50})} for _ in range(20)]
    tree = tree_of(rows, budget=Budget(inside=1230))

    assert tree.find("$[*].a['(json)'].x") is not None
    assert tree.find("$[*].b['(json)'].x") is None
    few = tree_of(rows, budget=Budget(inside=500))
    assert few.left_out == "in 2 places not all texts were opened"


def test_places_are_read_through_texts() -> None:
    """The same notation finds the values; lists of texts give the values of each."""
    root = {"p": [held({"a": 1}), held({"a": 2}), "broken"]}

    assert find_place(root, (".p", "[*]", "['(json)']", ".a")) == [1, 2]
    assert find_place({"(json)": 3}, ("['odd']",)) == []


ROWS = [
    {"n": "1", "payload": held({"buyer": {"mail": "a@example.org"},
                                "items": [{"sku": "x", "q": 1}, {"sku": "y", "q": 2}]})},
    {"n": "2", "payload": held({"buyer": {"mail": "b@example.org"}, "items": [{"sku": "z", "q": 3}]})},
]  # fmt: skip


def test_click_inside_a_text_opens_it() -> None:
    """The text becomes related items of the order, and further clicks use them."""
    data = accept(picker(draft(EACH), ROWS).propose("customer_email", "search", "$[0].payload['(json)'].buyer.mail"))
    found = picker(data, ROWS).propose("lines.sku", "search", "$[*].payload['(json)'].items[*].sku")
    data_lines = accept(found)
    more = picker(data_lines, ROWS).propose("lines.quantity", "search", "$[*].payload['(json)'].items[*].q")
    upward = picker(data_lines, ROWS).propose("lines.status", "search", "$[*].n")

    orders = data["operations"][BY_EMAIL]["orders"]
    assert orders == {"each": "$", "with": {"payload": {"each": "@.payload", "parse": "json"}}}
    assert data["records"]["order"]["customer_email"] == "payload:$.buyer.mail"
    assert found[0].data["operations"][BY_EMAIL]["orders"] == orders
    assert found[0].data["records"]["order"]["lines"] == {"each": "payload:$.items", "fields": {"sku": "@.sku"}}
    assert found[0].values == (("x", "y", "z"),)
    assert more[0].rule == "@.q"
    assert more[0].values == (("1", "2", "3"),)
    assert upward[0].rule == "^.n" or upward[0].rule["path"] == "^.n"


def test_first_click_may_be_a_list_inside_a_text() -> None:
    """Lines before anything else: the text is opened and the block stands on it."""
    found = picker(draft(EACH), ROWS).propose("lines.sku", "search", "$[1].payload['(json)'].items[0].sku")

    assert found[0].data["operations"][BY_EMAIL]["orders"]["with"] == {
        "payload": {"each": "@.payload", "parse": "json"}
    }
    assert found[0].values == (("x", "y", "z"),)
    assert "from the JSON in payload" in found[0].words


def test_badges_stand_inside_texts() -> None:
    """The nodes that rules read are known inside texts as well."""
    made = picker(draft(EACH), ROWS)
    data = accept(made.propose("customer_email", "search", "$[0].payload['(json)'].buyer.mail"))
    read = places_read(data, BY_EMAIL, made.trees)

    assert [(each.place, each.field) for each in read] == [("$[*].payload['(json)'].buyer.mail", "customer_email")]


def test_text_of_a_line_is_opened_in_its_block() -> None:
    """What each line holds belongs to the line."""
    rows = [{"n": "1", "l": [{"s": "a", "meta": held({"img": "u1"})}, {"s": "b", "meta": held({"img": "u2"})}]}]
    data = accept(picker(draft(EACH), rows).propose("lines.sku", "search", "$[*].l[*].s"))
    found = picker(data, rows).propose("lines.image_url", "search", "$[*].l[*].meta['(json)'].img")

    lines = found[0].data["records"]["order"]["lines"]
    assert lines["with"] == {"meta": {"each": "@.meta", "parse": "json"}}
    assert lines["fields"]["image_url"] == "meta:$.img"
    assert found[0].values == (("u1", "u2"),)


def test_text_of_the_order_seen_from_a_line() -> None:
    """It is opened once for the order, and its lines can name it."""
    rows = [{"n": "1", "l": [{"s": "a"}], "meta": held({"state": "sent"})}]
    data = accept(picker(draft(EACH), rows).propose("lines.sku", "search", "$[*].l[*].s"))
    found = picker(data, rows).propose("lines.status", "search", "$[*].meta['(json)'].state")

    assert found[0].data["operations"][BY_EMAIL]["orders"]["with"] == {"meta": {"each": "@.meta", "parse": "json"}}
    assert found[0].rule["path"] == "meta:$.state"
    assert found[0].values == (("shipped",),)


def test_text_of_what_a_line_is_joined_with() -> None:
    """The parcel of a line holds a document; it is opened where the parcel is known."""
    rows = [
        {"n": "1", "l": [{"s": "a", "p": "p11"}, {"s": "b", "p": "p12"}],
         "parcels": [{"id": "p12", "doc": held({"eta": "e2"})}, {"id": "p11", "doc": held({"eta": "e1"})}]},
        {"n": "2", "l": [{"s": "c", "p": "p21"}], "parcels": [{"id": "p21", "doc": held({"eta": "e3"})}]},
    ]  # fmt: skip
    block = {
        "each": "@.l",
        "with": {"parcel": {"each": "^.parcels", "keep": {"@.id": "^.p"}}},
        "fields": {"sku": "@.s"},
    }
    found = picker(draft(EACH, {"lines": block}), rows).propose(
        "lines.name", "search", "$[0].parcels[1].doc['(json)'].eta"
    )

    opened = found[0].data["records"]["order"]["lines"]["with"]["doc"]
    assert opened == {"each": "parcel:$.doc", "parse": "json"}
    assert found[0].values == (("e1", "e2", "e3"),)


def test_one_of_several_texts() -> None:
    """Key and value pairs whose value is a document: the pair is chosen by its key."""
    rows = []
    for number in (1, 2):
        ship = {"name": "ship", "value": held({"to": f"c{number}"})}
        rows.append({"n": str(number), "attrs": [{"name": "gift", "value": held({"to": "x"})}, ship]})
    found = picker(draft(EACH), rows).propose("region", "search", "$[0].attrs[1].value['(json)'].to")
    chosen = next(each for each in found if '"ship"' in each.words)

    opened = chosen.data["operations"][BY_EMAIL]["orders"]["with"]["value"]
    assert opened == {"each": "@.attrs[?@.name == 'ship'].value", "parse": "json"}
    assert chosen.values == (("c1", "c2"),)


def test_xml_inside_json() -> None:
    """Inside the text paths are those of XML."""
    rows = [{"n": "1", "doc": "<o><who>Ann</who><l><s>a</s></l></o>"},
            {"n": "2", "doc": "<o><who>Bob</who><l><s>b</s></l><l><s>c</s></l></o>"}]  # fmt: skip
    data = accept(picker(draft(EACH), rows).propose("customer_name", "search", "$[*].doc['(xml)'].o.who"))
    found = picker(data, rows).propose("lines.sku", "search", "$[*].doc['(xml)'].o.l[*].s")

    assert data["operations"][BY_EMAIL]["orders"]["with"] == {"doc": {"each": "@.doc", "parse": "xml"}}
    assert found[0].data["records"]["order"]["lines"]["each"] == "doc:$.o.l"
    assert found[0].values == (("a", "b", "c"),)


def test_json_inside_xml() -> None:
    """Inside the text paths are those of JSON, also where the element has attributes."""

    def order(number: int) -> str:
        return f'<o id="{number}"><p type="json">{escape(held({"l": [{"s": f"s{number}"}, {"s": "t"}]}))}</p></o>'

    text = f"<r>{order(1)}{order(2)}</r>"
    made = picker(draft({"each": "$.r.o"}), text, content_type="application/xml")
    inner = next(node.path for node in made.trees["search"] if node.path.endswith(".l[*].s"))
    found = made.propose("lines.sku", "search", inner)

    assert found[0].values == (("s1", "t", "s2"),)
    assert found[0].data["records"]["order"]["lines"]["each"].endswith(":$.l")


def test_orders_inside_a_text() -> None:
    """A service that answers with a document in a text: the orders stand inside it."""
    inner = "<orders><order><nr>1</nr><l><s>a</s></l></order><order><nr>2</nr><l><s>b</s></l></order></orders>"
    soap = f"<Envelope><Body><GetResponse><return>{escape(inner)}</return></GetResponse></Body></Envelope>"
    made = picker(draft(), soap, content_type="text/xml")
    paths = [node.path for node in made.trees["search"]]
    number = next(path for path in paths if path.endswith(".nr"))
    data = accept(made.propose("order_number", "search", number))
    lines = picker(data, soap, content_type="text/xml").propose("lines.sku", "search", number.replace(".nr", ".l.s"))

    orders = data["operations"][BY_EMAIL]["orders"]
    assert orders == {"each": ["$.Envelope.Body.GetResponse.return", "@.orders.order"], "parse": "xml"}
    assert data["records"]["order"]["order_number"] == "@.nr"
    assert lines[0].values == (("a", "b"),)


def test_answer_that_is_a_list_of_texts() -> None:
    """Each row holds its order as JSON."""
    rows = [held({"number": f"A{n}", "lines": [{"s": f"s{n}"}]}) for n in (1, 2)]
    found = picker(draft(), rows).propose("order_number", "search", "$[*]['(json)'].number")

    assert found[0].values == (("A1", "A2"),)


def test_text_inside_a_text() -> None:
    """Two levels: each is opened under its own name, the inner from the outer."""
    rows = [{"n": str(n), "a": held({"b": held({"c": f"v{n}"})})} for n in (1, 2)]
    found = picker(draft(EACH), rows).propose("region", "search", "$[0].a['(json)'].b['(json)'].c")

    assert found[0].data["operations"][BY_EMAIL]["orders"]["with"] == {
        "a": {"each": "@.a", "parse": "json"}, "b": {"each": "a:$.b", "parse": "json"},
    }  # fmt: skip
    assert found[0].rule == "b:$.c"
    assert found[0].values == (("v1", "v2"),)


def test_document_in_a_text_is_no_value() -> None:
    """The whole of it holds other nodes; the text itself can still be taken."""
    made = picker(draft(EACH), ROWS)

    with pytest.raises(UsageError, match="click a value inside"):
        made.propose("region", "search", "$[0].payload['(json)']")
    assert made.propose("region", "search", "$[0].payload")[0].rule == "@.payload"


def test_answers_per_order_hold_texts() -> None:
    """A text in the answer of a call for each order."""
    from tests.picking import Calls, PerKey

    calls = [{"name": "search", "get": "/orders"}, {"name": "more", "for_each": "order", "get": "/orders/{@.n}"}]
    sample = Calls(search=[{"n": "A1"}], more=PerKey({"A1": {"doc": held({"by": "DHL"})}}))
    found = picker(draft(EACH, {"order_number": "@.n"}, calls), sample).propose("carrier", "more", "$.doc['(json)'].by")

    assert found[0].data["operations"][BY_EMAIL]["orders"]["with"] == {"doc": {"each": "more:$.doc", "parse": "json"}}
    assert found[0].values == (("dhl",),)
