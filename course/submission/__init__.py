"""Hand in: look the work over, then pack it into one zip. `make submission`, or

    python -m course.submission [--out FILE] [--anyway]

    contents.py    which files are handed in, and which are left out and why
    lookover.py    was a notebook run completely, with the code that is there? Are answers there?
    archive.py     the zip: its manifest, its pages to read, how it is written
    __main__.py    the command and its report

Only files of the course's folder are read, and nothing but the zip is written.

What cannot be seen from here: a cell that was edited after it was run, and outputs that were
edited. Graders run the notebooks again.
"""

from course import ROOT, definition

# The cell that calls `stamp`. In the student edition it follows the imports.
STAMP_CELL = "from course import submission\n\nsubmission.stamp()"


def stamp(root=ROOT):
    """Return a short hash of the code, for a notebook to store near its start.

    Run in a fresh kernel before all that uses the package, it tells which code the notebook ran
    with: `make submission` compares it with the code it packs.
    """
    from course.submission.contents import code_hash, collect

    return f"code {code_hash(collect(definition.load(root)).files)}"
