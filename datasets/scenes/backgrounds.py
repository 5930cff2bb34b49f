"""Backgrounds, and what stands before the object; each paints on a canvas `c` with dice `d`."""

import numpy as np

from scenes.drawing import union
from scenes.palettes import BLACK, CLOTH, GRASS, HAZE, LEAF, SEA, SKY, SOIL, TARMAC, WALL


def sky(c, d):
    c.gradient(d.colour(SKY), d.colour(HAZE))
    clouds(c, d, 1.0)


def clouds(c, d, until):
    puffs = c.texture(6, 4) + 0.5 * c.texture(12, 8) - 3 * np.maximum(c.y - until, 0)
    tint = d.colour("ffffff f4f0ee e2e6ec b4b8c4")
    c.paint((d.uniform(-0.4, 0.9) - puffs) * 4, tint, opacity=d.uniform(0.3, 0.95), soft=5)


def trees(c, d, horizon):
    crowns = (horizon - c.y - d.uniform(0.02, 0.4)) * 14 + 2 * c.texture(2, 8)
    c.paint(crowns, d.colour(LEAF), opacity=d.chance(0.75), soft=2)


def sea(c, d):
    horizon = d.around(0.45, 0.2)
    c.gradient(d.colour(SKY), d.colour(HAZE), -0.1, 0.6)
    clouds(c, d, 0.3)
    f = c.frame(d.uniform(0, 1), horizon, 0.6)
    hills = union(f.ellipse(-0.7, 0.2, 0.8, 0.5), f.ellipse(0.6, 0.25, 0.7, d.uniform(0.3, 0.6)))
    c.paint(hills, d.colour("6f8296 5c7468 8793a3 7a7f78 9a8a78"), opacity=d.chance(0.4))
    c.gradient(d.colour(SEA, 20), d.colour(SEA, 20), horizon, 1.0)
    c.mottle(16, 3, d.uniform(10, 55), horizon)


def beach(c, d):
    sea(c, d)
    shore = d.around(0.66, 0.14)
    c.gradient(d.colour(SOIL + " d8c8a0 e0d4b4"), d.colour(SOIL + " d8c8a0"), shore, 1.0)
    c.mottle(16, 4, d.uniform(5, 30), shore)


def hilltop(c, d):
    sky(c, d)
    crest = d.around(0.76, 0.14)
    c.gradient(d.colour(GRASS + " " + SOIL, 20), d.colour(LEAF + " " + SOIL, 20), crest, 1.2)
    c.mottle(16, 10, d.uniform(5, 40), crest)


def meadow(c, d):
    horizon = d.around(0.36, 0.24)
    c.gradient(d.colour(SKY), d.colour(HAZE), -0.1, 0.5)
    trees(c, d, horizon)
    c.gradient(d.colour(GRASS, 20), d.colour(GRASS, 20), horizon, 1.0)
    c.mottle(16, 10, d.uniform(10, 50), horizon)


def forest(c, d):
    c.gradient(d.colour(LEAF, 20), d.colour(LEAF + " " + GRASS, 20), 0.0, 0.8)
    c.mottle(8, 8, d.uniform(20, 80))
    bark = d.colour("3a2f26 5a4a3a 2a2622 7a6a58 8c8478 c8c4bc")
    for _ in range(3):
        f = c.frame(d.uniform(0, 1), 0.4, d.uniform(0.3, 0.8))
        c.paint(f.box(-0.06, -2, 0.06, 0.5), bark, 1 + 3 * f.u, d.chance(0.7), soft=1.5)
    floor = d.around(0.68, 0.16)
    c.gradient(d.colour(GRASS + " " + SOIL, 20), d.colour(LEAF, 20), floor, 1.0)
    c.mottle(16, 10, d.uniform(10, 50), floor)


def road(c, d):
    horizon = d.around(0.45, 0.2)
    c.gradient(d.colour(SKY), d.colour(HAZE), 0.0, 0.5)
    trees(c, d, horizon)
    for _ in range(2):
        f = c.frame(d.uniform(0, 1), horizon, d.uniform(0.2, 0.5))
        house = f.box(-0.7, d.uniform(-1.4, -0.6), 0.7, 0.3)
        c.paint(house, d.colour(WALL + " " + TARMAC), opacity=d.chance(0.55))
    c.gradient(d.colour(TARMAC + " " + SOIL, 20), d.colour(TARMAC, 20), horizon, 1.0)
    c.mottle(12, 4, d.uniform(6, 36), horizon)
    f = c.frame(d.uniform(0.1, 0.9), d.uniform(0.85, 0.97), 0.3)
    c.paint(f.box(-0.6, -0.05, 0.6, 0.05), d.colour("f0ece0 e8c860"), opacity=d.chance(0.4))


def room(c, d):
    c.gradient(d.colour(WALL, 20), d.colour(WALL, 20))
    f = c.frame(d.uniform(0, 1), d.uniform(0.1, 0.45), d.uniform(0.15, 0.35))
    hung = d.chance(0.65)
    c.paint(f.box(-0.9, -0.9, 0.9, 0.9), d.colour("f0ece4 6a4a30 d8e4ee 3a3430"), opacity=hung)
    inside = d.colour("cfe3f2 8fb0c8 6f8f6a c8b090 e8e8e0 3a4458")
    c.paint(f.box(-0.65, -0.65, 0.65, 0.65), inside, opacity=hung)
    floor = d.around(0.66, 0.2)
    c.gradient(d.colour(CLOTH + " " + SOIL, 20), d.colour(CLOTH, 20), floor, 1.1)
    f = c.frame(d.uniform(0, 1), floor, 0.5)
    sofa = f.box(-0.7, d.uniform(-0.6, -0.2), 0.7, 0.4, 0.2)
    c.paint(sofa, d.colour(CLOTH, 20), f.light(1.2, 0.8), d.chance(0.6))
    c.mottle(6, 6, d.uniform(4, 16))


def ground(c, d):
    c.gradient(d.colour(SOIL + " " + GRASS, 20), d.colour(SOIL + " " + LEAF, 20))
    c.mottle(12, 12, d.uniform(15, 65))
    for _ in range(3):
        f = c.frame(d.uniform(0, 1), d.uniform(0, 1), d.uniform(0.1, 0.3), 1.0, d.uniform(-1, 1))
        c.paint(f.ellipse(0, 0, 1.2, 0.45), d.colour(LEAF + " " + GRASS), 1 + f.v, d.chance(0.6))


def pond(c, d):
    water = "4f6f4a 3f5f5a 5a7a80 6a7a50 37504a 7a94a4"
    c.gradient(d.colour(water, 20), d.colour(water, 20))
    c.mottle(12, 3, d.uniform(8, 36))
    for _ in range(3):
        f = c.frame(d.uniform(0, 1), d.uniform(0, 1), d.uniform(0.12, 0.35))
        pad = d.colour("7a9a48 5f8a45 8aa858 a8a860")
        c.paint(f.ellipse(0, 0, 1, 0.4), pad, 1 - 0.4 * f.v, d.chance(0.6))


def studio(c, d):
    backdrop = "e4e4e4 ecebe8 d4d8de d8d4cc b0b4ba 4a4e54 202226 8a6a50 b04a3c"
    c.gradient(d.colour(backdrop), d.colour("e0e0e0 d0d0d0 c0c0c0 d0c4b4 6a6a6e 2a2a2c"))


def foreground(c, d):
    """Blades of grass close to the camera, and shade from outside the picture; both sometimes."""
    x, scale, green = d.uniform(0, 1), d.uniform(0.15, 0.4), d.colour(LEAF + " " + GRASS)
    with c.some(d.chance(0.3)) as (c_some, i):
        f = c_some.frame(x[i], 1.0, scale[i])
        tips = ((-0.5, -0.8), (0.1, -1.3), (0.6, -0.9))
        blades = union(*(f.limb(0.3 * u, 0.1, u, v, 0.1, 0.02) for u, v in tips))
        c_some.paint(blades, green[:, i], 1 - 0.3 * f.v, soft=1.5)
    x, y, flip, turn = d.uniform(0, 1), d.uniform(0, 1), d.sign(), d.uniform(-1, 1)
    opacity = np.maximum(d.uniform(-0.4, 0.42), 0)
    with c.some(opacity) as (c_some, i):
        f = c_some.frame(x[i], y[i], 1.0, flip[i], turn[i])
        c_some.paint(f.u * f.unit, BLACK, opacity=opacity[i], soft=8)
