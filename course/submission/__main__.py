"""`python -m course.submission`: look the work over, report, pack.

Top to bottom: the look-over, the report, the command.
"""

import sys
import textwrap
from pathlib import Path

from course import ROOT, console, definition, record
from course.submission import archive
from course.submission.contents import Problem, code_hash, collect
from course.submission.lookover import look_over

COMPLETE, PROBLEMS, PACKED_ANYWAY, NOT_WRITTEN, STOPPED = 0, 1, 3, 4, 130  # argparse exits with 2
EPILOG = f"""examples:
  python -m course.submission            writes build/submission.zip
  python -m course.submission --anyway   or build/submission-incomplete.zip

exit status:
  {COMPLETE}  no problem was found, and the zip was written
  {PROBLEMS}  problems were found, and nothing was written
  2  the command was not understood
  {PACKED_ANYWAY}  problems were found, and the zip was written with --anyway
  {NOT_WRITTEN}  the zip could not be written; one that was there before is as it was
  {STOPPED}  stopped with Ctrl-C
"""


# Look over


def check_exercises(course, run):
    """Run the check of every exercise: {name: passed}, [Problem, ...]."""
    passed, problems = {}, []
    for name in course.exercises:
        way_out = f"see what it says: run its cell in the notebook, or {command('checks', name)}"
        remark = ""
        try:
            report = run(name, root=course.root)
            passed[name] = report.passed
            what = "does not pass its check"
            if report.status == "not implemented":
                what, way_out = "is not implemented yet", "write it; the notebook says where"
            elif report.vectorized is False:
                remark = " (but not vectorized)"
        except Exception as error:  # what is wrong with one exercise must not hide the others
            passed[name] = False
            what = f"its check could not be run: {said(error)}"
        mark(passed[name], name + remark)
        if not passed[name]:
            problems.append(Problem(name, what, way_out))
    return passed, problems


def said(error):
    """Return an exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def command(module, *words):
    """Return a command line for the Python that runs this, named from the root."""
    python = Path(sys.executable)
    python = python.relative_to(ROOT) if python.is_relative_to(ROOT) else "python"
    return " ".join([str(python), "-m", f"course.{module}", *words])


def read_record(course, contents):
    """Return the Record of the edition, or None, and note its id in `contents`."""
    try:
        found = record.read(course)
    except ValueError as error:
        way_out = "get it back from the student edition"
        contents.problems.append(Problem(record.FILE, str(error), way_out))
        return None
    contents.edition = found and found.id
    return found


def check_notebook(course, notebook, contents, code, edition):
    """Look one notebook over: add its problems to `contents`, return its HTML page or None."""
    name = notebook.file
    content = contents.files[name]
    if any(problem.where == name for problem in contents.problems):
        mark(False, name)
        return None  # not UTF-8, or in the middle of a merge: no sense in further complaints
    problems = look_over(course, notebook, content, code, edition)
    page = None
    try:
        page = archive.to_page(name, content)
    except Exception as error:  # nbconvert's, or of a notebook that is none
        what = f"no HTML copy could be made: {said(error)}"
        if not any("cannot be read" in problem.what for problem in problems):
            problems.append(Problem(name, what, "open the notebook in JupyterLab and save it"))
    mark(not problems, name)
    contents.problems += problems
    return page


def look_everything_over(course, run):
    """Return contents, pages, {exercise: passed} and the code's hash."""
    contents = collect(course)
    code = code_hash(contents.files)
    exercises, problems = check_exercises(course, run)
    contents.problems += problems
    edition, pages = read_record(course, contents), {}
    for one in course.notebooks.values():
        if one.file in contents.files and (
            page := check_notebook(course, one, contents, code, edition)
        ):
            pages[f"html/{one.name}.html"] = page
    return contents, pages, exercises, code


# Report


def show(text="", indent=""):
    """Print short lines, with ticks and crosses where the terminal's encoding has them."""
    text = "".join(one if one.isprintable() else "?" for one in text)
    wrap = textwrap.TextWrapper(88, "", indent, break_long_words=False, break_on_hyphens=False)
    print(wrap.fill(console.fit(text, sys.stdout.encoding)), flush=True)


def mark(good, text):
    show(f"  {'✓' if good else '✗'} {text}")


def report(contents):
    """Print problems with their ways out, then what is said without being a problem."""
    for problem in contents.problems:
        show()
        show(f"✗ {problem.where}: {problem.what}", "  ")
        show(f"  → {problem.way_out}", "    ")
    remarks = [f"packed too, your own: {name}" for name in sorted(contents.own)]
    remarks += [f"not packed: {name}: {why}" for name, why in contents.left_out.items()]
    if remarks:
        show()
    for remark in remarks[:20]:
        show(f"- {remark}", "  ")
    if remarks[20:]:
        show(f"- and {len(remarks) - 20} more; the manifest lists all")


# The command


def main(argv=None, root=ROOT, run=None):
    """Hand in the tree at `root`; `run` stands in for `course.checks.run` in tests."""
    description = "Look the work over and pack it into one zip to hand in."
    parser = console.parser("submission", description, EPILOG)
    told = "pack in spite of problems; '-incomplete' is added to the zip's name"
    parser.add_argument("--anyway", action="store_true", help=told)
    anyway = parser.parse_args(argv).anyway
    return hand_in(root, anyway=anyway, anyhow=command("submission", "--anyway"), run=run)[0]


def hand_in(root, *, anyway, anyhow, run=None):
    """Look over and pack; return the exit status, and the path of the zip if one was written.

    anyhow   what people type to pack in spite of problems
    """
    path = root / "build" / "submission.zip"
    try:
        course = definition.load(root)
        if run is None:
            from course.checks import run
        show("Looking over your work:")
        contents, pages, exercises, code = look_everything_over(course, run)
        report(contents)
        show()
        problems = len(contents.problems)
        found = "1 problem" if problems == 1 else f"{problems} problems"
        if problems and not anyway:
            show(f"{found}, so nothing was packed. To pack all the same, marked incomplete:")
            show(f"  {anyhow}")
            if path.exists():
                show(f"{console.short(path)} is an earlier one, without what was changed since.")
            return PROBLEMS, None
        entries = archive.with_manifest(course, contents, pages, exercises, code)
        if problems:
            path = path.with_name("submission-incomplete.zip")
        path.parent.mkdir(exist_ok=True)
        archive.write(path, entries)
    except ImportError as error:
        show(f"error: {error}; use the Python in .venv")
        return NOT_WRITTEN, None
    except definition.DefinitionError as error:
        what = "; ".join(str(error).splitlines())
        show(f"error: {what}; get {definition.FILE} back from the student edition")
        return NOT_WRITTEN, None
    except OSError as error:
        show(f"error: the zip was not written: {error}")
        return NOT_WRITTEN, None
    except KeyboardInterrupt:
        show("stopped; nothing was written")
        return STOPPED, None
    size = f"{len(entries)} files, {path.stat().st_size / 1e6:.1f} MB"
    show(f"{console.short(path)}: {size}{f', marked incomplete: {found}' if problems else ''}")
    show("Hand in this file. html/ in it has your notebooks to read, manifest.json the checksums.")
    return (PACKED_ANYWAY if problems else COMPLETE), path


if __name__ == "__main__":
    sys.exit(main())
