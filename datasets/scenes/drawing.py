"""Antialiased drawing on many pictures at once, to the same bytes on every platform.

A shape is an array of signed distances in pixels, negative inside: `union` and `melt` join shapes,
`np.maximum` cuts one with another, adding a number shrinks one. `Canvas.paint` turns the distance
into coverage, clip(1/2 - distance, 0, 1), and blends a colour in.

All numbers are float32 and pass through + - * / sqrt, comparisons, minimum, maximum and floor only,
a ufunc at a time. IEEE 754 rounds each of these exactly, so no processor and no NumPy version
changes a bit; exp, sin, power or a sum along an axis carry no such promise. An angle therefore
enters as the tangent of its half: cos = (1 - t^2) / (1 + t^2), sin = 2 t / (1 + t^2).

Arrays broadcast to (N, size, size): one number for each picture is (N, 1, 1), one colour for each
picture (3, N, 1, 1) in 0..255. Constants are Python numbers, which leave float32 arrays float32.
"""

import copy
import math
from contextlib import contextmanager
from functools import cache
from itertools import pairwise

import numpy as np


class Dice:
    """Random properties of N pictures; every roll uses up one column of `words`, (N, K) uint32."""

    def __init__(self, words):
        self.columns = iter(words.T)

    def roll(self):
        """Return the next column, (N, 1, 1) uint32."""
        return next(self.columns)[:, None, None]

    def uniform(self, low, high):
        """Return numbers from low to high, all equally likely, (N, 1, 1) float32."""
        return low + (self.roll() >> np.uint32(8)).astype(np.float32) * ((high - low) / 2**24)

    def around(self, centre, spread):
        """Return numbers within centre +- spread, the more likely the nearer to the centre."""
        half = spread / 2
        return centre + self.uniform(-half, half) + self.uniform(-half, half)

    def chance(self, probability):
        """Return 1.0 with this probability, else 0.0."""
        return (self.uniform(0, 1) < probability).astype(np.float32)

    def sign(self):
        """Return -1.0 or 1.0."""
        return self.chance(0.5) * 2 - 1

    def colour(self, palette, jitter=16):
        """Return a colour of the palette, 'rrggbb rrggbb ...', each channel within +- jitter."""
        colours = read_palette(palette)
        chosen = colours[:, self.roll() % np.uint32(colours.shape[1])]
        offset = (self.roll() >> BYTES) & np.uint32(255)
        return chosen + (offset.astype(np.float32) * (jitter / 127.5) - jitter)


BYTES = np.array([0, 8, 16], np.uint32).reshape(3, 1, 1, 1)  # where three channels lie in a word


@cache
def read_palette(palette):
    """Return the colours of a palette, (3, number) float32."""
    return np.array([list(bytes.fromhex(entry)) for entry in palette.split()], np.float32).T


class Canvas:
    """N square pictures: `image` (3, N, size, size) float32, places in fractions of the picture."""

    def __init__(self, size, cells):
        """Start black; `cells` (N, 16, 16), random numbers in -1..1, are the stuff of textures."""
        self.size = size
        self.cells = cells
        self.image = np.zeros((3, len(cells), size, size), np.float32)
        centres = (np.arange(size).astype(np.float32) + 0.5) / size
        self.x = centres[None, None, :]  # 0 left, 1 right
        self.y = centres[None, :, None]  # 0 top, 1 bottom

    @contextmanager
    def some(self, needed):
        """Give a canvas of the pictures where `needed` (N, 1, 1) is not zero, and their indices."""
        chosen = np.flatnonzero(needed)
        part = copy.copy(self)
        part.image = self.image[:, chosen]
        yield part, chosen
        self.image[:, chosen] = part.image

    def gradient(self, top, bottom, y0=0.0, y1=1.0):
        """Cover everything below y0 with a colour that goes from top to bottom, reached at y1."""
        ramp = np.clip((self.y - y0) / (y1 - y0), 0, 1)
        below = np.clip((self.y - y0) * self.size + 0.5, 0, 1)
        for channel, first, last in zip(self.image, top, bottom, strict=True):
            blend(channel, first + ramp * (last - first), below)

    def paint(self, shape, colour, shade=1.0, opacity=None, soft=0.0):
        """Blend colour * shade into a shape; its edge is a pixel or `soft` / 32 pictures wide."""
        edge = max(soft * self.size / 32, 1.0)
        cover = 0.5 - (shape if edge == 1.0 else shape * (1 / edge))
        np.clip(cover, 0, 1, out=cover)
        if opacity is not None:
            cover *= opacity
        for channel, value in zip(self.image, colour, strict=True):
            blend(channel, value * shade, cover)

    def texture(self, rows, columns):
        """Return smooth blotches in -1..1, (N, size, size): rows x columns cells, interpolated."""
        field = self.cells[:, :rows, :columns]
        for axis, count in ((1, rows), (2, columns)):
            place = np.clip(self.x.ravel() * count - 0.5, 0, count - 1)
            low = np.floor(place).astype(np.int64)
            high = np.minimum(low + 1, count - 1)
            weight = (place - low).astype(np.float32).reshape((-1, 1) if axis == 1 else (1, -1))
            first = field.take(low, axis)
            field = first + weight * (field.take(high, axis) - first)
        return field

    def mottle(self, rows, columns, strength, y0=-1.0):
        """Lighten and darken everything below y0 by a texture."""
        self.image += self.texture(rows, columns) * (np.clip((self.y - y0) * 6, 0, 1) * strength)

    def frame(self, x, y, scale, flip=1.0, turn=None, stretch=1.0):
        """Return a frame with its origin at (x, y), `scale` pictures to the unit.

        flip = -1 mirrors it, turn rotates it by 2 atan(turn), stretch makes it wider and less high.
        """
        u = (self.x - x) * (flip / (scale * stretch))
        v = (self.y - y) * (stretch / scale)
        if turn is not None:
            norm = 1 + turn * turn
            cos, sin = (1 - turn * turn) / norm, 2 * turn / norm
            u, v = cos * u + sin * v, cos * v - sin * u
        return Frame(u, v, scale * self.size)


class Frame:
    """Coordinates of an object: u towards its front, v down, `unit` pixels to the unit.

    Unless the frame is turned, u is (N, 1, size) and v (N, size, 1): what depends on only one of
    them is computed on a row or a column.
    """

    def __init__(self, u, v, unit):
        self.u, self.v, self.unit = u, v, unit

    def part(self, u, v, scale):
        """Return the frame of a part: its origin at (u, v), its unit `scale` of ours."""
        return Frame((self.u - u) / scale, (self.v - v) / scale, self.unit * scale)

    def light(self, top, bottom):
        """Return a shade that goes from top at v = -1/2 to bottom at v = 1/2."""
        return top + np.clip(self.v + 0.5, 0, 1) * (bottom - top)

    def ellipse(self, u, v, ru, rv=None):
        """Return f / |grad f| of f = (u / ru)^2 + (v / rv)^2 - 1; without rv, a disc."""
        rv = ru if rv is None else rv
        p, q = (self.u - u) / ru, (self.v - v) / rv
        f = p * p + (q * q - 1)
        f *= self.unit
        gradient = hypotenuse(p / ru, q / rv)
        gradient *= 2
        gradient += 0.001
        f /= gradient
        return f

    def limb(self, u0, v0, u1, v1, r0, r1=None):
        """Return a round stick from (u0, v0), radius r0, to (u1, v1), radius r1."""
        du, dv = u1 - u0, v1 - v0
        square = du * du + dv * dv
        u, v = self.u - u0, self.v - v0
        along = u * (du / square) + v * (dv / square)
        np.clip(along, 0, 1, out=along)
        distance = hypotenuse(u - along * du, v - along * dv)
        distance -= r0 if r1 is None else r0 + along * (r1 - r0)
        distance *= self.unit
        return distance

    def polygon(self, *points):
        """Return a convex polygon, corners in either order: the largest distance from a side."""
        (u0, v0), (u1, v1), (u2, v2) = points[:3]
        clockwise = (u1 - u0) * (v2 - v1) > (v1 - v0) * (u2 - u1)
        outside = np.where(clockwise, self.unit, -self.unit)
        shape = -np.inf
        for (u0, v0), (u1, v1) in pairwise((*points, points[0])):
            du, dv = u1 - u0, v1 - v0
            square = du * du + dv * dv
            length = math.sqrt(square) if isinstance(square, int | float) else np.sqrt(square)
            side = (self.u - u0) * (dv / length * outside) - (self.v - v0) * (du / length * outside)
            shape = np.maximum(shape, side, out=side)
        return shape

    def box(self, u0, v0, u1, v1, cut=0.0):
        """Return an upright rectangle, its corners cut off at 45 degrees."""
        u = np.abs(self.u - (u0 + u1) / 2) - (u1 - u0) / 2
        v = np.abs(self.v - (v0 + v1) / 2) - (v1 - v0) / 2
        shape = np.maximum(u, v)
        if cut:
            shape = np.maximum(shape, (u + v + cut) * 0.7071)
        return shape * self.unit

    def mirrored(self, shape, *numbers):
        """Return a shape and its mirror image in u: `f.mirrored(Frame.ellipse, u, v, r)`."""
        return np.minimum(shape(self, *numbers), shape(Frame(-self.u, self.v, self.unit), *numbers))

    def melt(self, reach, *shapes):
        """Return the union with joints filled up within `reach` units: limbs grow out of a body."""
        reach = self.unit * reach
        melted = shapes[0]
        for shape in shapes[1:]:
            gap = np.maximum(reach - np.abs(melted - shape), 0)
            melted = np.minimum(melted, shape) - gap * gap / (4 * reach)
        return melted


def blend(channel, value, cover):
    """Let a channel be `value` where it is covered; in place, which spares memory."""
    change = value - channel
    change *= cover
    channel += change


def hypotenuse(u, v):
    """Return sqrt(u^2 + v^2), exactly rounded at each step, unlike np.hypot; u and v are lost."""
    u *= u
    v *= v
    square = u + v
    return np.sqrt(square, out=square)


def union(*shapes):
    """Return the shapes together."""
    joined = shapes[0]
    for shape in shapes[1:]:
        joined = np.minimum(joined, shape)
    return joined
