"""The demo merchant's database: one SQLite file, filled once and then only read."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from workbench.demo.data import CUSTOMERS, orders
from workbench.demo.model import Address, Customer, Line, Order, Parcel, Return

_TABLES = """
create table customers (id integer primary key, first text, last text, email text, phone text);
create table orders (
    id integer primary key, number text unique, kind text, market text, state text, created text, promised text,
    shipped text, delivered text, customer integer references customers, guest_name text, guest_email text,
    currency text, total integer, address text, gift text
);
create table lines (
    order_id integer, pos integer, sku text, title text, quantity integer, cents integer, state text, image text,
    expected text, primary key (order_id, pos)
);
create table parcels (
    order_id integer, id text, carrier text, code text, url text, state text, left text, arrived text, lines text,
    primary key (order_id, id)
);
create table returns (
    order_id integer, rma text, opened text, warehouse text, carrier text, code text, cents integer,
    primary key (order_id, rma)
);
"""
_ALL = "select orders.* from orders left join customers on customers.id = orders.customer"
_OF_EMAIL = " where lower(coalesce(customers.email, orders.guest_email)) = lower(?)"


class Store:
    """Reads orders from the file.

    Args:
        path: The SQLite file; `create` makes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Store:
        """A new file with all orders in it."""
        store = cls(path)
        with store._open() as database:
            database.executescript(_TABLES)
            database.executemany("insert into customers values (?, ?, ?, ?, ?)", CUSTOMERS)
            for order in orders():
                _insert(database, order)
            database.commit()
        return store

    def by_email(self, email: str) -> list[Order]:
        """The orders of exactly this e-mail, whatever its case, by number."""
        return self._orders(_ALL + _OF_EMAIL, _storable(email))

    def everything(self) -> list[Order]:
        """All orders, by number."""
        return self._orders(_ALL)

    def by_number(self, number: str) -> Order | None:
        """The order of that number. As generous as real ones are: the prefix may be left out."""
        found = self._orders(_ALL + " where orders.number in (?, 'A-' || ?)", *[_storable(number)] * 2)
        return found[0] if found else None

    def by_id(self, order_id: int) -> Order | None:
        """The order of that internal id."""
        found = self._orders(_ALL + " where orders.id = ?", order_id)
        return found[0] if found else None

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self.path)
        try:
            yield database
        finally:
            database.close()

    def _orders(self, query: str, *values: str | int) -> list[Order]:
        with self._open() as database:
            rows = database.execute(query + " order by orders.id", values).fetchall()
            return [_order(database, Order(*row)) for row in rows]


def _storable(text: str) -> str:
    """What SQLite can be asked for; lone surrogates, which JSON can hold, are in no order."""
    return text.encode("utf-8", "replace").decode()


def _insert(database: sqlite3.Connection, order: Order) -> None:
    row = order._asdict()
    row["customer"] = order.customer and order.customer.id
    row["address"] = order.address and json.dumps(order.address)
    columns = [row[name] for name in Order._fields[:-3]]
    database.execute(f"insert into orders values ({', '.join('?' * len(columns))})", columns)  # noqa: S608  # only marks
    for line in order.lines:
        database.execute("insert into lines values (?, ?, ?, ?, ?, ?, ?, ?, ?)", (order.id, *line))
    for parcel in order.parcels:
        values = (order.id, *parcel[:-1], json.dumps(parcel.lines))
        database.execute("insert into parcels values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    for back in order.returns:
        database.execute("insert into returns values (?, ?, ?, ?, ?, ?, ?)", (order.id, *back))


def _order(database: sqlite3.Connection, row: Order) -> Order:
    """The order with what belongs to it."""

    def rows(query: str, key: object) -> list[tuple[object, ...]]:
        return database.execute(query, (key,)).fetchall()

    account = rows("select * from customers where id = ?", row.customer)
    lines = rows(
        "select pos, sku, title, quantity, cents, state, image, expected from lines where order_id = ? order by pos",
        row.id,
    )
    parcels = rows(
        "select id, carrier, code, url, state, left, arrived, lines from parcels where order_id = ? order by rowid",
        row.id,
    )
    backs = rows(
        "select rma, opened, warehouse, carrier, code, cents from returns where order_id = ? order by rowid", row.id
    )
    return row._replace(
        customer=Customer._make(account[0]) if account else None,
        address=Address(*json.loads(str(row.address))) if row.address else None,
        lines=tuple(map(Line._make, lines)),
        parcels=tuple(Parcel._make((*found[:-1], tuple(json.loads(str(found[-1]))))) for found in parcels),
        returns=tuple(map(Return._make, backs)),
    )
