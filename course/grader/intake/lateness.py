"""When work was handed in, and what being late costs.

    read_time(text)          "2026-10-01 10:00:00+02:00", of a time as systems write it
    judged(deadline, one)    a Handed, with how late it is by the declaration's [deadline]

The clock is the system's, or that of the list of students; those of files tell nothing.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil

from dateutil import parser, tz

# Of 01.10.2026, nobody knows which number is the month.
DATE = re.compile(r"\d{4}-\d\d-\d\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE)
LONGEST = 100  # characters
DAY = timedelta(days=1)


def read_time(text):
    """Return a time with its zone if it is told: "2026-10-01 10:00:00+02:00"; "" if it is none."""
    text = text.strip()
    rest, _, zone = text.rpartition(" ")
    named = tz.gettz(zone) if "/" in zone else None  # Europe/Berlin, which nbgrader writes
    if not DATE.search(text) or len(text) > LONGEST:
        return ""
    try:
        time = parser.parse(rest if named else text, tzinfos=find_zone)
    except (ValueError, OverflowError):
        return ""
    return (time.replace(tzinfo=named) if named else time).replace(microsecond=0).isoformat(" ")


def find_zone(name, offset):
    """Return the zone of this name, or so many seconds east; ValueError if nobody knows it."""
    zone = offset if offset is not None else name and tz.gettz(name)
    if name and zone is None:
        raise ValueError(f"there is no zone {name}")
    return zone


def judged(deadline, one):
    """Return a Handed with `late`, `days` and `penalty` by the Deadline; as it is if there is none.

    A time without a zone is read in the deadline's. Where a system says that work is late, and not
    by how much, no penalty can be told: it is None.
    """
    if deadline is None:
        return one
    if not one.time:
        return replace(one, penalty=None if one.late and deadline.per_day else 0)
    time = in_zone(one.time, deadline.due.tzinfo)
    late = time - (in_zone(one.due, deadline.due.tzinfo) if one.due else deadline.due)
    days = ceil(late / DAY) if late > timedelta(minutes=deadline.grace) else 0
    penalty = min(days * deadline.per_day, deadline.at_most)
    return replace(one, late=days > 0, days=days, penalty=penalty, time=time.isoformat(" "))


def in_zone(text, zone):
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=zone)
