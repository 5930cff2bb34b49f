"""From results to what people read and grade.

    answers         what a person grades, cut out of the notebooks
    shown           what cells have shown, read once for all pages
    points          those of the grader and those that people gave
    telling         verdicts in words, for all of these:
    feedback        the page of a student
    notebook_page   an executed notebook, as a page
    gradescope      the same as feedback, as Gradescope takes it
    nbgrader/       the gradebook, in which people grade
    overview        the course: a page, a table for the terminal
    grades          the same for spreadsheets
    outcome         writes all of them

markup is the pages' walls; nbgrader_config writes settings.
"""
