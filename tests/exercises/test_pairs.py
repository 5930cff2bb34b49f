"""Two misconceptions at once, a fixed sample of all pairs: nothing false is said of any."""

import numpy as np
import pytest
from pairs_of_misconceptions import count, table

pytestmark = [
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),  # np.matrix
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # wrong code overflows
]
EVERY = 27  # ten seconds; all of them: make test-pairs


@pytest.mark.slow
def test_of_two_misconceptions_nothing_false_is_said(capsys):
    with np.errstate(all="ignore"):
        counts, false = count(EVERY)
    with capsys.disabled():
        print("\n" + table(counts))
    assert not false
    total = sum(one.total() for one in counts.values())
    assert total > 450 and sum(one["fully"] for one in counts.values()) > 0.9 * total
