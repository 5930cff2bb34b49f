"""Does somebody who is not root grade as root does?"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sandbox_users import BECOME, SOMEBODY, SYSTEM_PYTHON
from submissions import to_zip
from toy_course import copy_toy

from course.grader.examples import blank, plant, solved
from course.grader.store import Store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux"),
    pytest.mark.skipif(sys.platform == "linux" and os.geteuid() != 0, reason="the others show it"),
]
VERSION = "import sys; print(*sys.version_info[:2], sep='.')"


def environment(folder):
    """Make a virtual environment for everybody, with the packages of ours; return its Python.

    Root's own is often in a folder that is closed to others.
    """
    version = "{}.{}".format(*sys.version_info)
    if shutil.which(SYSTEM_PYTHON) is None:
        pytest.skip("there is no Python that every user can run")
    told = subprocess.run([SYSTEM_PYTHON, "-c", VERSION], capture_output=True, text=True).stdout
    if told.strip() != version:
        pytest.skip(f"the system's Python is {told.strip()}, these packages are for {version}")
    packages = Path(pytest.__file__).parents[1]
    lib = folder / "lib" / f"python{version}"
    lib.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(SYSTEM_PYTHON)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(SYSTEM_PYTHON).parent}\n")
    shutil.copytree(packages, lib / "site-packages", symlinks=True, copy_function=link)
    return folder / "bin" / "python"


def link(source, target):
    try:
        os.link(source, target)
    except OSError:  # on another file system
        shutil.copy(source, target)


def test_a_user_who_is_not_root_grades_the_same(tmp_path):
    toy = copy_toy(tmp_path / "toy")
    handed_in = {
        "ada": solved(toy),
        "bob": blank(toy),
        "cy": plant(toy, solved(toy), "always-zero", "total"),
    }
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        place = Path(name)
        python = environment(place / "environment")
        shutil.copytree(toy.root, place / "toy")
        (place / "in").mkdir()
        for student, files in handed_in.items():
            to_zip(files, place / "in" / f"{student}.zip")
        for path in (place, place / "toy", *(place / "toy").rglob("*"), *(place / "in").rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
        env = {"PATH": os.environ["PATH"], "HOME": name, "LANG": "C.UTF-8"}
        words = ["-m", "course.grader", "grade", "../in", "--out", "../out", "--seed", "20240"]
        run = {"cwd": place / "toy", "env": env, "capture_output": True, "text": True}
        mine = subprocess.run([*BECOME, python, *words], timeout=500, **run)
        assert mine.returncode == 0, mine.stderr
        assert "3 graded" in mine.stdout
        words[words.index("../out")] = "../root"
        roots = subprocess.run([python, *words], timeout=500, **run)
        assert roots.returncode == 0, roots.stderr
        assert (place / "out").stat().st_uid == SOMEBODY
        found = [list(Store(place / out).results()) for out in ("out", "root")]
    for result in (*found[0], *found[1]):
        del result["times"]
    assert found[0] == found[1]
    assert [one["points"]["automatic"] for one in found[0]] == [7, 0, 4]
    assert {(one["sandbox"], one["notebooks"][0]["status"]) for one in found[0]} == {
        (True, "executed")
    }
