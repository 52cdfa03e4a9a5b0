"""The records of single queries, what is said of them, and the table of the cases."""
import os
import subprocess
import sys
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import faults, scraped  # noqa: E402
from parts.faults import report, subject  # noqa: E402
from parts.faults.case import Case, Outcome, duration, share  # noqa: E402
from parts.faults.records import Records  # noqa: E402
from parts.processes import Failure  # noqa: E402

OUTPUT = """\
1000000000000 2000000 0
1000500000000 700000000 0
1001000000000 -1 lost
1001500000000 4000000 2
1002000000000 5000000 wrong
1002500000000 6000000 0
refused 3
unasked 1
"""
METRICS = """\
# HELP ignored_total what was ignored
ignored_total{to="127.0.0.1:53",reason="malformed"} 3
ignored_total{to="127.0.0.1:53",reason="unknown_id"} 4
ignored_total{to="127.0.0.1:54",reason="malformed"} 5
ignored_total_more 7
"""


def records():
    return Records.parse(OUTPUT, 2.0)


class RecordsTests(unittest.TestCase):
    def test_only_the_right_answer_is_good(self):
        self.assertEqual((len(records()), records().good(), records().failed()), (6, 3, 3))
        self.assertEqual(records().outcomes(), {"0": 3, "lost": 1, "2": 1, "wrong": 1})
        self.assertEqual((records().refused, records().unasked), (3, 1))

    def test_who_got_nothing_has_waited_to_the_end(self):
        self.assertEqual((records().longest(), records().long_waits()), (2.0, 2))
        self.assertEqual(records().percentile(0.5), 0.005)

    def test_parts_are_cut_by_the_time_of_sending(self):
        self.assertEqual(len(records().after(1)), 4)
        self.assertEqual(len(records().between(1000.5, 1001.5)), 2)
        self.assertEqual((len(records().after(99)), records().after(99).longest()), (0, 0.0))

    def test_trouble_ends_with_the_last_that_failed_or_waited_long(self):
        self.assertAlmostEqual(records().trouble_ends(1000), 2.0)
        self.assertAlmostEqual(records().between(0, 1001).trouble_ends(1000), 0.5)
        self.assertEqual(records().between(1002.5).trouble_ends(1000), 0.0)

    def test_the_summary_goes_second_by_second(self):
        seconds = records().summary()["seconds"]
        self.assertEqual([second["sent"] for second in seconds], [2, 2, 2])
        self.assertEqual([second["failed"] for second in seconds], [0, 2, 1])
        self.assertEqual([second["long"] for second in seconds], [1, 1, 0])

    def test_output_without_an_end_is_no_measurement(self):
        with self.assertRaises(Failure):
            Records.parse("1 2 0\n", 2.0)


class MetricTests(unittest.TestCase):
    def test_series_are_chosen_by_labels_and_summed(self):
        self.assertEqual(scraped.metric_sum(METRICS, "ignored_total"), 12)
        self.assertEqual(scraped.metric_sum(METRICS, "ignored_total", to="127.0.0.1:53"), 7)
        self.assertEqual(scraped.metric_sum(METRICS, "ignored_total", to="127.0.0.1:53", reason="malformed"), 3)
        self.assertIsNone(scraped.metric_sum(METRICS, "ignored_total", to="127.0.0.1:55"))
        self.assertIsNone(scraped.metric_sum(METRICS, "ignored"))


class CorefileTests(unittest.TestCase):
    def test_an_upstream_is_named_with_its_port_and_options_stand_in_a_block(self):
        upstream = types.SimpleNamespace(address="127.0.0.1", port=5300)
        self.assertEqual(subject.forward(upstream, upstream), "forward . 127.0.0.1:5300 127.0.0.1:5300")
        self.assertEqual(
            subject.forward(upstream, zone="test", options=["force_tcp"]),
            "forward test 127.0.0.1:5300 {\n    force_tcp\n}")

    def test_local_names_have_addresses_of_their_own_and_none_is_a_version(self):
        addresses = {subject.local_question(number)[1] for number in range(subject.LOCAL_NAMES)}
        self.assertEqual(len(addresses), subject.LOCAL_NAMES)
        self.assertFalse(addresses & {subject.version_question(version)[1] for version in range(20)})


class TextTests(unittest.TestCase):
    def test_all_and_none_need_no_percent(self):
        self.assertEqual([share(0, 5), share(5, 5), share(1, 8)], ["0 of 5", "5 of 5", "1 of 8, 12.50%"])

    def test_times_have_the_unit_that_suits_them(self):
        self.assertEqual([duration(2), duration(0.5), duration(0.0012)], ["2.0 s", "500 ms", "1.20 ms"])


def outcome(name="1", is_kept=True, holds=True, **more):
    found = Outcome(name, f"case {name}", **more)
    found.find("longest wait", "2.0 s", "at most 500 ms", is_kept, "2.0 s, for 6 s")
    found.find("without a bound", "7")
    found.prove("the silent one got 3 queries", holds)
    return found


class ReportTests(unittest.TestCase):
    def test_a_bound_that_is_missed_a_fault_that_did_not_happen_and_a_failure_are_problems(self):
        self.assertEqual(report.problems([outcome(), Outcome("2", "", skipped="no root")]), [])
        found = report.problems(
            [outcome(is_kept=False), outcome("2", holds=False), Outcome("3", "", failure="it died")])
        self.assertEqual([text.split(":")[0] for text in found], ["case 1", "case 2", "case 3"])
        self.assertIn("the fault did not happen", found[1])

    def test_the_table_marks_what_is_missed_and_nothing_else(self):
        lines = report.table([outcome(is_kept=False), outcome("2")], "Needletail").splitlines()
        self.assertEqual([report.MISSED in line for line in lines if "longest wait" in line], [True, False])
        self.assertFalse(any(report.MISSED in line for line in lines if "longest wait" not in line))

    def test_each_case_has_its_lines_below_its_title(self):
        text = report.table([outcome(), Outcome("2", "case 2", skipped="no root"), outcome("3", holds=False)], "x")
        order = [text.index(word) for word in ("case 1", "proof:", "case 2", "skipped: no root", "case 3", "NO PROOF:")]
        self.assertEqual(order, sorted(order))

    def test_columns_stand_below_each_other(self):
        lines = report.table([outcome(), outcome("2")], "Needletail").splitlines()
        ends = {line.index("at most 500 ms") for line in lines if "at most" in line}
        self.assertEqual(len(ends), 1)

    def test_a_busy_machine_is_told(self):
        busy = outcome("2", disturbance=0.5)
        self.assertEqual(report.busy_cases([outcome(disturbance=0.01), busy]), "2 (0.50)")
        self.assertIn("case 2 †", report.table([busy], "x"))


class CaseTests(unittest.TestCase):
    def test_names_and_titles_are_unlike_each_other(self):
        self.assertEqual(len(faults.BY_NAME), len(faults.ALL))
        self.assertEqual(len({case.title for case in faults.ALL}), len(faults.ALL))
        self.assertTrue(all(isinstance(case, Case) and case.name and case.title for case in faults.ALL))

    def run_bench(self, *arguments):
        path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "upstreams")
        return subprocess.run(
            [sys.executable, path, *arguments], capture_output=True, text=True, check=False, timeout=60)

    def test_cases_are_listed_in_order_whatever_the_order_asked_for(self):
        done = self.run_bench("--cases", "2b,1", "--list")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()], ["1", "2b"])
        self.assertEqual(done.returncode, 0)

    def test_a_case_that_does_not_exist_is_a_mistake(self):
        done = self.run_bench("--cases", "1,99")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'99' is none of 1, 1b", done.stderr)

    def test_a_server_that_is_not_there_fails_its_cases(self):
        done = self.run_bench("--cases", "9b", "--quick", "--needletail", "/nowhere", "--json", os.devnull)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no program /nowhere", done.stderr)


if __name__ == "__main__":
    unittest.main()
