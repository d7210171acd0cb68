"""A merchant's folder for tests: a mapping with two operations, and samples of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAPPING = """\
format: 1
merchant: acme
connection:
  base_url: https://api.acme.example/v1
  auth: {kind: basic, username: "${ACME_USER}", password: "${ACME_PASSWORD}"}
  environments: {test: {base_url: "https://test.acme.example/v1"}}
timezone: Europe/Madrid
operations:
  find_orders_by_email:
    calls:
      - {name: search, get: /orders, query: {email: "{email}"}, not_found_when: {http.status: 404}}
      - {name: parcels, for_each: order, get: "/orders/{@.id}/parcels", not_found_when: {http.status: 404}}
    orders: {each: "search:$.orders"}
  find_order_by_number:
    calls:
      - {name: detail, get: "/orders/{number}", not_found_when: {http.status: 404}}
      - {name: parcels, for_each: order, get: "/orders/{@.id}/parcels"}
    orders: {each: "detail:$"}
records:
  order:
    order_number: "@.no"
    status: {path: "@.state", lookup: {new: confirmed, sent: shipped}}
    customer_email: "@.mail"
    created_at: "@.at"
    amount: "@.sum"
    currency: "@.cur"
    lines:
      each: "@.rows"
      fields: {sku: "@.art", quantity: "@.n"}
    shipments:
      each: "parcels:$.parcels"
      fields: {tracking_number: "@.code", carrier: "@.by"}
"""


def an_order(number: int, **other: Any) -> dict[str, Any]:
    """An order as the merchant sends it."""
    order = {
        "id": f"i{number}", "no": f"N{number}", "state": "new", "mail": "ana@example.org", "at": "2026-03-01T10:00:00",
        "sum": "12.50", "cur": "EUR", "rows": [{"art": "S1", "n": 2}],
    }  # fmt: skip
    return {**order, **other}


def write(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def add_sample(
    folder: Path, name: str, orders: list[dict[str, Any]], parcels: Mapping[str, Any] | None = None, **keys: Any
) -> Path:
    """A sample of the search by e-mail, and of the parcels of some of its orders."""
    home = folder / "samples" / name
    write(home / "search-1.json", json.dumps({"orders": orders}))
    calls: dict[str, Any] = {"search": [{"file": "search-1.json", "status": 200, "content_type": "application/json"}]}
    if parcels:
        for key, body in parcels.items():
            write(home / f"parcels-{key}.json", json.dumps({"parcels": body}))
        calls["parcels"] = {key: [{"file": f"parcels-{key}.json"}] for key in parcels}
    sample = {"operation": "find_orders_by_email", "inputs": {"email": "ana@example.org"}, "calls": calls, **keys}
    return write(home / "sample.yaml", json.dumps(sample, indent=1))


def a_merchant(root: Path, mapping: str = MAPPING) -> Path:
    """The folder of merchant acme with a draft and two samples: three orders, and none."""
    folder = root / "acme"
    write(folder / "draft.yaml", mapping)
    add_sample(
        folder,
        "three",
        [an_order(1), an_order(2, state="sent"), an_order(3, state="sent", sum="7")],
        {"i2": [{"code": "T2", "by": "DHL"}], "i3": [{"code": "T3", "by": "UPS"}]},
    )
    add_sample(folder, "none", [])
    return folder


def edit_draft(folder: Path, *changes: tuple[str, str]) -> None:
    """Replaces texts in the draft; each has to be there."""
    draft = folder / "draft.yaml"
    text = draft.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    draft.write_text(text, encoding="utf-8")
