"""Records the samples of the demo merchant's mappings from the demo merchant itself, the same bytes every time.

`python -m workbench.demo.record [FOLDER]` rewrites the samples of each of its faces, asked for by their own mappings,
and their golden results, in a folder of mappings; the checkout's unless given.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from workbench.calls import Exchange
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.faces import FACES, Face
from workbench.demo.surroundings import environment
from workbench.merchant import open_merchant
from workbench.runtime import load
from workbench.samples import load_samples, replay, write_golden
from workbench.versions import DRAFT, RELEASED

RECORDED_AT = "2026-11-23T10:00:00Z"
BY_EMAIL, BY_NUMBER = "find_orders_by_email", "find_order_by_number"


class Scene(NamedTuple):
    """What to ask for, and why it is worth a sample.

    Attributes:
        name: Of the sample's folder.
        email: Asked for by e-mail; else by `number`.
        broken: Which addresses are to fail, if any.
        faces: Those that it concerns; all that name no scenes of their own unless said.
    """

    name: str
    note: str
    email: str = ""
    number: str = ""
    broken: str = ""
    faces: tuple[str, ...] = ()


SCENES = (
    Scene("regular-customer", "every stage of an order: split, in part, returned; three pages", "jane.doe@example.com"),
    Scene("not-ascii", "names and streets beyond ASCII", "zoe@example.org"),
    Scene("plus-sign", "a plus sign in the e-mail; a carrier that each face names otherwise", "ben+shop@example.com"),
    Scene("without-the-plus", "the customer whose e-mail differs by the plus sign only", "ben@example.com"),
    Scene("other-case", "asked in small letters, kept with capitals; no lines; on hold", "mary.major@example.org"),
    Scene("nulls-and-a-quote", "nulls wherever they can be; a quote, which is no order", "lukasz@example.org"),
    Scene("guest-email", "no account: the e-mail stands on the order only", "gesa.gast@example.org"),
    Scene("no-orders", "a customer without orders", "ada.quiet@example.org"),
    Scene("nobody", "an e-mail that nobody has", "nobody@example.com", faces=("headwind", "crosswind")),
    Scene("guest-without-email", "no account, no e-mail, no address, no parcel", number="A-1013"),
    Scene("split-shipment", "one order in two parcels of two carriers", number="A-1002"),
    Scene("one-order-not-ascii", "one order, in Latin-1 where it is XML", number="A-1008"),
    Scene("yen", "a currency without minor units, a script that Latin-1 lacks", number="A-1009"),
    Scene("undocumented-status", "a status that nobody documented: reported, never guessed", number="A-1016"),
    Scene("hour-that-comes-twice", "placed in the hour that the end of summer time repeats", number="A-1019"),
    Scene("own-van", "a parcel without a number, and one number on two parcels", number="A-1020"),
    Scene("zeros-are-digits", "another order's number but for a zero", number="A-01021"),
    Scene("without-prefix", "asked without the prefix, as customers write it", number="1021"),
    Scene("no-such-number", "no order has this number", number="A-9999"),
    Scene(
        "parcels-unavailable", "the second call fails: unavailable is not absent", "", "A-1003", "/v2/orders/*/parcels",
        ("northwind",),
    ),
)  # fmt: skip


class Taken(NamedTuple):
    """One answer, as it came."""

    status: int
    content_type: str
    body: bytes


Calls = Mapping[str, Sequence[Taken] | Mapping[str, Sequence[Taken]]]
"""Answers by call, and by order where a call is made for each."""


def scenes_of(face: Face) -> list[Scene]:
    """The scenes that are a face's samples."""
    return [
        scene
        for scene in SCENES
        if (scene.name in face.scenes if face.scenes else not scene.faces or face.name in scene.faces)
    ]


class Asking:
    """Asks a running merchant by the mapping in a folder, whose keys the environment has; to be used in a with block.

    Args:
        home: The released version is used; the draft where there is none.
    """

    def __init__(self, home: Path) -> None:
        source = home if (home / RELEASED).is_file() else home / DRAFT
        operations = load(source).plan.operations.values()
        self._repeated = {call.name for one in operations for call in one.calls if call.for_each or call.over}
        self._exchanges: list[Exchange] = []
        self._client = open_merchant(source, "demo", on_exchange=self._exchanges.append)

    def __enter__(self) -> Asking:
        self._client.__enter__()
        return self

    def __exit__(self, *ended: Any) -> None:
        self._client.__exit__(*ended)

    def ask(self, scene: Scene) -> Calls:
        """What the merchant answers to a scene."""
        self._exchanges.clear()
        asked = {"email": scene.email} if scene.email else {"number": scene.number}
        self._client.lookup(BY_EMAIL if scene.email else BY_NUMBER, **asked)
        taken: dict[str, dict[str, list[Taken]]] = {}
        for exchange in self._exchanges:
            answer, request = exchange.response, exchange.request
            if answer is not None and not request.login and not exchange.repeated:
                page = Taken(answer.status, answer.headers["content-type"], answer.body)
                taken.setdefault(request.call, {}).setdefault(request.key, []).append(page)
        return {
            call: dict(keyed) if call in self._repeated else next(iter(keyed.values())) for call, keyed in taken.items()
        }


def record(folder: Path, merchant: DemoMerchant, faces: Sequence[Face] = FACES) -> None:
    """Writes the samples of faces below a folder of mappings, in place of those that are there."""
    with environment({**merchant.environ, "WORKBENCH_TOKENS": "memory"}):
        for face in faces:
            samples = folder / face.name / "samples"
            shutil.rmtree(samples, ignore_errors=True)
            with Asking(folder / face.name) as asking:
                for scene in scenes_of(face):
                    if scene.broken:
                        merchant.fail("status", status=500, path=scene.broken, times=1000)
                    calls = asking.ask(scene)
                    merchant.fail("none")
                    write_scene(samples / scene.name, scene, calls)


def write_goldens(folder: Path, faces: Sequence[Face] = FACES) -> None:
    """Writes what the mappings make of the samples, in place of what is there."""
    for face in faces:
        home = folder / face.name
        mapping = load(home if (home / RELEASED).is_file() else home / DRAFT)
        shutil.rmtree(home / "golden", ignore_errors=True)
        for sample in load_samples(home):
            write_golden(home, sample.name, replay(mapping, sample))


def write_scene(home: Path, scene: Scene, calls: Calls) -> None:
    """Writes the sample of a scene, its answers as they came."""
    home.mkdir(parents=True)
    asked = {"email": scene.email} if scene.email else {"number": scene.number}
    lines = [
        f"operation: {BY_EMAIL if scene.email else BY_NUMBER}",
        f"inputs: {_flow(asked)}",
        f"recorded_at: {RECORDED_AT}",
        f"note: {json.dumps(scene.note)}",
        "calls:",
    ]
    for call, answers in calls.items():
        if isinstance(answers, Mapping):
            lines.append(f"  {call}:")
            for key, pages in answers.items():
                lines.append(f'    "{key}":')
                lines += [f"      - {entry}" for entry in _entries(home, f"{call}-{key.replace(' + ', '-')}", pages)]
        else:
            lines.append(f"  {call}:")
            lines += [f"    - {entry}" for entry in _entries(home, call, answers)]
    (home / "sample.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _entries(home: Path, stem: str, pages: Sequence[Taken]) -> list[str]:
    entries = []
    for index, page in enumerate(pages, 1):
        suffix = "xml" if "xml" in page.content_type else "json"
        name = f"{stem}-{index}.{suffix}"
        (home / name).write_bytes(page.body)
        entries.append(_flow({"file": name, "status": page.status, "content_type": page.content_type}))
    return entries


def _flow(table: Mapping[str, str | int]) -> str:
    return "{" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()) + "}"


def main(arguments: Sequence[str]) -> int:
    """Records everything anew."""
    folder = Path(arguments[0]) if arguments else demo_mappings()
    with DemoMerchant() as merchant:
        record(folder, merchant)
    write_goldens(folder)
    print(f"recorded {sum(len(scenes_of(face)) for face in FACES)} samples of {len(FACES)} faces below {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
