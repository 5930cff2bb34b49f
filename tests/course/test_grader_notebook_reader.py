"""Are notebooks of strangers read into a known shape, whatever they hold?"""

import json

import pytest
from cells import code, displayed, markdown, notebook
from test_notebook import BROKEN

from course.grader.notebooks import notebook_reader


@pytest.mark.parametrize(
    "content, said",
    [
        *BROKEN,
        (notebook(*[markdown("a", f"m{n}") for n in range(1001)]), "1,001 cells"),
        (b" " * 25_000_001, "25 MB"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_reason(content, said):
    with pytest.raises(ValueError, match=said):
        notebook_reader.read(content)


def test_whatever_has_the_wrong_shape_is_passed_over():
    cells = [
        {"cell_type": "code", "source": ["x", 3, None], "outputs": 7, "execution_count": "2"},
        {
            "cell_type": "code",
            "source": {},
            "outputs": [{"output_type": "stream"}, 3],
            "id": "../x",
        },
        {"cell_type": "html", "source": "a\ud800b", "id": "same", "attachments": {"a": 1, "b": {}}},
        {"id": "same", "metadata": 3, "outputs": [{"output_type": "error", "traceback": "x"}]},
        code("y", True, "same", displayed({"a": {"b": []}, "c": "d"})),
        code("y", 10**30, "x" * 65, {"output_type": "execute_result", "data": []}),
    ]
    found = notebook_reader.read(notebook(*cells))
    assert [cell.id for cell in found.cells] == [
        *("cell-0", "cell-1", "same", "cell-3", "cell-4", "cell-5")
    ]
    assert [cell.number for cell in found.cells] == [None] * 6
    copy = json.loads(notebook_reader.write(found, {4: found.cells[4].outputs}))
    assert copy["cells"][4]["outputs"][0]["data"] == {"c": "d"}
    assert [cell["cell_type"] for cell in copy["cells"]] == [
        *("code", "code", "raw", "raw", "code", "code")
    ]


@pytest.mark.parametrize(
    "metadata, kernel",
    [
        ({}, ""),
        ({"kernelspec": {"name": "python3", "language": "python"}}, ""),
        ({"kernelspec": {"name": "julia-1.9", "language": "julia"}}, "julia-1.9"),
        ({"kernelspec": {"name": "python3"}, "language_info": {"name": "R"}}, "R"),
        ({"kernelspec": [1], "language_info": 3}, ""),
    ],
)
def test_another_kernel_is_named(metadata, kernel):
    assert notebook_reader.read(notebook(**metadata)).kernel == kernel


def test_pictures_in_text_are_kept_up_to_a_size_together(monkeypatch):
    monkeypatch.setattr(notebook_reader, "ATTACHED", 7)
    cells = [
        markdown("a", f"m{size}") | {"attachments": {"a.png": {"image/png": size * "A"}}}
        for size in (5, 3, 2)
    ]
    found = notebook_reader.read(notebook(*cells)).cells
    assert [bool(cell.attachments) for cell in found] == [True, False, True]
