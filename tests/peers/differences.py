"""Where our program and Cloud Custodian differ by design.

Each difference says how their filters, or the tags that they are shown, would have to be for the answer to be ours. With all
of these changes there is no case in which the two differ, and so none that is not by one of these designs.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import shown
from .engines import Fleet
from .rules import Rule


@dataclass(frozen=True)
class Difference:
    """One of them. apart: what makes their answer ours."""

    name: str
    reason: str
    apart: shown.Apart


DIFFERENCES = (
    Difference(
        "blank values",
        "A required tag whose value nobody can see tells nobody anything: it counts as missing.",
        shown.blank,
    ),
    Difference(
        "whole values",
        "Our patterns are for the whole value; re.match asks for its beginning.",
        shown.of_filters(shown.to_the_end),
    ),
    Difference(
        "last newline",
        "Python's $ also stands before a newline at the end.",
        shown.of_filters(shown.to_the_very_end),
    ),
    Difference(
        "ASCII classes",
        r"RE2's \d, \s and \w are ASCII, as Terraform has them; Python's are Unicode.",
        shown.of_filters(shown.ascii_classes),
    ),
    Difference(
        "Turkish i",
        "Python's IGNORECASE takes \u0130 and \u0131 for i; by Unicode's simple folding they are letters of their own.",
        shown.of_values(shown.ignores_case, shown.without_turkish_i),
    ),
    Difference(
        "space around",
        "`normalize` strips the value; `ignore_value_case` is only about case.",
        shown.of_values(shown.is_normalized, lambda value: value if value == value.strip() else f"({value})"),
    ),
    Difference(
        "final sigma",
        "Python lowers a capital sigma by its place in the word; our letters are compared one by one.",
        shown.of_values(shown.is_normalized, lambda value: value.replace("\u03a3", "\u03c3")),
    ),
    Difference(
        "spellings",
        "Of several spellings we take the policy's own, or the first by its characters; they, EC2's first.",
        shown.spellings,
    ),
    Difference(
        "words",
        "`present`, `empty` and the like are words of their language, as a value of a tag or a policy, too.",
        shown.of_filters(shown.no_word),
    ),
    Difference(
        "not null",
        "`not-null` asks for a value; a forbidden tag is there without one, too.",
        shown.of_filters(shown.any_value),
    ),
    Difference(
        "whole days",
        "A day in a tag lasts until it ends; for them it is over once it has begun.",
        shown.of_filters(shown.from_its_begin),
    ),
    Difference(
        "one notation of days",
        "A day is written 2027-01-31, which everybody reads alike; they take 01/02/27, `May` and seconds, too.",
        shown.of_values(shown.is_day, shown.day),
    ),
    Difference(
        "no number",
        "What is not a number is within no limits; it counts as 0 for them.",
        shown.of_values(shown.is_number, shown.nobodys_number),
    ),
    Difference(
        "one notation of numbers",
        "A number is written in digits; they take what Python takes: 1e3, 1_000, blanks around it, infinity.",
        shown.of_values(shown.is_number, shown.number),
    ),
    Difference(
        "restarts",
        "The age is that since the launch; LaunchTime, by which they tell it, is that of the last start.",
        shown.since_launch,
    ),
    Difference(
        "blanks around",
        "A value that is forbidden stays so with blanks around it; they compare all of it.",
        shown.trimmed,
    ),
    Difference(
        "case of an optional key",
        "An optional tag whose key is written in another case is misspelled; it is not there for them.",
        shown.case_of_key,
    ),
)


def apart(rule: Rule, fleet: Fleet, but: Difference | None = None) -> shown.Shown:
    """What they would have to be shown for our answer; but: a difference that is left in."""
    for difference in DIFFERENCES:
        if difference is not but:
            rule, fleet = difference.apart(rule, fleet)
    return rule, fleet
