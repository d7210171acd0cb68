"""`Workbench`: one merchant's draft, its samples, and everything that can be done to them; no widget code."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from workbench.errors import UsageError, VersionError
from workbench.notebook.base import locked
from workbench.notebook.repairing import Repair, keyed, moved, repairs
from workbench.notebook.results import flat
from workbench.notebook.suggesting import Suggesting
from workbench.pick import problem_field
from workbench.publish import Exported, export, needs
from workbench.runtime import Mapping as Runnable
from workbench.samples.documents import customer_of, documents_by_call
from workbench.tree import Tree, merge_alike
from workbench.versions import Version


class Workbench(Suggesting):
    """Maps one merchant's API: every click in the widget has a method here, and both change the same draft.

    Args:
        merchant: The merchant's name; also its folder's and the beginning of its secrets' names.
        version: The version to start from instead of the draft that is there.
        mappings: The folder of mappings; `WORKBENCH_MAPPINGS` or the nearest `mappings` unless given.
        environment: The environment whose connection is used; `production` unless given.

    Raises:
        MappingError: The draft, or the version, cannot be used.
        VersionError: The folder cannot be written.
    """

    @locked
    def prove(self) -> list[str]:
        """Finds the probe's orders with the newest version in a fresh process, as production would.

        Returns:
            A line for each search.

        Raises:
            UsageError: Nothing is exported yet.
        """
        newest = self._draft.folder.newest()
        if newest is None:
            raise UsageError("nothing is exported yet")
        words = [sys.executable, "-m", "workbench", "doctor", str(self._draft.folder.file(newest))]
        if self._environment() != "production":
            words += ["--environment", self._environment()]
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, text=True, timeout=300, check=False
        )
        return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]

    @locked
    def undo(self) -> str:
        """Takes the last change of the draft back; returns what it was."""
        label = self._draft.undo()
        self._after_step(f"undone: {label}", "bench.undo()")
        return label

    @locked
    def redo(self) -> str:
        """Makes it again."""
        label = self._draft.redo()
        self._after_step(f"again: {label}", "bench.redo()")
        return label

    def _after_step(self, message: str, code: str) -> None:
        self._store.touched()
        self._changed(message, code)
        if self._operation not in self._draft.data["operations"]:
            self._select_first()

    @locked
    def reload(self) -> None:
        """Takes the draft as it is on the disk, after another notebook changed it."""
        self._draft.reload()
        self._after_step("the draft is reloaded", "")

    @locked
    def rebase(self) -> None:
        """Puts the draft on the newest version, after looking at what that changed."""
        self._draft.rebase()
        self._changed("the draft now follows the newest version", "bench.rebase()")

    def _sides(self, operation: str) -> tuple[dict[str, Tree], dict[str, Tree]]:
        """The merged trees of the calls: of the saved answers, and of the fresh ones."""
        found = []
        for live in (False, True):
            samples = [taken.sample for taken in self._store.taken if taken.live == live]
            by_call = documents_by_call(self.plan(), operation, samples)
            found.append({call: [one for each in documents for one in each] for call, documents in by_call.items()})
        alike = {call: merge_alike(documents, found[1][call]) for call, documents in found[0].items()}
        return {call: trees[0] for call, trees in alike.items()}, {call: trees[1] for call, trees in alike.items()}

    @locked
    def repairs(self) -> list[Repair]:
        """What the fresh answers show to be broken: nodes that are gone, lists that became objects, new words.

        Raises:
            UsageError: There are no fresh answers, or no saved ones, to compare.
        """
        if {taken.live for taken in self._store.taken} != {True, False}:
            raise UsageError("nothing to compare - fetch again, beside the saved samples")
        found: list[Repair] = []
        customer = customer_of(self._store.samples)
        for name in self.operations:
            found += repairs(self._draft.data, name, *self._sides(name), customer)
        for name in self.operations:
            fresh = [taken.sample for taken in self._store.taken if taken.live]
            trial = self._store.trials.of(self._draft.data, name, fresh)
            fields = [problem_field(problem) for result in trial.results for problem in result.problems
                      if problem.code == "unknown_word"]  # fmt: skip
            if fields:
                found.append(Repair("words", "", "", tuple(dict.fromkeys(fields)), (), name))
        return list({(one.what, one.call, one.where, one.fields): one for one in found}.values())

    @locked
    def repair(self, one: Repair, place: str | None = None) -> None:
        """Mends what is gone or keyed: the rules read the candidate, or another place, and keep their transforms.

        Raises:
            UsageError: There is no candidate, or the words need a meaning: `lookup(field, {...})`.
        """
        saved, _ = self._sides(one.operation)
        if one.what == "words":
            raise UsageError(f"say what the words mean: lookup({one.fields[0]!r}, {{...}}); words() lists them")
        if one.what == "keyed":
            edited = keyed(self._draft.data, one, saved)
        else:
            if place is None and not one.candidates:
                raise UsageError(f"nothing looks like {one.where} - assign {one.fields[0]} anew")
            edited = moved(self._draft.data, one, place or one.candidates[0], saved)
        self._edit(f"repair {', '.join(one.fields)}", lambda _: edited, "", f"repaired: {', '.join(one.fields)}")
        self.only_fresh()

    @locked
    def only_fresh(self, yes: bool = True) -> None:
        """Shows trees and results of the fresh answers alone: saved ones have the old shape."""
        self._store.fresh_only = yes
        self._store.touched()
        self._changed("only fresh answers are shown" if yes else "saved samples are shown as well")

    @locked
    def compare_versions(self, version: str | None = None) -> list[dict[str, str]]:
        """Order by order: what a version made of the saved samples, and what the draft makes of the fresh answers.

        Args:
            version: The older version; the one that the draft started from unless given.

        Returns:
            A row for each difference, without values: the order's position, the field, and what happened.
        """
        from workbench.samples import replay

        old = Runnable(self._draft.folder.read(Version.parse(version or self.base)))
        before: dict[str, dict[str, Any]] = {}
        for taken in self._store.taken:
            if not taken.live:
                orders = [order.to_dict() for order in replay(old, taken.sample).orders]
                before |= {order["order_number"]: order for order in orders if "order_number" in order}
        rows = []
        seen = 0
        for name in self.operations:
            fresh = [taken.sample for taken in self._store.taken if taken.live]
            for result in self._store.trials.of(self._draft.data, name, fresh).results:
                for order in (each.to_dict() for each in result.orders):
                    number = order.get("order_number", "")
                    known = before.get(number) or before.get(self._store.pseudonyms.replaced(number))
                    if known is None:
                        continue
                    seen += 1
                    one, other = flat(known), flat(order)
                    for key in dict.fromkeys([*one, *other]):
                        if (key in one) != (key in other):
                            what = "now there" if key in other else "no longer there"
                            rows.append({"order": str(seen), "field": key, "what": what})
        return rows

    @locked
    def retire_samples(self) -> list[str]:
        """Removes the saved samples of the old shape, once the fresh ones are saved; tells which."""
        live = {taken.saved for taken in self._store.taken if taken.live}
        if not live - {""}:
            raise UsageError("no fresh answer is saved yet - consent() first, then fetch again")
        gone = [taken.name for taken in self._store.taken if not taken.live]
        for name in gone:
            self._store.remove(name)
        self._changed(f"{len(gone)} samples of the old shape are removed")
        return gone

    @locked
    def waive(self, finding: str, reason: str) -> None:
        """Waives a finding of `todo` with a written reason, which goes into the file."""
        entry = {"finding": finding, "reason": reason}
        self._edit(
            "waive", lambda data: data.setdefault("waived", []).append(entry), f"bench.waive({finding!r}, {reason!r})"
        )

    @locked
    def export(self, reason: str | None = None, *, accept_expectations: bool = True) -> Exported:
        """Freezes the draft as the next version; what stands against it is told, and nothing is written then.

        Args:
            reason: Why results change, where they do in what weighs.
            accept_expectations: Write the expectations that all samples bear out.

        Raises:
            UsageError: Something of `todo` stands against it.
            VersionError: A newer version is there, nothing changed, or a reason is missing.
        """
        newer = self._draft.newer()
        if newer:
            raise VersionError(f"{newer} was exported after this draft began - look at it, then rebase()")
        blocking = [one for one in self.todo() if one.blocks]
        if blocking:
            lines = "".join(f"\n  {one.text} - {one.how}" for one in blocking)
            raise UsageError(f"{len(blocking)} things stand against the export; mend or waive() them:{lines}")
        for field in dict.fromkeys(field for field, _ in self._confirmed):
            self._note_confirmed(field)
        done = export(self.folder, reason=reason, accept_expectations=accept_expectations)
        self._draft.reload()
        self._draft.change("exported", lambda data: {**data, "version": str(done.version)})
        self._write_golden()
        told = f"reason={reason!r}" if reason else ""
        self._changed(f"exported as {done.version}", f"bench.export({told})")
        return done

    def _write_golden(self) -> None:
        from workbench.samples import load_samples, replay, write_golden

        newest = self._draft.folder.newest()
        if newest is None:
            return
        mapping = Runnable(self._draft.folder.read(newest))
        for sample in load_samples(self.folder):
            write_golden(self.folder, sample.name, replay(mapping, sample))

    @locked
    def needs(self) -> dict[str, Any]:
        """What a deployment of the newest version needs: secrets, hosts, calls per lookup."""
        newest = self._draft.folder.newest()
        if newest is None:
            raise UsageError("nothing is exported yet")
        return needs(self._draft.folder.read(newest)).to_dict()

    @locked
    def as_code(self) -> str:
        """The cell that repeats what was done, without a customer's value and without a secret."""
        head = f"import workbench as wb\n\nbench = wb.Workbench({self.merchant!r})"
        return "\n".join([head, *self._log]) + "\n"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget where it can be shown, and text and HTML without values everywhere."""
        from workbench.notebook.widget import bundle

        return bundle(self, options)
