"""Do Gradescope's file and the course's tables and page say what the results say?"""

import csv
import io
import json
import tracemalloc

import pytest
from bs4 import BeautifulSoup
from wcwidth import wcswidth

from course.export import grades, gradescope, outcome, overview
from course.text import clean, fit, one_line
from tests.sample_results import LOOPS, cell, executed, graded, result, text_of, with_exercises

# Gradescope


def test_gradescope_gets_scores_hints_and_what_waits():
    one = with_exercises(
        result(remarks=["README.md was left out"]),
        train={"status": "failed", "misconceptions": {"no-update": "The weights do not move."}},
        sum_vectorized=LOOPS,
    )
    given = {("one", "answer-1"): {"score": 4.0, "comment": "Good."}}
    found = gradescope.results(one, given)
    assert found["score"] == 64
    assert found["output"].startswith("64 of 100 points so far; answers worth 25 wait")
    assert found["output"].endswith("from top to bottom. Cells: none.\nREADME.md was left out")
    tests = {test["name"]: test for test in found["tests"]}
    assert len(tests) == len(found["tests"]) == 12
    assert [test["number"] for test in found["tests"]] == [str(n) for n in range(1, 13)]
    train = tests["one: train"]
    assert (train["score"], train["max_score"], train["status"]) == (0, 10, "failed")
    assert train["output"].endswith("✗ inputs left unchanged\n→ The weights do not move.")
    assert train["tags"] == ["one", "automatic", "no-update"]
    assert "Not vectorized" in tests["one: sum_vectorized"]["output"]
    first, second = (tests[f"one: Inline question {number}"] for number in (1, 2))
    assert (first["score"], first["output"]) == (4.0, "Good.")
    assert (second["score"], second["output"]) == (0, "Waits for a person.")
    most = [sum(test["max_score"] for test in gradescope.results(one, given)["tests"])
            for given in ({}, graded(one))]  # fmt: skip
    assert most == [100, 100]  # before and after a person graded
    # What Gradescope knows: anything else it refuses, or ignores.
    assert {test["visibility"] for test in found["tests"]} == {"visible"}
    assert {test["output_format"] for test in found["tests"]} == {"text"}
    assert sum(test.get("score", 0) for test in found["tests"]) == found["score"]
    json.dumps(found, allow_nan=False)


# The course

FAILED = {"status": "failed"}
NAMES = [
    "Ada",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "\t=1",
    " =1",
    "\uff1d1",
    '"; x',
    "a,b",
    "山田 太郎",
    "é\ud800",
]


@pytest.fixture(scope="module")
def rows(sample):
    found = []
    for number, name in enumerate(NAMES):
        hints = {"sign": "…"} if number % 2 else {}
        status = "failed" if number % 2 else "passed"
        made = result(name=name, slug=f"s{number}", sandbox=True)
        cells = [
            cell("train-cell", "differs"),
            cell("own", "fails"),
            cell("figure-2", "same"),
        ]
        made = with_exercises(made, sum_naive={"status": status, "misconceptions": hints})
        made["notebooks"] = [executed("one", cells[: number % 4])]
        found.append(overview.row(sample, made, graded(made, number % 6) if number > 2 else {}))
    return found


def table(text):
    assert text.startswith("\ufeff")  # by which Excel knows UTF-8
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("separator", ",;\t|")
def test_no_program_takes_a_name_for_a_formula_whatever_its_separator(sample, separator):
    names = ["=1", "a;=HYPERLINK(1)", 'b";=1', "c\t=1", "d|+1", "e, -1", '";"=1', "Zoë Müller"]
    made = [
        overview.row(sample, result(name=name, slug=f"s{n}", student={"id": f"{n};=1"}))
        for n, name in enumerate(names)
    ]
    cells = [
        cell
        for line in csv.reader(io.StringIO(grades.table_of(made)), delimiter=separator)
        for cell in line
    ]
    assert not [cell for cell in cells if cell.strip(' "').startswith(("=", "+1", "-1", "@"))]
    assert any("Zoë Müller" in cell for cell in cells)


def test_grades_are_complete_and_no_name_is_a_formula(rows, sample):
    read = table(grades.table_of(rows))
    assert len(read) == len(NAMES)
    for line, number in zip(read, range(len(NAMES)), strict=True):
        assert line["slug"] == f"s{number}"
        assert line["one: sum_naive"] == ("0" if number % 2 else "15")
        assert (line["total"] == "") == (number < 3) == bool(line["waits"])
        assert line["so far"] == str(70 - 15 * (number % 2) + (number % 6 * 6 if number > 2 else 0))
        assert (
            line["one.ipynb"]
            == ("nothing to compare", "1 different", *2 * ["1 failing, 1 different"])[number % 4]
        )
        assert line["two.ipynb"] == ""
        given = "" if number < 3 else str(number % 6)
        assert line["one: Inline question 1"] == line["two: Hyperparameter search"] == given
        assert not line["name"].lstrip().startswith(tuple("=+-@\uff1d\t"))
    assert [line["name"] for line in read[:2]] == ["Ada", "'=1+1"]
    lowered = with_exercises(result())
    manual = {("one", "check-train"): {"score": 2.5, "comment": ""}}
    [line] = table(grades.table_of([overview.row(sample, lowered, manual)]))
    assert (line["by hand"], line["so far"]) == ("-7.5", "62.5")  # a number, with no quote before


def test_columns_are_the_same_for_all_whatever_exercises_are_called_and_whatever_became_of_them(
    sample,
):
    one, other = with_exercises(result()), with_exercises(result(slug="b", notebooks=[]))
    for made in (one, other):
        made["exercises"][2]["exercise"] = "total"
    text = grades.table_of([overview.row(sample, made) for made in (other, one)])
    header, first, second = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert len(set(header)) == len(header) == len(first) == len(second)
    line = dict(zip(header, second, strict=True))
    assert (line["total"], line["one: total"]) == ("", "10")


def test_both_files_are_written_whole_sorted_and_the_same_each_time(rows, sample, tmp_path):
    (tmp_path / "grades.csv").write_text("old")
    overview.write(sample, tmp_path, reversed(rows))
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    overview.write(sample, tmp_path, rows)
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(first) == ["grades.csv", "index.html"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    names = [line["name"] for line in table(first["grades.csv"].decode())]
    assert names.index("Ada") > names.index("a,b")  # without regard to case


def test_the_course_page_counts_right_and_links_to_all_feedback(rows, sample):
    html = overview.index(sample, rows)
    soup = BeautifulSoup(html, "html.parser")
    told = text_of(html)
    assert "12 submissions 3 have answers that wait for a person." in told
    assert "sum_naive 6 6 0 0 sum_vectorized 12 0 0 0" in told
    assert "train-cell one.ipynb 9" in told
    assert "own one.ipynb" not in told  # a student's cell
    links = [link["href"] for link in soup.select("#submissions ~ div a")]
    assert sorted(links) == sorted(f"feedback/s{i}/feedback.html" for i in range(len(NAMES)))
    assert "sign: 6 (50%)" in told
    shown = [caption.text for caption in soup.select("figcaption")]
    assert shown == ["Points for exercises: median 62.5 of 70"]  # not altogether: some wait


def test_a_distribution_counts_points_in_round_steps(rows, sample):
    found = overview.distribution(rows[3:])
    bars = dict(found["bars"])
    assert list(bars) == list(range(0, 105, 5))
    totals = [one["points"].total for one in rows[3:]]
    assert sum(bars.values()) == len(totals) == 9
    assert all(bars[n] == sum(abs(one - n) < 2.5 for one in totals) for n in bars)
    assert found["told"] == "Points altogether: median 82 of 100"
    waiting = overview.distribution(rows)
    assert list(dict(waiting["bars"])) == list(range(0, 75, 5)) and "exercises" in waiting["told"]


def test_equal_work_is_told_to_the_instructor_whatever_its_formatting(sample):
    code = "def f(x):\n    return x + 1  # so\n\n\n" + "def g(y):\n    return [y, y, y]\n"
    answer = "Because the margin of 1 is only a matter of scale."

    def made(name, content, code, answer):
        one = result(name=name, slug=name, content=content * 64)
        one["exercises"] = [entry | {"code": code} for entry in one["exercises"]]
        one["answers"][0]["source"] = answer
        return overview.row(sample, one)

    rows = [
        made("a", "a", code, answer),
        made("b", "b", code.replace("  # so", "").replace("\n\n", "\n"), "Another answer. " * 5),
        made("c", "c", code.replace("1", "2"), answer.replace(" ", "  ")),
        made("d", "d", "", ""),
    ]
    found = [(what, [one["name"] for one in group]) for what, group in overview.equal_work(rows)]
    assert found == [
        ("the code of all exercises", ["a", "b"]),
        ("one: Inline question 1", ["a", "c"]),
    ]
    twins = [made("e", "e", code, answer), made("f", "e", code, answer)]
    assert [what for what, _ in overview.equal_work(twins)] == ["all files"]
    assert "The same work, all files: e , f" in text_of(overview.index(sample, twins))


def test_the_course_page_says_who(rows, sample):
    about = {"absent": ["Jane Doe"], "not_graded": [("list.pdf", "no student")]}
    told = text_of(overview.index(sample, rows, about | {"states": {"reused": 3, "graded": 9}}))
    assert "Nothing handed in (1): Jane Doe" in told
    assert "Not graded: list.pdf: no student" in told
    assert "9 graded, 3 kept from before" in told
    bare, all_wrong = result(notebooks=[executed("one")]), {}
    for entry in bare["exercises"]:
        all_wrong[entry["exercise"]] = {"status": "broken"}
    told = text_of(
        overview.index(sample, [overview.row(sample, with_exercises(bare, **all_wrong))])
    )
    assert "one: nothing to compare all" in told  # nor is what was never run "as stored"
    told = text_of(overview.index(sample, rows))
    assert "one: " in told and "different" in told  # an edited number is seen from here


def test_a_submission_that_is_gone_loses_its_feedback_and_that_is_said(tmp_path, capsys):
    for folder in ("feedback", "gradescope"):
        for slug in ("ann", "ben"):
            (tmp_path / folder / slug).mkdir(parents=True)
            (tmp_path / folder / f"{slug}.zip").touch()
    outcome.withdraw(tmp_path, {"ann"})
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*"))
    assert left == ["feedback/ann", "feedback/ann.zip", "gradescope/ann", "gradescope/ann.zip"]
    told = "ben: the submission is gone, so its feedback was removed\n"
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("number", [0, 1])
def test_a_course_may_be_empty_or_have_one_submission(rows, sample, number, tmp_path):
    overview.write(sample, tmp_path, rows[:number])
    assert overview.summary_table(rows[:number])


def test_the_terminal_table_is_aligned_and_has_80_columns(sample):
    names = ["Ada", "山田太郎" * 9, "e\u0301" * 40, "\x1b[31mred\x1b[0m\r\n\u202e", "x" * 300, ""]
    made = [overview.row(sample, result(name=name, slug=f"s{i}")) for i, name in enumerate(names)]
    lines = overview.summary_table(made).split("\n")
    table = lines[: 1 + len(names)]
    assert all(wcswidth(line) <= 80 for line in lines)
    assert all(line.isprintable() for line in lines)
    assert table[0].split() == ["submission", "auto", "hand", "total", "not", "right"]
    assert {wcswidth(line[: line.rindex("*")]) for line in table[1:]} == {47}
    wrong = overview.summary_table([overview.row(sample, with_exercises(result(), train=FAILED))])
    assert wrong.split("\n")[1].endswith(" train")
    short = overview.summary_table(made * 20, most=10)
    assert "and 110 more, in grades.csv" in short
    assert short.count("\n") < 20


def test_ten_thousand_rows_need_little_memory(sample, tmp_path):
    hints = {"misconceptions": {"sign": "", "margin": ""}, "status": "failed"}
    cells = [cell(id, "differs") for id in ("train-cell", "figure-1", "figure-2", "search-cell")]
    made = with_exercises(result(notebooks=[executed("one", cells)]), train=hints)
    tracemalloc.start()
    try:
        many = [
            overview.row(sample, made | {"slug": f"s{i}", "name": f"n {i}"}) for i in range(2000)
        ]
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / 2000 < 6000  # bytes a row: 60 MB for 10,000
    overview.write(sample, tmp_path, many)
    assert (tmp_path / "index.html").stat().st_size < 2_000_000


# Text


def test_text_is_made_fit_to_be_shown():
    assert clean("a\r\nb\rc\td\x00\x1b[2Je\ud800\u202e\u2028") == "a\nb\nc\tde"
    assert clean("שלום می‌خواهم 👩‍🔬") == "שלום می‌خواهم 👩‍🔬"  # joiners stay
    assert one_line("a\n\n b\t" + "c" * 300, 10) == "a b ccccc…"
    assert clean(None) == "None"
    assert wcswidth("a山é\u0301") == 4
    assert fit("山田太郎", 5) == "山田…"
    assert fit("山田太郎", 6) == "山田… "
    assert fit("7", 3, right=True) == "  7"
