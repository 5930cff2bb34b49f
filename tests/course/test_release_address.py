"""Notebooks that are opened alone fetch the course from the address that a release is told."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from https_server import serving, write_certificate
from toy_course import copy_toy

from course import definition
from course.edition import address, notebooks
from course.edition.derive import ReleaseError, derive

COLAB = "https://colab.research.google.com/github"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://github.com/a/b-c.git", f"{COLAB}/a/b-c/blob/main/n.ipynb"),
        ("https://github.com/a/b", f"{COLAB}/a/b/blob/main/n.ipynb"),
        ("https://github.com/a/b/archive/refs/heads/x/y.zip", f"{COLAB}/a/b/blob/x/y/n.ipynb"),
        ("https://github.com/a/b/releases/download/v1/student.zip", None),
        ("https://example.org/student.zip", None),
        ("", None),
    ],
)
def test_colab_opens_what_lies_on_github(url, link):
    assert address.link(url, "n.ipynb") == link
    assert (link or "") in address.badge(url, "n.ipynb")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/a.zip", "https://", "ssh://a/b", "https://a/b c", 'https://a/"; print()'],
)
def test_other_addresses_are_refused(tmp_path, url):
    with pytest.raises(ReleaseError, match="has to begin with https://"):
        derive(copy_toy(tmp_path), url)


def test_only_with_an_address_there_is_a_cell_that_fetches(tmp_path):
    copy_toy(tmp_path)
    path = tmp_path / definition.FILE
    path.write_text(
        path.read_text().replace('ked = ["imports"]', 'ked = ["imports"]\nplace = "title"')
    )
    course = definition.load(tmp_path)
    [file] = course.notebook_files
    text = derive(course, "https://github.com/a/b.git").files[file].decode()
    assert "https://github.com/a/b.git" in text and f"{COLAB}/a/b/blob/main/{file}" in text
    assert notebooks.FETCH not in derive(course).files[file].decode()


def test_a_notebook_without_a_place_for_it_is_told(tmp_path):
    with pytest.raises(ReleaseError, match=r"one\.ipynb has no cell 'place'"):
        derive(copy_toy(tmp_path), "https://github.com/a/b.git")


# The cell itself


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return write_certificate(tmp_path_factory.mktemp("certificate") / "both.pem")


@pytest.fixture
def server(tmp_path, certificate):
    """Give a folder that is served by https, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder, certificate) as url:
        yield folder, url


@pytest.fixture
def fetch(tmp_path, certificate):
    """Return a function that runs the cell in an empty folder, and returns what it said."""
    course = copy_toy(tmp_path / "tree")
    alone = tmp_path / "alone"
    alone.mkdir()
    env = {**os.environ, "SSL_CERT_FILE": str(certificate), "GIT_SSL_CAINFO": str(certificate)}

    def run(url):
        command = [sys.executable, "-c", address.cell(course, url)]
        done = subprocess.run(command, cwd=alone, env=env, capture_output=True, text=True)
        return done.stderr if done.returncode else "", alone / course.folder / course.package

    return run


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)


def test_a_zip_is_fetched_once_whatever_its_top_folder_is(server, fetch):
    folder, url = server
    for files in ({"top/toy/a.py": "", "top/b": ""}, {"toy/a.py": "", "b": ""}):
        write_zip(folder / "course.zip", files)
        told, package = fetch(f"{url}/course.zip")
        assert told == "" and os.listdir(package) == ["a.py"]
        assert os.listdir(package.parents[1]) == ["toy-course"]
        (folder / "course.zip").unlink()
        assert fetch(f"{url}/course.zip")[0] == "", "it is there"
        shutil.rmtree(package.parent)


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_a_git_repository_is_cloned(server, fetch):
    folder, url = server
    (folder / "tree/toy").mkdir(parents=True)
    (folder / "tree/toy/a.py").touch()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", "-C", folder / "tree"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "t"], ["update-server-info"]):
        subprocess.run([*git, *words], check=True)
    (folder / "tree/.git").rename(folder / "course.git")
    told, package = fetch(f"{url}/course.git")
    assert package.is_dir(), told


BOMB = io.BytesIO()
with zipfile.ZipFile(BOMB, "w", zipfile.ZIP_DEFLATED) as bomb:
    bomb.writestr("toy/a.py", b"0" * 60_000_000)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("to-http.zip", b"", "unknown url type: http"),
        ("missing.zip", None, "404"),
        ("no.zip", b"<html>", "not a zip file"),
        ("bomb.zip", BOMB.getvalue(), "unpacks to more than 50,000,000 bytes"),
    ],
)
def test_what_is_not_the_course_leaves_nothing_behind(server, fetch, name, content, told):
    folder, url = server
    if content is not None:
        (folder / name).write_bytes(content)
    said, package = fetch(f"{url}/{name}")
    assert told in said and not os.listdir(package.parents[1])
    assert "https://" in fetch(f"http://127.0.0.1/{name}")[0]


def test_nothing_is_written_elsewhere(server, fetch, tmp_path):
    folder, url = server
    entries = {"../up.txt": "", "/tmp/../top.txt": "", "toy/a.py": ""}
    with contextlib.suppress(ValueError):
        write_zip(folder / "course.zip", entries)
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        with zipfile.ZipFile(folder / "course.zip", "a") as file:
            file.writestr(link, "/etc/passwd")
    told, package = fetch(f"{url}/course.zip")
    assert told == "" and not list(tmp_path.rglob("up.txt"))[1:]
    assert not [path for path in package.parent.rglob("*") if path.is_symlink()]
    assert sorted(os.listdir(tmp_path)) == ["alone", "served", "tree"]
