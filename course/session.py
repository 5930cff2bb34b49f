"""What a notebook needs of the place where it runs: code that is read again, and data.

autoreload()    edited files are used by the next cell
get_data()      see that there is a data set; get_data("name") gets a certain one
"""

import importlib
import os
import sys

import IPython

from course import ROOT, definition
from course.outputs import data_sets

FULL = (9, 4)  # IPython's first version with %autoreload --full; an older one would not load at all


def autoreload():
    """Let the next cell use what was edited meanwhile, in whatever IPython this is."""
    shell, told = IPython.get_ipython(), ""
    try:
        shell.run_line_magic("load_ext", "autoreload")
    except ModuleNotFoundError as error:
        if error.name != "imp":
            raise
        # IPython 7 takes `reload` from a module that Python 3.12 has no more. Colab pairs the two.
        sys.modules["imp"], told = importlib, f", with importlib for IPython {IPython.__version__}"
        try:
            shell.run_line_magic("load_ext", "autoreload")
        finally:
            del sys.modules["imp"]
    mode = "2 --full" if IPython.version_info[:2] >= FULL else "2"
    shell.run_line_magic("autoreload", mode)
    print(f"The next cell uses what you edit (%autoreload {mode}{told}).")


def get_data(name=None, *, root=ROOT):
    """Get a data set of the course, with its progress; return its folder.

    Without a name, any that is there will do, and if there is none, the one is made that needs no
    network. Raises ValueError if there is none of this name, FileNotFoundError if it cannot be had.
    """
    course = definition.load(root)
    sets, stored = course.data.sets, course.data.stored
    if name is not None and name not in sets:
        raise ValueError(f"there is no data set {name!r}; there are: {', '.join(sets)}")
    there = [one for one in sets.values() if data_sets.is_there(course, one)]
    if name is None and (there or os.environ.get(course.data.variable)):
        return data_sets.find(course)
    folder = data_sets.get(course, sets[name or stored], show=True)
    if name is None:
        better = [one for one in sets if one != stored]
        others = " or ".join(f'session.get_data("{one}")' for one in better)
        print(f"This is the set {stored!r}. For another one: {others}")
    return folder
