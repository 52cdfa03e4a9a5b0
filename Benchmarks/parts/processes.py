"""Programs under measurement: started, watched through /proc, and ended by their number."""
import os
import random
import socket
import struct
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """A measurement that cannot be made; its text is for the person at the terminal."""


def free_port():
    """A port of 127.0.0.1 that is free for UDP and TCP, below the range that the kernel gives to connections."""
    for _ in range(1000):
        port = random.randrange(12000, 32000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise Failure("no free port on 127.0.0.1")


class Program:
    """One child process with its log in a file."""

    def __init__(self, name, arguments, folder, environment=None, output=None):
        self.name = name
        self.log_path = os.path.join(folder, f"{name}.log")
        try:
            with open(self.log_path, "wb") as log:
                self.process = subprocess.Popen(
                    arguments, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output or log, stderr=log)
        except OSError as error:
            raise Failure(f"{name} cannot be started: {error}") from error

    @property
    def id(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-15:])

    def check(self):
        if self.process.poll() is not None:
            raise Failure(f"{self.name} has ended with status {self.process.returncode}:\n{self.log()}")

    def processor_seconds(self):
        """User and system time so far, in seconds."""
        self.check()
        with open(f"/proc/{self.id}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self):
        """Resident memory now, and at its highest."""
        memory = self.memory()
        return memory["resident"], memory["peak"]

    def memory(self):
        """Bytes: resident, what of it no file backs, and the highest of the first."""
        self.check()
        names = {"VmRSS": "resident", "RssAnon": "anonymous", "VmHWM": "peak"}
        values = dict.fromkeys(names.values(), 0)
        with open(f"/proc/{self.id}/status") as status:
            for line in status:
                key, _, value = line.partition(":")
                if key in names:
                    values[names[key]] = int(value.split()[0]) * 1024
        return values

    def forget_peak(self):
        """Lets the highest of the resident memory begin from what it is now."""
        with open(f"/proc/{self.id}/clear_refs", "w") as file:
            file.write("5")

    def end(self):
        """SIGTERM, and SIGKILL when that does not help; to this child alone."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdin.close()


def query(name, record_type=1, identifier=1):
    """A query in wire form."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack("!6H", identifier, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", record_type, 1)


def answers(port, name):
    """Whether the server at the port answers NOERROR, with a record, to a query for the name's A."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        asker.connect(("127.0.0.1", port))
        try:
            asker.send(query(name))
            reply = asker.recv(4096)
        except OSError:
            return False
    return len(reply) > 12 and reply[3] & 0xF == 0 and (reply[6] or reply[7]) != 0


def wait_until_answering(program, port, name, seconds=30):
    end = time.monotonic() + seconds
    while not answers(port, name):
        program.check()
        if time.monotonic() > end:
            raise Failure(f"{program.name} has not answered {name} within {seconds} s:\n{program.log()}")
        time.sleep(0.02)


def wait_until_listening(program, port, seconds=10):
    """Waits for a UDP server that answers anything at all."""
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.1)
        asker.connect(("127.0.0.1", port))
        while time.monotonic() < end:
            program.check()
            try:
                asker.send(query("listening.test"))
                asker.recv(4096)
                return
            except OSError:
                time.sleep(0.02)
    raise Failure(f"{program.name} does not answer on port {port}:\n{program.log()}")
