"""Starting from what the merchant sent: a document or an example becomes calls to choose from."""

from __future__ import annotations

import copy
import os
import tempfile
from pathlib import Path

from workbench.calls import Exchange
from workbench.connect.documents import document_fetcher
from workbench.connect.secrets import references
from workbench.errors import UsageError, WorkbenchError
from workbench.importing import Proposals, read_calls
from workbench.mapping import dump
from workbench.merchant import open_merchant
from workbench.notebook.base import BY_EMAIL, locked
from workbench.notebook.reviewing import Reviewing
from workbench.notebook.typed import split_url

_ASKING = "introspection"


class Starting(Reviewing):
    """Reading documents of the merchant's."""

    _sent: Proposals | None = None

    @locked
    def read_calls(self, source: str | bytes | os.PathLike[str]) -> Proposals:
        """The calls of what the merchant sent, the most likely order searches first; `use_call` takes one.

        Args:
            source: An OpenAPI document, a Postman collection, a HAR, a curl line, a WSDL, a GraphQL schema, an example
                URL: as text, file, folder, zip, or the address of a document.

        Raises:
            UsageError: It is none of these.
        """
        self._sent = read_calls(source, self.merchant, fetch=document_fetcher(self.merchant))
        self._changed(f"{len(self._sent)} calls to choose from")
        return self._sent

    @locked
    def introspect(self, path: str = "/graphql") -> Proposals:
        """Asks a GraphQL API for its schema, and gives the queries that may find orders; `use_call` takes one.

        Args:
            path: Of the endpoint, below the base URL.

        Raises:
            UsageError: The server does not tell its schema: paste it, or a query that works, into `read_calls`.
        """
        from workbench.importing.graphql import introspection_call, read_introspection

        data = copy.deepcopy(self._draft.data)
        call = {**introspection_call(path), "name": _ASKING}
        data["operations"] = {_ASKING: {"calls": [call], "orders": {"each": "$"}}}
        exchanges: list[Exchange] = []
        told = ""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{self.merchant}.yaml"
            file.write_text(dump(data), encoding="utf-8")
            try:
                with open_merchant(file, self._environment(), on_exchange=exchanges.append) as opened:
                    opened.lookup(_ASKING)
            except WorkbenchError as error:
                told = str(error)
        answer = next((each.response for each in reversed(exchanges) if each.response is not None), None)
        if answer is None:
            raise UsageError(told or "no answer")
        how = "paste its schema, or a query that works, instead"
        try:
            from workbench.decode import decode

            self._sent = read_introspection(decode(answer.body).root, self.merchant)
        except WorkbenchError:
            raise UsageError(f"this API does not tell its schema (status {answer.status}) - {how}") from None
        base = str(self.connection.get("base_url") or "")
        self._sent[:] = [one.at(base) for one in self._sent]
        self._changed(f"{len(self._sent)} queries to choose from")
        return self._sent

    @locked
    def use_call(self, number: int = 0, *, operation: str | None = None, name: str = "main") -> None:
        """Takes one of the calls that were read: connection, operation and call, as far as they are not there yet.

        Args:
            number: Its place in what `read_calls` gave.
            operation: The operation; by its inputs unless given.
            name: The call's name.

        Raises:
            UsageError: Nothing was read, or there is no such call; or it would be wrong.
        """
        if self._sent is None:
            raise UsageError("nothing to choose from - read_calls(...) first")
        if not 0 <= number < len(self._sent):
            raise UsageError(f"there are {len(self._sent)} calls - choose 0 to {len(self._sent) - 1}")
        chosen = self._sent[number]
        known = self.connection
        base_url = known.get("base_url") or chosen.base_url
        auth = known.get("auth") or (chosen.auth.table() if chosen.auth else None)
        if base_url and (base_url, auth) != (known.get("base_url"), known.get("auth")):
            self.connect(base_url, auth)
        self.operation(operation or chosen.operation or self._operation or BY_EMAIL)
        entry = chosen.call()
        url = entry.pop(chosen.method)
        if known.get("base_url") and chosen.base_url:  # the connection's wins; a path of its own is not said twice
            below, _ = split_url(chosen.base_url.rstrip("/") + url, self._base_url())
            url = url if below.startswith("http") else below
        self.call(url, name=name, method=chosen.method, **entry)
        notes = [*chosen.notes, *(f"{each} is an input of the merchant's" for each in chosen.open_inputs)]
        wanted = references(self.connection.get("auth") or {})
        if wanted:
            notes.append(f"type the secrets {', '.join(wanted)} into the form, where the environment lacks them")
        self._changed("; ".join([f"{name} is set", *notes]))
