"""A program with all processes that it has started: what they cost together."""
import os
import time

from .processes import TICKS


def _fields(process):
    """The fields of /proc/PID/stat after the program's name; nothing when it has ended."""
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None


def descendants(root):
    """The process and all that it has started, directly or not."""
    children = {}
    for entry in os.listdir("/proc"):
        fields = _fields(entry) if entry.isdigit() else None
        if fields:
            children.setdefault(int(fields[1]), []).append(int(entry))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def _own_seconds(process, fields):
    """User and system time of all threads of a process: from its clock, which is finer than the kernel's tick."""
    try:
        return time.clock_gettime(~process << 3 | 2)
    except OSError:
        return (int(fields[11]) + int(fields[12])) / TICKS


def processor_seconds(root):
    """User and system time so far, of processes that have ended as well."""
    total = 0.0
    for process in descendants(root):
        fields = _fields(process)
        if fields:
            total += _own_seconds(process, fields) + (int(fields[13]) + int(fields[14])) / TICKS
    return total


def _sizes(process, file, names):
    sizes = dict.fromkeys(names, 0)
    try:
        with open(f"/proc/{process}/{file}") as lines:
            for line in lines:
                key, _, value = line.partition(":")
                if key in sizes:
                    sizes[key] = int(value.split()[0]) * 1024
    except OSError:
        pass
    return sizes


def resident_bytes(root):
    """Resident memory of the largest process, and what the others have for themselves alone."""
    resident = {process: _sizes(process, "status", ("VmRSS",))["VmRSS"] for process in descendants(root)}
    largest = max(resident, key=resident.get)
    private = ("Private_Clean", "Private_Dirty")
    return resident[largest] + sum(
        sum(_sizes(process, "smaps_rollup", private).values()) for process in resident if process != largest)
