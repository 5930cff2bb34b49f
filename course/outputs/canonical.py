"""The canonical form of a stored notebook: what two runs that agree have in common.

`git diff` then shows what changed, and nothing else.
"""

import copy
import re

import nbformat

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# alt: what figures show, in words; holds: ids of the prose that a cell of evidence proves
CELL_METADATA = ("alt", "holds", "nbval", "tags")


def normalize(notebook):
    """Return a copy of `notebook` in canonical form.

    Cells keep their ids, sources and attachments, and of their metadata what CELL_METADATA names.
    Progress bars, timings and the traces that editors leave are dropped; text printed to one stream
    is in one piece; execution counts are 1, 2, 3, ...
    """
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    executed = 0
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            executed += 1
            cell.execution_count = executed
        cell.outputs = merge_streams(out for out in cell.outputs if not is_progress_bar(out))
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = cell.execution_count
    return notebook


def merge_streams(outputs):
    """Return `outputs` with neighbours merged that were printed to the same stream."""
    merged = []
    for output in outputs:
        if output.output_type == "stream" and merged and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def is_progress_bar(output):
    """Whether an output is nothing but a progress bar of tqdm, as a widget or as text."""
    if output.output_type == "display_data":
        return "application/vnd.jupyter.widget-view+json" in output.data
    if output.output_type != "stream" or output.name != "stderr":
        return False
    # What tqdm prints ends in "[00:03<00:01, 25.2it/s]", or "[00:03, 25.2it/s]" without a total.
    states = [state for state in re.split(r"[\r\n]", output.text) if state.strip()]
    return all(re.search(r"\[(\d+:)?\d\d:\d\d[<,].*\]", state) for state in states)


def to_text(notebook):
    """Return the content of the file in which `notebook`, in canonical form, is stored."""
    return nbformat.writes(normalize(notebook)) + "\n"
