"""Attacks on what reads submissions: zips, names, and files that want to be imported.

`write_all(folder, files, outside)` writes them; `files` is an honest submission that some of them
hold, `outside` a folder that none of them may reach.
"""

import io
import os
import warnings
import zipfile

SHADOWS = (
    "numpy.py", "random.py", "json.py", "sitecustomize.py", "usercustomize.py", "conftest.py",
    "evil.pth", "setup.py", "pyproject.toml", "pytest.ini", ".ipython/profile_default/startup/0.py",
    "ipython_config.py", "jupyter_config.py", "nbgrader_config.py", "Makefile", ".git/hooks/post",
)  # fmt: skip
FOLDERS = ("", "notebooks/", "cs231n/", "cs231n/classifiers/", "course/checks/", "tests/")
LAUNCHED = ("ipykernel_launcher.py", "ipykernel/__init__.py", "zmq/__init__.py", "IPython.py")


def shadows(path):
    """Return {name: content}: files that would take the place of others; running one leaves path.

    `notebooks/` and `cs231n/` may have Python files of one's own, so some of these stay: they must
    not be what `import numpy` finds, in the child process, in the kernel, or in the grader.
    """
    code = f"open({str(path)!r}, 'a').write(__file__ + '\\n')\nraise SystemExit('attacked')\n"
    names = [folder + name for folder in FOLDERS for name in SHADOWS]
    names += [f"notebooks/{name}" for name in LAUNCHED] + ["course/checks/child.py"]
    return {name: code.encode() for name in names}


def entry(name, mode=0o100644):
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def zipped(entries):
    """Return the bytes of a zip of [(name or ZipInfo, content)]."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # of the same name twice
        for name, content in entries:
            archive.writestr(entry(name) if isinstance(name, str) else name, content)
    return buffer.getvalue()


def bomb(name, size):
    """A file of zeros, a thousandth of its size when packed."""
    return zipped([(name, bytes(size))])


def nested_bombs(depth):
    """A zip in a zip in a zip, ten at each level."""
    content = bomb("notebooks/svm.ipynb", 100_000_000)
    for _ in range(depth):
        content = zipped([(f"{number}.zip", content) for number in range(10)])
    return content


def slips(files, outside):
    """Names that lead out of the folder, into which each kind of unpacking might fall."""
    up = "../" * 12
    names = [
        f"{up}{outside}/slipped", f"{outside}/slipped", f"/{outside}/slipped", "..\\..\\slipped",
        "C:\\slipped", "C:slipped", "notebooks/../../slipped", "./../slipped", "~/slipped",
        "notebooks/svm.ipynb/../../../slipped", "\\\\host\\share\\slipped", "a/./../../slipped",
        "..", ".", "/", "//", "\0/slipped", "notebooks/\x1b[2J", "notebooks/\u202eynpi.txt",
        "CON", "aux.py", "notebooks/svm.ipynb\0.txt", "x" * 60_000, "d/" * 5000 + "slipped",
    ]  # fmt: skip
    return zipped([*files.items(), *((name, b"slipped") for name in names)])


def links(files, outside, canary):
    """Links to what is secret, under names that a grader reads; and through a linked folder."""
    link = 0o120777
    entries = [(entry(name, link), str(canary)) for name in files]
    entries += [(entry("cs231n", link), str(outside)), ("cs231n/slipped.py", b"slipped")]
    entries += [(entry("pipe", 0o010644), b""), (entry("device", 0o020644), b"")]
    return zipped(entries)


def crowd(files, count):
    return zipped([*files.items(), *((f"cs231n/own_{number}.py", b"") for number in range(count))])


def write_all(folder, files, outside, canary):
    """Write one submission for each attack into `folder`, and return their names."""
    notebook = "notebooks/svm.ipynb"
    zips = {
        "bomb": bomb(notebook, 400_000_000),
        "bomb in the package": bomb("cs231n/classifiers/softmax.py", 400_000_000),
        "nested bombs": nested_bombs(3),
        "slips": slips(files, outside),
        "links": links(files, outside, canary),
        "crowd": crowd(files, 5000),
        "too many": zipped([(f"{number}", b"") for number in range(120_000)]),
        "large notebook": zipped([*files.items(), (notebook, b" " * 50_000_000)]),
        "no zip": b"PK\x05\x06" + b"\xff" * 18,
        "empty": b"",
        "cut off": zipped(list(files.items()))[:-2000],
        '=HYPERLINK("x")': zipped([]),
        "<script>document.title='attacked'<script>": zipped([]),
        "név 名前 имя 🎓": zipped([]),
        "x" * 250: zipped([]),
        "-rf": zipped([]),
        "a\nb\r\tc": zipped([]),
        "$(touch attacked)": zipped([]),
        "..": zipped([]),
        "con": zipped([]),
    }
    for name, content in zips.items():
        (folder / f"{name}.zip").write_bytes(content)
    names = list(zips)
    linked = folder / "linked folder"
    linked.mkdir()
    for name in files:
        place = linked / name
        place.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(canary, place)
    os.mkfifo(linked / "pipe")
    names.append(linked.name)
    with_pipes = folder / "pipes"
    (with_pipes / "notebooks").mkdir(parents=True)
    os.mkfifo(with_pipes / notebook)  # who opens it waits for ever
    names.append(with_pipes.name)
    os.symlink(outside, folder / "link")
    names.append("link")
    return names
