"""Check all exercises, or those named, as checks.run does in a notebook."""

import sys

from course import console, definition
from course.checks import run

EXAMPLES = """\
examples:
  python -m course.checks          all exercises
  python -m course.checks {name}   one of them

exit codes:
  0  all of them are right
  1  one is not right, or not written yet
  2  the command was not understood
"""


def main(argv=None):
    console.prepare()
    known = list(definition.load().exercises)
    parser = console.parser("checks", __doc__, EXAMPLES.format(name=known[0]))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args(argv).names or known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no exercise {unknown[0]!r}; there are: {', '.join(known)}")
    passed = True
    for name in names:
        report = run(name)
        passed &= report.passed
        print(console.fit(str(report), sys.stdout.encoding), flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
