"""Grade a folder of submissions: `make grade SUBMISSIONS=folder`, or `python -m course.grader`.

The parts, in the order of the data:

    intake      from zips and folders to {name: bytes}, and remarks on what is wrong
    many        sends these to the workers of a Dask cluster, saves what comes back
    grade       one submission on a worker: its exercises, its notebooks, its answers -> a result
      verdict     calls each exercise in a sandbox, and judges what it returned outside of it
      notebooks   executes each notebook again in a sandbox, and compares
      sandbox     bubblewrap, with limits that are watched, and a test of itself
    store       the results on the disk, whatever ends a run

course/export/ makes pages, tables and gradebooks of what is in the store; demo and examples make
submissions to try it on. __main__ reads the options (options), and does what they say (commands).
"""


class CannotGrade(Exception):
    """Why a run cannot begin, or go on; the message says what to do."""
