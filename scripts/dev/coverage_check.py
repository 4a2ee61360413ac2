"""Prints the coverage of each file, and fails if any is too low.

usage: coverage_check.py EXPORT LCOV ROOT: the output of `llvm-cov export` as text and as lcov, and the project's folder.

llvm-cov's summary counts each binary separately; here a line or region is covered if any binary ran it.
"""

import json
import sys
from collections import Counter
from pathlib import Path

# The code that decides: every region counts here, not only every line.
DECISIONS = (
    "crates/core/src/decision.rs",
    "crates/core/src/evaluation",
    "crates/core/src/event",
    "crates/core/src/fix",
    "crates/core/src/grace.rs",
    "crates/core/src/json.rs",
    "crates/core/src/policy",
    "crates/core/src/sweep/partition.rs",
    "lambda/checker/src/check",
    "lambda/checker/src/delivery.rs",
    "lambda/checker/src/handler.rs",
    "lambda/checker/src/sqs_batch.rs",
    "lambda/checker/src/sweep.rs",
    "lambda/checker/src/sweep/pace.rs",
    "lambda/checker/src/sweep/page.rs",
    "lambda/checker/src/budget.rs",
)
# Every line counts here.
SOURCES = ("crates/", "lambda/")

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


def main(export: str, lcov: str, root: str) -> int:
    def ours(places: Places) -> Places:
        named = {str(Path(path).relative_to(root)): ran for path, ran in places.items() if Path(path).is_relative_to(root)}
        return {name: ran for name, ran in named.items() if name.startswith(SOURCES)}

    lines, regions = ours(lines_of(Path(lcov))), ours(regions_of(Path(export)))
    missed = []
    print(f"{'file':<56}{'lines':>12}{'regions':>12}")
    total: Counter[str] = Counter()
    for name in sorted(lines):
        shown = []
        for kind, places, counts in (
            ("line", lines[name], True),
            ("region", regions[name], name.startswith(DECISIONS)),
        ):
            ran = sum(places.values())
            shown.append(f"{ran}/{len(places)}")
            total[kind] += len(places)
            total[f"{kind} ran"] += ran
            if counts:
                missed += [f"{name}: {kind} {place}" for place, covered in places.items() if not covered]
        print(f"{name:<56}{shown[0]:>12}{shown[1]:>12}")
    print(
        f"{'all':<56}{total['line ran']}/{total['line']} lines, {total['region ran']}/{total['region']} regions"
    )
    missed += [
        f"{start}: found no code" for start in DECISIONS if not any(name.startswith(start) for name in lines)
    ]
    if missed:
        print("not covered:", *missed, sep="\n  ", file=sys.stderr)
        return 1
    print("Every line is covered, and every region of the code that decides.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
