"""A plain watch of an API server, which writes down when the kernel was given what."""
import json
import socket
import struct
import threading
import time

from .processes import Failure

_SO_TIMESTAMPNS = 35
_STAMP = struct.calcsize("qq")


def stamp_all(stream):
    """Lets the kernel note when it was given what is received from the socket."""
    stream.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def receive(stream, most=65_536):
    """What the socket has, and when the kernel was given it, in nanoseconds since 1970; now, where it does not say."""
    octets, extra, _, _ = stream.recvmsg(most, socket.CMSG_SPACE(_STAMP))
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:_STAMP])
            return octets, seconds * 1_000_000_000 + nanoseconds
    return octets, time.time_ns()


class Watch:
    """The events of the endpoint slices of one service, as they come over a connection of their own."""

    PATH = "/apis/discovery.k8s.io/v1/endpointslices"

    def __init__(self, port, service):
        self._port, self._selector = port, f"labelSelector=app%3D{service}"
        self._told, self._ended = {}, False
        self._news = threading.Condition()
        version = self._version()
        self._stream = self._ask(f"watch=true&resourceVersion={version}")
        stamp_all(self._stream)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _ask(self, query):
        stream = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        stream.sendall(
            f"GET {self.PATH}?{self._selector}&{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            "\r\n".encode())
        return stream

    def _version(self):
        """The version of the state as it is now."""
        stream, received = self._ask("limit=1"), b""
        with stream:
            while b"\"metadata\":{\"resourceVersion\":\"" not in received or not received.endswith(b"}"):
                more = stream.recv(65_536)
                if not more:
                    break
                received += more
        body = received.partition(b"\r\n\r\n")[2]
        return json.loads(body)["metadata"]["resourceVersion"]

    def _read(self):
        rest = b""
        try:
            while True:
                octets, stamp = receive(self._stream)
                if not octets:
                    return
                # An event ends with its line; what is around it is of no interest here.
                *lines, rest = (rest + octets).split(b"}\n")
                with self._news:
                    for line in lines:
                        for address in _addresses(line):
                            self._told.setdefault(address, stamp)
                    self._news.notify_all()
        except OSError:
            return

    def told(self, address, seconds=5):
        """When the address was first told, in nanoseconds since 1970."""
        with self._news:
            if not self._news.wait_for(lambda: address in self._told, seconds):
                raise Failure(f"the API server has not told of {address} within {seconds} s")
            return self._told[address]

    def end(self):
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(2)
        self._stream.close()


def _addresses(line):
    for part in line.split(b"\"addresses\":[\"")[1:]:
        yield part.partition(b"\"")[0].decode()
