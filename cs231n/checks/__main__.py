"""`python -m cs231n.checks [NAME ...]`: check all exercises, or those named; 1 if one fails."""

import argparse
import sys

from cs231n.checks import EXERCISES, run


def main():
    parser = argparse.ArgumentParser(prog="python -m cs231n.checks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXERCISES))
    names = parser.parse_args().names or list(EXERCISES)
    if unknown := [name for name in names if name not in EXERCISES]:
        parser.error(f"there is no exercise {unknown[0]!r}; there are: {', '.join(EXERCISES)}")
    passed = True
    for name in names:
        report = run(name)
        passed &= report.passed
        print(report, flush=True)
    sys.exit(not passed)


if __name__ == "__main__":
    main()
