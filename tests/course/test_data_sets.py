"""Is the data set found that is meant, got once when it is needed, and is the way out told?"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from course import definition
from course.outputs import data_sets


def fill(folder):
    folder.mkdir(parents=True)
    (folder / "numbers.txt").write_text("4 5 6\n")
    return folder


def calls(course):
    path = course.root / "calls"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_course_without_data_has_no_data_set(toy):
    assert data_sets.find(toy) is None
    assert not (toy.root / "build").exists()


def test_the_stored_set_is_got_once_where_there_is_none(toy_with_data):
    drawn = toy_with_data.root / "datasets" / "drawn"
    assert data_sets.find(toy_with_data) == drawn and calls(toy_with_data) == 1
    assert (drawn / "numbers.txt").read_text() == "1 2 3\n"
    assert data_sets.find(toy_with_data) == data_sets.find(toy_with_data, "drawn") == drawn
    assert calls(toy_with_data) == 1


def test_the_best_set_that_is_there_is_taken_and_none_is_got(toy_with_data):
    measured = fill(toy_with_data.root / "datasets" / "measured")
    assert data_sets.find(toy_with_data) == data_sets.find(toy_with_data, "measured") == measured
    assert calls(toy_with_data) == 0
    assert data_sets.find(toy_with_data, "drawn") == toy_with_data.root / "datasets" / "drawn"


def test_the_variable_names_any_set_but_the_stored_one(
    toy_with_data, tmp_path_factory, monkeypatch
):
    other = fill(tmp_path_factory.mktemp("other") / "set")
    fill(toy_with_data.root / "datasets" / "measured")
    monkeypatch.setenv("TOY_DATA", str(other))
    assert data_sets.find(toy_with_data) == data_sets.find(toy_with_data, "measured") == other
    assert calls(toy_with_data) == 0
    assert data_sets.find(toy_with_data, "drawn") == toy_with_data.root / "datasets" / "drawn"
    monkeypatch.setenv("TOY_DATA", "")
    assert data_sets.find(toy_with_data) == toy_with_data.root / "datasets" / "measured"


def test_a_folder_that_is_no_data_set_is_refused(toy_with_data, monkeypatch):
    monkeypatch.setenv("TOY_DATA", "nowhere")
    with pytest.raises(FileNotFoundError, match=r"TOY_DATA is 'nowhere': set it .*numbers\.txt"):
        data_sets.find(toy_with_data)


def test_a_set_that_is_not_there_and_not_got_is_told_with_the_way_out(toy_with_data):
    told = r"no measured numbers in datasets/measured: `python get\.py measured` gets it, TOY_DATA"
    with pytest.raises(FileNotFoundError, match=told):
        data_sets.find(toy_with_data, "measured")
    assert calls(toy_with_data) == 0


def test_a_command_that_fails_is_told(toy_with_data):
    path = toy_with_data.root / definition.FILE
    text = path.read_text().replace('get = ["get.py", "drawn"]', 'get = ["get.py", "away"]')
    path.write_text(text)
    told = r"no drawn numbers: `python get\.py away` ended with exit status 3"
    with pytest.raises(FileNotFoundError, match=told):
        data_sets.find(definition.load(toy_with_data.root))


def test_processes_that_need_it_at_once_get_it_once(toy_with_data):
    find = "from course import definition; from course.outputs import data_sets\n"
    find += "print(data_sets.find(definition.load()))"

    def run(_):
        command = [sys.executable, "-c", find]
        return subprocess.run(
            command, cwd=toy_with_data.root, capture_output=True, text=True, check=True
        )

    with ThreadPoolExecutor(3) as pool:
        found = {done.stdout.strip() for done in pool.map(run, range(3))}
    assert found == {str(toy_with_data.root / "datasets" / "drawn")}
    assert calls(toy_with_data) == 1
    assert {path.name for path in (toy_with_data.root / "datasets").iterdir()} == {"drawn"}
