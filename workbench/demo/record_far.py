"""Records the samples of `headwind` and `crosswind` from the demo merchant itself, asked by their own mappings.

`python -m workbench.demo.record_far [FOLDER]` rewrites their samples and golden results in a folder of mappings.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.calls import Exchange
from workbench.demo import DemoMerchant, demo_mappings
from workbench.demo.record import BY_EMAIL, BY_NUMBER, Calls, Scene, Taken, write_scene
from workbench.demo.surroundings import environment
from workbench.merchant import open_merchant
from workbench.runtime import load
from workbench.samples import load_samples, replay, write_golden
from workbench.versions import DRAFT, RELEASED

NAMES = ("headwind", "crosswind")
SCENES = (
    Scene("regular-customer", "every stage of an order, on more than one page", "jane.doe@example.com"),
    Scene("plus-sign", "a plus sign in the e-mail", "ben+shop@example.com"),
    Scene("no-orders", "a customer without orders", "ada.quiet@example.org"),
    Scene("nobody", "an e-mail that nobody has", "nobody@example.com"),
    Scene("split-shipment", "one order in two parcels of two carriers", number="A-1002"),
    Scene("no-such-number", "no order has this number", number="A-9999"),
)


def record(folder: Path, merchant: DemoMerchant) -> None:
    """Writes all samples below a folder of mappings, in place of those that are there."""
    with environment(merchant.environ):
        for name in NAMES:
            home = folder / name
            shutil.rmtree(home / "samples", ignore_errors=True)
            for scene in SCENES:
                write_scene(home / "samples" / scene.name, scene, _asked(home, scene))


def _asked(home: Path, scene: Scene) -> Calls:
    """What the merchant answers, by call, and by what each call is made for."""
    exchanges: list[Exchange] = []
    source = home if (home / RELEASED).is_file() else home / DRAFT
    with open_merchant(source, "demo", on_exchange=exchanges.append) as client:
        if scene.email:
            client.lookup(BY_EMAIL, email=scene.email)
        else:
            client.lookup(BY_NUMBER, number=scene.number)
    operations = load(source).plan.operations.values()
    repeated = {call.name for one in operations for call in one.calls if call.for_each or call.over}
    taken: dict[str, dict[str, list[Taken]]] = {}
    for exchange in exchanges:
        answer = exchange.response
        if answer is not None:
            page = Taken(answer.status, answer.headers["content-type"], answer.body)
            taken.setdefault(exchange.request.call, {}).setdefault(exchange.request.key, []).append(page)
    return {call: dict(keyed) if call in repeated else next(iter(keyed.values())) for call, keyed in taken.items()}


def write_goldens(folder: Path) -> None:
    """Writes what the mappings make of the samples, in place of what is there."""
    for name in NAMES:
        mapping = load(folder / name)
        shutil.rmtree(folder / name / "golden", ignore_errors=True)
        for sample in load_samples(folder / name):
            write_golden(folder / name, sample.name, replay(mapping, sample))


def main(arguments: Sequence[str]) -> int:
    """Records everything anew."""
    folder = Path(arguments[0]) if arguments else demo_mappings()
    with DemoMerchant() as merchant:
        record(folder, merchant)
    write_goldens(folder)
    print(f"recorded {len(SCENES)} scenes of {' and '.join(NAMES)} below {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
