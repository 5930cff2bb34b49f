"""Does the simulated run agree with arithmetic, and with the real scheduler?"""

import numpy as np
import pytest

pytest.importorskip("distributed")

from benchmarks import grading_simulate as simulate
from course.grader.store import FORMAT, VERSION, Store


def busy(run, times):
    """Return how many workers are busy at each of the times."""
    started = np.searchsorted(np.sort(run.starts), times, side="right")
    return started - np.searchsorted(np.sort(run.ends), times, side="right")


DURATIONS = np.random.default_rng(231).lognormal(3, 0.4, 400)


def test_a_run_that_can_be_worked_out_by_hand():
    # Two workers: 4 and 1 begin; then 1, 1 and 1 go to the second; the 3 waits for the first.
    run = simulate.simulate([4.0, 1.0, 1.0, 1.0, 1.0, 3.0], 2)
    assert run.makespan == 7.0 and run.ideal == 5.5
    assert run.idle == pytest.approx(1 - 11 / 14)
    assert run.tail == 3.0  # from the end of all others, at 4, to that of the last one
    np.testing.assert_array_equal(busy(run, np.array([0.5, 3.5, 5.0, 7.5])), [2, 2, 1, 0])


def test_the_longest_first_is_better_and_nothing_beats_the_ideal():
    arrival = simulate.simulate(DURATIONS, 16)
    longest = simulate.simulate(np.sort(DURATIONS)[::-1], 16)
    assert arrival.ideal == pytest.approx(longest.ideal)
    assert longest.ideal <= longest.makespan < arrival.makespan
    # Graham's bound for taking them as they come.
    assert arrival.makespan <= DURATIONS.sum() / 16 + DURATIONS.max()


def test_one_worker_and_a_slow_sender_take_as_long_as_the_slower_of_both():
    alone = simulate.simulate(DURATIONS, 1)
    assert alone.makespan == pytest.approx(DURATIONS.sum()) and alone.idle < 1e-9
    # 400 submissions at 10 s each; all other work is done at the same time, but for the last.
    slow = simulate.simulate(DURATIONS, 64, overhead=10.0)
    assert slow.makespan == pytest.approx(4000 + DURATIONS[-1], abs=DURATIONS.max())
    assert slow.idle > 0.9


def test_lost_workers_cost_time_and_no_submission():
    lossy = simulate.simulate(DURATIONS, 16, loss=0.2)
    lost = (~lossy.finished).sum()
    assert 40 < lost < 120  # 80 are expected, with a standard deviation of 8
    assert lossy.finished.sum() == len(DURATIONS) and len(lossy.starts) == len(DURATIONS) + lost
    assert lossy.makespan > simulate.simulate(DURATIONS, 16).makespan
    assert busy(lossy, np.linspace(0, lossy.makespan, 500)).max() <= 16


def test_a_worker_does_one_thing_at_a_time():
    for loss in (0.0, 0.2):
        run = simulate.simulate(DURATIONS, 5, overhead=0.5, loss=loss)
        moments = np.concatenate([run.starts, run.ends[:-1] - 1e-9])
        assert 0 < busy(run, moments).max() <= 5


def test_the_real_scheduler_takes_as_long_as_is_simulated():
    sleeps = DURATIONS[:64] / 200
    measured, simulated, overhead = simulate.check(sleeps, 4)
    assert 0 < overhead < 1
    assert measured > sleeps.sum() / 4  # no scheduler is faster
    # Dask may be late where others use the processors; that it is never idle is what is compared.
    assert measured < 2 * simulated + 5


def test_the_command_prints_a_table(tmp_path, capsys):
    with Store(tmp_path / "out") as store:
        for i, seconds in enumerate(DURATIONS[:20]):
            head = {"format": FORMAT, "version": VERSION, "slug": f"s{i}", "key": str(i)}
            store.save(head | {"times": {"seconds": seconds}}, {})
        store.save(head | {"slug": "lost", "times": {}}, {})
    command = [str(tmp_path / "out"), "--submissions", "500", "--workers", "8", "--draws", "2"]
    assert simulate.main(command) == 0
    told = capsys.readouterr().out
    assert "durations of 20 results" in told
    rows = [line.split() for line in told.splitlines() if line.startswith(("as they", "longest"))]
    minutes, ideal = (np.array([float(row[i]) for row in rows]) for i in (-6, -5))
    assert (minutes >= ideal).all() and minutes[1] <= minutes[0]


def test_a_folder_without_results_is_said(tmp_path):
    with pytest.raises(ValueError, match="holds no results with their durations"):
        simulate.read_durations(tmp_path)
