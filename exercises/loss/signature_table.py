"""Which misconceptions leave which signature: filled by running them, alone and in pairs.

A misconception can be coded in several ways, which leave different signatures. Each way has a label
of its own, such as margin~2, so that a name has to account for all aspects by one and the same.
"""

import itertools

import numpy as np

from .signatures import agree

EVERY = 1  # pair of misconceptions; a test takes fewer, as all take a minute


class SignatureTable:
    """Collects for each aspect which sets of labels leave which signature."""

    def __init__(self, right, scales):
        self.scales = scales
        self.vectors = {aspect: [vector] for aspect, vector in right.items()}
        self.sets = {aspect: [[()]] for aspect in right}
        self.codings = []  # (name, signature): those that agree in everything count once

    def differs(self, aspect, vector, other):
        return not agree(vector, other, self.scales[aspect])[0]

    def add_all(self, variants, run):
        """Add every variant, and every pair of different names that meets in some aspect."""
        alone = {variant: run(variant) for variant in variants}
        labels = {variant: self.label(variant.name, alone[variant]) for variant in variants}
        changed = {
            variant: {a for a in found if self.differs(a, found[a], self.vectors[a][0])}
            for variant, found in alone.items()
        }
        for variant, found in alone.items():
            for aspect in changed[variant]:
                self.add(aspect, found[aspect], (labels[variant],))
        pairs = itertools.combinations(variants, 2)
        for first, second in itertools.islice(pairs, None, None, EVERY):
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
                    self.add(aspect, vector, (labels[first], labels[second]))

    def label(self, name, found):
        """Return the name with a number that tells this coding from others, as in margin~2."""
        for number, (other_name, other) in enumerate(self.codings):
            if name == other_name and not any(self.differs(a, found[a], other[a]) for a in found):
                return f"{name}~{number}"
        self.codings.append((name, found))
        return f"{name}~{len(self.codings) - 1}"

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
