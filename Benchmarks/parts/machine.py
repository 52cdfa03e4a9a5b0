"""What a measurement was made on: the machine, and where the programs may run."""
import os
import re


def _first(path, pattern):
    try:
        with open(path) as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return None
    return match.group(1).strip() if match else None


def describe():
    """Processor, cores, memory and kernel, by name."""
    return {
        "processor": _first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$") or os.uname().machine,
        "cores": len(cores()),
        "memory_bytes": int(_first("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0) * 1024,
        "kernel": f"{os.uname().sysname} {os.uname().release}",
        "system": _first("/etc/os-release", r'^PRETTY_NAME="?(.*?)"?$') or "",
        "is_virtual": _first("/proc/cpuinfo", r"^flags.*\b(hypervisor)\b") is not None,
    }


def sentence(machine):
    """The same in one line."""
    kind = "virtual machine" if machine["is_virtual"] else "machine"
    cores = "one core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    return f"{kind}, {cores} ({machine['processor']}), {machine['kernel']}, {machine['system']}"


def busy_seconds():
    """Processor time of all cores that anything has used so far, the host's share of a virtual machine included."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, steal = (int(word) for word in stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def cores():
    """The cores that this process may use, in order."""
    return sorted(os.sched_getaffinity(0))


def split_cores():
    """A core for the server and the others for all else; two empty lists when there is one core only."""
    all_cores = cores()
    return (all_cores[:1], all_cores[1:]) if len(all_cores) > 1 else ([], [])


def pinned(command, where):
    """The command, kept to some cores; to any when none are named."""
    return ["taskset", "-c", ",".join(str(core) for core in where), *command] if where else list(command)
