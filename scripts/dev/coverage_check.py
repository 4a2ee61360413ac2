"""Prints the coverage of each file, and fails where it is too low.

usage: coverage_check.py EXPORT LCOV SOURCES: what `llvm-cov export` wrote as text and as lcov, and the folder that counts.

The summary of llvm-cov counts a line of each binary for itself; here a line or region is covered where any binary ran it.
"""

import json
import sys
from collections import Counter
from pathlib import Path

# Where every region counts, not only every line: the policy core, the parser and the handler.
DECISIONS = {
    "batch.rs",
    "budget.rs",
    "check.rs",
    "delivery.rs",
    "event/fields.rs",
    "event/parse.rs",
    "handler.rs",
    "lookup.rs",
    "policy.rs",
    "policy/condition.rs",
    "policy/exemption.rs",
    "policy/misspelling.rs",
    "policy/pattern.rs",
    "policy/rule.rs",
    "policy/validation.rs",
    "policy/verdict.rs",
    "settle.rs",
    "sweep.rs",
    "sweep/pace.rs",
    "sweep/partition.rs",
}

Places = dict[str, dict[str, bool]]


def lines_of(lcov: Path) -> Places:
    """Each line with code, by file, and whether it ran."""
    found: Places = {}
    for entry in lcov.read_text(encoding="utf-8").splitlines():
        kind, _, value = entry.partition(":")
        if kind == "SF":
            lines = found.setdefault(value, {})
        elif kind == "DA":
            number, count = value.split(",")[:2]
            lines[number] = lines.get(number, False) or count != "0"
    return found


def regions_of(export: Path) -> Places:
    """Each place where a region begins, by file, and whether it ran."""
    found: Places = {}
    for file in json.loads(export.read_text(encoding="utf-8"))["data"][0]["files"]:
        regions = found.setdefault(file["filename"], {})
        for line, column, count, has_count, is_entry, is_gap in file["segments"]:
            if has_count and is_entry and not is_gap:
                place = f"{line}:{column}"
                regions[place] = regions.get(place, False) or count > 0
    return found


def main(export: str, lcov: str, sources: str) -> int:
    lines, regions = lines_of(Path(lcov)), regions_of(Path(export))
    missed = []
    print(f"{'file':<48}{'lines':>12}{'regions':>12}")
    total: Counter[str] = Counter()
    for path in sorted(path for path in lines if Path(path).is_relative_to(sources)):
        name = str(Path(path).relative_to(sources))
        shown = []
        for kind, places, counts in (("line", lines[path], True), ("region", regions[path], name in DECISIONS)):
            ran = sum(places.values())
            shown.append(f"{ran}/{len(places)}")
            total[kind] += len(places)
            total[f"{kind} ran"] += ran
            if counts:
                missed += [f"{name}: {kind} {place}" for place, covered in places.items() if not covered]
        print(f"{name:<48}{shown[0]:>12}{shown[1]:>12}")
    print(
        f"{'all':<48}{total['line ran']}/{total['line']} lines, {total['region ran']}/{total['region']} regions"
    )
    known = {str(Path(path).relative_to(sources)) for path in lines if Path(path).is_relative_to(sources)}
    missed += [f"{name}: no code was seen" for name in sorted(DECISIONS - known)]
    if missed:
        print("not covered:", *missed, sep="\n  ", file=sys.stderr)
        return 1
    print("Every line is covered, and every region of the policy, the parser and the handler.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
