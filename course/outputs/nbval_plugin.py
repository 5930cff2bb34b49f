"""A pytest plugin that makes nbval compare numbers with a tolerance and figures as pictures.

nbval decides what is collected and runs the cells; the comparison (compare.py) is ours, and so is
what it takes to be strict: a cell that was never executed fails, and so does every cell after one
that did not run to its end. Pictures that differ are written to build/nbval/<notebook>/<cell>/.
"""

import os
import re
import shutil

import imageio.v3 as iio
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from course import definition
from course.outputs import data_sets
from course.outputs.compare import Tolerance, compare_value, contents


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Put ours in the place of nbval's notebook, so that nbval's options mean what they meant."""
    collected = yield
    return [
        Notebook.from_parent(parent, path=file_path) if isinstance(node, IPyNbFile) else node
        for node in collected
    ]


class Notebook(IPyNbFile):
    broken = None  # the first cell that did not run to its end

    def collect(self):
        for item in super().collect():
            yield Cell.from_parent(
                self,
                name=f"{item.cell_num} {_heading(self.nb.cells, item.cell)}",
                cell_num=item.cell_num,
                cell=item.cell,
                options=item.options,
            )

    def setup(self):
        """Start the kernel on the data set of the stored outputs, whatever the environment says."""
        # Matplotlib reports on stderr that it builds its font cache: not in the output of a cell.
        import matplotlib.font_manager  # noqa: F401

        course = definition.load()
        with pytest.MonkeyPatch.context() as patch:
            if course.data.stored:
                folder = data_sets.find(course, course.data.stored)
                patch.setenv(course.data.variable, str(folder))
            patch.delenv("MPLBACKEND", raising=False)  # Agg, usual on servers, shows no figures
            # On a busy machine the threads of small products wait for each other, for minutes.
            patch.setenv("OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS", "1"))
            super().setup()
        # nbval runs cells outside the history, where IPython does not see that a semicolon at the
        # end of a cell suppresses its result.
        execute = self.kernel.kc.execute
        self.kernel.kc.execute = lambda source, **options: execute(
            source, **options | {"store_history": True}
        )


class Cell(IPyNbCell):
    ran = False

    def reportinfo(self):
        return self.path, None, f"{self.path.name}: {self.name}"

    def runtest(self):
        if self.parent.broken:
            pytest.fail(f"not run, for cell {self.parent.broken!r} did not run to its end")
        checked = self.options["check"] and not self.options["skip"]
        if checked and self.cell.source.strip() and self.cell.execution_count is None:
            pytest.fail("the notebook is stored without outputs of this cell: execute it first")
        try:
            super().runtest()
        except Exception:
            if not self.ran:
                self.parent.broken = self.name
            raise

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, NbCellError):
            return super().repr_failure(excinfo)
        return f"{type(excinfo.value).__name__}: {excinfo.value}"

    def compare_outputs(self, test, ref, skip_compare=None):
        """Compare in order; nbval calls this once the cell has run, and prints the traceback."""
        self.ran = True
        self.comparison_traceback = problems = []
        shutil.rmtree(self.folder(), ignore_errors=True)  # what an earlier run has written
        expected, actual = contents(ref), contents(test)
        kinds = [[kind for kind, _ in side] for side in (expected, actual)]
        if kinds[0] != kinds[1]:
            problems.append("expected outputs {}, got {}".format(*kinds))
            problems += [value for kind, value in actual if kind in ("stderr", "error")]
            return False
        tolerance = Tolerance.of(self.cell)
        for n, ((kind, old), (_, new)) in enumerate(zip(expected, actual, strict=True)):
            lines, pictures = compare_value(kind, old, new, tolerance)
            if lines:
                problems += [f"{kind}:", *lines, *self.write_pictures(n, pictures)]
        return not problems

    def folder(self):
        """Return where pictures of this cell are written."""
        name = str(self.cell.get("id", self.cell_num))
        return self.config.rootpath / "build" / "nbval" / self.path.stem / name

    def write_pictures(self, n, pictures):
        self.folder().mkdir(parents=True, exist_ok=True)
        for role, picture in pictures.items():
            path = self.folder() / f"{n}-{role}.png"
            iio.imwrite(path, picture)
            yield f"{role}: {path.relative_to(self.config.rootpath)}"


def _heading(cells, cell):
    """Return the heading above a cell, without its marks."""
    above = cells[: next(i for i, other in enumerate(cells) if other is cell)]
    text = "\n".join(other.source for other in above if other.cell_type == "markdown")
    headings = re.findall(r"^#+ +(.*)", text, flags=re.MULTILINE)
    return headings[-1] if headings else cell.get("id", "")
