"""Which misconceptions leave which signature: filled by running them, alone and in pairs."""

import itertools

import numpy as np

from .signatures import agree


class SignatureTable:
    """Collects for each aspect which sets of misconceptions leave which signature."""

    def __init__(self, right, scales):
        self.scales = scales
        self.vectors = {aspect: [vector] for aspect, vector in right.items()}
        self.sets = {aspect: [[()]] for aspect in right}

    def differs(self, aspect, vector, other):
        return not agree(vector, other, self.scales[aspect])[0]

    def add_all(self, variants, run):
        """Add every variant, and every pair of different names that meets in some aspect."""
        alone = {variant: run(variant) for variant in variants}
        changed = {
            variant: {a for a in found if self.differs(a, found[a], self.vectors[a][0])}
            for variant, found in alone.items()
        }
        for variant, found in alone.items():
            for aspect in changed[variant]:
                self.add(aspect, found[aspect], (variant.name,))
        for name in dict.fromkeys(variant.name for variant in variants):
            for aspect in self.vectors:
                ways = {aspect in changed[v] for v in variants if v.name == name}
                if ways == {True, False}:  # some codings leave this aspect right
                    self.add(aspect, self.vectors[aspect][0], (name,))
        for first, second in itertools.combinations(variants, 2):
            if first.name == second.name or not changed[first] & changed[second]:
                continue
            try:
                found = run(first, second)
            except (ValueError, SyntaxError):
                continue  # they change the same place
            for aspect, vector in found.items():
                apart = [alone[v][aspect] for v in (first, second) if aspect in changed[v]]
                expected = apart[0] if apart else self.vectors[aspect][0]
                if len(apart) == 2 or self.differs(aspect, vector, expected):
                    self.add(aspect, vector, (first.name, second.name))

    def add(self, aspect, vector, names):
        vectors, sets = self.vectors[aspect], self.sets[aspect]
        same = agree(vector, np.array(vectors), self.scales[aspect] * 0.1)
        if same.any():
            index = int(same.argmax())
        else:
            index = len(vectors)
            vectors.append(vector)
            sets.append([])
        if names not in sets[index]:
            sets[index].append(names)

    def rows(self):
        """Return {aspect: (rows (R, K), for each the sets of names)}."""
        return {
            aspect: (rounded(np.array(vectors)), self.sets[aspect])
            for aspect, vectors in self.vectors.items()
        }


def rounded(rows):
    """Return float32 with 16 of the 24 binary digits: more than the tolerance needs."""
    bits = rows.astype(np.float32).view(np.uint32)
    return ((bits + 0x80) & np.uint32(0xFFFFFF00)).view(np.float32)
