"""Deer and horses, three of each; see vehicles.py for how they are drawn."""

import numpy as np

from scenes.drawing import Frame, union
from scenes.palettes import BLACK, CLOTH, DEER, HORN, HORSE, MANE, WHITE
from scenes.parts import legs, model, place, shadow


def antler(f, u, v, side):
    u1, u2 = u + 0.2 * side, u + 0.14 * side
    return union(
        f.limb(u, v, u1, v - 0.28, 0.035),
        f.limb(u1, v - 0.28, u2, v - 0.52, 0.03),
        f.limb(u2, v - 0.2, u + 0.4 * side, v - 0.36, 0.028),
        f.limb(u1, v - 0.32, u + 0.38 * side, v - 0.54, 0.025),
    )


def stag(c, d, f, coat):
    """The body, neck and head of a stag in profile."""
    horn = d.colour(HORN)
    body = f.melt(0.2, f.ellipse(-0.08, 0.05, 0.56, 0.24), f.limb(0.35, 0, 0.58, -0.45, 0.16, 0.1))
    body = f.melt(0.06, body, f.limb(0.58, -0.5, 0.86, -0.4, 0.12, 0.07))
    c.paint(antler(f, 0.5, -0.55, -1), horn, 0.8)
    c.paint(antler(f, 0.58, -0.58, 1), horn)
    model(c, f, body, coat, 1.25, 0.75)
    c.paint(np.maximum(body, f.ellipse(-0.05, 0.26, 0.5, 0.12)), (226, 208, 180), soft=2)
    c.paint(f.ellipse(-0.62, 0.0, 0.09, 0.13), WHITE)
    c.paint(f.limb(0.5, -0.56, 0.3, -0.64, 0.07, 0.03), coat, 0.8)
    c.paint(f.ellipse(0.66, -0.51, 0.045), BLACK)
    c.paint(f.ellipse(0.92, -0.39, 0.05), BLACK)


def deer_standing(c, d):
    f = place(c, d, 0.48, 0.61, 0.34, 0.52)
    coat = d.colour(DEER)
    shadow(c, f, 0.82, 0.7)
    legs(c, f, coat, 0.55, 0.07, (-0.42, 0.1, -0.38, 0.78), (0.3, 0.1, 0.27, 0.78))
    legs(c, f, coat, 0.8, 0.075, (-0.56, 0.1, -0.59, 0.8), (0.42, 0.1, 0.45, 0.8))
    stag(c, d, f, coat)


def deer_leaping(c, d):
    f = place(c, d, 0.5, 0.6, 0.34, 0.52, turn=0.25)
    coat = d.colour(DEER)
    legs(c, f, coat, 0.55, 0.07, (-0.45, 0.1, -0.85, 0.5), (0.35, 0.1, 0.75, 0.35))
    legs(c, f, coat, 0.8, 0.075, (-0.5, 0.1, -1.0, 0.32), (0.4, 0.1, 0.6, 0.52))
    stag(c, d, f, coat)


def deer_portrait(c, d):
    f = place(c, d, 0.5, 0.61, 0.34, 0.52)
    coat, horn = d.colour(DEER), d.colour(HORN)
    c.paint(f.limb(-0.1, 0.4, -0.4, 2.5, 0.3, 0.8), coat, 0.75)
    c.paint(f.mirrored(Frame.limb, 0.2, -0.3, 0.72, -0.42, 0.14, 0.07), coat, 0.8)
    c.paint(f.mirrored(Frame.limb, 0.34, -0.33, 0.64, -0.4, 0.06, 0.03), (222, 190, 170))
    c.paint(union(antler(f, 0.15, -0.45, 1.2), antler(f, -0.15, -0.45, -1.2)), horn)
    head = f.melt(0.2, f.ellipse(0, -0.15, 0.33, 0.36), f.ellipse(0, 0.35, 0.2, 0.24))
    model(c, f, head, coat, 1.15, 0.8)
    c.paint(f.ellipse(0, 0.42, 0.16, 0.15), (232, 214, 190))
    c.paint(f.ellipse(0, 0.36, 0.11, 0.075), BLACK)
    c.paint(f.mirrored(Frame.ellipse, 0.23, -0.12, 0.08), BLACK)


def steed(c, d, f, coat):
    """The body, neck and head of a horse in profile."""
    body = f.limb(-0.36, 0.0, 0.28, 0.02, 0.27, 0.26)
    body = f.melt(0.2, body, f.limb(0.36, -0.1, 0.62, -0.55, 0.23, 0.13))
    body = f.melt(0.08, body, f.limb(0.62, -0.58, 0.9, -0.32, 0.14, 0.09))
    c.paint(f.polygon((0.52, -0.82), (0.64, -0.64), (0.48, -0.6)), coat)
    model(c, f, body, coat, 1.3, 0.7)
    c.paint(f.ellipse(0.68, -0.56, 0.045), BLACK)
    c.paint(f.limb(0.7, -0.6, 0.88, -0.4, 0.035), WHITE, opacity=d.chance(0.4))
    c.paint(f.box(-0.15, -0.3, 0.15, 0.02, 0.1), d.colour(CLOTH), opacity=d.chance(0.25))


def horse_standing(c, d):
    f = place(c, d, 0.48, 0.52, 0.36, 0.56)
    coat, mane = d.colour(HORSE), d.colour(MANE)
    shadow(c, f, 0.84, 0.8)
    legs(c, f, coat, 0.6, 0.1, (-0.42, 0.1, -0.36, 0.78), (0.26, 0.1, 0.22, 0.78))
    tail = union(f.limb(-0.58, -0.12, -0.8, 0.1, 0.09), f.limb(-0.8, 0.1, -0.78, 0.5, 0.1, 0.05))
    c.paint(tail, mane)
    steed(c, d, f, coat)
    legs(c, f, coat, 0.88, 0.115, (-0.54, 0.1, -0.56, 0.8), (0.38, 0.1, 0.42, 0.8))
    c.paint(f.limb(0.5, -0.7, 0.2, -0.2, 0.09, 0.06), mane)


def horse_galloping(c, d):
    f = place(c, d, 0.5, 0.52, 0.36, 0.54, turn=0.15)
    coat, mane = d.colour(HORSE), d.colour(MANE)
    legs(c, f, coat, 0.6, 0.1, (-0.4, 0.1, -0.75, 0.55))
    legs(c, f, coat, 0.6, 0.1, (0.3, 0.1, 0.7, 0.4), (0.7, 0.4, 0.62, 0.62))
    c.paint(f.limb(-0.56, -0.14, -1.05, -0.22, 0.1, 0.06), mane)
    steed(c, d, f, coat)
    legs(c, f, coat, 0.88, 0.11, (-0.5, 0.1, -0.3, 0.5), (-0.3, 0.5, -0.55, 0.7))
    legs(c, f, coat, 0.88, 0.11, (0.4, 0.1, 0.85, 0.25))
    c.paint(f.limb(0.5, -0.7, 0.1, -0.42, 0.1, 0.06), mane)
    c.paint(f.limb(0.4, -0.5, 0.05, -0.3, 0.09), mane)


def horse_portrait(c, d):
    f = place(c, d, 0.47, 0.5, 0.4, 0.58)
    coat, mane = d.colour(HORSE), d.colour(MANE)
    c.paint(f.polygon((0.02, -0.95), (0.2, -0.6), (-0.04, -0.55)), coat, 0.8)
    c.paint(f.polygon((0.2, -0.92), (0.32, -0.55), (0.12, -0.6)), coat, 0.7)
    skull, muzzle = f.limb(0.18, -0.38, 0.62, 0.2, 0.27, 0.17), f.ellipse(0.66, 0.25, 0.18, 0.16)
    head = f.melt(0.1, skull, muzzle)
    neck = f.limb(-0.9, 2.0, 0.06, -0.3, 1.0, 0.26)
    model(c, f, f.melt(0.2, neck, head), coat, 1.25, 0.75)
    c.paint(f.limb(0.06, -0.7, -0.3, -0.2, 0.13), mane)
    c.paint(f.limb(-0.3, -0.2, -1.2, 1.6, 0.13, 0.4), mane)
    c.paint(f.limb(0.34, -0.45, 0.7, 0.05, 0.06), WHITE, opacity=d.chance(0.4))
    strap = union(f.limb(0.06, -0.45, 0.44, 0.24, 0.03), f.limb(0.36, 0.22, 0.68, 0.0, 0.03))
    c.paint(strap, d.colour("6a2a20 2a2a2c 2c4f9c"), opacity=d.chance(0.5))
    c.paint(f.ellipse(0.26, -0.38, 0.07, 0.06), BLACK)
    c.paint(f.ellipse(0.74, 0.24, 0.05), BLACK)
