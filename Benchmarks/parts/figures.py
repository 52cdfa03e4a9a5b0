"""Medians and percentiles."""
import math
import statistics


def percentile(values, share):
    """The smallest value that at least `share` of all values do not exceed; nothing when there are no values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(runs, name):
    """The median of one figure over runs; those without it do not count."""
    values = [run[name] for run in runs if run.get(name) is not None]
    return statistics.median(values) if values else None
