"""A temporary folder that strangers fill, and that is gone afterwards whatever they put into it."""

import os
import secrets
import stat
import tempfile
from contextlib import contextmanager, suppress


@contextmanager
def private_folder(prefix, place=None):
    """Make a folder that only we can enter (in `place`, if given); yield its path; remove it."""
    path = tempfile.mkdtemp(prefix=prefix, dir=place)
    try:
        yield path
    finally:
        with suppress(OSError):
            remove(path)


def remove(folder):
    """Remove a folder with all that is in it, when nobody can write there any more.

    Folders may be nested deeper than a path may be long, or than Python may recurse. So what lies
    in an inner folder is moved up before that is removed: no path has more than two names.
    """
    unique = secrets.token_hex(8)  # not known to whoever chose the names inside
    count = 0
    while names := os.listdir(folder):
        for name in names:
            path = os.path.join(folder, name)
            for inner in opened(path):
                count += 1
                os.rename(os.path.join(path, inner), os.path.join(folder, f"{unique}-{count}"))
            if is_folder(path):
                os.rmdir(path)
            else:
                os.unlink(path)
    os.rmdir(folder)


def opened(path):
    """Return the names in a folder, all of which can be moved now; none for a file."""
    if not is_folder(path):
        return []
    os.chmod(path, 0o700)
    names = os.listdir(path)
    for inner in (os.path.join(path, name) for name in names):
        if is_folder(inner):
            os.chmod(inner, 0o700)  # who moves a folder writes into it
    return names


def is_folder(path):
    return stat.S_ISDIR(os.lstat(path).st_mode)  # and no link to one
