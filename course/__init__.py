"""The engine of the course: self-checks, handing in, editions, grading, exports.

It knows nothing of what is taught. What is asked, checked and graded is declared in exercises/:

    definition    exercises/course.toml -> Course, which all parts are handed
    tables        reads it, and says what is wrong with which line
    soundness     whether it fits together
    kinds         loads the kinds of exercises
    console       commands on any console: --help, and ✓ where that can be shown
    session       what a notebook needs of the place where it runs: reloading, data
    record        what was handed out, by which work is known when it comes back
    notebook      the cells of a notebook: given or a student's own, questions, answers
    checks/       self-checks: call a student's code, judge what comes back, say it
    outputs/      execute notebooks; compare what they show with what they store
    submission/   look the work over, pack it into one zip
    edition/      derive the student edition from the solved tree        (instructors)
    grader/       grade submissions in a sandbox, many at a time         (instructors)
    export/       verdicts as pages, tables, gradebooks                  (instructors)

Students have what stands above the last three. text, files and limited serve the
instructors' parts.
"""

import sys
from pathlib import Path

# nbformat imports jsonschema, which where it can builds a grammar of international addresses: 1.6 s
# of CPU in every process, for a format that the schema of notebooks never asks for.
sys.modules.setdefault("rfc3987_syntax", None)

ROOT = Path(__file__).resolve().parents[1]  # of the repository, or of the student edition
