"""Operations and their calls."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from workbench.errors import UsageError
from workbench.notebook.base import METHODS, locked
from workbench.notebook.connecting import Connecting
from workbench.notebook.fields import plain


class Calling(Connecting):
    """Saying what is asked."""

    @locked
    def operation(self, name: str, inputs: Sequence[str] = ()) -> None:
        """Adds an operation, such as `find_orders_by_email`, and selects it; one that is there is selected."""
        if name not in self._draft.data["operations"]:
            body: dict[str, Any] = {"inputs": list(inputs)} if inputs else {}
            told = f", {list(inputs)!r}" if inputs else ""
            self._edit(
                f"add {name}", lambda data: data["operations"].update({name: body}), f"bench.operation({name!r}{told})"
            )
        self._show(name)

    @locked
    def call(
        self,
        url: str,
        *,
        name: str = "main",
        method: str = "get",
        operation: str | None = None,
        for_each: bool | str = False,
        **parts: Any,
    ) -> None:
        """Adds a call to an operation, or changes the one of that name.

        Args:
            url: Path or template, `/orders/{number}`; the inputs of the operation stand in braces.
            name: The call's name.
            method: get, post, put, patch or delete.
            operation: The operation; the selected one unless given.
            for_each: Whether it is made for each order, so that `{@.id}` comes from the order; or the path of what it
                is made for, `shipments:$.ids`.
            parts: query, headers, json, form, xml, text, graphql, soap, reads, pages, limit, not_found_when and so on,
                as in the mapping file.

        Raises:
            UsageError: The call would be wrong; nothing is changed.
        """
        if method.lower() not in METHODS:
            raise UsageError(f"no method {method!r} - one of {', '.join(METHODS)}")
        chosen = self._chosen(operation)
        made: dict[str, Any] = {"name": name}
        if for_each:
            made["for_each"] = "order" if for_each is True else for_each
        made[method.lower()] = url
        made.update((key, value) for key, value in parts.items() if value not in (None, {}, ""))

        def edit(data: dict[str, Any]) -> None:
            body = data["operations"].setdefault(chosen, {})
            calls = body.setdefault("calls", [])
            places = [index for index, each in enumerate(calls) if each.get("name", "main") == name]
            if places:
                calls[places[0]] = made
            else:
                calls.append(made)

        told = "".join(f", {key}={value!r}" for key, value in plain(parts).items() if value not in (None, {}, ""))
        told = f", name={name!r}" * (name != "main") + f", method={method!r}" * (method != "get") + told
        told += f", for_each={True if for_each == 'order' else for_each!r}" * bool(for_each)
        self._edit(f"call {name}", edit, f"bench.call({url!r}{told}, operation={chosen!r})", f"{name} is set")
        self._store.touched()
        self._show(chosen, name)

    @locked
    def calls(self) -> list[tuple[str, str, str, str, int]]:
        """Each call: its operation, name, method, URL, and how many answers there are of it."""
        found = []
        for operation, body in self._draft.data["operations"].items():
            for call in (body or {}).get("calls") or ():
                method = next(key for key in METHODS if key in call)
                name = call.get("name", "main")
                answers = sum(map(len, self._store.documents(self.plan(), operation, name)))
                found.append((operation, name, method, call[method], answers))
        return found

    @locked
    def remove_call(self, operation: str, name: str) -> None:
        """Removes a call; rules that used it are then wrong, and the removal is refused."""

        def edit(data: dict[str, Any]) -> None:
            body = data["operations"][operation]
            body["calls"] = [call for call in body["calls"] if call.get("name", "main") != name]
            if not body["calls"]:
                del body["calls"]

        self._edit(f"remove {name}", edit, f"bench.remove_call({operation!r}, {name!r})", f"{name} is removed")
        self._store.touched()
        self._show(operation)

    @locked
    def copy_call(self, name: str, operation: str) -> None:
        """Adds a call for each order to an operation, as another one has it; their orders share its rules.

        Raises:
            UsageError: No operation has such a call, or this one has it already.
        """
        chosen = self._chosen(operation)
        calls = [call for body in self._draft.data["operations"].values() for call in (body or {}).get("calls") or ()]
        found = next((call for call in calls if call.get("name") == name and "for_each" in call), None)
        if found is None:
            raise UsageError(f"no call {name!r} is made for each order - add it by call(..., for_each=True)")
        if name in self._calls_of(chosen):
            raise UsageError(f"{chosen} has the call {name!r} already")

        def edit(data: dict[str, Any]) -> None:
            data["operations"][chosen].setdefault("calls", []).append(copy.deepcopy(found))

        self._edit(
            f"call {name}", edit, f"bench.copy_call({name!r}, {chosen!r})", f"{chosen} makes the call {name}, too"
        )
        self._store.touched()
