"""What a notebook needs of the place where it runs: code that is read again, and data."""

import sys
import types

import IPython
import pytest

from course import session


class Shell:
    """Stands in for IPython: notes magics; loads autoreload if `imp` is there, or not needed."""

    def __init__(self, needs_imp):
        self.needs_imp, self.ran = needs_imp, []

    def run_line_magic(self, name, line):
        if name == "load_ext" and self.needs_imp and not hasattr(sys.modules.get("imp"), "reload"):
            raise ModuleNotFoundError("No module named 'imp'", name="imp")
        self.ran.append(f"{name} {line}")


@pytest.mark.parametrize(
    ("version", "needs_imp", "mode", "told"),
    [
        ((7, 34, 0), True, "2", "(%autoreload 2, with importlib for IPython 7.34.0)"),
        ((7, 34, 0), False, "2", "(%autoreload 2)"),
        ((9, 3, 0), False, "2", "(%autoreload 2)"),
        ((9, 4, 0), False, "2 --full", "(%autoreload 2 --full)"),
        ((10, 0, 0), False, "2 --full", "(%autoreload 2 --full)"),
    ],
)
def test_each_ipython_is_asked_for_what_it_knows(
    monkeypatch, capsys, version, needs_imp, mode, told
):
    shell = Shell(needs_imp)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython, "version_info", version)
    monkeypatch.setattr(IPython, "__version__", ".".join(map(str, version)))
    monkeypatch.delitem(sys.modules, "imp", raising=False)
    session.autoreload()
    assert shell.ran == ["load_ext autoreload", f"autoreload {mode}"]
    assert capsys.readouterr().out == f"The next cell uses what you edit {told}.\n"
    assert "imp" not in sys.modules


def test_another_missing_module_is_not_passed_over(monkeypatch):
    def fails(name, line):
        raise ModuleNotFoundError("No module named 'jedi'", name="jedi")

    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(run_line_magic=fails))
    with pytest.raises(ModuleNotFoundError, match="jedi"):
        session.autoreload()


def test_without_data_the_stand_in_is_made_where_all_can_see(toy_with_data, capsys):
    drawn = toy_with_data.root / "datasets" / "drawn"
    assert session.get_data(root=toy_with_data.root) == drawn and (drawn / "numbers.txt").exists()
    told = "This is the set 'drawn'. For another one: session.get_data(\"measured\")\n"
    assert capsys.readouterr().out == "drawing ✓\n" + told
    assert (
        session.get_data(root=toy_with_data.root)
        == session.get_data("drawn", root=toy_with_data.root)
        == drawn
    )
    assert capsys.readouterr().out == ""


def test_a_certain_set_is_got_or_refused(toy_with_data, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"no measured numbers: .*ended with exit status 3"):
        session.get_data("measured", root=toy_with_data.root)
    with pytest.raises(ValueError, match="no data set 'other'; there are: measured, drawn"):
        session.get_data("other", root=toy_with_data.root)
    monkeypatch.setenv("TOY_DATA", str(toy_with_data.root))
    (toy_with_data.root / "numbers.txt").touch()
    assert session.get_data(root=toy_with_data.root) == toy_with_data.root
