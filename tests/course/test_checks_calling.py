"""Whatever a student's function does, it is reported: on the toy course, in a child process."""

import contextlib
import io
import json
import os
import queue
import struct
import sys
import threading
import time
from functools import partial

import numpy as np
import psutil
import pytest

from course import checks
from course.checks import calling, frames
from course.checks.calling import Child, Clock

HEAD = "import inspect, os, sys, time\nimport numpy as np\ndef total(numbers):\n"

# The descriptor over which the child sends its frames, as somebody finds it who looks for it.
CHANNEL = "[s.frame.f_locals['channel'] for s in inspect.stack(0) if s.function == 'main'][0]"


@pytest.fixture
def run_body(toy, tmp_path):
    """Return a function that checks `total` with this body."""

    def run(body, **options):
        file = tmp_path / "mine.py"
        file.write_text(HEAD + "    " + body + "\n", encoding="utf-8")
        return checks.run("total", root=toy.root, file=file, **options)

    return run


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("pass", "the result is not a number"),
        ("return 'one'", "the result is not a number"),
        ("return np.ones(3)", "the result is not a number"),
        ("return 1j", "the result is not a number"),
        ("return np.zeros((3000, 3000))", "the result is not a number"),
        ("return np.nan", "some numbers: nan instead of"),
        ("return 1 / 0", "runs: ZeroDivisionError: division by zero (mine.py, line 4)"),
        ("raise SystemExit", "runs: SystemExit (mine.py, line 4)"),
        ("raise KeyboardInterrupt", "runs: KeyboardInterrupt (mine.py, line 4)"),
        ("sys.exit(0)", "runs: SystemExit: 0 (mine.py, line 4)"),
        ("return total(numbers)", "runs: RecursionError: "),
        ("os._exit(0)", "it ended the Python process"),
        ("os.abort()", "it ended the Python process"),
        (
            "print('✓ \\ud800'); os.write(1, b'by its number'); return 7",
            "some numbers: 7 instead of",
        ),
        ("sys.stdout.close(); sys.stderr.close(); return 7", "some numbers: 7 instead of"),
        (  # a file would be one of the host's, in which a sandbox could write
            "import stat; return 7 * stat.S_ISFIFO(os.fstat(0).st_mode)",
            "some numbers: 7 instead of",
        ),
        ("os.chdir('/'); return float(input())", "runs: EOFError"),
        (f"os.write({CHANNEL}, b'\\0' * 7 + b'nonsense'); return 0", "it ended the Python"),
        (f"os.close({CHANNEL}); return 0.0", "it ended the Python process"),
    ],
)
def test_wrong_types_and_exceptions_are_reported(run_body, body, told):
    report = run_body(body)
    assert not report.passed and told in str(report)
    assert not report.misconceptions


@pytest.mark.parametrize(
    "body", ["while True: pass", "time.sleep(1000)", "return sum(range(10**12))  # in C"]
)
def test_a_hang_is_ended_and_where_it_was_is_told(run_body, body):
    told = "it did not finish in time (mine.py, line 4)"
    assert told in str(run_body(body, time_limit=2))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (  # as code does that waits for a busy processor
            "total.nap = total.nap if hasattr(total, 'nap') else time.sleep(1.5)\n    return 7",
            "some numbers: 7 instead of",
        ),
        ("while True: pass", "it did not finish in time (mine.py, line 4)"),
    ],
)
def test_where_processor_time_counts_a_busy_machine_decides_nothing(
    run_body, monkeypatch, body, told
):
    monkeypatch.setattr(checks, "call", partial(calling.call, slack=4))
    assert told in str(run_body(body, time_limit=3))


def test_a_hang_costs_the_processor_time_that_it_may_take_and_no_more(run_body, monkeypatch):
    monkeypatch.setattr(checks, "call", partial(calling.call, slack=100))
    before = os.times()
    run_body("while True: pass", time_limit=3)
    spent = os.times().children_user - before.children_user
    assert spent < 5  # two children: a second each, and their start; else they get 3 and 3


def test_the_calls_together_may_take_so_much_processor_time(toy, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        f"{HEAD}    end = time.process_time() + 0.2\n    while time.process_time() < end: pass"
    )
    target = calling.Target.of(toy, toy.exercises["total"], toy.root, file=file)
    problems = {str(number): {"numbers": np.ones(1)} for number in range(8)}
    for seconds, statuses in ((1.0, {"value", "hang"}), (5.0, {"value"})):
        found = calling.call(
            target, problems, dict.fromkeys(problems, "number"), time_limit=seconds, slack=1000
        )
        assert {one.status for one in found.by_name.values()} == statuses


def test_a_hang_that_hides_is_ended(run_body):
    body = "import faulthandler; faulthandler.cancel_dump_traceback_later(); time.sleep(99)"
    assert run_body(body, time_limit=1).lines[0].detail == "it did not finish in time"


def test_who_waits_is_told_once(run_body, monkeypatch, capsys):
    monkeypatch.setattr(calling, "PATIENCE", 0.1)
    run_body("time.sleep(99)", time_limit=2)
    assert capsys.readouterr().out.count("your code has been busy") == 1
    run_body("return 7")
    assert capsys.readouterr().out == ""


def test_an_answer_is_waited_for_as_long_as_the_clock_says(monkeypatch):
    monkeypatch.setattr(calling, "PATIENCE", 0.05)
    monkeypatch.setattr(calling, "START_LIMIT", 0.05)
    channel, told = queue.SimpleQueue(), []
    threading.Timer(0.5, channel.put, [b"at last"]).start()
    clock = Clock(limit=60, budget=60)
    clock.ready()
    clock.next()
    assert calling.next_of(channel, clock, lambda: told.append("busy")) == b"at last"
    assert told == ["busy"]


def test_what_a_child_started_is_ended_with_it(run_body, tmp_path):
    """Also what nobody's child is any more, as its parent has ended."""
    pid, orphan = tmp_path / "pid", "import os, time; os.fork() and os._exit(0); time.sleep(99)"
    body = (
        f"import subprocess; subprocess.run([sys.executable, '-c', {orphan!r}])\n"
        f"    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        f"    open({str(pid)!r}, 'w').write(str(child.pid)); return 7"
    )
    run_body(body)
    running = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE:
                running += [process.pid, process.cmdline()]
    assert int(pid.read_text()) not in running and [sys.executable, "-c", orphan] not in running


@pytest.mark.parametrize(
    ("harm", "told"),
    [("os._exit(1)", "it ended the Python process"), ("time.sleep(99)", "it did not finish")],
)
def test_a_hang_or_crash_in_one_problem_costs_that_one_only(run_body, harm, told):
    body = f"if len(numbers): {harm}\n    return 0.0"
    first, second = run_body(body, time_limit=3).lines
    assert not first.ok and told in first.detail
    assert second.ok


def test_after_two_losses_the_rest_is_left_out(toy, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(HEAD + "    os._exit(3)\n", encoding="utf-8")
    target = calling.Target.of(toy, toy.exercises["total"], toy.root, file=str(file))
    problems = {str(number): {"numbers": np.zeros(1)} for number in range(4)}
    outcomes = calling.call(target, problems, dict.fromkeys(problems, "number"))
    statuses = [one.status for one in outcomes.by_name.values()]
    assert statuses == ["crash", "crash", "left out", "left out"]


def test_a_flood_is_survived_and_noted(run_body):
    flood = "for i in range(20000): print('y' * 80)\n    sys.stderr.write('x' * 100)\n    return 7"
    note = "It prints more than a million characters, which slows it down and hides other output."
    assert run_body(flood).notes == [note]
    assert not run_body("print('y' * 400_000); return 7").notes
    assert "it did not finish in time" in str(
        run_body("while True: print('y' * 1000)", time_limit=3)
    )


def test_a_child_that_does_not_start_is_no_matter_of_the_students(toy):
    target = calling.Target.of(toy, toy.exercises["total"], toy.root)
    start = partial(calling.started, command=[sys.executable, "-c", "print('no room')"])
    with pytest.raises(calling.NotStarted, match="did not start: no room"):
        calling.call(target, {"three": {}}, {"three": "number"}, start=start)


def test_a_clock_counts_from_when_the_child_is_ready(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = Clock(limit=3.0, budget=5.0)
    assert clock.left == calling.START_LIMIT
    now[0] += 50
    clock.ready()
    clock.next()
    assert (clock.began, clock.left) == (150.0, 3.0)
    now[0] += 2.5
    clock.next()
    assert clock.left == 2.5, "no frame gets more than what is left for all"
    now[0] += 9
    assert clock.left == 0.0


# Frames: a student's code can write into the pipe, too

RETURNS = {"meta": {"type": str, "changed?": ["a", "b"], "flag?": bool}, "arrays": ["x", "y?"]}
ERROR = {"error": "E", "message": "m", "file": "f.py", "line": 3, "missing": False}


def packed(meta, arrays=None, save=np.savez):
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    save(buffer, meta=text, **(arrays or {}))
    return framed(buffer.getvalue())


def framed(content):
    return struct.pack(">Q", len(content)) + content


def test_frames_come_whole_however_the_bytes_are_cut():
    stream = packed({"n": 1}, {"x": np.arange(6.0).reshape(2, 3)}) + packed({"n": 2})
    for size in (1, 7, 8, 100, len(stream)):
        reader, found = frames.Frames(), []
        for start in range(0, len(stream), size):
            found += reader.add(stream[start : start + size])
        assert [meta for meta, _ in found] == [{"n": 1}, {"n": 2}]
        assert np.array_equal(found[0][1]["x"], np.arange(6.0).reshape(2, 3))


def test_arrays_by_columns_and_of_other_types_are_read():
    arrays = {"f": np.asfortranarray(np.arange(6).reshape(2, 3)), "b": np.array([True, False])}
    [(_, found)] = frames.Frames().add(packed({}, arrays))
    for name, array in arrays.items():
        assert np.array_equal(found[name], array)


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (framed(b"no archive"), "not a frame"),
        (struct.pack(">Q", frames.MOST_FRAME + 1), "a frame of 1000001 bytes"),
        (packed({"n": 1}, save=np.savez_compressed), "too large"),
        (packed([1, 2]), "no table"),
        (packed({"n": "x" * frames.MOST_META}), "too long"),
        (packed({}, {"x": np.array(["text"])}), "not an array of numbers"),
        (packed({}, {"x": np.array([1j])}), "not an array of numbers"),
    ],
)
def test_what_is_no_frame_is_refused(stream, told):
    with pytest.raises(ValueError, match=told):
        list(frames.Frames().add(stream))


def test_frames_of_the_greatest_size_and_text_are_read():
    meta = {"n": "x" * (frames.MOST_META - len(json.dumps({"n": ""})))}
    assert next(frames.Frames().add(packed(meta)))[0] == meta
    room = frames.MOST_FRAME - len(packed({}, {"x": np.zeros(0, np.uint8)})) + 8
    stream = packed({}, {"x": np.zeros(room, np.uint8)})
    assert len(stream) == frames.MOST_FRAME + 8 and list(frames.Frames().add(stream))
    with pytest.raises(ValueError, match="a frame of"):
        list(frames.Frames().add(packed({}, {"x": np.zeros(room + 1, np.uint8)})))


def test_a_bomb_is_not_unpacked():
    bomb = packed({}, {"x": np.zeros(frames.MOST_FRAME + 1, np.uint8)}, np.savez_compressed)
    assert len(bomb) < 100_000
    with pytest.raises(ValueError, match="not a frame"):
        list(frames.Frames().add(bomb))


def test_only_what_was_asked_for_comes_through():
    meta, arrays = frames.told_of_value(
        RETURNS, {"type": "a\x1b[0m" + "b" * 400, "index": 3, "event": "value"}, {"x": np.ones(2)}
    )
    assert meta == {"type": ("a\ufffd[0m" + "b" * 400)[: frames.MOST_TEXT]}
    assert arrays["x"].dtype == np.float64
    fine = {"type": "t", "changed": ["b"], "flag": True}
    assert frames.told_of_value(RETURNS, fine, {"x": np.ones(1), "y_shape": np.ones(2)})[0] == fine


@pytest.mark.parametrize(
    ("meta", "arrays"),
    [
        ({}, ["x"]),
        ({"type": "t"}, []),
        ({"type": "t"}, ["x", "z"]),
        ({"type": 3}, ["x"]),
        ({"type": "t", "other": 1}, ["x"]),
        ({"type": "t", "flag": 1}, ["x"]),
        ({"type": "t", "changed": "a"}, ["x"]),
        ({"type": "t", "changed": ["c"]}, ["x"]),
        ({"type": "t", "changed": [["a"]]}, ["x"]),
        ({"type": "t", "changed": ["a", "b", "a"]}, ["x"]),
    ],
)
def test_anything_else_is_refused(meta, arrays):
    with pytest.raises(ValueError):
        frames.told_of_value(RETURNS, meta, dict.fromkeys(arrays, np.ones(1)))


@pytest.mark.parametrize("line", [-1, True, 2.0, frames.MOST_LINE + 1])
def test_a_line_is_a_number_of_one(line):
    assert frames.told_of_error({**ERROR, "line": frames.MOST_LINE})["line"] == frames.MOST_LINE
    assert frames.told_of_error({**ERROR, "line": 0})["line"] == 0
    with pytest.raises(ValueError, match="'line' is not what it should be"):
        frames.told_of_error({**ERROR, "line": line})


def child_after(*frames_before):
    child = Child(None, {4: RETURNS, 7: RETURNS})
    for meta in frames_before:
        child.take(meta, {"x": np.ones(1)})
    return child


READY, START = {"event": "ready"}, {"event": "start", "index": 4}
VALUE = {"event": "value", "index": 4, "type": "t"}
RAISES, IMPORT = {"event": "raises", "index": 4, **ERROR}, {"event": "import", **ERROR}


def test_a_child_answers_in_turn():
    child = child_after(READY, START, VALUE, {**START, "index": 7})
    assert child.found[4].status == "value" and child.waiting == [7] and not child.done
    child.take({**RAISES, "index": 7}, {})
    assert child.done and child.found[7].meta == ERROR
    assert child_after(READY, IMPORT).done


@pytest.mark.parametrize(
    "frames_then",
    [
        (START,),
        (IMPORT,),
        (READY, READY),
        (READY, VALUE),
        (READY, {**START, "index": 7}),
        (READY, {**START, "index": True}),
        (READY, START, START),
        (READY, START, IMPORT),
        (READY, START, VALUE, VALUE),
        (READY, START, VALUE, START),
        (READY, IMPORT, START),
        (READY, IMPORT, IMPORT),
        (READY, START, {**VALUE, "event": "other"}),
    ],
)
def test_what_is_out_of_turn_is_refused(frames_then):
    *before, last = frames_then
    child = child_after(*before)
    with pytest.raises(ValueError, match="out of turn"):
        child.take(last, {"x": np.ones(1)})
