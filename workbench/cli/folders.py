"""`workbench check`, `diff`, `list`, `show`, `export` and `release`: merchants' folders and mapping files."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from workbench.cli.output import Output
from workbench.cli.parser import Parser, WrongUse
from workbench.cli.places import mapping_place, merchant_folder, merchants
from workbench.compare import Comparison, compare
from workbench.errors import WorkbenchError
from workbench.publish import BAD, Needs, needs
from workbench.publish import check as check_place
from workbench.publish import export as export_draft
from workbench.publish import release as release_version
from workbench.runtime import load
from workbench.samples import load_samples, sample_names
from workbench.versions import Folder, Version

DRAFT_WORD = "draft"


# ---------------------------------------------------------------- check


def check_arguments(parser: Parser) -> None:
    """The arguments of `workbench check`."""
    parser.description = """\
Checks mapping files and merchants' folders; all merchants unless some are named. Of a folder: every version loads and
is what was exported (versions.lock), the draft loads, lint, and every sample gives its golden result with the released
version. Of a file: load errors, lint, and how its results on the samples differ from what is released.

Exit: 0 all in order (notes are none the worse); 1 something failed; 2 a mapping file cannot be used."""
    parser.add_argument("mappings", metavar="MAPPING", nargs="*", help="mapping files, merchants' folders or names")
    parser.add_json()


def check(arguments: Namespace, output: Output) -> int:
    """Checks folders and files."""
    places = [(name, mapping_place(name)) for name in arguments.mappings]
    places = places or [(folder.name, folder.path) for folder in merchants()]
    if not places:
        raise WrongUse("there is no merchant to check", "export a draft first, or name a mapping file")
    found = [(name, finding) for name, place in places for finding in check_place(place)]
    if output.as_json:
        output.data({"findings": [{"merchant": name, **finding.to_dict()} for name, finding in found]})
    else:
        rows = [(name, finding.name, finding.state, finding.what, finding.how) for name, finding in found]
        output.table(["mapping", "checked", "", "found", "what to do"], rows)
    bad = [finding for _, finding in found if finding.state == BAD]
    for name, finding in found:
        if finding.problems:
            output.complain(f"{name}: {finding.name}", [problem.text for problem in finding.problems])
    return 2 if any(finding.unusable for finding in bad) else 1 if bad else 0


# ---------------------------------------------------------------- diff


def diff_arguments(parser: Parser) -> None:
    """The arguments of `workbench diff`."""
    parser.description = """\
What changes from one mapping to another: in the files, and on the merchant's samples in the results. Names the semver
step that it needs: major where an operation or field is removed or changes its kind; minor where one is added or
results change in amounts, states, e-mails, numbers or tracking; patch otherwise.

Of customers' values only the kind of change is told; words of small vocabularies are shown."""
    parser.add_argument("old", metavar="OLD", help="a mapping file, MERCHANT/VERSION, or a merchant: what is released")
    parser.add_argument("new", metavar="NEW", help="the same")
    parser.add_argument("--samples", metavar="MERCHANT", help="whose samples; unless said, those beside NEW, else OLD")
    parser.add_json()


def diff(arguments: Namespace, output: Output) -> int:
    """Compares two mappings."""
    old_place, new_place = mapping_place(arguments.old), mapping_place(arguments.new)
    old, new = load(old_place), load(new_place)
    homes = [place if place.is_dir() else place.resolve().parent for place in (new_place, old_place)]
    if arguments.samples:
        homes = [merchant_folder(arguments.samples).path]
    home = next((home for home in homes if sample_names(home)), homes[0])
    comparison = compare(old, new, load_samples(home))
    if output.as_json:
        output.data(comparison.to_dict())
    else:
        _tell_comparison(output, comparison)
    return 0


def _tell_comparison(output: Output, comparison: Comparison) -> None:
    if comparison.rules:
        rules = [(change.where, change.kind, change.before, change.after) for change in comparison.rules]
        output.table(["rule", "", "before", "after"], rules)
    else:
        output.line("the files say the same")
    output.line()
    if comparison.results:
        rows = [(one.field, one.what, f"{one.count} of {one.of}" if one.count else "") for one in comparison.results]
        output.table(["result", "changes", "orders"], rows)
    elif comparison.samples:
        output.line(f"no result changes on {comparison.samples} sample{'s' * (comparison.samples != 1)}")
    else:
        output.line("no samples to compare results on")
    output.line()
    output.line(f"step: {comparison.step.word}")
    for reason in comparison.step.why:
        output.line(f"  {reason}")


# ---------------------------------------------------------------- list and show


def list_arguments(parser: Parser) -> None:
    """The arguments of `workbench list`."""
    parser.description = "Lists the merchants with their versions, what is released since when, drafts and samples."
    parser.add_json()


def list_(arguments: Namespace, output: Output) -> int:
    """Lists merchants."""
    rows = [_listed(folder) for folder in merchants()]
    if output.as_json:
        output.data({"merchants": rows})
    elif rows:
        columns = ["merchant", "released", "date", "versions", "draft", "samples", "problem"]
        output.table(columns, [[_joined(row[column]) for column in columns] for row in rows])
    else:
        output.line("no merchants yet")
    return 0


def _joined(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(value) if isinstance(value, list) else str(value)


def _listed(folder: Folder) -> dict[str, Any]:
    row: dict[str, Any] = {"merchant": folder.name, "released": "", "date": "", "versions": [], "draft": False}
    row |= {"samples": 0, "problem": ""}
    try:
        row["versions"] = [str(version) for version in folder.versions()]
        row["draft"] = folder.draft.is_file()
        row["samples"] = len(sample_names(folder.path))
        released = folder.released()
        if released:
            row["released"] = str(released)
            history = folder.read(released).data.get("history") or []
            days = {entry.get("version"): str(entry.get("date", "")) for entry in history}
            row["date"] = days.get(str(released), "")
    except WorkbenchError as error:
        row["problem"] = str(error).splitlines()[0]
    except OSError as error:  # one folder that may not be read is no reason to leave out the others
        row["problem"] = f"cannot be read: {error.strerror}"
    return row


def show_arguments(parser: Parser) -> None:
    """The arguments of `workbench show`."""
    parser.description = """\
Prints a mapping file: the released version unless another is named; where nothing is released the newest, else the
draft. With --needs, what a deployment of it has to provide: secrets, hosts, functions, and the calls of one lookup."""
    parser.add_argument("merchant", metavar="MERCHANT", help="a merchant, or a mapping file")
    parser.add_argument("--version", metavar="V", help="a version, or: draft")
    parser.add_argument("--needs", action="store_true", help="what a deployment needs")
    parser.add_json()


def show(arguments: Namespace, output: Output) -> int:
    """Prints a mapping, or its needs."""
    place = mapping_place(arguments.merchant)
    if place.is_dir():
        place = _version_file(Folder(place), arguments.version)
    elif arguments.version:
        raise WrongUse(f"{arguments.merchant} is a file", "--version picks a version of a merchant's folder")
    file = load(place).file
    if arguments.needs:
        needed = needs(file)
        if output.as_json:
            output.data(needed.to_dict())
        else:
            _tell_needs(output, needed)
    elif output.as_json:
        output.data(file.data)
    else:
        output.raw(file.text)
    return 0


def _version_file(folder: Folder, version: str | None) -> Path:
    if version == DRAFT_WORD:
        return folder.draft
    if version:
        wanted = Version.parse(version)
        if wanted not in folder.versions():
            there = ", ".join(map(str, folder.versions())) or "none"
            raise WrongUse(f"no version {version} of {folder.name}", f"there is {there}")
        return folder.file(wanted)
    chosen = folder.released() or folder.newest()
    return folder.file(chosen) if chosen else folder.draft


def _environment(place: str) -> str:
    """Where a host is said: an environment, a key of its login, or neither."""
    return place if not place or "auth." in place else f"environment {place}"


def _tell_needs(output: Output, needed: Needs) -> None:
    rows = [("secret", name, ", ".join(places)) for name, places in needed.secrets.items()]
    rows += [("host", host, _environment(place)) for place, host in needed.hosts.items()]
    rows += [("extra", name, f"pip install 'workbench[{name}]'") for name in needed.extras]
    rows += [("function", name, "entry point group workbench.functions") for name in needed.functions]
    rows += [("calls", name, told) for name, told in needed.calls.items()]
    rows += [("setting", name, why) for name, why in needed.settings.items()]
    output.table(["needs", "name", "where, how many"], rows)


# ---------------------------------------------------------------- export and release


def export_arguments(parser: Parser) -> None:
    """The arguments of `workbench export`."""
    parser.description = """\
Freezes a merchant's draft as the next version: never over another, with its history, its digest in versions.lock, and
the samples it was proved on. Says which semver step it is and why, and proposes expectations that all samples bear out.
Exporting deploys nothing: `workbench release` does.

Exit: 0 exported; 1 refused: nothing changed, or results change without a reason; 2 the draft has problems."""
    parser.add_argument("merchant", metavar="MERCHANT", help="the merchant whose draft.yaml becomes a version")
    parser.add_argument("--draft", metavar="FILE", help="another draft")
    parser.add_argument(
        "--to", metavar="FOLDER", help="another folder of mappings to write to: FOLDER/MERCHANT/VERSION.yaml"
    )
    parser.add_argument("--reason", metavar="TEXT", help="why results change; needed where they do in what weighs")
    parser.add_argument(
        "--change",
        metavar="TEXT",
        action="append",
        default=[],
        help="what the history says; unsaid, the differing rules",
    )
    parser.add_argument("--accept-expectations", action="store_true", help="write the proposed expectations")
    parser.add_json()


def export(arguments: Namespace, output: Output) -> int:
    """Exports a draft."""
    exported = export_draft(
        merchant_folder(arguments.merchant).path,
        draft=arguments.draft,
        to=arguments.to,
        reason=arguments.reason,
        changes=arguments.change,
        accept_expectations=arguments.accept_expectations,
    )
    if output.as_json:
        output.data(exported.to_dict())
        return 0
    output.line(f"{exported.merchant} {exported.version} is at {exported.path}")
    output.line(f"{exported.step.word} step: {'; '.join(exported.step.why)}")
    if not exported.samples:
        output.line("no samples: nothing proves what it makes of a response")
    if exported.suggestions:
        taken = "written" if arguments.accept_expectations else "not written; --accept-expectations writes them"
        output.line(f"expectations that all samples bear out ({taken}):")
        for one in exported.suggestions:
            output.line(f"  {one.text}")
    merchant = exported.path.parent if arguments.to else arguments.merchant
    output.line(f"to give it to production: workbench release {merchant} {exported.version}")
    return 0


def release_arguments(parser: Parser) -> None:
    """The arguments of `workbench release`."""
    parser.description = """\
Moves the version that production gets, forward or back: once the file is what was exported and reads every sample. The
golden results are then that version's; what differs from those before is told.

Exit: 0 released; 1 the check failed and nothing was moved; 2 no such version, or a file that cannot be used."""
    parser.add_argument("merchant", metavar="MERCHANT", help="the merchant")
    parser.add_argument("version", metavar="VERSION", help="an exported version, such as 1.2.0")
    parser.add_json()


def release(arguments: Namespace, output: Output) -> int:
    """Releases a version."""
    moved = release_version(merchant_folder(arguments.merchant).path, arguments.version)
    if output.as_json:
        output.data(moved.to_dict())
        return 0
    before = f", before it was {moved.before}" if moved.before else ""
    output.line(f"{moved.merchant}: {moved.after} is released{before}")
    output.line(f"replayed {moved.samples} sample{'s' * (moved.samples != 1)}")
    for change in moved.results:
        output.line(f"  {change.text}")
    return 0
