"""Birds, cats, dogs and frogs, three of each; see vehicles.py for how they are drawn."""

import numpy as np

from scenes.drawing import Frame, union
from scenes.palettes import BEAK, BLACK, FROG, FUR, PALE, PLUMAGE, STRIPE, WHITE
from scenes.parts import eyes, legs, model, place, shadow


def songbird(c, d):
    f = place(c, d, 0.5, 0.5, 0.28, 0.5, turn=0.2)
    plume, belly = d.colour(PLUMAGE, 20), d.colour("f0e4d0 e0c8a0 e8e8e8 d89060 c8b890")
    branch = f.limb(-2.6, 0.76, 2.6, 0.64, 0.07)
    c.paint(branch, d.colour("5a4632 3a2e24 7a6248 8c8478"), opacity=d.chance(0.65))
    legs(c, f, (60, 44, 30), 1, 0.03, (-0.08, 0.4, -0.04, 0.7), (0.14, 0.4, 0.16, 0.7))
    c.paint(f.limb(-0.35, 0.15, -0.98, 0.5, 0.13, 0.07), plume, 0.7)
    body = f.melt(0.25, f.ellipse(0, 0.1, 0.5, 0.4), f.ellipse(0.36, -0.36, 0.27))
    model(c, f, body, plume, 1.25, 0.75)
    breast = np.maximum(body, f.ellipse(0.28, 0.25, 0.42, 0.4))
    c.paint(breast, belly, f.light(1.1, 0.8), soft=2)
    c.paint(f.limb(0.05, 0.0, -0.5, 0.26, 0.24, 0.06), plume, 0.62)
    c.paint(f.polygon((0.55, -0.46), (0.92, -0.32), (0.55, -0.24)), d.colour(BEAK))
    c.paint(f.ellipse(0.42, -0.42, 0.075), BLACK)


def gull(c, d):
    f = place(c, d, 0.5, 0.5, 0.34, 0.56, turn=0.35)
    plume, lift = d.colour(PLUMAGE + " f0f0f0 e8e4dc 2a2a30", 20), d.uniform(-0.75, -0.3)
    c.paint(f.polygon((-0.05, 0), (-0.3, lift), (-0.62, lift - 0.12), (-0.35, 0.05)), plume, 0.6)
    c.paint(f.polygon((-0.45, -0.02), (-0.95, 0.0), (-0.9, 0.25), (-0.4, 0.15)), plume, 0.75)
    body = f.melt(0.2, f.ellipse(0, 0.05, 0.5, 0.2), f.ellipse(0.52, -0.08, 0.17))
    model(c, f, body, plume, 1.4, 0.6)
    c.paint(f.polygon((0.64, -0.14), (0.92, -0.04), (0.64, 0.03)), d.colour(BEAK))
    c.paint(f.polygon((0.25, 0), (0.3, lift), (0.05, lift - 0.25), (-0.3, 0.05)), plume, 0.85)
    c.paint(f.ellipse(0.56, -0.12, 0.05), BLACK)


def heron(c, d):
    f = place(c, d, 0.48, 0.51, 0.36, 0.52)
    plume = d.colour("e8e4dc a0a4a8 e89a98 6a7a8c 3a3a40 f4f4f4 8a6a4a d87a80", 20)
    legs(c, f, (70, 54, 44), 1, 0.035, (-0.12, 0.2, -0.1, 0.86), (0.08, 0.2, 0.12, 0.86))
    legs(c, f, BLACK, 1, 0.035, (-0.1, 0.87, 0.06, 0.88), (0.12, 0.87, 0.28, 0.88))
    lower, upper = f.limb(0.26, 0, 0.5, -0.34, 0.13, 0.08), f.limb(0.5, -0.34, 0.4, -0.7, 0.08)
    body, head = f.ellipse(-0.05, 0.08, 0.46, 0.27), f.ellipse(0.46, -0.76, 0.14, 0.12)
    c.paint(f.polygon((0.52, -0.82), (0.95, -0.68), (0.54, -0.68)), d.colour(BEAK))
    model(c, f, f.melt(0.15, body, f.melt(0.1, lower, upper), head), plume, 1.2, 0.8)
    c.paint(f.limb(-0.02, 0.04, -0.6, 0.26, 0.2, 0.06), plume, 0.7)
    c.paint(f.ellipse(0.5, -0.79, 0.045), BLACK)


def cat_head(c, d, f, coat, light):
    ears = f.mirrored(Frame.polygon, (0.62, -0.98), (0.66, -0.1), (0.12, -0.5))
    head = f.ellipse(0, 0, 0.68, 0.58)
    model(c, f, union(ears, head), coat, 1.1, 0.85)
    c.paint(np.maximum(ears + f.unit * 0.11, -head), (214, 150, 140))
    stripes = union(*(f.limb(u, -0.58, 0.7 * u, -0.3, 0.045) for u in (-0.2, 0.0, 0.2)))
    c.paint(np.maximum(stripes, head), coat, 0.5, d.chance(0.6))
    c.paint(f.mirrored(Frame.ellipse, 0.16, 0.27, 0.24, 0.2), light)
    eyes(c, f, 0.29, -0.04, 0.15, d.colour("b8c850 e0b040 7ab070 80b0d0"), 0.4)
    c.paint(f.polygon((-0.1, 0.13), (0.1, 0.13), (0.0, 0.25)), (200, 110, 110))
    whiskers = (f.mirrored(Frame.limb, 0.2, 0.26, 0.95, v, 0.018) for v in (0.14, 0.36))
    c.paint(union(*whiskers), WHITE, opacity=0.7)


def cat_portrait(c, d):
    f = place(c, d, 0.5, 0.48, 0.36, 0.58)
    coat, light = d.colour(FUR, 20), d.colour(PALE)
    c.paint(f.limb(-0.15, 1.1, -0.3, 2.5, 0.72, 1.2), coat, 0.8)
    c.paint(f.ellipse(0.0, 1.0, 0.35, 0.5), light, opacity=d.chance(0.5))
    cat_head(c, d, f, coat, light)


def cat_sitting(c, d):
    f = place(c, d, 0.5, 0.52, 0.36, 0.52)
    coat, light = d.colour(FUR, 20), d.colour(PALE)
    shadow(c, f, 0.86, 0.75)
    tail = union(f.limb(-0.4, 0.75, -0.85, 0.6, 0.1), f.limb(-0.85, 0.6, -0.8, 0.1, 0.1, 0.07))
    c.paint(tail, coat, 0.8)
    body = f.melt(0.2, f.ellipse(0, 0.5, 0.48, 0.4), f.ellipse(0.05, 0.15, 0.34, 0.4))
    model(c, f, body, coat, 1.1, 0.7)
    c.paint(f.ellipse(0.08, 0.22, 0.2, 0.3), light, opacity=d.chance(0.7), soft=2)
    legs(c, f, coat, 1.1, 0.1, (-0.1, 0.4, -0.12, 0.82), (0.24, 0.4, 0.26, 0.82))
    cat_head(c, d, f.part(0.08, -0.36, 0.62), coat, light)


def cat_lying(c, d):
    f = place(c, d, 0.48, 0.56, 0.38, 0.56)
    coat, light = d.colour(FUR, 20), d.colour(PALE)
    shadow(c, f, 0.5, 0.95)
    c.paint(f.limb(-0.75, 0.3, -0.3, 0.46, 0.1, 0.08), coat, 0.65)
    body = f.melt(0.2, f.ellipse(-0.35, 0.12, 0.62, 0.4), f.ellipse(0.3, 0.2, 0.4, 0.3))
    model(c, f, body, coat, 1.15, 0.6)
    bands = union(*(f.limb(u, -0.34, u - 0.06, 0.02, 0.05) for u in (-0.65, -0.4, -0.15)))
    c.paint(np.maximum(bands, body), coat, 0.55, d.chance(0.6))
    legs(c, f, coat, 1.05, 0.1, (0.2, 0.42, 0.62, 0.46), (-0.5, 0.44, -0.1, 0.47))
    cat_head(c, d, f.part(0.5, -0.12, 0.52), coat, light)


def dog_head(c, d, f, coat, light):
    model(c, f, f.ellipse(0, -0.05, 0.56, 0.62), coat, 1.15, 0.85)
    c.paint(f.ellipse(0, 0.3, 0.38, 0.36), light)
    c.paint(f.limb(0, -0.6, 0, 0.2, 0.06, 0.12), light, opacity=d.chance(0.5))
    c.paint(f.mirrored(Frame.limb, 0.5, -0.42, 0.72, 0.2, 0.14, 0.2), coat, 0.6)
    c.paint(f.ellipse(0, 0.6, 0.13, 0.2), (224, 110, 120), opacity=d.chance(0.6))
    c.paint(f.limb(0, 0.25, 0, 0.48, 0.03), BLACK, opacity=0.7)
    c.paint(f.ellipse(0, 0.16, 0.19, 0.13), BLACK)
    eyes(c, f, 0.25, -0.15, 0.1, (90, 54, 30), 0.7)
    c.paint(f.mirrored(Frame.ellipse, 0.22, -0.19, 0.035), WHITE)


def dog_portrait(c, d):
    f = place(c, d, 0.5, 0.48, 0.36, 0.56)
    coat, light = d.colour(FUR, 20), d.colour(PALE + " 8a6a4c")
    c.paint(f.limb(-0.1, 1.1, -0.3, 2.5, 0.66, 1.1), coat, 0.8)
    c.paint(f.box(-0.5, 0.62, 0.5, 0.76, 0.1), d.colour(STRIPE), opacity=d.chance(0.5))
    dog_head(c, d, f, coat, light)


def dog_sitting(c, d):
    f = place(c, d, 0.5, 0.52, 0.36, 0.52)
    coat, light = d.colour(FUR, 20), d.colour(PALE + " 8a6a4c")
    shadow(c, f, 0.88, 0.75)
    c.paint(f.limb(-0.35, 0.75, -0.85, 0.45, 0.09, 0.05), coat, 0.75)
    body = f.melt(0.2, f.ellipse(-0.04, 0.52, 0.45, 0.38), f.ellipse(0.06, 0.15, 0.34, 0.42))
    model(c, f, body, coat, 1.1, 0.7)
    c.paint(f.ellipse(0.08, 0.25, 0.2, 0.32), light, opacity=d.chance(0.6), soft=2)
    legs(c, f, coat, 1.05, 0.12, (-0.12, 0.3, -0.14, 0.82), (0.26, 0.3, 0.28, 0.82))
    c.paint(f.box(-0.22, 0.0, 0.36, 0.1, 0.05), d.colour(STRIPE), opacity=d.chance(0.5))
    dog_head(c, d, f.part(0.08, -0.4, 0.62), coat, light)


def dog_standing(c, d):
    f = place(c, d, 0.48, 0.56, 0.36, 0.54)
    coat, light = d.colour(FUR, 20), d.colour(PALE + " 8a6a4c")
    shadow(c, f, 0.68, 0.75)
    legs(c, f, coat, 0.6, 0.1, (-0.36, 0.15, -0.32, 0.62), (0.26, 0.15, 0.24, 0.62))
    tail = union(f.limb(-0.55, -0.1, -0.82, -0.36, 0.08), f.limb(-0.82, -0.36, -0.78, -0.62, 0.06))
    c.paint(tail, coat, 0.9)
    skull, snout = f.ellipse(0.54, -0.38, 0.28, 0.26), f.limb(0.65, -0.32, 0.9, -0.27, 0.15, 0.11)
    body = f.melt(0.1, f.melt(0.2, f.limb(-0.42, 0.02, 0.32, 0.0, 0.24, 0.28), skull), snout)
    model(c, f, body, coat, 1.2, 0.75)
    legs(c, f, coat, 0.85, 0.11, (-0.5, 0.15, -0.52, 0.64), (0.38, 0.15, 0.41, 0.64))
    c.paint(f.ellipse(0.2, 0.1, 0.22, 0.26), light, opacity=d.chance(0.5), soft=3)
    c.paint(f.limb(0.42, -0.5, 0.32, -0.1, 0.1, 0.13), coat, 0.55)
    c.paint(f.limb(0.3, -0.02, 0.62, -0.06, 0.05), d.colour(STRIPE), opacity=d.chance(0.5))
    c.paint(f.ellipse(0.98, -0.33, 0.08), BLACK)
    c.paint(f.ellipse(0.64, -0.45, 0.055), BLACK)


def frog_front(c, d):
    f = place(c, d, 0.5, 0.54, 0.34, 0.52)
    skin, belly = d.colour(FROG, 20), d.colour("e8e4b8 d8d898 f0ead0 c8c890")
    shadow(c, f, 0.55, 0.95)
    model(c, f, f.mirrored(Frame.ellipse, 0.68, 0.25, 0.3, 0.32), skin, 1.0, 0.6)
    c.paint(f.mirrored(Frame.limb, 0.95, 0.55, 0.45, 0.5, 0.07), skin, 0.7)
    bulges = f.mirrored(Frame.ellipse, 0.4, -0.42, 0.23)
    head = f.melt(0.1, f.ellipse(0, -0.1, 0.72, 0.4), f.ellipse(0, 0.2, 0.56, 0.4), bulges)
    model(c, f, head, skin, 1.25, 0.7)
    c.paint(f.ellipse(0, 0.3, 0.42, 0.26), belly, f.light(1.0, 0.8))
    lips = np.abs(f.ellipse(0, -0.22, 0.62, 0.3)) - f.unit * 0.03
    c.paint(np.maximum(lips, f.box(-2, -0.15, 2, 2)), (50, 50, 30))
    c.paint(f.mirrored(Frame.limb, 0.34, 0.2, 0.4, 0.55, 0.08), skin, 0.85)
    eyes(c, f, 0.4, -0.45, 0.16, d.colour("e8d060 e0a030 f0e8c0"), 0.6)


def frog_above(c, d):
    f = place(c, d, 0.5, 0.52, 0.34, 0.52, turn=0.7)
    skin = d.colour(FROG, 20)
    across = Frame(f.v, f.u, f.unit)  # seen from above it is v that is symmetric, and mirrored
    limbs = union(
        across.mirrored(Frame.limb, 0.25, -0.3, 0.7, 0.05, 0.13, 0.1),
        across.mirrored(Frame.limb, 0.7, 0.05, 0.7, -0.7, 0.09, 0.06),
        across.mirrored(Frame.limb, 0.7, -0.7, 0.8, -0.95, 0.08),
        across.mirrored(Frame.limb, 0.2, 0.3, 0.62, 0.5, 0.09, 0.06),
        across.mirrored(Frame.limb, 0.62, 0.5, 0.66, 0.78, 0.06),
    )
    c.paint(limbs, skin, 0.72)
    body = f.melt(0.2, f.ellipse(-0.1, 0, 0.55, 0.4), f.ellipse(0.42, 0, 0.38, 0.34))
    model(c, f, body, skin, 1.2, 0.8)
    spots = ((-0.1, -0.15, 0.12), (-0.35, 0.08, 0.12), (0.12, 0.16, 0.1))
    c.paint(union(*(f.ellipse(*spot) for spot in spots)), skin, 0.55, d.chance(0.6))
    c.paint(across.mirrored(Frame.ellipse, 0.27, 0.52, 0.14), (232, 208, 96))
    c.paint(across.mirrored(Frame.ellipse, 0.29, 0.54, 0.08), BLACK)


def frog_side(c, d):
    f = place(c, d, 0.48, 0.55, 0.36, 0.54)
    skin, belly = d.colour(FROG, 20), d.colour("e8e4b8 d8d898 f0ead0 c8c890")
    shadow(c, f, 0.56, 0.9)
    legs(c, f, skin, 0.75, 0.1, (0.3, 0.15, 0.36, 0.5), (0.36, 0.5, 0.6, 0.54))
    back, head = f.limb(-0.6, 0.3, 0.3, -0.08, 0.22, 0.34), f.ellipse(0.58, -0.12, 0.36, 0.24)
    body = f.melt(0.1, f.melt(0.15, back, head), f.ellipse(0.5, -0.38, 0.17))
    model(c, f, body, skin, 1.2, 0.75)
    c.paint(np.maximum(body, f.ellipse(0.45, 0.2, 0.5, 0.22)), belly, soft=2)
    c.paint(f.limb(0.35, -0.02, 0.92, -0.08, 0.03), (50, 50, 30))
    model(c, f, f.ellipse(-0.45, 0.28, 0.36, 0.26), skin, 1.1, 0.55)
    c.paint(f.limb(-0.65, 0.5, -0.1, 0.52, 0.08, 0.06), skin, 0.7)
    c.paint(f.ellipse(0.53, -0.4, 0.12), (232, 208, 96))
    c.paint(f.ellipse(0.55, -0.4, 0.07), BLACK)
