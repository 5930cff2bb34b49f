"""Is a result kept whole or not at all, whatever happens to the process, the disk and the files?"""

import errno
import hashlib
import json
import os
import resource
import shutil
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conftest import ROOT, contents
from course.grader import store as module
from course.grader.store import Store, StoreError

PAGES = {"one.ipynb": b"{}" * 500, "one.html": b"<p>" * 500}


def result(slug="ada", key="k1", **more):
    made = {"format": "course-result", "version": 1, "slug": slug, "key": key}
    return made | {"keys": {"exercises": f"part of {key}"}, "content": key, "grader": "g"} | more


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "out") as opened:
        yield opened


def test_what_was_saved_is_loaded(store):
    store.save(result(points={"automatic": 70}), PAGES)
    loaded = store.load("ada", "k1")
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in PAGES.items()}
    assert loaded == result(points={"automatic": 70}, attachments=digests)
    assert store.load("ada") == loaded  # whatever its key
    assert store.find("k1") == store.find("part of k1") == (loaded, PAGES)
    assert store.load("ada", "k2") is store.load("bob") is store.find("k2") is None


def test_the_same_result_gives_the_same_bytes(store):
    store.save(result(), PAGES)
    first = contents(store.submissions)
    store.save(result(), PAGES)
    assert contents(store.submissions) == first
    assert set(first) == {f"ada/{name}" for name in ("result.json", *PAGES)}


def test_nobody_else_can_read_it(tmp_path):
    old = os.umask(0)
    try:
        with Store(tmp_path / "out") as store:
            store.save(result(), PAGES)
    finally:
        os.umask(old)
    for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_new_result_leaves_nothing_of_the_old_one(store):
    store.save(result(), PAGES)
    page = store.folder("ada") / "gradescope" / "results.json"  # what others put beside it
    page.parent.mkdir()
    page.write_text("{}")
    store.save(result(key="k2"), {"two.ipynb": b"new"})
    assert set(contents(store.submissions)) == {"ada/result.json", "ada/two.ipynb"}
    assert store.load("ada", "k1") is None and store.load("ada", "k2")


DAMAGES = {
    "no result": lambda folder: (folder / "result.json").unlink(),
    "half a result": lambda folder: os.truncate(folder / "result.json", 100),
    "an empty result": lambda folder: os.truncate(folder / "result.json", 0),
    "zeros": lambda folder: (folder / "result.json").write_bytes(bytes(300)),
    "not UTF-8": lambda folder: (folder / "result.json").write_bytes(b'"\xff"'),
    "a list": lambda folder: (folder / "result.json").write_text("[1]"),
    "deep": lambda folder: (folder / "result.json").write_text("[" * 100_000),
    "another version": lambda folder: rewrite(folder, version=2),
    "another submission's": lambda folder: rewrite(folder, slug="bob"),
    "attachments elsewhere": lambda folder: rewrite(folder, attachments={"../ada/one.html": "0"}),
    "no list of attachments": lambda folder: rewrite(folder, attachments=None),
    "a key that is none": lambda folder: rewrite(folder, key=["k1"]),
    "no attachment": lambda folder: (folder / "one.html").unlink(),
    "half an attachment": lambda folder: os.truncate(folder / "one.html", 700),
    "a bit of an attachment": lambda folder: (folder / "one.html").write_bytes(b"<q>" * 500),
}


def rewrite(folder, **changes):
    path = folder / "result.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_does_not_load(store, damage):
    store.save(result(), PAGES)
    store.save(result("bob", "k2"), PAGES)
    DAMAGES[damage](store.folder("ada"))
    assert store.load("ada", "k1") is store.load("ada") is None
    fresh = Store(store.out)  # which has to look through the folders
    assert fresh.find("k1") is None or fresh.find("k1")[0]["slug"] == "bob"
    assert [one["slug"] for one in store.results()] == ["bob"]
    store.save(result(), PAGES)  # mends it
    assert store.load("ada", "k1")


@pytest.mark.parametrize(
    "slug", ["", ".", "..", ".ada", "-ada", "a/b", "a\n", "a\0", "ä", "a" * 65]
)
def test_a_slug_names_a_folder_inside_and_nothing_else(store, slug):
    with pytest.raises(ValueError, match="cannot be the name of a folder"):
        store.save(result(slug), {})
    with pytest.raises(ValueError, match="cannot be the name of a folder"):
        store.load(slug)


@pytest.mark.parametrize(
    "name", ["result.json", "../one.html", "a/b.html", ".lock", "", "a.html\n"]
)
def test_an_attachment_has_a_plain_name(store, name):
    with pytest.raises(ValueError, match="cannot be the name of an attachment"):
        store.save(result(), {name: b""})
    assert contents(store.submissions) == {}


def test_a_result_that_is_not_json_is_refused_and_the_older_one_stays(store):
    store.save(result(), PAGES)
    for value, error in ((float("nan"), ValueError), (b"bytes", TypeError)):
        with pytest.raises(error):
            store.save(result(key="k2", points=value), PAGES)
    assert store.load("ada", "k1") and not any(store.new.iterdir())


def test_results_come_in_the_order_that_was_asked_for(store):
    for slug in ("bob", "ada", "eve"):
        store.save(result(slug, key=slug), {})
    assert [one["slug"] for one in store.results()] == ["ada", "bob", "eve"]
    assert [one["slug"] for one in store.results(["eve", "zoe", "ada"])] == ["eve", "ada"]
    assert list(Store(store.out / "nothing").results()) == []


def test_writing_needs_the_lock_and_reading_does_not(store):
    store.save(result(), {})
    reader = Store(store.out)
    assert reader.load("ada", "k1")
    with pytest.raises(RuntimeError, match="inside of `with Store"):
        reader.save(result(), {})


def test_a_second_run_at_the_same_folder_is_refused(store):
    store.save(result(), {})
    (store.new / "staged").mkdir()
    with pytest.raises(StoreError, match=rf"another run \(process {os.getpid()}\) is grading into"):
        Store(store.out).__enter__()
    assert (store.new / "staged").is_dir()  # it is the first run's
    store.__exit__()
    with Store(store.out) as second:
        assert second.load("ada", "k1") and not any(second.new.iterdir())


# Ends the process, as kill -9 does, before the n-th call that changes something on the disk.
KILLED = """
    import itertools, os, sys
    sys.path.insert(0, {root!r})
    from pathlib import Path
    from course.grader.store import Store
    calls = itertools.count()
    def killed_before(call):
        def wrapped(*args, **kwargs):
            if next(calls) == {step}:
                os._exit(137)
            return call(*args, **kwargs)
        return wrapped
    with Store({out!r}) as store:
        for name in ("mkdir", "open", "fsync", "rename", "unlink", "rmdir"):
            setattr(os, name, killed_before(getattr(os, name)))
        new = dict(format="course-result", version=1, slug="ada", key="k2", grader="g")
        store.save(new, dict([("one.ipynb", b"new" * 99), ("two.html", b"new" * 99)]))
    print("saved")
"""


@pytest.mark.parametrize("first", ["as the first", "in another's place"])
def test_killed_at_any_step_it_holds_one_whole_result_or_none(tmp_path, first):
    outcomes, saved, step = [], False, 0
    while not saved:
        out = tmp_path / f"out{step}"
        with Store(out) as store:
            store.save(result("bob", "k3"), PAGES)
            if first != "as the first":
                store.save(result(), PAGES)
        code = textwrap.dedent(KILLED).format(root=str(ROOT), out=str(out), step=step)
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        saved = child.stdout == "saved\n"
        assert saved or child.returncode == 137, child.stderr
        with Store(out) as store:
            assert not any(store.new.iterdir()) and store.load("bob", "k3")
            found = store.load("ada")
            outcomes.append(found and found["key"])
            beside = {path.name for path in store.folder("ada").glob("*")}
            assert beside == ({"result.json", *found["attachments"]} if found else set())
            store.save(result(key="k2"), {})  # the next run goes on
            assert store.load("ada", "k2")
        shutil.rmtree(out)
        step += 1
    before = None if first == "as the first" else "k1"
    assert step > 8 and outcomes[0] == before and outcomes[-1] == "k2"
    # Once the new one is there it stays; between the two there may be none.
    assert outcomes == sorted(outcomes, key=[before, None, "k2"].index)


def test_a_file_that_cannot_be_written_loses_nothing(store):
    store.save(result(), {})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StoreError, match=os.strerror(errno.EFBIG)):
            store.save(result(key="k2"), PAGES)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.load("ada", "k1") and not any(store.new.iterdir())


def test_a_full_disk_loses_nothing(tmp_path):
    size = ["-o", "size=200k"]
    mount = ["mount", "-t", "tmpfs", *size, "tmpfs", str(tmp_path)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    try:
        with Store(tmp_path / "out") as store:
            store.save(result(), PAGES)
            with pytest.raises(StoreError, match=rf"out.*ada: {os.strerror(errno.ENOSPC)}"):
                store.save(result(key="k2"), {"one.ipynb": bytes(300_000)})
            assert store.load("ada", "k1") and not any(store.new.iterdir())
        filler = tmp_path / "filler"
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            filler.write_bytes(bytes(300_000))
        with pytest.raises(StoreError, match=os.strerror(errno.ENOSPC)):
            Store(tmp_path / "second").__enter__()
        filler.unlink()
        with Store(tmp_path / "out") as store:
            store.save(result(key="k2"), PAGES)
            assert store.load("ada", "k2")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "out").__enter__()


def test_every_file_is_on_the_disk_before_it_is_in_its_place(store, monkeypatch):
    done = []
    for name in ("fsync", "rename"):
        call = getattr(os, name)
        monkeypatch.setattr(module.os, name, lambda *a, n=name, c=call: (done.append(n), c(*a)))
    store.save(result(), PAGES)
    # Both attachments, the result, the folder; the move; the folder of all.
    assert done == ["fsync"] * 4 + ["rename", "fsync"]
    assert Path(store.folder("ada") / "result.json").is_file()
