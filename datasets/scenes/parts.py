"""What objects have in common: where they stand, how light falls on them, wheels, legs and eyes."""

from scenes.drawing import Frame, union
from scenes.palettes import BLACK, RUBBER


def place(c, d, x, y, low, high, turn=0.0, spread=0.18):
    """Return the frame of an object near (x, y), low..high pictures to the unit."""
    turn = d.around(0, turn) if turn else None
    x, y, scale = d.around(x, spread), d.around(y, spread), d.uniform(low, high)
    return c.frame(x, y, scale, d.sign(), turn, d.uniform(0.87, 1.15))


def model(c, f, shape, colour, top, bottom):
    """Paint a body, lit from above, inside a dark contour that sets it off from the background."""
    c.paint(shape - f.unit * 0.03, colour, 0.35, 0.55, soft=1.6)
    c.paint(shape, colour, f.light(top, bottom))


def shadow(c, f, v, width):
    c.paint(f.ellipse(0, v, width, 0.11), (18, 20, 24), opacity=0.45, soft=2.5)


def wheels(c, f, us, v, r):
    tyres = union(*(f.ellipse(u, v, r) for u in us))
    c.paint(tyres, RUBBER)
    c.paint(tyres + f.unit * (r * 0.5), (176, 178, 184))


def legs(c, f, coat, shade, r, *lines):
    c.paint(union(*(f.limb(*line, r, r * 0.7) for line in lines)), coat, shade)


def eyes(c, f, u, v, r, iris, pupil):
    c.paint(f.mirrored(Frame.ellipse, u, v, r), iris)
    c.paint(f.mirrored(Frame.ellipse, u, v, r * pupil, r * 0.8), BLACK)
