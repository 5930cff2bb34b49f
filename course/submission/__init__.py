"""Hand in: look the work over, then pack it into one zip. `make submission`, or

    python -m course.submission [--anyway]
    submission.pack()                    in a cell

    contents.py    which files are handed in, and which are left out and why
    lookover.py    was a notebook run completely, with the code that is there? Are answers there?
    archive.py     the zip: its manifest, its pages to read, how it is written
    __main__.py    the command and its report

Only files of the course's folder are read, and nothing but the zip is written.

What cannot be seen from here: a cell that was edited after it was run, and outputs that were
edited. Graders run the notebooks again.
"""

import importlib
import json
import re
import sys

from course import ROOT, definition

# The cell that calls `stamp`. In the student edition it follows the imports.
STAMP_CELL = "from course import submission\n\nsubmission.stamp()"

PACKS = re.compile(r"(from course import submission\s+)?submission\.pack\([^()]*\);?")  # a cell


def pack(*, anyway=False, root=ROOT):
    """Look the work over and pack it, from a cell of a notebook; on Colab, offer the zip.

    anyway   pack in spite of problems, marked incomplete
    """
    from course.submission.__main__ import COMPLETE, PACKED_ANYWAY, hand_in

    colab = sys.modules.get("google.colab")
    if colab:
        save_what_colab_shows(definition.load(root))
    status, path = hand_in(root, anyway=anyway, anyhow="submission.pack(anyway=True)")
    if colab and status in (COMPLETE, PACKED_ANYWAY):
        colab.files.download(str(path))


def save_what_colab_shows(course):
    """Put the notebook that is open in Colab, which lies elsewhere, into the course's folder."""
    from course.notebook import cells_in, read_cells

    message = importlib.import_module("google.colab._message")
    book = message.blocking_request("get_ipynb", timeout_sec=60)["ipynb"]
    open_ids = set().union(*(cell.ids for cell in cells_in(book)))

    def missing(path):
        ids = {cell.id for cell in read_cells(path.read_bytes())}
        return len(ids - open_ids) / len(ids)

    path = min((course.root / name for name in course.notebook_files), key=missing)
    if missing(path) > 0.5:
        print("The notebook that is open here is none of the course's, and is not packed.")
    else:
        path.write_text(json.dumps(book, indent=1) + "\n", encoding="utf-8", newline="\n")


def stamp(root=ROOT):
    """Return a short hash of the code, for a notebook to store near its start.

    Run in a fresh kernel before all that uses the package, it tells which code the notebook ran
    with: `make submission` compares it with the code it packs.
    """
    from course.submission.contents import code_hash, collect

    return f"code {code_hash(collect(definition.load(root)).files)}"
