"""The files of a merchant's folder.

    <merchant>/<version>.yaml   immutable once exported
    <merchant>/draft.yaml       a valid mapping that is no version yet
    <merchant>/released         the version that production gets, as one line
    <merchant>/versions.lock    one line a version, as exported: `1.0.0: sha256:<digest of what the file says>`

Whatever is written appears whole or not at all. A version is never replaced, not even by two exports at once.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from workbench.errors import MappingError, Problem, UsageError, VersionError
from workbench.mapping import MappingFile, load_text

DRAFT, RELEASED, LOCK = "draft.yaml", "released", "versions.lock"
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LOCK_LINE = re.compile(r"(\S+): sha256:([0-9a-f]{64})")
_FILE_BYTES = 16 * 1024 * 1024


class Version(NamedTuple):
    """A semantic version, in its order."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """The version that a text such as `1.2.0` says.

        Raises:
            UsageError: It says none.
        """
        found = _VERSION.fullmatch(text)
        if not found:
            raise UsageError(f"{text[:40]!r} is not a version - three numbers, such as 1.2.0")
        return cls(*(int(number) for number in found.groups()))

    def next(self, step: str) -> Version:
        """The version that follows by a major, minor or patch step."""
        if step == "major":
            return Version(self.major + 1, 0, 0)
        return (
            Version(self.major, self.minor + 1, 0)
            if step == "minor"
            else Version(self.major, self.minor, self.patch + 1)
        )

    def __str__(self) -> str:
        return ".".join(map(str, self))


FIRST = Version(1, 0, 0)


def safe_name(name: object) -> str:
    """The merchant's name, where it can name a folder and nothing else.

    Raises:
        VersionError: It is not made of letters, digits, `-` and `_`, or is longer than 64.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise VersionError("the merchant's name cannot name a folder - use up to 64 letters, digits, - and _")
    return name


class Folder:
    """A merchant's folder. Nothing is kept: every answer is read from the disk.

    Args:
        path: `mappings/<merchant>`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        """The merchant's name."""
        return os.path.basename(os.path.abspath(self.path))

    @property
    def draft(self) -> Path:
        """Where the draft stands, if there is one."""
        return self.path / DRAFT

    def file(self, version: Version) -> Path:
        """Where a version stands, or would."""
        return self.path / f"{version}.yaml"

    def versions(self) -> list[Version]:
        """The versions that are there, oldest first."""
        try:
            names = [entry.name for entry in os.scandir(self.path)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError(f"cannot read {self.path} - {error.strerror}") from None
        found = (_VERSION.fullmatch(name.removesuffix(".yaml")) for name in names if name.endswith(".yaml"))
        return sorted(Version.parse(match.group()) for match in found if match)

    def newest(self) -> Version | None:
        """The highest version; None before the first export."""
        versions = self.versions()
        return versions[-1] if versions else None

    def released(self) -> Version | None:
        """The version that production gets; None where nothing is released.

        Raises:
            VersionError: `released` holds something else, or its version has no file.
        """
        path = self.path / RELEASED
        if not path.exists():
            return None
        text = read_text(path, limit=1000).strip()
        how = f"run: workbench release {self.name} VERSION"
        if not _VERSION.fullmatch(text):
            raise VersionError(f"{path} holds no version - {how}")
        version = Version.parse(text)
        if not self.file(version).is_file():
            raise VersionError(f"{path} names {version}, which is not there - {how}")
        return version

    def read(self, version: Version) -> MappingFile:
        """A version's mapping file.

        Raises:
            MappingError: The file cannot be used.
            UsageError: There is no such version.
        """
        path = self.file(version)
        if not path.is_file():
            if os.path.lexists(path):
                raise UsageError(f"{path} is no file - restore it")
            raise UsageError(f"no version {version} in {self.path} - {self._known()}")
        return load_text(read_text(path), str(path))

    def _known(self) -> str:
        versions = self.versions()
        return (
            f"there {'is' if len(versions) == 1 else 'are'} {', '.join(map(str, versions))}"
            if versions
            else "there is none"
        )

    def locked(self) -> dict[str, str]:
        """The digest of each version as it was exported."""
        path = self.path / LOCK
        if not path.exists():
            return {}
        found = (_LOCK_LINE.fullmatch(line.strip()) for line in read_text(path).splitlines())
        return {match.group(1): match.group(2) for match in found if match}

    def gone(self) -> Version | None:
        """The highest version that was exported and has no file, where it is above all that have one."""
        newest = self.newest()
        locked = (Version.parse(text) for text in self.locked() if _VERSION.fullmatch(text))
        return max((version for version in locked if newest is None or version > newest), default=None)

    def lock_problem(self, version: Version, digest: str) -> Problem | None:
        """What is wrong with a version that says something else than when it was exported."""
        locked = self.locked().get(str(version))
        if locked == digest.removeprefix("sha256:"):
            return None
        where = str(self.file(version))
        if locked is None:
            how = f"if it is what was exported, add the line {lock_line(version, digest)!r}"
            return Problem(f"the version is not in {LOCK}", where, how, "not_locked")
        how = "restore the file, and export the change as a new version"
        return Problem("the version was edited after it was exported", where, how, "edited")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other exports and releases out of this folder; a killed process leaves nothing behind.

        Raises:
            VersionError: Another one is at work.
        """
        try:
            import fcntl
        except ImportError:  # no such locks on Windows; a version is still never replaced
            yield
            return
        handle = os.open(self.path, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise VersionError(
                    f"another export or release is at work in {self.path} - try again when it is done"
                ) from None
            except OSError:
                pass  # a file system without locks
            self._clear()
            yield
        finally:
            os.close(handle)

    def _clear(self) -> None:
        """Ends what a killed export has left: a version that is in its place gets its line in `versions.lock`."""
        for left in self.path.glob(".*.????????.tmp"):
            found = _VERSION.match(left.name, 1)
            path = self.path / f"{found.group()}.yaml" if found else None
            if path is not None and path.is_file() and os.path.samefile(left, path):
                add_lock(self, path.stem, load_text(read_text(path), str(path)).digest)
            left.unlink(missing_ok=True)


def lock_line(version: Version, digest: str) -> str:
    """A version's line in `versions.lock`."""
    return f"{version}: sha256:{digest.removeprefix('sha256:')}"


def add_lock(folder: Folder, version: Version | str, digest: str) -> None:
    """Adds a version's digest to `versions.lock`; a version that is there already stays as it is."""
    if str(version) in folder.locked():
        return
    path = folder.path / LOCK
    before = read_text(path) if path.exists() else ""
    line = lock_line(Version.parse(str(version)), digest)
    write_over(path, f"{before}{'' if not before or before.endswith(chr(10)) else chr(10)}{line}\n")


def read_text(path: Path, limit: int = _FILE_BYTES) -> str:
    """The text of a file.

    Raises:
        MappingError: It is no UTF-8 text, or far larger than any mapping.
        UsageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            problem = Problem(f"more than {limit} bytes", str(path), "this is no file of a mapping", "too_large")
            raise MappingError([problem], str(path))
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MappingError(
            [Problem("not UTF-8 text", str(path), "save the file as UTF-8", "not_text")], str(path)
        ) from None
    except OSError as error:
        raise UsageError(f"cannot read {path} - {error.strerror or type(error).__name__}") from None


def write_new(path: Path, text: str, then: Callable[[], None] = lambda: None) -> None:
    """Writes a file that must not be there yet: whole, read-only, and never over another.

    Args:
        path: The file.
        text: What it says.
        then: What belongs to it, done before its temporary name goes; see `Folder.alone`.

    Raises:
        VersionError: It is there, or cannot be written.
    """
    with _writing(path, text, 0o444) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise VersionError(f"{path} is there already - a version is never replaced; export again") from None
        except OSError:  # a file system without links: still whole, and `alone` keeps others out
            if os.path.lexists(path):
                raise VersionError(f"{path} is there already - a version is never replaced; export again") from None
            os.rename(temporary, path)
        then()


def write_over(path: Path, text: str) -> None:
    """Writes a file, in place of the one that is there: readers see the old text or the new one, whole.

    Raises:
        VersionError: It cannot be written.
    """
    with _writing(path, text, 0o644) as temporary:
        os.replace(temporary, path)


@contextlib.contextmanager
def _writing(path: Path, text: str, mode: int) -> Iterator[Path]:
    """The text in a file of another name beside `path`, to be put in its place; gone afterwards, whatever happens."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    except OSError as error:
        raise VersionError(f"cannot write {path} - {error.strerror or type(error).__name__}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
