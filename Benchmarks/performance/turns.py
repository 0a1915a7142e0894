"""Lets programs take turns (A B A B), so that what else the machine does falls on all of them."""

import contextlib
import dataclasses
import fcntl
import os
import statistics
import sys
from typing import Callable


@dataclasses.dataclass
class Competitor:
    """One program in one setting."""

    name: str
    measure: Callable[[], float]  # how much of the unit's work a second
    facts: dict = dataclasses.field(default_factory=dict)  # what else is reported of it


@contextlib.contextmanager
def machine(exclusive):
    """Holds the locks of KINDRED_BENCHMARK_LOCKS, files separated by colons: the last for itself while something is
    timed, or together with others while something is only got ready; those before it only until it is held, so that
    none waits for ever. For machines that several people use."""
    files = [open(path, "a") for path in os.environ.get("KINDRED_BENCHMARK_LOCKS", "").split(":") if path]
    try:
        for file in files[:-1]:
            fcntl.flock(file, fcntl.LOCK_EX)
        for file in files[-1:]:
            fcntl.flock(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
        for file in files[:-1]:
            fcntl.flock(file, fcntl.LOCK_UN)
        yield
    finally:
        for file in files:
            file.close()


def alternate(competitors, rounds, show=True, together=True):
    """Measures each in turn, `rounds` times.

    `together`: a round holds the machine as a whole; else each measurement does by itself.
    Returns the rates of each, by name.
    """
    rates = {competitor.name: [] for competitor in competitors}
    for number in range(rounds):
        with machine(exclusive=True) if together else contextlib.nullcontext():
            for competitor in competitors:
                with contextlib.nullcontext() if together else machine(exclusive=True):
                    rates[competitor.name].append(competitor.measure())
        if show:
            latest = ", ".join(f"{name} {found[-1]:.4g}" for name, found in rates.items())
            print(f"  round {number + 1} of {rounds}: {latest}", file=sys.stderr, flush=True)
    return rates


def fastest(competitors, tries, together=True):
    """The fastest of several settings of one program, by a short trial, with all that were tried."""
    if len(competitors) == 1:
        return competitors[0], {}
    rates = alternate(competitors, tries, show=False, together=together)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    best = max(competitors, key=lambda competitor: medians[competitor.name])
    return best, medians
