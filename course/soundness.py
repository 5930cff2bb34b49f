"""Is the declaration of a course sound in itself? What is not is told with its line.

check(course, reader)     the reader collects what does not fit together
"""

MOST_HINTS = 3


def check(course, reader):
    check_graded(course, reader)
    check_exercises(course, reader)
    check_files(course, reader)
    check_points(course, reader)
    check_deadline(course, reader)
    stored, sets = course.data.stored, course.data.sets
    if stored and stored not in sets:
        what = f"there is no data set {stored!r}; there are: {', '.join(sets)}"
        reader.say(reader.line_of("stored", reader.line_of("[data]")), what)


def check_graded(course, reader):
    """Look at what earns points: each cell once, each title once."""
    cells, titles = {}, {}
    for one in (*course.exercises.values(), *course.by_hand):
        if one.notebook not in course.notebooks:
            known = ", ".join(course.notebooks)
            reader.say(one.line, f"there is no notebook {one.notebook!r}; there are: {known}")
        if one.points < 1:
            reader.say(one.line, f"{one.cell!r} has {one.points} points; at least 1 is needed")
        first = cells.setdefault((one.notebook, one.cell), one)
        if first is not one:
            what = f"the cell {one.cell!r} of {one.notebook!r} is declared in line {first.line}"
            reader.say(one.line, f"{what}, too; each is graded once")
    for one in course.by_hand:
        first = titles.setdefault((one.notebook, one.title), one)
        if first is not one:
            what = f"{one.title!r} is the title of the cell {first.cell!r}, too"
            reader.say(one.line, f"{what}; points are listed by titles")


def check_points(course, reader):
    total = sum(one.points for one in (*course.exercises.values(), *course.by_hand))
    if total != course.points:
        line = reader.line_of("points", reader.line_of("[course]"))
        what = f"the points sum to {total}, not to {course.points}"
        reader.say(line, f"{what}: change these, or those of exercises and [[by_hand]]")


def check_deadline(course, reader):
    if late := course.deadline:
        for key, most in (("grace", 100_000), ("per_day", 100), ("at_most", 100)):
            if not 0 <= (number := getattr(late, key)) <= most:
                line = reader.line_of(key, late.line)
                reader.say(line, f"[deadline]: {key} has to be 0 to {most}, not {number}")


def check_exercises(course, reader):
    kinds = {}
    for one in course.exercises.values():
        if not (one.file.startswith(f"{course.package}/") and one.file.endswith(".py")):
            what = f"{one.name}: {one.file} is no Python file in {course.package}/"
            reader.say(one.line, f"{what}, the folder that is handed in")
        if len(one.hints) > MOST_HINTS:
            what = f"{one.name} has {len(one.hints)} hints; at most {MOST_HINTS} are shown"
            reader.say(one.line, what)
        first = kinds.setdefault(one.problems, one)
        if first.kind != one.kind:
            what = f"{one.name} is of the kind {one.kind!r}, but shares the problems"
            reader.say(one.line, f"{what} {one.problems!r} with {first.name}, a {first.kind!r}")
        if one.parts and course.kind(one.kind).call_file.exists():
            check_parts(course, one, reader)


def check_parts(course, exercise, reader):
    line, name = reader.line_of("parts", exercise.line), exercise.name
    known = course.kind(exercise.kind).parts(exercise)
    if exercise.parts.keys() != known.keys():
        what = f"{name} has the parts {', '.join(exercise.parts)}"
        told = f"its kind, {exercise.kind!r}, has {', '.join(known) or 'none'}"
        reader.say(line, f"{what}; {told}: each of these needs points")
    if (total := sum(exercise.parts.values())) != exercise.points:
        reader.say(
            line, f"{name}: the points of its parts sum to {total}, not to {exercise.points}"
        )
    if least := [part for part, points in exercise.parts.items() if points < 0]:
        reader.say(line, f"{name}: {least[0]} has {exercise.parts[least[0]]} points")


def check_files(course, reader):
    line = reader.line_of("renamed", reader.line_of("[files]")) or reader.line_of("[files.renamed]")
    for here, there in course.files.renamed.items():
        if not course.files.hold(here):
            reader.say(line, f"{here} is renamed, but not among the files that are handed_out")
        if there not in course.files.renamed and course.files.hold(there):
            reader.say(line, f"{here} and {there} would both be {there} in the student edition")
