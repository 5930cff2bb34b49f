"""What lies in a submission, folders and zips: names that can be trusted, contents with limits.

    with opened((path, name), ...) as source:
        source.unpack()              what archives among the files hold, where they lie
        source.read(name, limit)     bytes; raises Refused
        source.entries, refused      {name: how it is read}, [(name as it was found, why), ...]

Nothing is written, no link is followed, no device is opened. Sizes are counted while reading, as
what a zip says about itself may be wrong. Hidden files and caches are passed over in silence.
"""

import contextlib
import io
import os
import re
import stat
import zipfile
from collections import Counter
from functools import partial
from operator import attrgetter

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
MAX_FILES = 100_000  # a student's own virtual environment has 30,000
LIST_LIMIT = 10_000_000  # bytes of a zip's list of contents, which is read in one piece
NAME_LIMIT, PART_LIMIT = 1000, 255
MAX_DEPTH = 40
RATIO, FREE = 200, 5_000_000  # what is larger than FREE bytes may not have shrunk more than RATIO
CHUNK = 4096  # bytes; of bzip2 and LZMA, zipfile expands as many at once, to 100 MB at most
PASSED_OVER = ("__MACOSX", "__pycache__", "node_modules")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
INNER_LIMIT, INNER_ZIPS = 50_000_000, 10  # zips inside of a submission: bytes, how many

LINK, IRREGULAR = "it is a link, which is not followed", "it is not a regular file"
DEEP, CONTROL = "it lies too deep", "its name has control characters"
ANEW = "download it anew, or have it handed in again"
REPACK = "unpack it, and pack it anew as a zip"
KINDS = (  # how a file begins that is no zip, what it is, and the way out
    (rb"\Z", "an empty file", ANEW),
    (rb"\s*<(!doctype|html|\?xml)", "a page of the web", ANEW),
    (rb"Rar!", "a RAR archive", REPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive", REPACK),
    (rb"\x1f\x8b", "packed by gzip", REPACK),
    (rb"BZh", "packed by bzip2", REPACK),
    (rb"\xfd7zXZ", "packed by xz", REPACK),
    (rb".{257}ustar", "a tar archive", REPACK),
)


class Refused(Exception):
    """Why something is not taken, in a few words."""


def is_archive(name):
    return name.lower().endswith(ARCHIVES)


# Names


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
        raise Refused(CONTROL)
    if len(name) > NAME_LIMIT or any(len(part.encode()) > PART_LIMIT for part in parts):
        raise Refused("its name is too long")
    if len(parts) > MAX_DEPTH:
        raise Refused(DEEP)
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


# Pieces of work


@contextlib.contextmanager
def opened(*pieces):
    """Yield the Source of pieces (path, name that the student gave it) that lie side by side.

    What has the name "" holds all the rest. Raises Refused or OSError if that cannot be read.
    """
    with contextlib.ExitStack() as stack:
        source = Source(stack)
        for path, name in pieces:
            source.add(path, name)
        yield source


class Source:
    def __init__(self, stack):
        self.stack = stack  # of what is open
        self.entries, self.refused = {}, []

    def add(self, path, name):
        if name and not is_archive(name) and not os.path.isdir(path):
            self.put(name, partial(read_regular, path))
            return
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                raise Refused(LINK)
            found = in_folder(path) if stat.S_ISDIR(mode) else self.in_zip(open_regular(path))
            self.lay(found, f"{name}/" if name else "")
        except (Refused, OSError) as error:
            if not name:
                raise
            self.refused.append((name, str(getattr(error, "strerror", None) or error)))

    def unpack(self):
        """Put what archives hold where they lie, one level deep."""
        zips = [name for name in self.entries if is_archive(name)]
        for name in sorted(zips, key=lambda name: (name.count("/"), name))[:INNER_ZIPS]:
            try:
                found = self.in_zip(io.BytesIO(self.read(name, INNER_LIMIT)))
                del self.entries[name]
                self.lay(found, f"{name}/")
            except Refused as error:
                self.refused.append((name, str(error)))

    def in_zip(self, file):
        """Return what of_zip yields of a file that is open, and is closed with the source."""
        self.stack.enter_context(file)
        start = file.read(512)
        for begins, kind, way_out in KINDS:
            if re.match(begins, start, re.IGNORECASE | re.DOTALL):
                raise Refused(f"it is {kind}, not a zip; {way_out}")
        try:
            archive = self.stack.enter_context(zipfile.ZipFile(Bounded(file)))
            return list(of_zip(archive))
        except Refused:
            raise
        except Exception as error:  # a damaged zip can raise nearly anything
            raise Refused(f"it is no zip that can be read ({error})") from None

    def lay(self, found, prefix):
        """Take the files of one folder or zip: (name, how it is read, why it is refused)."""
        entries, refused = [], []
        for count, (raw, entry, why) in enumerate(found, 1):
            if count > MAX_FILES:
                raise Refused(f"it holds more than {MAX_FILES} files")
            try:
                name = clean(raw)
                if not name or is_passed_over(name):
                    continue
                if why:
                    raise Refused(why)
                entries.append((name, entry))
            except Refused as error:
                refused.append((raw, str(error)))
        counts = Counter(name for name, _ in entries)
        doubles = sorted(name for name in counts if counts[name] > 1)
        refused += [(name, "it is there twice; none is taken") for name in doubles]
        # Virtual environments are passed over: in them are links and thousands of files.
        roots = {name.removesuffix("pyvenv.cfg") for name in counts if name.endswith("/pyvenv.cfg")}
        for name, entry in entries:
            if counts[name] == 1 and roots.isdisjoint(above(name)):
                self.put(prefix + name, entry)
        self.refused += [(prefix + name, w) for name, w in refused if roots.isdisjoint(above(name))]

    def put(self, name, entry):
        while name in self.entries:  # two files of one name, from different pieces
            head, dot, ending = name.rpartition(".")
            name = f"{head} (2){dot}{ending}" if dot else f"{name} (2)"
        self.entries[name] = entry

    def read(self, name, limit):
        """Return the bytes of a file. Raises Refused, also for more than `limit` bytes."""
        try:
            return self.entries[name](limit)
        except OSError as error:
            raise Refused(f"it cannot be read ({error.strerror or error})") from None


# Folders


def in_folder(folder, prefix=""):
    """Yield (name, function that reads it, why it is refused) of all files below a folder."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=attrgetter("name"))
    except OSError as error:
        yield prefix or ".", None, f"the folder cannot be read ({error.strerror})"
        return
    for entry in found:
        name, why = prefix + entry.name, None
        if entry.is_symlink():
            why = LINK
        elif entry.is_dir():
            if is_passed_over(entry.name):
                continue
            if name.count("/") < MAX_DEPTH:
                yield from in_folder(entry.path, f"{name}/")
                continue
            why = DEEP
        elif not entry.is_file():
            why = IRREGULAR
        yield name, partial(read_regular, entry.path), why


def open_regular(path):
    """Open a regular file to read bytes. A link is not followed, and a pipe does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused(IRREGULAR)
    return open(descriptor, "rb")


def read_regular(path, limit):
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise too_large(limit)
    return content


def too_large(limit):
    return Refused(f"it has more than {limit / 1e6:.0f} MB")


# Zips


def of_zip(archive):
    """Yield the same as in_folder, of a zip."""
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        name, why = true_name(info), None
        if name.endswith(("/", "\\")) or kind == stat.S_IFDIR:
            continue
        if "\0" in info.orig_filename:
            why = CONTROL
        elif kind == stat.S_IFLNK:
            why = LINK
        elif kind not in (0, stat.S_IFREG):
            why = IRREGULAR
        elif info.flag_bits & 0x1:
            why = "it is encrypted"
        elif info.compress_type not in METHODS:
            why = "it is compressed in a way that zips seldom are; zip it anew"
        yield name, partial(read_zipped, archive, info), why


def true_name(info):
    """Return an entry's name. UTF-8 is often not declared, and is then read as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def read_zipped(archive, info, limit):
    pieces, size = [], 0
    try:
        with archive.open(info) as file:
            while piece := file.read(CHUNK):
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
                if size > max(FREE, RATIO * info.compress_size):
                    raise Refused(f"it is a zip bomb: more than {RATIO} times its packed size")
                pieces.append(piece)
    except Refused:
        raise
    except Exception as error:  # zlib.error, BadZipFile, EOFError, struct.error ...
        raise Refused(f"it cannot be unpacked ({error})") from None
    return b"".join(pieces)


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
