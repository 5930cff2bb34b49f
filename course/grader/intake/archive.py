"""What lies in a submission, folders and zips: names that can be trusted, contents with limits.

    with open_source(path) as source:
        source.entries               {name: where it lies}: the regular files
        source.read(name, limit)     bytes; raises Refused
        source.refused               [(name as it was found, why), ...]

Nothing is written, no link is followed, no device is opened. Sizes are counted while reading, as
what a zip says about itself may be wrong. Hidden files and caches are passed over in silence.
"""

import bz2
import contextlib
import copy
import io
import lzma
import os
import re
import stat
import zipfile
import zlib

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
MAX_FILES = 100_000  # a student's own virtual environment has 30,000
LIST_LIMIT = 10_000_000  # bytes of a zip's list of contents, which is read in one piece
NAME_LIMIT, PART_LIMIT = 1000, 255
MAX_DEPTH = 40
RATIO, FREE = 200, 5_000_000  # what is larger than FREE bytes may not have shrunk more than RATIO
CHUNK = 1 << 18
PASSED_OVER = ("__MACOSX", "__pycache__", "node_modules")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
LZMA_MEMORY = 200_000_000  # bytes of a dictionary, as the zip itself names it
INNER_LIMIT, INNER_ZIPS = 50_000_000, 10  # zips inside of a submission: bytes, how many

KINDS = (  # how a file begins, and what it is
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # an empty one
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "packed by gzip"),
    (b"BZh", "packed by bzip2"),
    (b"\xfd7zXZ", "packed by xz"),
)


class Refused(Exception):
    """Why something is not taken, in a few words."""


def open_source(path):
    """Return the FolderSource or ZipSource of a submission. Raises Refused or OSError."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise Refused("it is a link, which is not followed")
    if stat.S_ISDIR(mode):
        return FolderSource(path)
    file = open_regular(path)
    try:
        require_zip(file.read(512))
    except BaseException:
        file.close()
        raise
    return ZipSource(file)


def kind_of(start):
    """Return what a file is that begins so: "zip", words for another kind, "" if unknown."""
    if not start:
        return "an empty file"
    if re.match(rb"\s*<(!doctype|html|\?xml)", start, re.IGNORECASE):
        return "a page of the web"
    if start[257:262] == b"ustar":
        return "a tar archive"
    return next((kind for begins, kind in KINDS if start.startswith(begins)), "")


def require_zip(start):
    """Raise Refused, with the way out, if a file that begins so is known to be no zip."""
    kind = kind_of(start)
    if kind in ("an empty file", "a page of the web"):
        raise Refused(f"it is {kind}, not a zip; download it anew, or have it handed in again")
    if kind not in ("", "zip"):
        raise Refused(f"it is {kind}, not a zip; unpack it, and pack it anew as a zip")


def open_regular(path):
    """Open a regular file to read bytes. A link is not followed, and a pipe does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("it is not a regular file")
    return open(descriptor, "rb")


def read_regular(path, limit):
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise too_large(limit)
    return content


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
        return read_regular(path, limit)


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
                why = "it is compressed in a way that zips seldom are; zip it anew"
            yield name, info, why

    def read_entry(self, info, limit):
        pieces, size = [], 0
        try:
            with contextlib.closing(self.unpacked(info)) as found:
                for piece in found:
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

    def unpacked(self, info):
        """Yield the bytes of an entry in pieces that are never large."""
        if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            with self.archive.open(info) as file:
                while piece := file.read(CHUNK):
                    yield piece
            return
        packed = copy.copy(info)  # zipfile itself does not bound what these methods expand to
        packed.compress_type, packed.file_size = zipfile.ZIP_STORED, info.compress_size
        del packed.CRC
        with self.archive.open(packed) as file:
            if info.compress_type == zipfile.ZIP_BZIP2:
                unpacker, rest = bz2.BZ2Decompressor(), b""
            else:
                unpacker = lzma.LZMADecompressor(lzma.FORMAT_ALONE, LZMA_MEMORY)
                _, properties = file.read(4), file.read(5)
                ends = info.flag_bits & 0x2  # a mark tells where it ends, not the size
                rest = properties + (b"\xff" * 8 if ends else info.file_size.to_bytes(8, "little"))
            checksum = 0
            while not unpacker.eof:
                if unpacker.needs_input and not rest and not (rest := file.read(CHUNK)):
                    raise EOFError("it is cut off")
                try:
                    piece, rest = unpacker.decompress(rest, CHUNK), b""
                except OSError as error:  # bz2's word for damaged data
                    raise zipfile.BadZipFile(str(error)) from None
                checksum = zlib.crc32(piece, checksum)
                yield piece
        if checksum != info.CRC:
            raise zipfile.BadZipFile("its checksum is wrong")

    def __exit__(self, *exception):
        self.archive.close()
        self.file.close()


class Pile(Source):
    """Pieces of a student's work side by side.

    unpack() puts what archives among them hold where they lie, one level deep.
    pieces   [(path, name that the student gave it), ...]; what has the name "" holds all the rest
    """

    def __init__(self, pieces):
        super().__init__()
        self.stack = contextlib.ExitStack()
        try:
            for path, name in pieces:
                self.add(path, name)
        except BaseException:
            self.stack.close()
            raise

    def add(self, path, name):
        """Add what lies at a path. Raises Refused if it is all there is, and cannot be read."""
        if name and not is_archive(name) and not os.path.isdir(path):
            self.put(name, LooseFile(path), "")
            return
        try:
            source = self.stack.enter_context(open_source(path))
        except (Refused, OSError) as error:
            if not name:
                raise
            self.refused.append((name, str(getattr(error, "strerror", None) or error)))
            return
        self.lay(source, f"{name}/" if name else "")

    def lay(self, source, prefix):
        for entry in source.entries:
            self.put(prefix + entry, source, entry)
        self.refused += [(prefix + name, why) for name, why in source.refused]

    def put(self, name, source, entry):
        while name in self.entries:  # two files of one name, from different pieces
            head, dot, ending = name.rpartition(".")
            name = f"{head} (2){dot}{ending}" if dot else f"{name} (2)"
        self.entries[name] = source, entry

    def unpack(self):
        zips = [name for name in self.entries if is_archive(name)]
        for name in sorted(zips, key=lambda name: (name.count("/"), name))[:INNER_ZIPS]:
            try:
                content = self.read(name, INNER_LIMIT)
                require_zip(content[:512])
                source = self.stack.enter_context(ZipSource(io.BytesIO(content)))
            except Refused as error:
                self.refused.append((name, str(error)))
                continue
            del self.entries[name]
            self.lay(source, f"{name}/")

    def read_entry(self, place, limit):
        source, entry = place
        return source.read(entry, limit)

    def __exit__(self, *exception):
        self.stack.close()


class LooseFile(Source):
    """One file, under the name ""."""

    def __init__(self, path):
        super().__init__()
        self.entries[""] = path

    def read_entry(self, path, limit):
        return read_regular(path, limit)


def is_archive(name):
    return name.lower().endswith(ARCHIVES)


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
