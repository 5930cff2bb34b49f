"""Run pytest again and again, each time in a fork of this process, which has imported libraries.

Their import takes longer than most test files. A line on stdin, a JSON list of a folder, a file for
what pytest prints, and its arguments, is answered by a line with its exit code. Nothing of ours is
imported here: each folder has its own. Nor is IPython, by which tqdm knows a notebook.
"""

import gc
import importlib
import json
import os
import sys

LIBRARIES = """
    numpy matplotlib.pyplot matplotlib.font_manager imageio.v3 PIL.Image
    nbformat nbformat.validator nbclient nbconvert.exporters jupyter_client jinja2 mistune bleach
    pygments.lexers sqlalchemy.dialects.sqlite tqdm wcwidth pytest _pytest.pytester dask distributed
"""


def serve(requests):
    for name in LIBRARIES.split():
        importlib.import_module(name)
    gc.freeze()  # collections in the forks pass over what is here
    for line in requests:
        folder, output, *arguments = json.loads(line)
        if (child := os.fork()) == 0:
            return run(folder, output, arguments)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    return 0


def run(folder, output, arguments):
    """Do what `python -m pytest` does in a folder; return its exit code."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
    os.chdir(folder)
    sys.path[0] = folder  # which was that of this file
    return sys.modules["pytest"].main(arguments)


if __name__ == "__main__":
    sys.exit(serve(sys.stdin))
