"""Is a machine without a working sandbox refused, and does the self-test notice what is missing?"""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from conftest import ROOT
from course import definition
from course.checks.calling import CHILD, Target, call, started
from course.grader import sandbox
from course.grader.sandbox import (
    ENVIRONMENT,
    NOTEBOOK,
    SELF_TEST,
    SandboxUnavailable,
    prefix,
    seccomp,
    selftest,
    sockets,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is for Linux")


@pytest.fixture(autouse=True)
def fresh_check():
    sandbox.check.cache_clear()


def fake_bwrap(folder, monkeypatch, version, error=""):
    """Put a program named bwrap before the real one: it prints its version, or fails."""
    path = folder / "bwrap"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap {version} && exit\n'
        f"echo 'bwrap: {error}' >&2\nexit 1\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


# Machines without a sandbox


def test_macos_is_told_that_linux_is_needed(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    monkeypatch.setattr(sandbox.platform, "system", lambda: "Darwin")
    with pytest.raises(SandboxUnavailable, match=r"this is Darwin.*--scheduler"):
        sandbox.check()


@linux
def test_a_missing_bubblewrap_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="sudo apt install bubblewrap"):
        sandbox.check()
    with pytest.raises(SandboxUnavailable, match="sudo apt install bubblewrap"):
        prefix()


@linux
def test_an_old_bubblewrap_is_refused(monkeypatch, tmp_path):
    fake_bwrap(tmp_path, monkeypatch, "0.6.1")
    with pytest.raises(SandboxUnavailable, match=r"0\.6\.1 is too old: 0\.7"):
        sandbox.check()


@linux
def test_a_missing_libseccomp_is_refused(monkeypatch):
    def missing():
        raise ImportError("No module named 'pyseccomp'")

    monkeypatch.setattr(seccomp, "program", missing)
    with pytest.raises(SandboxUnavailable, match=r"pyseccomp.*course/requirements\.txt"):
        sandbox.check()


@linux
def test_forbidden_namespaces_are_explained_with_the_setting_that_allows_them(
    monkeypatch, tmp_path
):
    fake_bwrap(tmp_path, monkeypatch, "0.8.0", "No permissions to create new namespace")
    setting = "kernel.ostype"  # stands for one that this machine may not have
    monkeypatch.setattr(sandbox, "FORBIDDING", [(setting, "Linux", "1")])
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 1000)
    with pytest.raises(SandboxUnavailable) as caught:
        sandbox.check()
    assert "bwrap: No permissions to create new namespace" in str(caught.value)
    assert "sudo sysctl -w kernel.ostype=1" in str(caught.value)


# The self-test


@linux
def test_the_sandbox_of_this_machine_holds():
    sandbox.check()
    calls = sandbox.check.cache_info()
    sandbox.check()
    assert sandbox.check.cache_info().hits == calls.hits + 1


def changed(old, new):
    """Return a change of a command line: one word for another, where it is."""

    def change(words):
        assert old in words
        return [new if word == old else word for word in words]

    return change


def limit(name, value):
    return changed(f"{name}={getattr(SELF_TEST, name)}", f"{name}={value}")


def no_filter(words):
    (word,) = (word for word in words if word.startswith("seccomp="))
    return changed(word, "seccomp=060000000000ff7f")(words)  # return SECCOMP_RET_ALLOW


def host_network(words):
    words = limit("memory", 1 << 40)(words)  # its sockets count
    return changed("--unshare-net", "--unshare-uts")(words)


def also(*more):
    """Return a change that gives bubblewrap more arguments."""

    def change(words):
        (word,) = (word for word in words if word.startswith("arguments="))
        number = int(word.partition("=")[2]) + len(more)
        return [*changed(word, f"arguments={number}")(words), *more]

    return change


@linux
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (no_filter, "user namespaces can be nested"),
        (no_filter, "memory files can be had"),
        (host_network, "there are network interfaces"),
        (also("--ro-bind", "/etc", "/etc"), "/etc/passwd can be seen"),
        (also("--setenv", "TOKEN", "1"), "the environment has ['TOKEN']"),
        (limit("address_space", 1 << 33), "the address space has no limit"),
        (limit("file_size", 1 << 30), "files in /tmp have no limit"),
        (changed(str(SELF_TEST.scratch), str(1 << 25)), "/dev/shm has no limit"),
        (limit("processes", 1000), "twice the 16 processes that are allowed can be started"),
        (limit("memory", 1 << 40), "memory has no limit"),
    ],
)
def test_the_self_test_finds_what_is_open(change, finding, monkeypatch):
    monkeypatch.setattr(selftest, "HELD", 1)
    command = change(prefix(limits=SELF_TEST))
    found = selftest.findings(command, SELF_TEST, ENVIRONMENT)
    assert any(line.startswith(finding) for line in found), found


IMPORTS_CTYPES = """
import sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "ctypes":
            Finder.file = open("/dev/zero")
sys.meta_path.insert(0, Finder)
"""


@linux
@pytest.mark.parametrize(
    ("first", "found"),
    [("handed_on = open('/dev/zero')\n", ["there are open files"]), (IMPORTS_CTYPES, [])],
)
def test_a_file_that_the_module_ctypes_opens_is_nothing_handed_on(
    first, found, monkeypatch, tmp_path
):
    """As some builds of libffi do, which is behind it: then no sandbox would hold there."""
    probe = tmp_path / "probe.py"
    probe.write_text(first + selftest.PROBE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(selftest, "PROBE", probe)
    assert selftest.findings(prefix(limits=SELF_TEST), SELF_TEST, ENVIRONMENT) == found


@linux
def test_the_self_test_finds_all_that_is_open_outside(monkeypatch):
    """Without a sandbox, nearly every line of the probe must speak."""
    monkeypatch.setattr(selftest, "HELD", 0)
    command = ["/usr/bin/env", "-C", "/"]
    few = sandbox.Limits(**{**vars(SELF_TEST), "scratch": 0, "processes": 1})
    found = "\n".join(selftest.findings(command, few, ENVIRONMENT))
    for text in (
        "pyproject.toml can be seen",
        "other processes",
        "environ tells",
        "the environment",
    ):
        assert text in found
    for text in ("can be reached", "interfaces", "nested", "gain rights", "no limit", "twice the"):
        assert text in found


# What it is for


@linux
def test_an_exercise_is_called_in_a_sandbox(tmp_path):
    file = tmp_path / "student.py"
    file.write_text(
        "import os\n"
        "def total(numbers):\n"
        "    print(os.listdir('/home'), flush=True)\n"
        "    return numbers.sum() + (0.5 if os.getuid() else 0)  # who is not root\n"
    )
    file.chmod(0o644)
    toy = definition.load(ROOT / "tests" / "toy")
    target = Target.of(toy, toy.exercises["total"], "/student", file="/student.py")
    problem = {"numbers": np.array([1.0, 2.0, 4.0])}
    show = [str(CHILD), target.call, (str(file), "/student.py")]
    command = [*prefix(show=show), sys.executable, "-P"]
    start = partial(started, command=command)
    outcomes = call(target, {"one": problem}, {"one": "number"}, start=start)
    outcome = outcomes.by_name["one"]
    assert outcome.status == "value", outcome
    assert outcome.values["number"] == 7.5
    assert outcomes.printed == len("[]\n")


@linux
def test_a_jupyter_kernel_is_reached_by_its_sockets_alone(tmp_path):
    _, info = write_connection_file(str(tmp_path / "k.json"), ip="/tmp/kernel", transport="ipc")
    command = prefix(copy=tmp_path, limits=NOTEBOOK, env={"IPYTHONDIR": "/tmp/ipython"})
    kernel = subprocess.Popen(
        [*command, sys.executable, "-m", "ipykernel_launcher", "-f", "/student/k.json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    client = BlockingKernelClient()
    client.load_connection_info({**info, "ip": f"{sockets(kernel)}/kernel"})
    client.start_channels(hb=False)
    try:
        client.kernel_info(reply=True, timeout=60)
        code = (
            "import os; assert os.getcwd() == '/student' and os.listdir('/student') == ['k.json']"
        )
        reply = client.execute(code, reply=True, timeout=60)
        assert reply["content"]["status"] == "ok", reply
    finally:
        client.stop_channels()
        kernel.kill()
        kernel.communicate()
