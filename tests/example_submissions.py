"""Twelve example submissions, made from the solved tree: what a course hands in, good and bad.

    write(folder) -> [path, ...]      the submissions, each a folder or a zip
    EXAMPLES                          what each shows, and the points that it must get

Most notebooks are cut off after their first exercise, so that grading all takes about two minutes.
"""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course import ROOT
from course.checks.exercises import EXERCISES
from course.edition import release
from course.grader.examples import begin_with, blank, cut_notebooks, edit_cells, plant, solved
from course.submission import archive
from course.submission.contents import NOTEBOOKS, Contents, code_hash

SVM, SOFTMAX = NOTEBOOKS
SLOW_CELLS = ("samples-cell", "check-cell")
LAST_CELLS = {SVM: "check-svm-loss-naive", SOFTMAX: "check-softmax-loss-naive"}
ANSWERS = [(name, f"answer-{number}") for name in NOTEBOOKS for number in (1, 2)]


@dataclass(frozen=True)
class Example:
    """`make()` returns the entries of a zip, or of a folder where `name` does not end in .zip."""

    name: str
    shows: str
    make: Callable
    lost: tuple = ()  # the exercises that earn nothing
    misconceptions: tuple = ()  # that are named

    def points(self):
        """Return the automatic points that it must get."""
        return sum(value for name, value in exercise_points().items() if name not in self.lost)


def exercise_points():
    """Return {exercise: points}; its check cell has the same name, with hyphens."""
    graded = {}
    for cells in release.read_points(ROOT, []).values():
        graded |= cells
    return {name: graded[f"check-{name.replace('_', '-')}"] for name in EXERCISES}


def short(executed=True):
    """Return a finished submission with short notebooks."""
    return cut_notebooks(solved(executed), LAST_CELLS, SLOW_CELLS)


def full_marks():
    """What `make submission` packs, apart from its pages."""
    files = solved()
    passed = dict.fromkeys(EXERCISES, True)
    return archive.with_manifest(ROOT, Contents(files), {}, passed, code_hash(files))


def misconceptions():
    files = plant(short(executed=False), "no-mean", "svm_loss_naive")
    files = plant(files, "correct-class-not-subtracted", "softmax_loss_vectorized")
    return plant(files, "wrong-sign", "train")


def crash():
    return begin_with(short(executed=False), "softmax_loss_naive", "import os; os._exit(0)")


def infinite_loop():
    return begin_with(short(), "train", "while True: pass")


def forged():
    """Outputs of code that was never written, and a number that no code printed."""
    files = short()
    untouched = blank()
    path = EXERCISES["softmax_loss_naive"].path

    def edit(cell):
        for output in cell["outputs"]:
            output["text"] = re.sub(r"\d+\.\d+", "0.001", "".join(output["text"]))

    return edit_cells({**files, path: untouched[path]}, SVM, {"naive-cell": edit})


def python_2():
    files = short(executed=False)
    path = EXERCISES["svm_loss_naive"].path
    return {**files, path: files[path] + b'\nprint "all done"\n'}


def nested():
    """A folder with a zip from a Mac, in which the folder is doubled."""
    inner = {f"assignment1/assignment1/{name}": content for name, content in short().items()}
    inner["__MACOSX/assignment1/._assignment1"] = b"\0\5\x16\7"
    return {"homework/assignment1.zip": zipped(inner), "__MACOSX/._homework": b"\0\5\x16\7"}


def answered(files, *texts):
    """Return the files with the four inline answers replaced."""
    for (name, id), text in zip(ANSWERS, texts, strict=True):
        files = edit_cells(files, name, {id: lambda cell, text=text: cell.update(source=text)})
    return files


def other_languages():
    return answered(
        short(),
        "Излом функции потерь при нулевом зазоре: производная там не определена.",
        "重みは各クラスの平均画像に似ている。背景の色がよく見える。",
        "لأن كل فئة من الفئات العشر تحصل على الاحتمال نفسه تقريبا.",
        "Wahr: Der Hinge-Verlust wird genau null, der Softmax-Verlust nie.",
    )


def never_run():
    return short(executed=False)


def broken():
    whole = zipped(short(executed=False))
    return whole[: len(whole) // 2]


def scripts():
    return answered(
        short(),
        "<script>document.title = 'run'</script> The kink of the hinge.",
        "<img src=x onerror=\"document.title = 'run'\"> Blurred averages.",
        "[all are alike](javascript:document.title='run')",
        "</div></body><style>body {display: none}</style> True.",
    )


SOFTMAX_LOSSES = ("softmax_loss_naive", "softmax_loss_vectorized")
EXAMPLES = (
    Example("full-marks.zip", "everything is right, and packed by `make submission`", full_marks),
    Example("blank", "the untouched student edition, as a folder", blank, tuple(EXERCISES)),
    Example(
        "misconceptions.zip",
        "three exercises are wrong in well-known ways, which are named",
        misconceptions,
        ("svm_loss_naive", "softmax_loss_vectorized", "train"),
        ("no-mean", "correct-class-not-subtracted", "wrong-sign"),
    ),
    Example(
        "crash.zip",
        "softmax_loss_naive ends its process; that costs this exercise only",
        crash,
        ("softmax_loss_naive",),
    ),
    Example(
        "infinite-loop.zip",
        "train never returns; that costs this exercise only",
        infinite_loop,
        ("train",),
    ),
    Example(
        "forged.zip",
        "the softmax losses were never written, though the notebook shows that they pass; a number "
        "that the other notebook stores was edited",
        forged,
        SOFTMAX_LOSSES,
    ),
    Example(
        "python-2.zip",
        "linear_svm.py has a print statement, and is no Python of today",
        python_2,
        ("svm_loss_naive", "svm_loss_vectorized"),
    ),
    Example("nested", "a zip in a folder, with a doubled folder and what a Mac adds", nested),
    Example(
        "other-languages.zip", "answers in Russian, Japanese, Arabic and German", other_languages
    ),
    Example("never-run.zip", "right code, but the notebooks store no outputs", never_run),
    Example("broken.zip", "half of a zip, of which nothing can be read", broken, tuple(EXERCISES)),
    Example(
        "<img src=x onerror=alert(1)>.zip",
        "scripts in the answers and in the name, which no page may run",
        scripts,
    ),
)


def zipped(entries):
    """Return the bytes of a zip, the same for the same entries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, entries[name])
    return buffer.getvalue()


def write(folder):
    """Write all examples into a folder, which is made; return their paths.

    Raises FileExistsError if the folder holds anything else.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    others = {path.name for path in folder.iterdir()} - {one.name for one in EXAMPLES}
    if others:
        raise FileExistsError(f"{folder} holds {min(others)!r}; name a new folder for the examples")
    paths = []
    for example in EXAMPLES:
        path, made = folder / example.name, example.make()
        if path.suffix == ".zip":
            path.write_bytes(zipped(made) if isinstance(made, dict) else made)
        else:
            for name, content in made.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(content)
        paths.append(path)
    return paths
