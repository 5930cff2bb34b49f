"""Which objects are shown before which backgrounds, for each of the ten classes."""

from scenes import backgrounds as at
from scenes import large_animals, small_animals, vehicles

# For each class three objects, and eight backgrounds (one named twice is twice as likely). Every
# background serves several classes, lest its colours alone give the class away.
SCENES = {
    "airplane": (
        (vehicles.airliner, vehicles.jet, vehicles.biplane),
        (at.sky, at.sky, at.sea, at.sea, at.meadow, at.road, at.ground, at.studio),
    ),
    "automobile": (
        (vehicles.car_side, vehicles.car_front, vehicles.car_corner),
        (at.road, at.road, at.meadow, at.beach, at.forest, at.hilltop, at.room, at.studio),
    ),
    "bird": (
        (small_animals.songbird, small_animals.gull, small_animals.heron),
        (at.sky, at.sky, at.sea, at.sea, at.forest, at.meadow, at.ground, at.pond),
    ),
    "cat": (
        (small_animals.cat_portrait, small_animals.cat_sitting, small_animals.cat_lying),
        (at.room, at.room, at.room, at.road, at.meadow, at.forest, at.ground, at.studio),
    ),
    "deer": (
        (large_animals.deer_standing, large_animals.deer_leaping, large_animals.deer_portrait),
        (at.forest, at.forest, at.meadow, at.meadow, at.ground, at.hilltop, at.road, at.pond),
    ),
    "dog": (
        (small_animals.dog_portrait, small_animals.dog_sitting, small_animals.dog_standing),
        (at.room, at.room, at.meadow, at.meadow, at.road, at.ground, at.beach, at.studio),
    ),
    "frog": (
        (small_animals.frog_front, small_animals.frog_above, small_animals.frog_side),
        (at.ground, at.ground, at.pond, at.pond, at.forest, at.room, at.meadow, at.studio),
    ),
    "horse": (
        (large_animals.horse_standing, large_animals.horse_galloping, large_animals.horse_portrait),
        (at.meadow, at.meadow, at.forest, at.ground, at.road, at.hilltop, at.beach, at.studio),
    ),
    "ship": (
        (vehicles.liner, vehicles.sailboat, vehicles.freighter),
        (at.sea, at.sea, at.sea, at.sea, at.sky, at.sky, at.beach, at.pond),
    ),
    "truck": (
        (vehicles.lorry, vehicles.truck_front, vehicles.tipper),
        (at.road, at.road, at.meadow, at.ground, at.hilltop, at.beach, at.forest, at.studio),
    ),
}
