"""Grade a folder of submissions: `make grade SUBMISSIONS=folder`, or `python -m grading grade`.

The parts, in the order of the data:

    intake      from zips and folders to {name: bytes}, and remarks on what is wrong
    many        sends these to the workers of a Dask cluster, saves what comes back
    grade       one submission on a worker: its exercises, its notebooks, its answers -> a result
      verdict     calls each exercise in a sandbox, and judges what it returned outside of it
      notebooks   executes each notebook again in a sandbox, and compares
      sandbox     bubblewrap, with limits that are watched, and a test of itself
    store       the results on the disk, whatever ends a run
    gradebook   an nbgrader course with every automatic score; what people gave is kept
    pages       feedback, Gradescope's file, the course; cuts out the answers that people grade
    outcome     from store and gradebook to all of these pages

demo and examples make submissions to try it on.
"""
