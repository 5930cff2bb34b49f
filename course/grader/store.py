"""Keep results in OUT, so that whatever ends a run, the next one goes on where it ended.

    submissions/<slug>/result.json      the result; it names the SHA-256 of every attachment
    submissions/<slug>/<attachment>     executed notebooks, and pages to read them
    .new/                               entries that are being written; emptied when a run starts
    .lock                               held by the run that writes here

An entry is written in .new/, flushed to the disk, and moved to its place as a whole: it is there
completely, or not at all, and nothing of an older one stays beside it. An entry that was damaged
later does not load, and is graded again. Only the slug and the grader's own names of attachments
become names of files. Everything is readable by its owner only.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from course.files import put
from course.grader import CannotGrade

FORMAT, VERSION = "course-result", 1
RESULT = "result.json"
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
ATTACHMENT = re.compile(r"[a-z0-9_]+\.[a-z]+")


class StoreError(CannotGrade):
    """OUT cannot be written: the disk is full, say, or another run is at it."""


class Store:
    """The results in the folder `out`. To write, use it in a `with` block: one run at a time."""

    def __init__(self, out):
        self.out = Path(out)
        self.submissions, self.new = self.out / "submissions", self.out / ".new"
        self.lock = None
        self.places = None  # {key: folder where it was last seen}; made when it is needed

    def __enter__(self):
        """Lock `out`, and remove what a killed run left half-written. Raises StoreError."""
        try:
            self.out.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.lock = lock(self.out / ".lock")
            if self.new.exists():
                shutil.rmtree(self.new)
            for folder in (self.submissions, self.new):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self.__exit__()
            raise cannot_write(self.out, error) from error
        return self

    def __exit__(self, *_):
        if self.lock is not None:
            shutil.rmtree(self.new, ignore_errors=True)
            os.close(self.lock)  # which also unlocks it
        self.lock = None

    def load(self, slug, key=None):
        """Return the result of a submission; None if there is none, or with another key, or if
        anything of it is damaged."""
        found = read_entry(self.folder(slug), key)
        return found[0] if found and found[0].get("slug") == slug else None

    def find(self, key):
        """Return (result, attachments) with this key, or with a part that has it, under whatever
        name it was handed in, or None."""
        if self.places is None:
            folders = [self.folder(slug) for slug in self.slugs()]
            read = ((read_result(folder), folder) for folder in folders)
            self.places = {
                key: folder for result, folder in read if result for key in keys_of(result)
            }
        return read_entry(self.places[key], key) if key in self.places else None

    def slugs(self):
        found = self.submissions.iterdir() if self.submissions.is_dir() else ()
        return sorted(path.name for path in found if SLUG.fullmatch(path.name))

    def results(self, slugs=None):
        """Yield the undamaged results: of all submissions, or of these, in the order of `slugs`."""
        for slug in self.slugs() if slugs is None else slugs:
            if (result := self.load(slug)) is not None:
                yield result

    def save(self, result, attachments):
        """Put a result and its attachments, {name: bytes}, in the place of an older one.

        Raises StoreError where that fails: the older one is then still there, or none is. Raises
        ValueError, before anything is written, if the result is not fit to be stored.
        """
        if self.lock is None:
            raise RuntimeError("results are saved inside of `with Store(out) as store:`")
        target = self.folder(result["slug"])
        staged, replaced = self.new / "staged", self.new / "replaced"
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in attachments.items()}
        text = json.dumps({**result, "attachments": digests}, indent=1, allow_nan=False) + "\n"
        files = {attachment(name): content for name, content in attachments.items()}
        try:
            staged.mkdir(mode=0o700)
            for name, content in (*files.items(), (RESULT, text.encode())):
                put(staged / name, content)
            flush(staged)
            if target.exists():
                target.rename(replaced)
            staged.rename(target)
            flush(self.submissions)
        except OSError as error:
            raise cannot_write(target, error) from error
        finally:
            for folder in (staged, replaced):
                shutil.rmtree(folder, ignore_errors=True)
        if self.places is not None:
            self.places |= dict.fromkeys(keys_of(result), target)

    def folder(self, slug):
        """Return the folder of a submission. Raises ValueError if `slug` is not a plain name."""
        if not SLUG.fullmatch(slug):
            raise ValueError(f"{slug!r} cannot be the name of a folder of results")
        return self.submissions / slug


def read_entry(folder, key=None):
    """Return (result, attachments) of an entry, or None if it is damaged or has another key."""
    result = read_result(folder)
    if result is None or (key is not None and key not in keys_of(result)):
        return None
    contents = {}
    try:
        for name, digest in result["attachments"].items():
            contents[name] = (folder / attachment(name)).read_bytes()
            if hashlib.sha256(contents[name]).hexdigest() != digest:
                return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return result, contents


def keys_of(result):
    """Return the keys by which a result, or a part of it, is found."""
    return [key for key in (result.get("key"), *result.get("keys", {}).values()) if key]


def read_result(folder):
    """Return what an entry's result.json holds, or None if that is no result."""
    try:
        result = json.loads((folder / RESULT).read_bytes())
        known = (result["format"], result["version"]) == (FORMAT, VERSION)
        return result if known and isinstance(result["key"], str) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def attachment(name):
    """Return `name`. Raises ValueError unless it is a plain one that is not the result's."""
    if not ATTACHMENT.fullmatch(name) or name == RESULT:
        raise ValueError(f"{name!r} cannot be the name of an attachment")
    return name


def lock(path):
    """Return the descriptor of the locked file `path`. Raises StoreError if it is locked."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode(errors="replace").strip()
        os.close(descriptor)
        raise StoreError(
            f"another run (process {holder}) is grading into {path.parent}: wait until it has "
            "ended, or name another folder with --out"
        ) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def flush(folder):
    """Put the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cannot_write(path, error):
    """Return a StoreError that says what is wrong with the file system."""
    return StoreError(f"{path}: {error.strerror or error}")
