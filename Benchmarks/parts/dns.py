"""Questions and answers over UDP, and over TCP where an answer is truncated."""
import socket
import struct
import time

from .processes import Failure

TYPES = {"A": 1, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
LARGEST = 4096


def question(name, record_type):
    """A query in wire form, with an OPT record that allows large replies; its ID is 0."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return (
        struct.pack("!6H", 0, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack("!2H", TYPES[record_type], 1)
        + b"\0" + struct.pack("!2HIH", 41, LARGEST, 0, 0))


def _name(message, place):
    """A name with the pointers in it followed, and where it ends."""
    labels, end = [], None
    for _ in range(128):
        length = message[place]
        if length >= 0xC0:
            end = end or place + 2
            place = (length & 0x3F) << 8 | message[place + 1]
        elif length == 0:
            return b".".join(labels).lower(), end or place + 1
        else:
            labels.append(message[place + 1:place + 1 + length])
            place += 1 + length
    raise Failure("a name in a reply has too many labels")


def records(message):
    """The response code and the answer section as a set of (type, data), whatever the order; TTLs are left out."""
    count = struct.unpack_from("!H", message, 6)[0]
    place = _name(message, 12)[1] + 4
    found = set()
    for _ in range(count):
        place = _name(message, place)[1]
        record_type, _, _, length = struct.unpack_from("!2HIH", message, place)
        place += 10
        data = bytes(message[place:place + length])
        if record_type in (5, 12):
            data = _name(message, place)[0]
        elif record_type == 33:
            data = data[:6] + _name(message, place + 6)[0]
        found.add((record_type, data))
        place += length
    return message[3] & 0xF, frozenset(found)


class Asker:
    """A socket of its own to a server on 127.0.0.1."""

    def __init__(self, port):
        self.port, self._number = port, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(1)
        self._socket.connect(("127.0.0.1", port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def ask(self, query):
        """What the server says to a query in wire form: response code and records."""
        for _ in range(3):
            self._number = (self._number + 1) & 0xFFFF
            identifier = struct.pack("!H", self._number)
            try:
                self._socket.send(identifier + query[2:])
                reply = self._socket.recv(65535)
                while reply[:2] != identifier:
                    reply = self._socket.recv(65535)
            except OSError:
                continue
            return records(self._stream(query) if reply[2] & 2 else reply)
        raise Failure(f"no answer from port {self.port} within 3 s")

    def _stream(self, query):
        with socket.create_connection(("127.0.0.1", self.port), timeout=3) as connection:
            connection.sendall(struct.pack("!H", len(query)) + query)
            received = b""
            while len(received) < 2 or len(received) < 2 + struct.unpack_from("!H", received)[0]:
                more = connection.recv(65535)
                if not more:
                    raise Failure(f"the connection to port {self.port} ended within a reply")
                received += more
        return received[2:]


def read_questions(path):
    """The lines `NAME TYPE` of a file as queries, by line."""
    with open(path) as file:
        return {line.strip(): question(*line.split()) for line in file if line.strip()}


def ask_all(port, questions, wait=0):
    """The answers to all questions, by question; with a pause after each, so that others on the machine get on."""
    with Asker(port) as asker:
        found = {}
        for text, query in questions.items():
            found[text] = asker.ask(query)
            if wait:
                time.sleep(wait)
        return found


def differences(first, second):
    """The questions that are answered differently."""
    return [text for text, answer in first.items() if second.get(text) != answer]
