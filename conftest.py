"""The plugin that all tests share; pytest takes such a list from the root's conftest.py only."""

pytest_plugins = ["tests.nbval_extension"]
