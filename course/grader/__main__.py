"""The instructors' commands: grade a folder of submissions, or try it on examples.

docs/teaching.md explains them. Also: `make grade SUBMISSIONS=FOLDER`, `make grade-demo`.
"""

import argparse
import errno
import os
import re
import secrets
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from course import ROOT, definition, limited
from course.edition import whole
from course.export import outcome, upload
from course.export.overview import equal_work, summary_table
from course.export.roster import People, read_table
from course.files import put
from course.grader import demo, intake, sandbox
from course.grader.grade import Settings, grader_version
from course.grader.many import COMPLETE, INTERRUPTED, PROBLEMS, grade_all, progress
from course.grader.many.cluster import ClusterError, connect
from course.grader.store import Store, StoreError
from course.grader.verdict.unseen import unseen_problems
from course.outputs import data_sets
from course.text import one_line

NOT_STARTED = 2  # as argparse
EXIT_CODES = """exit codes:
  0    complete
  1    complete but for problems, which are told: a submission was not graded, or the run stopped
  2    not started: something is wrong with the command, the course or this machine
  130  interrupted, by Ctrl-C or SIGTERM; what is done is kept, and the same command goes on
"""
EXAMPLES = {
    "": """examples:
  python -m course.grader grade downloads/             into downloads-grades/
  python -m course.grader demo build/grade-demo
""",
    "grade": """examples:
  python -m course.grader grade submissions.zip --roster gradebook.csv
  python -m course.grader grade downloads/ --no-notebooks --jobs 8 --out grades/
""",
    "export": """examples:
  python -m course.grader export downloads-grades/ --into gradebook.csv
  python -m course.grader export downloads-grades/ --feedback feedback.zip
""",
    "demo": """examples:
  python -m course.grader demo build/grade-demo
  python -m course.grader demo /tmp/new/               where pages are to be looked at elsewhere
""",
}
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
    if problems := whole.find_problems(course):
        raise ValueError("\n".join([*problems, "nothing was graded, because of the above"]))
    roster = People(read_table(options.roster)) if options.roster else None
    name = options.folder.resolve().name.removesuffix(".zip")
    out = options.out or options.folder.with_name(f"{name}-grades")
    keep_apart(options.folder, out)
    with intake.unpacked(course, options.folder) as (folder, refused):
        download = intake.find(course, folder, roster)
        download.not_graded += refused
        print(download.told)
        status = grade_download(course, options, download, out)
    for name, why in download.not_graded:
        print(f"not graded: {one_line(name, 100)}: {why}", file=sys.stderr)
    return status or (PROBLEMS if download.not_graded else COMPLETE)


def grade_download(course, options, download, out):
    """Grade a Download into `out`; exit status."""
    if options.no_sandbox:
        print(NO_SANDBOX, file=sys.stderr)
    else:
        sandbox.check()
    data = options.data or available_data(course)
    if not options.no_notebooks and (folder := data_sets.find(course, data)):
        print(f"Notebooks are executed on: {folder}")
    with Store(out) as store:
        if options.scheduler and not (out / "seed.txt").exists():
            with connect(scheduler=options.scheduler):  # before anything takes long
                pass
        seed = remembered_seed(out, options.seed)
        settings = Settings(
            seed=seed,
            data=data,
            problems=unseen_problems(course, seed, out / ".problems"),
            sandbox=not options.no_sandbox,
            notebooks=not options.no_notebooks,
            version=grader_version(course),
            root="" if course.root == ROOT else str(course.root),
        )
        with progress(len(download.students)) as report:
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
        with limited.remembered(out / ".rendered.json", settings.version):
            about = {"absent": download.absent, "not_graded": download.not_graded}
        about["states"] = Counter(summary.states.values())
        rows = outcome.write(course, out, store, sorted(summary.states), about)
    print(summary_table(rows))
    for what, group in equal_work(rows):
        print(f"The same work, {what}: {', '.join(one['name'] for one in group)}")
    if download.absent:
        print(f"\nNothing was handed in by {len(download.absent)}: {', '.join(download.absent)}")
    for slug, error in summary.errors.items():
        print(f"\nThe grader made a mistake, with {slug}:\n{error}", file=sys.stderr)
    print(WHERE_TO_LOOK.format(out=out, jupyter=Path(sys.executable).with_name("jupyter")))
    return summary.status


def keep_apart(folder, out):
    """Raise ValueError if results would lie among the submissions, or the other way round."""
    folder, out = folder.resolve(), out.resolve()
    if out.is_relative_to(folder) or folder.is_relative_to(out):
        raise ValueError(f"--out {out} and the submissions in {folder} must not lie in each other")


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
    folder = options.folder / "submissions"
    demo.write(course, folder)
    print("Example submissions: automatic points to expect, name, and what each shows\n")
    for example in demo.examples(course):
        print(f"  {example.points(course):>3}  {example.name:<34} {example.shows}")
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


def count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def seed(text):
    if not re.fullmatch(r"\d{1,39}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0, of up to 39 digits")
    return int(text)


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="python -m course.grader", description=__doc__.splitlines()[0], **more_help("")
    )
    commands = parser.add_subparsers(dest="command", required=True)

    what = "grade every submission in a folder"
    one = commands.add_parser("grade", help=what, description=what, **more_help("grade"))
    one.set_defaults(run=grade)
    add = one.add_argument
    add("folder", type=Path, metavar="FOLDER", help="of submissions, or an LMS's whole download")
    add("--roster", type=Path, metavar="FILE.csv", help="list of students, or exported gradebook")
    add("--out", type=Path, help="folder of the results; default: FOLDER-grades")
    add("--jobs", type=count, metavar="N", help="worker processes; default: one a processor")
    add("--scheduler", metavar="tcp://HOST:PORT", help="use this Dask cluster instead")
    add("--seed", type=seed, metavar="S", help="of unseen problems; default: drawn once, and kept")
    add("--data", help="set for the notebooks; default: the best that is there")
    add("--no-notebooks", action="store_true", help="do not execute the notebooks")
    add("--no-sandbox", action="store_true", help="dangerous: run with your own rights")

    what = "bring the results back to a learning management system"
    one = commands.add_parser("export", help=what, description=what, **more_help("export"))
    one.set_defaults(run=export)
    add = one.add_argument
    add("out", type=Path, metavar="OUT", help="folder of the results, from `grade`")
    add("--into", type=Path, metavar="GRADEBOOK.csv", help="exported gradebook; a copy is filled")
    add("--column", help="of the gradebook; default: the one that is called like the course")
    add("--feedback", type=Path, metavar="FILE.zip", help="write all feedback for Canvas or Moodle")

    what = "make example submissions and grade them"
    one = commands.add_parser("demo", help=what, description=what, **more_help("demo"))
    one.set_defaults(run=show)
    one.add_argument("folder", type=Path, metavar="FOLDER", help="is made, and holds both")
    return parser.parse_args(argv)


def more_help(command):
    """Return the arguments of a parser that add examples and exit codes to its --help."""
    epilog = f"{EXAMPLES[command]}\n{EXIT_CODES}"
    return {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter}


def main(argv=None, root=ROOT):
    """Run a command on the course that lies in `root`; return the exit status."""
    options = parse(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what batch systems send
    try:
        return options.run(definition.load(root), options)
    except (OSError, ValueError, StoreError, ClusterError, sandbox.SandboxUnavailable) as error:
        print(f"error: {error}", file=sys.stderr)
        if getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            print("  name another folder with --out, or make room there", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from there", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    status = main()
    # What is left of a cluster, a thread or a handler of a library, must not keep it from ending.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
