"""Airplanes, automobiles, ships and trucks, three kinds of each.

Each paints on a canvas `c` with dice `d`, in a frame `f` of its own: looking to the right, about
2 units long, lit from above.
"""

import numpy as np

from scenes.drawing import Frame, union
from scenes.palettes import (
    BLACK,
    CLOTH,
    GLASS,
    HULL,
    LAMP,
    METAL,
    PAINT,
    RUBBER,
    SOIL,
    STRIPE,
    WHITE,
)
from scenes.parts import model, place, shadow, wheels


def airliner(c, d):
    f = place(c, d, 0.5, 0.48, 0.32, 0.54, turn=0.2)
    body, livery = d.colour(METAL), d.colour(STRIPE)
    c.paint(f.polygon((0.2, -0.05), (-0.1, -0.05), (-0.42, -0.34), (-0.3, -0.34)), body, 0.6)
    c.paint(f.polygon((-0.95, -0.5), (-0.78, -0.5), (-0.48, -0.08), (-0.86, -0.06)), livery)
    tail = f.limb(-0.98, -0.08, -0.5, 0, 0.04, 0.1)
    hull = f.melt(0.1, f.limb(-0.72, -0.02, 0.72, 0.02, 0.11, 0.15), tail)
    model(c, f, hull, body, 1.6, 0.4)
    c.paint(np.maximum(hull, f.box(-0.95, 0.01, 0.9, 0.06)), livery)
    c.paint(f.box(-0.55, -0.07, 0.55, -0.03), (50, 60, 80), opacity=0.75)
    c.paint(f.polygon((0.68, -0.1), (0.78, -0.1), (0.85, -0.02), (0.7, -0.02)), (40, 50, 70))
    c.paint(f.polygon((-0.72, -0.02), (-0.95, 0.1), (-1.04, 0.1), (-0.9, -0.04)), body, 0.7)
    c.paint(f.limb(0.02, 0.24, 0.2, 0.24, 0.07), livery, f.light(1.4, 0.4))
    c.paint(f.polygon((0.3, 0.06), (-0.3, 0.46), (-0.46, 0.46), (-0.14, 0.06)), body, 0.78)


def jet(c, d):
    f = place(c, d, 0.5, 0.48, 0.3, 0.5, turn=0.6)
    body = d.colour(METAL)
    for side, shade in ((-1, 0.85), (1, 0.7)):
        wing = ((0.28, 0.02), (-0.3, 0.0), (-0.45, 0.85), (-0.25, 0.85))
        fin = ((-0.6, 0.05), (-0.9, 0.0), (-0.98, 0.35), (-0.85, 0.35))
        for corners in (wing, fin):
            c.paint(f.polygon(*((u, side * v) for u, v in corners)), body, shade)
    hull = f.melt(0.05, f.limb(-0.85, 0, 0.5, 0, 0.09, 0.12), f.limb(0.5, 0, 0.9, 0, 0.1, 0.02))
    model(c, f, hull, body, 1.8, 0.4)
    c.paint(f.ellipse(0.5, -0.02, 0.14, 0.05), (60, 90, 130))
    c.paint(f.limb(-0.9, -0.02, -0.55, -0.02, 0.03), d.colour(PAINT))


def biplane(c, d):
    f = place(c, d, 0.5, 0.5, 0.34, 0.54, turn=0.15)
    body, livery = d.colour(STRIPE + " " + METAL), d.colour(PAINT)
    c.paint(f.box(-0.07, -0.62, 0.07, -0.1, 0.05), livery)
    c.paint(f.box(-0.4, 0.0, 0.4, 0.06), body, 0.7)
    struts = f.mirrored(Frame.limb, 0.55, -0.34, 0.5, 0.16, 0.03)
    gear = f.mirrored(Frame.limb, 0.12, 0.2, 0.3, 0.44, 0.03)
    c.paint(union(struts, gear), (70, 60, 54))
    c.paint(f.box(-0.98, -0.42, 0.98, -0.3, 0.06), body, f.light(1.3, 0.9))
    c.paint(f.box(-0.9, 0.12, 0.9, 0.23, 0.06), body, 0.8)
    c.paint(f.ellipse(0, -0.02, 0.25), body, f.light(1.5, 0.5))
    c.paint(f.ellipse(0, -0.02, 0.15), (50, 50, 56))
    c.paint(f.limb(-0.12, -0.42, 0.12, 0.38, 0.035), (200, 190, 170), opacity=0.8)
    c.paint(f.ellipse(0, -0.02, 0.06), livery)
    c.paint(f.mirrored(Frame.ellipse, 0.32, 0.48, 0.07, 0.1), RUBBER)


def car_side(c, d):
    f = place(c, d, 0.5, 0.58, 0.34, 0.54)
    body, roof = d.colour(PAINT, 20), d.uniform(-0.52, -0.36)
    shadow(c, f, 0.48, 1.0)
    rear = d.uniform(-0.95, -0.7)
    cabin = f.polygon((-0.5, roof), (0.15, roof), (d.uniform(0.35, 0.6), 0.0), (rear, 0.0))
    c.paint(union(f.box(-0.98, -0.04, 0.98, 0.36, 0.16), cabin), body, f.light(1.35, 0.6))
    panes = np.maximum(cabin + f.unit * 0.07, -f.box(-0.16, -1, -0.1, 1))
    c.paint(panes, d.colour(GLASS), f.light(1.3, 0.9))
    c.paint(f.box(-0.99, 0.26, 0.99, 0.34), (40, 40, 44), opacity=0.8)
    c.paint(f.box(0.86, 0.03, 0.98, 0.13), LAMP)
    c.paint(f.box(-0.98, 0.03, -0.9, 0.13), (190, 30, 30))
    wheels(c, f, (-0.56, 0.58), 0.33, 0.2)


def car_front(c, d):
    f = place(c, d, 0.5, 0.55, 0.36, 0.54)
    body = d.colour(PAINT, 20)
    shadow(c, f, 0.55, 0.95)
    c.paint(f.mirrored(Frame.box, 0.52, 0.1, 0.82, 0.58, 0.1), RUBBER)
    cabin = f.polygon((-0.44, -0.55), (0.44, -0.55), (0.68, -0.08), (-0.68, -0.08))
    c.paint(union(cabin, f.box(-0.86, -0.1, 0.86, 0.4, 0.22)), body, f.light(1.35, 0.6))
    c.paint(cabin + f.unit * 0.08, d.colour(GLASS), f.light(1.4, 0.8))
    c.paint(f.box(-0.4, 0.12, 0.4, 0.26, 0.06), (34, 36, 40))
    c.paint(f.box(-0.2, 0.29, 0.2, 0.37), WHITE)
    c.paint(f.mirrored(Frame.ellipse, 0.62, 0.13, 0.15, 0.1), LAMP)
    c.paint(f.mirrored(Frame.box, 0.8, -0.16, 0.98, -0.04, 0.05), body, 0.7)


def car_corner(c, d):
    f = place(c, d, 0.5, 0.55, 0.38, 0.56)
    body, glass = d.colour(PAINT, 20), d.colour(GLASS)
    shadow(c, f, 0.5, 1.0)
    c.paint(union(f.ellipse(-0.5, 0.3, 0.14, 0.22), f.ellipse(0.7, 0.32, 0.1, 0.2)), RUBBER)
    c.paint(f.polygon((-0.95, -0.04), (0.3, 0.0), (0.3, 0.46), (-0.92, 0.28)), body, 0.75)
    c.paint(f.polygon((-0.86, 0), (-0.52, -0.46), (0.34, -0.46), (0.66, -0.06), (0.14, 0.02)), body)
    c.paint(f.polygon((-0.7, -0.04), (-0.46, -0.38), (-0.1, -0.38), (0.06, 0.0)), glass, 0.7)
    c.paint(f.polygon((-0.02, -0.39), (0.3, -0.39), (0.56, -0.08), (0.16, -0.03)), glass)
    c.paint(f.polygon((0.08, 0.02), (0.64, -0.07), (0.95, 0.04), (0.3, 0.12)), body, 1.2)
    c.paint(f.polygon((0.3, 0.1), (0.95, 0.03), (0.93, 0.36), (0.3, 0.48)), body, 0.95)
    c.paint(f.polygon((0.45, 0.2), (0.8, 0.16), (0.8, 0.28), (0.45, 0.34)), (34, 36, 40))
    c.paint(union(f.ellipse(0.38, 0.18, 0.08), f.ellipse(0.87, 0.13, 0.07)), LAMP)
    wheels(c, f, (0.14,), 0.36, 0.19)


def wake(c, f, v, width):
    c.paint(f.ellipse(0, v + 0.12, width, 0.12), (24, 40, 60), opacity=0.4, soft=2)
    c.paint(f.limb(-width, v, width, v, 0.05), WHITE, opacity=0.65, soft=2)


def liner(c, d):
    f = place(c, d, 0.5, 0.56, 0.38, 0.58)
    hull, decks = d.colour(HULL), d.colour("f4f4f2 e4e0d4 d8dce0 f0e8d0")
    wake(c, f, 0.38, 0.85)
    c.paint(f.limb(0.1, -0.4, 0.1, -0.75, 0.025), BLACK)
    c.paint(f.limb(-0.55, -0.2, -0.55, -0.6, 0.02), BLACK)
    c.paint(f.polygon((-0.3, -0.62), (-0.1, -0.62), (-0.06, -0.3), (-0.34, -0.3)), d.colour(STRIPE))
    c.paint(f.box(-0.4, -0.46, 0.28, -0.2), decks, 0.92)
    c.paint(f.box(-0.68, -0.26, 0.48, 0.05), decks)
    windows = union(f.box(-0.6, -0.17, 0.42, -0.1), f.box(-0.34, -0.38, 0.22, -0.32))
    c.paint(windows, (60, 80, 110), opacity=0.75)
    side = f.polygon((-0.95, 0.0), (1.0, -0.1), (0.74, 0.36), (-0.82, 0.36))
    c.paint(side, hull, f.light(1.2, 0.8))
    c.paint(np.maximum(side, f.box(-1, 0.25, 1, 0.5)), d.colour("8a2a24 3a2020 c8ccd0 502828"))


def sailboat(c, d):
    f = place(c, d, 0.5, 0.52, 0.36, 0.56, turn=0.12)
    hull, sail = d.colour(HULL), d.colour("f8f6f0 f0e8d8 e0e4ea d8483a e8b850 fafafa")
    wake(c, f, 0.54, 0.7)
    c.paint(f.limb(0.04, -0.95, 0.04, 0.3, 0.03), (90, 66, 44))
    c.paint(f.polygon((0.0, -0.9), (0.0, 0.14), (-0.66, 0.14)), sail, 1 + 0.3 * f.u)
    c.paint(f.polygon((0.1, -0.75), (0.66, 0.14), (0.1, 0.14)), sail, 0.84)
    side = f.polygon((-0.8, 0.24), (0.92, 0.2), (0.6, 0.52), (-0.6, 0.52))
    c.paint(side, hull, f.light(1.3, 0.8))


def freighter(c, d):
    f = place(c, d, 0.5, 0.56, 0.38, 0.57)
    hull = d.colour(HULL)
    wake(c, f, 0.38, 0.9)
    for u in (-0.4, -0.06, 0.28):
        for v in (-0.14, -0.34):
            load = f.box(u, v, u + 0.3, v + 0.19)
            c.paint(load, d.colour(CLOTH + " " + STRIPE), opacity=d.chance(0.8))
    c.paint(f.box(-0.86, -0.62, -0.5, 0.1), WHITE, f.light(1.0, 0.85))
    c.paint(f.box(-0.84, -0.54, -0.48, -0.46), (60, 80, 110))
    c.paint(f.box(-0.82, -0.8, -0.66, -0.6), d.colour(STRIPE))
    side = f.polygon((-0.95, 0.03), (0.75, 0.03), (0.7, 0.36), (-0.88, 0.36))
    bow = f.polygon((0.6, -0.04), (1.02, -0.12), (0.82, 0.36), (0.6, 0.36))
    c.paint(union(side, bow), hull, f.light(1.2, 0.8))
    c.paint(f.box(-0.88, 0.27, 0.83, 0.36), d.colour("8a2a24 3a2020 c8ccd0 502828"))


def lorry(c, d):
    f = place(c, d, 0.5, 0.52, 0.38, 0.56)
    cargo, cab = d.colour(PAINT + " f4f4f4 e8e8e8 c8ccd0", 20), d.colour(PAINT, 20)
    shadow(c, f, 0.62, 1.0)
    c.paint(f.box(-0.96, 0.3, 0.92, 0.46), (40, 40, 44))
    c.paint(f.box(-0.98, -0.66, 0.34, 0.34), cargo, f.light(1.1, 0.82))
    sign = f.box(-0.84, d.uniform(-0.4, -0.1), 0.2, 0.06)
    c.paint(sign, d.colour(PAINT), opacity=d.chance(0.5))
    cabin = ((0.4, -0.36), (0.76, -0.36), (0.98, 0.02), (0.98, 0.42), (0.4, 0.42))
    c.paint(f.polygon(*cabin), cab, f.light(1.3, 0.75))
    pane = ((0.52, -0.26), (0.72, -0.26), (0.88, 0.02), (0.52, 0.02))
    c.paint(f.polygon(*pane), d.colour(GLASS))
    c.paint(f.box(0.9, 0.18, 1.0, 0.28), LAMP)
    wheels(c, f, (-0.68, -0.26, 0.66), 0.44, 0.18)


def truck_front(c, d):
    f = place(c, d, 0.5, 0.5, 0.38, 0.56)
    cargo, cab = d.colour(PAINT + " f4f4f4 e8e8e8 c8ccd0", 20), d.colour(PAINT, 20)
    shadow(c, f, 0.78, 0.9)
    c.paint(f.box(-0.72, -0.9, 0.72, 0.5), cargo, f.light(1.0, 0.8))
    c.paint(f.mirrored(Frame.box, 0.46, 0.3, 0.74, 0.8, 0.08), RUBBER)
    c.paint(f.box(-0.68, -0.6, 0.68, 0.6, 0.14), cab, f.light(1.25, 0.8))
    c.paint(f.box(-0.56, -0.46, 0.56, -0.02, 0.08), d.colour(GLASS), f.light(1.3, 0.9))
    c.paint(f.box(-0.32, 0.08, 0.32, 0.38), (40, 42, 46))
    c.paint(union(*(f.box(-0.3, v, 0.3, v + 0.05) for v in (0.13, 0.23, 0.33))), (170, 172, 178))
    c.paint(f.box(-0.76, 0.48, 0.76, 0.62), (70, 72, 78))
    c.paint(f.mirrored(Frame.box, 0.4, 0.3, 0.62, 0.44, 0.04), LAMP)
    c.paint(f.mirrored(Frame.box, 0.76, -0.4, 0.88, 0.0), (36, 36, 40))


def tipper(c, d):
    f = place(c, d, 0.5, 0.52, 0.38, 0.56)
    bed, cab = d.colour(STRIPE, 20), d.colour(PAINT + " d0a030 d88030", 20)
    lift = d.uniform(0, 0.35)
    shadow(c, f, 0.64, 1.0)
    c.paint(f.box(-0.95, 0.2, 0.95, 0.4), (44, 44, 48))
    heap = f.ellipse(-0.3, -0.25 - 0.6 * lift, 0.42, 0.2)
    c.paint(heap, d.colour(SOIL), opacity=d.chance(0.6))
    tray = ((-1.0, -0.3), (0.3, -0.3 - lift), (0.26, 0.2 - lift), (-0.82, 0.2))
    c.paint(f.polygon(*tray), bed, f.light(1.2, 0.75))
    c.paint(f.box(0.36, -0.42, 0.74, 0.36, 0.06), cab, f.light(1.25, 0.8))
    c.paint(f.box(0.6, -0.02, 0.98, 0.36, 0.06), cab, 0.95)
    c.paint(f.box(0.46, -0.32, 0.74, -0.04), d.colour(GLASS))
    c.paint(f.box(0.9, 0.08, 0.99, 0.18), LAMP)
    wheels(c, f, (-0.62, -0.16, 0.64), 0.42, 0.22)
