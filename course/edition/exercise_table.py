"""The table of what is asked, for the students' README: it takes the place of the line

<!-- EXERCISES -->
"""

from course.definition import Exercise

PLACE = "<!-- EXERCISES -->"


def fill(text, table):
    """Return the text with the lines of the table in the place that is marked for them."""
    lines = [table if line.strip() == PLACE else [line] for line in text.split("\n")]
    return "\n".join(line for several in lines for line in several)


def make(course, books):
    """Return the lines of the table: what earns points, in the order of the notebooks.

    books    {path: notebook of the edition}; times are told if any are declared
    """
    rows = [("notebook", "what", "points", "minutes"), ("---", "---", "--:", "--:")]
    for notebook in course.notebooks.values():
        graded = course.graded_cells(notebook.name)
        for cell in books[notebook.file].cells:
            if one := graded.get(cell.id):
                rows.append((notebook.name, what(one), points(one), str(one.minutes or "")))
    if not any(minutes for *_, minutes in rows[2:]):
        rows = [row[:-1] for row in rows]
    return [f"| {' | '.join(row)} |" for row in rows]


def points(one):
    parts = getattr(one, "parts", {})
    told = ", ".join(f"{part} {number}" for part, number in parts.items())
    return f"{one.points}: {told}" if told else str(one.points)


def what(one):
    """Return what an exercise, or a cell that a person grades, is called in the table."""
    if isinstance(one, Exercise):
        return f"{', '.join(f'`{name}`' for name in one.functions)} in `{one.file}`"
    return one.title
