"""`make scaling`: 1 to 100 replicas at 100,000 requests/s, simulated with the costs that `make bench` measured.

Prints hit rates, store traffic, use of the quota, and where the next limit lies. Every run prints the same.
"""

import argparse
import sys

from bench.scaling.document import write
from bench.scaling.tables import PARTS, costs


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="PART", help=f"what to print: {', '.join(PARTS)}")
    parser.add_argument("--costs", action="store_true", help="print what is measured and what is assumed")
    parser.add_argument("--write", action="store_true", help="write the parts into docs/scaling.md")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - PARTS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def main() -> None:
    chosen = arguments()
    if chosen.write:
        write()
    elif chosen.costs:
        sys.stdout.write(costs() + "\n")
    else:
        for name in chosen.names or PARTS:
            sys.stdout.write(f"{name}:\n\n{PARTS[name]()}\n\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
