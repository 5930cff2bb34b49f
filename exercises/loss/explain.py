"""Find the smallest set of misconceptions that explains what a loss function did.

The data file says, for each aspect, which signature each coding of a misconception leaves alone,
and each pair that meets there; a label such as margin~2 stands for one coding. A set explains an
aspect if those of its members that change this aspect leave, together, just what was observed:
nothing may be missing, and nothing extra. What would show in an aspect that stays unexplained is
not named: a name accounts for all that was observed, or is no story to be told. Of several smallest
sets that explain as much, only what they share is named.
"""

import itertools
from functools import cache

from .signatures import agree

MOST_NAMES = 5
MOST_SETS = 500  # candidates kept while the aspects are gone through


class Explanations:
    """The signatures of one family, arranged for the search."""

    def __init__(self, family, order):
        self.order = {name: index for index, name in enumerate(order)}
        self.scales = family.scales
        self.rank = cache(self.make_rank)
        self.rows, self.meanings, self.relevant = {}, {}, {}
        for aspect, (rows, meanings) in family.table.items():
            self.rows[aspect], self.meanings[aspect] = rows, meanings
            sets = [names for meaning in meanings for names in meaning]
            self.relevant[aspect] = {name for names in sets if len(names) == 1 for name in names}

    def matches(self, observed):
        """Return {aspect: the sets that leave just this signature} for {aspect: vector}.

        A name that shows in another aspect, where nothing that fits has it, explains nothing here.
        """
        found = {}
        for aspect, vector in observed.items():
            equal = agree(vector, self.rows[aspect], self.scales[aspect])
            meanings = itertools.compress(self.meanings[aspect], equal)
            found[aspect] = {names for meaning in meanings for names in meaning}
        fitting = {aspect: frozenset().union(*sets) for aspect, sets in found.items() if sets}
        ruled_out = {name for a, names in fitting.items() for name in self.relevant[a] - names}
        return {a: {names for names in sets if not names & ruled_out} for a, sets in found.items()}

    def search(self, observed):
        """Return (names in the catalogue's order, the aspects that they do not explain)."""
        matches = self.matches(observed)
        candidates = {frozenset()}
        for sets in sorted(matches.values(), key=len):
            unions = {known | names for known in candidates for names in sets}
            candidates |= {names for names in unions if len(names) <= MOST_NAMES}
            if len(candidates) > MOST_SETS:
                candidates = set(sorted(candidates, key=self.rank)[:MOST_SETS])
        left = {names: self.unexplained(names, matches) for names in candidates}
        cost = {names: (len(left[names]), self.rank(names)[0]) for names in candidates}
        least = min(cost.values())
        as_good = sorted((n for n in candidates if cost[n] == least), key=self.rank)
        named = (
            {name_of(one) for one in names if not self.shows_in(one, left[names])}
            for names in as_good
        )
        return sorted(set.intersection(*named), key=self.order.get), left[as_good[0]]

    def shows_in(self, label, aspects):
        return any(label in self.relevant[aspect] for aspect in aspects)

    def unexplained(self, names, matches):
        return [a for a, sets in matches.items() if not self.explains(names, a, sets)]

    def explains(self, names, aspect, sets):
        """Say whether the names together leave what one of the matching sets leaves here."""
        needed = names & self.relevant[aspect]
        return any(needed <= chosen <= names for chosen in sets)

    def make_rank(self, labels):
        names = {name_of(label) for label in labels}
        return len(names), len(labels), sorted(self.order[n] for n in names), sorted(labels)


@cache
def name_of(label):
    return label.partition("~")[0]
