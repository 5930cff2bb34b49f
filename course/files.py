"""Files that appear as a whole or not at all, and that their owner alone can read, as folders."""

import os


def put(path, content):
    """Put a file with these bytes in the place of an older one, or of none.

    It is on the disk when this returns. One process at a time may write into a folder.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)  # a process that was killed has left it
    try:
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException as error:
        new.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:  # a full disk names no file
            error.filename = str(path)
        raise


def make_folder(folder):
    """Make a folder that its owner alone can enter, and those above it that are missing."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder
