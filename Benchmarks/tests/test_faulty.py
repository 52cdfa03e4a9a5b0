"""The bench's upstream does what it is told to, and its client sees it."""
import os
import shutil
import socket
import struct
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import native  # noqa: E402
from parts.faults.asking import Asking  # noqa: E402
from parts.faults.upstream import ADDRESS, Faulty  # noqa: E402
from parts.processes import free_port, query  # noqa: E402


@unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
class FaultyTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="needletail-faulty-")
        cls.faulty, cls.asker = (native.build(name, cls.folder) for name in ("faulty", "asker"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def upstream(self, *flags, port=None):
        upstream = Faulty(self.faulty, "upstream", port or free_port(), flags, self.folder)
        self.addCleanup(upstream.end)
        return upstream

    def begin(self, port, count=100, rate=2000, timeout=1, address=ADDRESS):
        path = os.path.join(self.folder, "questions")
        with open(path, "w") as file:
            file.writelines(f"{'ab'[number % 2]}{number}.example.net {address}\n" for number in range(count))
        asking = Asking(self.asker, port, path, count, rate, timeout)
        self.addCleanup(asking.end)
        return asking

    def ask(self, upstream, **more):
        return self.begin(upstream.port, **more).records()

    # Without and with faults

    def test_without_faults_all_is_answered_at_once_and_counted(self):
        upstream = self.upstream()
        records = self.ask(upstream)
        self.assertEqual((records.good(), records.unasked), (100, 0))
        counters = upstream.counters()
        self.assertEqual((counters["udp"], counters["answered"], counters["late"]), (100, 100, 0))
        self.assertEqual(counters["by_letter"], {"a": 50, "b": 50})

    def test_a_silent_one_reads_and_answers_nothing(self):
        upstream = self.upstream("-n")
        self.assertEqual(self.ask(upstream).outcomes(), {"lost": 100})
        counters = upstream.counters()
        self.assertEqual((counters["udp"], counters["dropped"], counters["answered"]), (100, 100, 0))

    def test_a_late_one_answers_after_its_time(self):
        upstream = self.upstream("-d", "80")
        records = self.ask(upstream, timeout=5)
        self.assertEqual(records.good(), 100)
        self.assertGreaterEqual(min(records.waits()), 0.08)
        self.assertEqual(upstream.counters()["late"], 100)

    def test_late_ones_come_out_of_order_with_jitter(self):
        records = self.ask(self.upstream("-d", "50", "-j", "50"), timeout=5)
        arrivals = [entry.sent + entry.latency for entry in records.entries]
        self.assertEqual(records.good(), 100)
        self.assertNotEqual(arrivals, sorted(arrivals))

    def test_the_same_queries_are_forgotten_with_the_same_seed(self):
        lost = []
        for seed in ("7", "7", "8"):
            upstream = self.upstream("-x", "30", "-s", seed)
            records = self.ask(upstream)
            self.assertEqual(records.count("lost"), upstream.counters()["dropped"])
            lost.append([entry.outcome for entry in records.entries])
        self.assertEqual(lost[0], lost[1])
        self.assertNotEqual(lost[0], lost[2])
        self.assertTrue(10 < lost[0].count("lost") < 50)

    def test_wrong_replies_come_before_the_good_one(self):
        # Who trusts the ID takes another question, noise and what is cut off for the reply, and waits for no other.
        for fault, outcome, unasked in (
                ("id", "0", 100), ("question", "wrong", 100), ("garbage", "wrong", 100), ("short", "wrong", 100),
                ("stub", "0", 100), ("empty", "0", 100), ("port", "0", 0)):
            with self.subTest(fault):
                upstream = self.upstream("-f", fault)
                records = self.ask(upstream)
                self.assertEqual((records.count(outcome), records.unasked), (100, unasked))
                self.assertEqual(upstream.counters()["faults"], 100)

    def test_the_good_one_keeps_its_distance(self):
        records = self.ask(self.upstream("-f", "id", "-g", "30"))
        self.assertEqual(records.good(), 100)
        self.assertGreaterEqual(min(records.waits()), 0.03)

    def test_twice_is_once_too_often(self):
        records = self.ask(self.upstream("-2"))
        self.assertEqual((records.good(), records.unasked), (100, 100))

    def test_another_address_is_a_wrong_answer(self):
        self.assertEqual(self.ask(self.upstream(), address="203.0.113.8").outcomes(), {"wrong": 100})

    def test_probes_are_counted_apart(self):
        upstream = self.upstream()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as prober:
            prober.settimeout(5)
            prober.sendto(struct.pack("!6H", 9, 0x0100, 1, 0, 0, 0) + b"\0" + struct.pack("!2H", 2, 1),
                          ("127.0.0.1", upstream.port))
            self.assertEqual(prober.recv(512)[:2], b"\0\x09")
        counters = upstream.counters()
        self.assertEqual((counters["probes"], counters["udp"], counters["answered"]), (1, 0, 0))

    # Connections

    def stream(self, upstream, *messages):
        connection = socket.create_connection(("127.0.0.1", upstream.port), timeout=5)
        self.addCleanup(connection.close)
        connection.sendall(b"".join(struct.pack("!H", len(message)) + message for message in messages))
        return connection

    def message(self, connection):
        length = struct.unpack("!H", self.exactly(connection, 2))[0]
        return self.exactly(connection, length)

    @staticmethod
    def exactly(connection, count):
        octets = b""
        while len(octets) < count:
            more = connection.recv(count - len(octets))
            if not more:
                return octets
            octets += more
        return octets

    def test_connections_carry_several_queries_with_the_same_faults(self):
        upstream = self.upstream("-f", "id", "-d", "20")
        connection = self.stream(upstream, query("a.test", identifier=1), query("b.test", identifier=2))
        received = [self.message(connection) for _ in range(4)]
        self.assertEqual([message[-4:] for message in received],
                         [bytes([198, 51, 100, 66]), bytes([203, 0, 113, 7])] * 2)
        self.assertEqual([message[:2] for message in received[1::2]], [b"\0\1", b"\0\2"])
        counters = upstream.counters()
        self.assertEqual((counters["connections"], counters["tcp"], counters["faults"]), (1, 2, 2))

    def test_a_reply_to_a_connection_that_has_ended_is_let_go(self):
        upstream = self.upstream("-d", "50")
        self.stream(upstream, query("a.test")).close()
        # Takes the place of the one that has ended, and must not get its reply.
        connection = self.stream(upstream, query("b.test", identifier=77))
        self.assertEqual(self.message(connection)[:2], b"\0\x4d")

    # The programs

    def test_it_is_there_again_on_its_port_after_it_was_killed(self):
        first = self.upstream()
        self.stream(first, query("a.test"))
        first.kill()
        self.assertEqual(self.ask(self.upstream(port=first.port)).good(), 100)

    def test_what_is_no_query_is_counted_and_not_answered(self):
        upstream = self.upstream()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            for message in (b"", b"\0" * 12, query("a.test")[:-3], query("a.test")[:2] + b"\x81" + query("a.test")[3:]):
                client.sendto(message, ("127.0.0.1", upstream.port))
            counters = upstream.counters()
        self.assertEqual((counters["malformed"], counters["udp"]), (4, 0))

    def test_the_asker_counts_that_nobody_listens_and_goes_on(self):
        records = self.begin(free_port()).records()
        self.assertEqual(records.outcomes(), {"lost": 100})
        self.assertGreater(records.refused, 0)

    def test_the_asker_keeps_its_rate_and_stops_when_it_is_told_to(self):
        records = self.ask(self.upstream(), count=200, rate=1000)
        # A busy machine may make it later, and nothing earlier.
        self.assertGreaterEqual(records.entries[-1].sent - records.start, 0.198)
        upstream = self.upstream()
        asking = self.begin(upstream.port, count=100_000, rate=1000)
        while upstream.queries() == 0:
            time.sleep(0.01)
        asking.stop()
        self.assertLess(len(asking.records()), 100_000)


if __name__ == "__main__":
    unittest.main()
