"""Limits of a query's cost, and what chain-replay prints."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import limits, replay  # noqa: E402

TOOLCHAIN = "Swift 6.3.1, x86_64"


def known():
    return limits.Limits(TOOLCHAIN, {"cluster": (0, 5000), "forwarded": (4.25, 20000)})


def found(allocations, instructions=None):
    return {"allocations": allocations, "instructions": instructions, "nanoseconds": 1000.0}


class LimitTests(unittest.TestCase):
    def test_what_is_within_the_limits_and_their_margin_is_not_complained_of(self):
        self.assertEqual(known().complaints("cluster", found(0, 5099)), [])
        self.assertEqual(known().complaints("forwarded", found(4.3, 20399)), [])
        self.assertEqual(known().complaints("cluster", found(0)), [])

    def test_one_allocation_in_20000_queries_is_over_a_limit_of_none(self):
        self.assertEqual(len(known().complaints("cluster", found(1 / 20_000, 5000))), 1)

    def test_each_figure_is_judged_alone(self):
        self.assertIn("instructions", known().complaints("cluster", found(0, 5101))[0])
        self.assertIn("allocations", known().complaints("forwarded", found(4.4, 20000))[0])
        self.assertEqual(len(known().complaints("forwarded", found(9, 90000))), 2)

    def test_a_shape_without_a_limit_is_complained_of(self):
        self.assertEqual(len(known().complaints("new", found(0, 1))), 1)

    def test_a_limit_that_is_far_away_is_to_be_lowered_and_no_failure(self):
        self.assertEqual(known().complaints("forwarded", found(4, 18000)), [])
        self.assertEqual(len(known().praise("forwarded", found(4, 18000))), 2)
        self.assertEqual(known().praise("forwarded", found(4.2, 19500)), [])

    def test_an_update_leaves_promises_alone(self):
        updated = known().updated({"cluster": found(3, 6000), "forwarded": found(5.123, 21000.4)}, TOOLCHAIN)
        self.assertEqual(updated.shapes, {"cluster": (0, 6000), "forwarded": (5.12, 21000)})

    def test_a_large_set_is_bound_by_what_is_sent_of_it(self):
        bound = limits.BOUND + 1_000 * limits.BOUND_PER_OCTET
        for instructions, count in [(None, 0), (bound, 0), (bound + 1, 1)]:
            large = {**found(0, instructions), "octets": 1_000.0}
            self.assertEqual(len(limits.bound_complaints("big512", large)), count)

    def test_the_file_is_read_as_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "limits.tsv")
            known().write(path)
            read = limits.Limits.read(path)
        self.assertEqual((read.toolchain, read.shapes), (TOOLCHAIN, known().shapes))

    def test_instructions_are_judged_on_the_same_kind_of_processor_only(self):
        self.assertTrue(known().can_judge_instructions("Swift 6.4, x86_64"))
        self.assertFalse(known().can_judge_instructions("Swift 6.3.1, aarch64"))


class ReplayTests(unittest.TestCase):
    def test_each_heading_begins_a_table(self):
        text = "shape\tqueries\ncluster\t5\nptr\t6\noperation\tns\nname hash\t25.1\n"
        self.assertEqual(replay.rows(text), [
            [{"shape": "cluster", "queries": "5"}, {"shape": "ptr", "queries": "6"}],
            [{"operation": "name hash", "ns": "25.1"}]])


if __name__ == "__main__":
    unittest.main()
