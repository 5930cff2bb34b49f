"""What the instructors' commands do; __main__.py reads their options.

grade(course, options)     grade what is new or has changed, then write all pages
show(course, options)      write example submissions, and grade them
export(course, options)    write what an LMS takes back
"""

import re
import secrets
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from course import ROOT, limited
from course.edition import handed_out, whole
from course.export import outcome, upload
from course.export.overview import equal_work, summary_table, tell_notes
from course.export.roster import People, read_table
from course.files import put
from course.grader import intake, sandbox
from course.grader.many import GRADED, NOT_GRADED, REUSED, grade_all, progress
from course.grader.options import COMPLETE, PROBLEMS, parse
from course.grader.settings import Settings, grader_version
from course.grader.store import Store
from course.grader.verdict.unseen import unseen_problems
from course.outputs import data_sets
from course.text import one_line

NO_SANDBOX = """\
!!! --no-sandbox: the submissions run with your rights. They can read and delete your files, change
!!! results and the gradebook, and use the network. Each result says that it was made this way.
"""
WHERE_TO_LOOK = """
Where to look:
  {out}/index.html
      the course, with links to the feedback of every submission
  {out}/grades.csv
      all points, for a spreadsheet
  cd {out}/nbgrader && {jupyter} lab --LabApp.default_url=/formgrader
      the answers that wait for a person; then grade again: all pages will have these points
"""


def grade(course, options):
    """Grade what is new or has changed, then write all pages and the gradebook; exit status."""
    if problems := whole.find_problems(course, derive=handed_out.edition):
        raise ValueError("\n".join([*problems, "nothing was graded, because of the above"]))
    roster = People(read_table(options.roster)) if options.roster else None
    with intake.unpacked(course, options.folder) as (folder, refused):
        download = intake.find(course, folder, roster)
        download.not_graded += refused
        print(download.told)
        status = grade_download(course, options, download, options.out)
    for name, why in download.not_graded:
        print(f"not graded: {one_line(name, 100)}: {why}", file=sys.stderr)
    return status or (PROBLEMS if download.not_graded else COMPLETE)


def grade_download(course, options, download, out):
    """Grade a Download into `out`; exit status."""
    if options.no_sandbox:
        print(NO_SANDBOX, file=sys.stderr)
    else:
        sandbox.check()
    data = options.data or ("" if options.no_notebooks else available_data(course))
    if not options.no_notebooks and (folder := data_sets.find(course, data)):
        print(f"Notebooks are executed on: {folder}")
    version = grader_version(course)
    with Store(out) as store, limited.remembered(out / ".rendered.json", version):
        if options.scheduler and not (out / "seed.txt").exists():
            from course.grader.many.cluster import connect

            with connect(scheduler=options.scheduler):  # before anything takes long
                pass
        seed = remembered_seed(out, options.seed)
        settings = Settings(
            seed=seed,
            data=data,
            problems=unseen_problems(course, seed, out / ".problems"),
            sandbox=not options.no_sandbox,
            notebooks=not options.no_notebooks,
            version=version,
            root="" if course.root == ROOT else str(course.root),
        )
        pages = outcome.Pages(course, out, store)
        with progress(len(download.students), pages.write_one) as report:
            summary = grade_all(
                download.students,
                settings,
                store,
                jobs=options.jobs,
                scheduler=options.scheduler,
                report=report,
            )
        if summary.stopped:
            print(f"error: {summary.stopped}", file=sys.stderr)
            return summary.status
        about = {"absent": download.absent, "not_graded": download.not_graded}
        about["states"] = Counter(summary.states.values())
        rows = outcome.write(course, pages, sorted(summary.states), about)
    print(tell_states(about["states"]))
    print(summary_table(rows))
    for sentence in tell_notes(course, rows):
        print(sentence)
    for what, group in equal_work(rows):
        print(f"The same work, {what}: {', '.join(one['name'] for one in group)}")
    if download.absent:
        print(f"\nNothing was handed in by {len(download.absent)}: {', '.join(download.absent)}")
    for slug, error in summary.errors.items():
        print(f"\nThe grader made a mistake, with {slug}:\n{error}", file=sys.stderr)
    print(WHERE_TO_LOOK.format(out=out, jupyter=Path(sys.executable).with_name("jupyter")))
    return summary.status


def tell_states(counts):
    """Return in a line what became of all submissions."""
    told = f"{counts[GRADED]} graded, {counts[REUSED]} kept"
    return f"{told}, {counts[NOT_GRADED]} not graded" if counts[NOT_GRADED] else told


def available_data(course):
    """Return the name of the best data set that is at hand."""
    for name in course.data.sets:
        with suppress(FileNotFoundError):
            data_sets.find(course, name)
            return name
    return ""


def remembered_seed(out, seed):
    """Return the seed of the unseen problems, which OUT keeps: `seed`, or one that nobody knows.

    Raises ValueError where OUT keeps another, unless a person agrees.
    """
    path = out / "seed.txt"
    kept = path.read_text().strip() if path.exists() else ""
    if kept and not re.fullmatch(r"\d{1,40}", kept):
        raise ValueError(f"{path} holds no seed: delete it, and all is graded again with a new one")
    if kept and seed in (None, int(kept)):
        return int(kept)
    if kept and not agrees(f"{path} has another seed than --seed {seed}. Grade everything again?"):
        raise ValueError(
            f"--seed {seed}: {out} was graded with --seed {kept}, as {path} says. Leave the option "
            "out, name another --out, or delete that file to have everything graded again"
        )
    if seed is None:
        seed = secrets.randbits(128)
        print(f"Unseen problems are drawn with --seed {seed}, as {path} says from now on.")
    put(path, f"{seed}\n".encode())
    return seed


def agrees(question):
    """Ask who sits before the terminal; nobody does not agree."""
    return sys.stdin.isatty() and input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def show(course, options):
    """Write the example submissions into FOLDER/submissions, and grade them."""
    from course.grader import demo

    folder = options.folder / "submissions"
    examples = demo.write(course, folder)
    print("Example submissions: automatic points to expect, name, and what each shows\n")
    for example in examples:
        points = example.points(course)
        told = "-".join(dict.fromkeys(str(one) for one in (points[0], points[-1])))
        print(f"  {told:>5}  {example.name:<34} {example.shows}")
    print()
    command = ["grade", str(folder), "--out", str(options.folder / "grades")]
    if stored := course.data.stored:
        command += ["--data", stored]
    return grade(course, parse(command))


def export(course, options):
    """Write what an LMS takes back; exit status."""
    rows = outcome.rows_of(course, options.out)
    if not rows:
        raise ValueError(f"{options.out} holds no results; grade into it first")
    told = []
    if options.into:
        table = read_table(options.into)
        told = upload.fill(course, table, rows, options.column)
        path = options.out / f"{options.into.stem}-filled{options.into.suffix}"
        put(path, table.to_bytes())
        print(f"{path}: {options.into.name} with the totals; no other cell was changed")
    if options.feedback:
        results = {one["slug"]: one for one in Store(options.out).results()}
        pages = [
            (results[row["slug"]].get("student", {}), page.read_bytes())
            for row in rows
            if (page := options.out / "feedback" / row["slug"] / "feedback.html").is_file()
        ]
        put(options.feedback, upload.feedback_zip(pages))
        print(f"{options.feedback}: feedback under the names of the download")
    for line in told:
        print(line, file=sys.stderr)
    return PROBLEMS if any(not line.startswith("no submission") for line in told) else COMPLETE
