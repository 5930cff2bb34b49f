"""What holds for all tests: where Matplotlib keeps its files, and the plugin for notebooks."""

import os
from pathlib import Path

# Neither somebody's own settings nor a stale list of fonts may change the figures.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).parent / "build" / "matplotlib"))

pytest_plugins = ["course.outputs.nbval_plugin"]  # pytest takes this list from here only
