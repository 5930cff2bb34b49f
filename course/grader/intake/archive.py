"""What lies in a submission, a folder or a zip: names that can be trusted, contents with limits.

    with open_source(path) as source:
        source.entries               {name: where it lies}: the regular files
        source.read(name, limit)     bytes; raises Refused
        source.refused               [(name as it was found, why), ...]

Nothing is written, no link is followed, no device is opened. Sizes are counted while reading, as
what a zip says about itself may be wrong. Hidden files and caches are passed over in silence.
"""

import contextlib
import os
import re
import stat
import zipfile

MAX_FILES = 100_000  # a student's own virtual environment has 30,000
LIST_LIMIT = 10_000_000  # bytes of a zip's list of contents, which is read in one piece
NAME_LIMIT, PART_LIMIT = 1000, 255
MAX_DEPTH = 40
RATIO, FREE = 200, 5_000_000  # what is larger than FREE bytes may not have shrunk more than RATIO
CHUNK = 1 << 18
PASSED_OVER = ("__MACOSX", "__pycache__", "node_modules")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile does not bound what others expand to


class Refused(Exception):
    """Why something is not taken, in a few words."""


def open_source(path):
    """Return the FolderSource or ZipSource of a submission. Raises Refused or OSError."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise Refused("it is a link, which is not followed")
    return FolderSource(path) if stat.S_ISDIR(mode) else ZipSource(open_regular(path))


def open_regular(path):
    """Open a regular file to read bytes. A link is not followed, and a pipe does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("it is not a regular file")
    return open(descriptor, "rb")


def clean(name):
    """Return a name with forward slashes that stays below its root. Raises Refused."""
    name = name.replace("\\", "/")
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        raise Refused("its name is absolute")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Refused("its name leads out of the submission")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise Refused("its name is not UTF-8")
    if re.search(r"[\x00-\x1f\x7f]", name):
        raise Refused("its name has control characters")
    if len(name) > NAME_LIMIT or any(len(part.encode()) > PART_LIMIT for part in parts):
        raise Refused("its name is too long")
    if len(parts) > MAX_DEPTH:
        raise Refused("it lies too deep")
    return "/".join(parts)


def above(name):
    """Return the folders above a name: "a/b/c" lies in "a/" and "a/b/"."""
    parts = name.split("/")
    return ["/".join(parts[:end]) + "/" for end in range(1, len(parts))]


def is_passed_over(name):
    parts = name.split("/")
    return name.endswith((".pyc", "~")) or any(
        part.startswith(".") or part in PASSED_OVER for part in parts
    )


class Source(contextlib.AbstractContextManager):
    """What folders and zips have in common: the entries, and what was refused."""

    def __init__(self):
        self.entries, self.refused = {}, []

    def list_files(self, found):
        """Fill `entries` from (name, where it lies, why it is refused or None)."""
        doubles = set()
        for count, (raw, entry, why) in enumerate(found, 1):
            if count > MAX_FILES:
                raise Refused(f"it holds more than {MAX_FILES} files")
            try:
                name = clean(raw)
            except Refused as error:
                self.refused.append((raw, str(error)))
                continue
            if not name or is_passed_over(name):
                continue
            if why:
                self.refused.append((raw, why))
            elif name in self.entries or name in doubles:
                doubles.add(name)
                self.entries.pop(name, None)
            else:
                self.entries[name] = entry
        self.refused += [(name, "it is there twice; none is taken") for name in sorted(doubles)]
        self.forget_environments()

    def forget_environments(self):
        """Pass over virtual environments, in which there are links and thousands of files."""
        roots = {n.removesuffix("pyvenv.cfg") for n in self.entries if n.endswith("/pyvenv.cfg")}
        if roots:
            self.entries = {n: e for n, e in self.entries.items() if roots.isdisjoint(above(n))}
            self.refused = [(n, why) for n, why in self.refused if roots.isdisjoint(above(n))]

    def read(self, name, limit):
        """Return the bytes of a file. Raises Refused, also for more than `limit` bytes."""
        try:
            return self.read_entry(self.entries[name], limit)
        except OSError as error:
            raise Refused(f"it cannot be read ({error.strerror or error})") from None

    def __exit__(self, *exception):
        pass


class FolderSource(Source):
    def __init__(self, root):
        super().__init__()
        self.list_files(self.walk(root))

    def walk(self, root):
        pending = [("", 0)]
        while pending:
            folder, depth = pending.pop()
            try:
                with os.scandir(os.path.join(root, folder)) as entries:
                    found = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield folder or ".", None, f"the folder cannot be read ({error.strerror})"
                continue
            for entry in found:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_symlink():
                    yield name, None, "it is a link, which is not followed"
                elif entry.is_dir(follow_symlinks=False):
                    if depth >= MAX_DEPTH:
                        yield name, None, "it lies too deep"
                    elif not is_passed_over(entry.name):
                        pending.append((name, depth + 1))
                elif not entry.is_file(follow_symlinks=False):
                    yield name, None, "it is not a regular file"
                else:
                    yield name, entry.path, None

    def read_entry(self, path, limit):
        with open_regular(path) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise too_large(limit)
        return content


class ZipSource(Source):
    """`file` is open to read bytes, and is closed with the source."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        try:
            self.archive = zipfile.ZipFile(Bounded(file))
            self.list_files(self.walk())
        except Refused:
            file.close()
            raise
        except Exception as error:  # a damaged zip can raise nearly anything
            file.close()
            raise Refused(f"it is no zip that can be read ({error})") from None

    def walk(self):
        for info in self.archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            name, why = true_name(info), None
            if name.endswith(("/", "\\")) or kind == stat.S_IFDIR:
                continue
            if "\0" in info.orig_filename:
                why = "its name has control characters"
            elif kind == stat.S_IFLNK:
                why = "it is a link, which is not followed"
            elif kind not in (0, stat.S_IFREG):
                why = "it is not a regular file"
            elif info.flag_bits & 0x1:
                why = "it is encrypted"
            elif info.compress_type not in METHODS:
                why = "it is compressed in another way than zips usually are; zip it anew"
            yield name, info, why

    def read_entry(self, info, limit):
        pieces, size = [], 0
        try:
            with self.archive.open(info) as file:
                while piece := file.read(CHUNK):
                    size += len(piece)
                    if size > limit:
                        raise too_large(limit)
                    if size > max(FREE, RATIO * info.compress_size):
                        raise Refused(f"it is a zip bomb: more than {RATIO} times its packed size")
                    pieces.append(piece)
        except (Refused, OSError):
            raise
        except Exception as error:  # zlib.error, BadZipFile, EOFError, struct.error ...
            raise Refused(f"it cannot be unpacked ({error})") from None
        return b"".join(pieces)

    def __exit__(self, *exception):
        self.archive.close()
        self.file.close()


class Bounded:
    """A file of which no more than LIST_LIMIT bytes are read at once.

    zipfile reads the list of contents in one piece, of the size that the zip itself names.
    """

    def __init__(self, file):
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self.file = file

    def read(self, size=-1):
        content = self.file.read(LIST_LIMIT + 1 if size is None or size < 0 else size)
        if len(content) > LIST_LIMIT:
            raise Refused("its list of contents is too long")
        return content


def true_name(info):
    """Return an entry's name. UTF-8 is often not declared, and is then read as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def too_large(limit):
    return Refused(f"it has more than {limit / 1e6:.0f} MB")
