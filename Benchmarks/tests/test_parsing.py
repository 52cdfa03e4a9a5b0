"""What is read from other programs' output."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import dnsperf, prober  # noqa: E402

OUTPUT = """
DNS Performance Testing Tool
Version 2.10.0

Statistics:

  Queries sent:         59998
  Queries completed:    59990 (99.99%)
  Queries lost:         8 (0.01%)

  Response codes:       NOERROR 40000 (66.68%), NXDOMAIN 19990 (33.32%)
  Average packet size:  request 54, response 70
  Run time (s):         2.000107
  Queries per second:   29997.395139

  Average Latency (s):  0.000071 (min 0.000005, max 0.002967)
  Latency StdDev (s):   0.000085
"""


class DnsperfTests(unittest.TestCase):
    def test_every_figure_is_found(self):
        self.assertEqual(dnsperf.parse(OUTPUT), {
            "sent": 59998, "completed": 59990, "lost": 8, "queries_per_second": 29997.395139, "run_seconds": 2.000107,
            "latency_mean_seconds": 0.000071, "latency_max_seconds": 0.002967,
            "codes": {"NOERROR": 40000, "NXDOMAIN": 19990}})

    def test_figures_that_are_not_printed_are_zero(self):
        figures = dnsperf.parse("  Queries sent:         0\n  Queries completed:    0 (0.00%)\n")
        self.assertEqual((figures["lost"], figures["latency_mean_seconds"], figures["codes"]), (0, 0, {}))

    def test_other_output_is_nothing(self):
        self.assertIsNone(dnsperf.parse("Error: no such file"))


class ProberTests(unittest.TestCase):
    def test_latencies_are_nanoseconds_and_the_lost_are_counted(self):
        self.assertEqual(prober.parse("1500\n2000000\nlost 3\n"), ([1.5e-6, 0.002], 3))

    def test_nothing_comes_of_nothing(self):
        self.assertEqual(prober.parse(""), ([], 0))


if __name__ == "__main__":
    unittest.main()
