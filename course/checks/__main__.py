"""`python -m course.checks [NAME ...]`: check all exercises, or those named; 1 if one fails."""

import argparse
import sys

from course import definition
from course.checks import run


def main():
    known = list(definition.load().exercises)
    parser = argparse.ArgumentParser(prog="python -m course.checks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args().names or known
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no exercise {unknown[0]!r}; there are: {', '.join(known)}")
    passed = True
    for name in names:
        report = run(name)
        passed &= report.passed
        print(report, flush=True)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
