"""Commands on any console: their --help, plain words where it has no ✓, and never an exception
for a letter."""

import argparse
import os
import sys

PLAIN = {"✓": "ok", "✗": "x", "→": "->", "·": "-"}


def fit(text, encoding):
    """Return a text as a console of this encoding can show it."""
    encoding = encoding or "ascii"
    for mark, word in PLAIN.items():
        try:
            mark.encode(encoding)
        except UnicodeEncodeError:
            text = text.replace(mark, word)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def parser(module, description, epilog):
    """Return the parser of `python -m course.<module>`, whose --help ends in an epilog as it is."""
    return argparse.ArgumentParser(
        prog=f"python -m course.{module}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def short(path):
    """Return the shorter name of a path: from the working folder, or from the file system."""
    try:
        return min(os.path.relpath(path), str(path), key=len)
    except ValueError:  # nothing leads from one drive of Windows to another
        return str(path)


def prepare():
    """Let print() write what a console has no letter for as its number."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not that of a notebook or a test
            stream.reconfigure(errors="backslashreplace")
