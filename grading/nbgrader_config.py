"""Settings for a course of nbgrader that hands the student edition out as the assignment `linear`.

Copy this file into the course's folder, and the edition's notebooks and its folder `cs231n/` into
source/linear/.
"""

c = get_config()  # noqa: F821  nbgrader defines it

# The prompts and stubs of the edition are in place; nbgrader would put its own over them.
c.ClearSolutions.enabled = False

# Students' own code. Autograding restores all other files, the checks among them.
c.Autograde.exclude_overwriting = {
    "linear": [
        "cs231n/classifiers/linear_classifier.py",
        "cs231n/classifiers/linear_svm.py",
        "cs231n/classifiers/softmax.py",
    ]
}

c.ExecutePreprocessor.timeout = 300  # seconds for a cell; a training takes some
