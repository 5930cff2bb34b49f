"""The options of the instructors' commands, and the exit statuses. Nothing heavy is imported here:
--help and a wrong option are answered at once.
"""

import argparse
import re
from pathlib import Path

COMPLETE, PROBLEMS, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130  # NOT_STARTED as argparse

DESCRIPTION = "The instructors' commands: grade a folder of submissions, or try it on examples."
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
        prog="python -m course.grader", description=DESCRIPTION, **more_help("")
    )
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name, run, what):
        one = commands.add_parser(name, help=what, description=what, **more_help(name))
        one.set_defaults(run=run)
        return one.add_argument

    add = command("grade", "grade", "grade every submission in a folder")
    add("folder", type=Path, metavar="FOLDER", help="of submissions, or an LMS's whole download")
    add("--roster", type=Path, metavar="FILE.csv", help="list of students, or exported gradebook")
    add("--out", type=Path, help="folder of the results; default: FOLDER-grades")
    add("--jobs", type=count, metavar="N", help="worker processes; default: one a processor")
    add("--scheduler", metavar="tcp://HOST:PORT", help="use this Dask cluster instead")
    add("--seed", type=seed, metavar="S", help="of unseen problems; default: drawn once, and kept")
    add("--data", help="set for the notebooks; default: the best that is there")
    add("--no-notebooks", action="store_true", help="do not execute the notebooks")
    add("--no-sandbox", action="store_true", help="dangerous: run with your own rights")

    add = command("export", "export", "bring the results back to a learning management system")
    add("out", type=Path, metavar="OUT", help="folder of the results, from `grade`")
    add("--into", type=Path, metavar="GRADEBOOK.csv", help="exported gradebook; a copy is filled")
    add("--column", help="of the gradebook; default: the one that is called like the course")
    add("--feedback", type=Path, metavar="FILE.zip", help="write all feedback for Canvas or Moodle")

    add = command("demo", "show", "make example submissions and grade them")
    add("folder", type=Path, metavar="FOLDER", help="is made, and holds both")
    options = parser.parse_args(argv)
    if options.run == "grade" and options.out is None:
        name = options.folder.resolve().name.removesuffix(".zip")
        options.out = options.folder.with_name(f"{name}-grades")
    return options


def more_help(command):
    """Return the arguments of a parser that add examples and exit codes to its --help."""
    epilog = f"{EXAMPLES[command]}\n{EXIT_CODES}"
    return {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter}


def check(course, options):
    """Raise ValueError for options that cannot be meant, before anything takes long."""
    if options.command == "grade":
        folder = options.folder
        if not folder.exists():
            raise ValueError(f"{folder} is no folder; name the one that holds all submissions")
        keep_apart(folder, options.out)
        if options.data and options.data not in course.data.sets:
            known = f"there are: {', '.join(course.data.sets)}"
            raise ValueError(f"--data {options.data}: there is no such data set; {known}")
    for name in ("roster", "into"):
        path = getattr(options, name, None)
        if path and not path.is_file():
            raise ValueError(f"--{name} {path}: there is no such file")


def keep_apart(folder, out):
    """Raise ValueError if results would lie among the submissions, or the other way round."""
    folder, out = folder.resolve(), out.resolve()
    if out.is_relative_to(folder) or folder.is_relative_to(out):
        raise ValueError(f"--out {out} and the submissions in {folder} must not lie in each other")
