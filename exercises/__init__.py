"""What the course asks, checks and grades: data, and a folder for each kind of exercise.

course.toml            notebooks, exercises, questions, points, files: the only place
misconceptions.toml    what students get wrong, and the sentence that helps
checks.npz             problems and expected values, made from these and the solved functions
loss/ train/ predict/  a kind of exercise each:

    problems.py    draws problems, knows what is expected; never handed out
    call.py        runs beside a student's code, and says what may come back
    judge.py       from outcomes to lines of a report and names of misconceptions
"""
