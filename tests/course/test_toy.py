"""The engine on a course that knows nothing of this one: from the declaration to the grades."""

from toy_course import copy_toy

from course import checks
from course.edition import release


def test_check_and_release(tmp_path):
    course = copy_toy(tmp_path)
    report = checks.run("total", root=tmp_path)
    assert report.passed, str(report)
    edition = release.derive(course)
    assert "raise NotImplementedError" in edition.files["toy/sums.py"].decode()
