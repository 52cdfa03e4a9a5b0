"""Percentiles, medians, rows and bounds."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import bounds, contenders, plan, summary, table  # noqa: E402
from parts.figures import median, percentile  # noqa: E402

SERVERS = [contenders.BY_NAME[name]("/bin/true") for name in ("echo", "needletail", "knot", "dnsmasq")]
TITLES = {server.name: server.title for server in SERVERS}


def run(cost, completed=60_000.0, **more):
    """The figures of a run that cost so many microseconds a query."""
    return {
        "sent": completed, "completed": completed, "lost": 0.0, "queries_per_second": completed / 2, "run_seconds": 2.0,
        "microseconds_per_query": cost, "processor_seconds": cost * completed / 1e6, "client_processor_seconds": 0.5,
        "upstream_processor_seconds": 0.0, "foreign_processor_seconds": 0.1, "wall_seconds": 2.0,
        "latency_p50_seconds": 40e-6, "latency_p99_seconds": 900e-6,
        "resident_bytes": 5e6, "codes": {"NOERROR": int(completed)}, **more}


def results(cases, costs):
    return {case.key: {
        "equal": [run(costs[case.server])] * 3, "full": [run(costs[case.server], 200_000.0)] * 3,
        "loss": [run(costs[case.server])]} for case in cases}


class FigureTests(unittest.TestCase):
    def test_a_percentile_is_one_of_the_values(self):
        values = list(range(100, 0, -1))
        self.assertEqual([percentile(values, share) for share in (0, 0.5, 0.99, 1)], [1, 50, 99, 100])
        self.assertEqual(percentile([7], 0.99), 7)
        self.assertIsNone(percentile([], 0.5))

    def test_a_median_leaves_out_runs_without_the_figure(self):
        self.assertEqual(median([{"a": 3}, {"a": 1}, {"a": None}, {}], "a"), 2)
        self.assertIsNone(median([{}], "a"))


class PlanTests(unittest.TestCase):
    def test_servers_take_part_where_they_have_a_role(self):
        cases = plan.cases(SERVERS, ["static", "forwarded"], ["udp"], [1])
        self.assertEqual(
            [(case.shape, case.server, case.key.role) for case in cases],
            [("static", "echo", "echo"), ("static", "needletail", "hosts"), ("static", "knot", "zones"),
             ("static", "dnsmasq", "names"), ("forwarded", "echo", "echo"), ("forwarded", "needletail", "cluster"),
             ("forwarded", "dnsmasq", "resolver")])

    def test_static_names_stand_in_for_the_cluster_without_a_second_run(self):
        cases = plan.cases(SERVERS, ["static", "cluster"], ["udp"], [1])
        (keys,) = plan.groups(cases).values()
        self.assertEqual([key.server for key in keys], ["echo", "needletail", "knot", "dnsmasq", "needletail"])

    def test_a_server_of_one_thread_is_measured_once(self):
        cases = plan.cases(SERVERS, ["static"], ["udp"], [1, 2])
        self.assertEqual([case.workers for case in cases if case.server == "dnsmasq"], [1])


class RowTests(unittest.TestCase):
    def rows(self, costs, shapes=("cluster", "cached", "forwarded"), **more):
        cases = plan.cases(SERVERS, shapes, ["udp"], [1, 2])
        found = results(cases, {"echo": 4.0, "knot": 6.0, "dnsmasq": 9.0, **costs})
        for key, runs in found.items():
            if key.server == "needletail":
                runs["loss"] = [run(costs["needletail"], **more)]
        return summary.rows(cases, TITLES, found, 60_000)

    def test_a_row_has_the_ratio_to_the_echo_of_its_own_case(self):
        row = next(row for row in self.rows({"needletail": 5.0}) if row.server == "needletail")
        self.assertEqual((row.cost, row.ratio, row.keeps_up, row.lost), (5.0, 1.25, True, 0))
        self.assertEqual((round(row.p50), round(row.p99), row.top_rate), (40, 900, 100_000))
        self.assertAlmostEqual(row.server_cores, 0.5)

    def test_bounds_are_kept_at_the_bound_and_missed_above(self):
        self.assertTrue(all(bound.is_kept for bound in bounds.check(self.rows({"needletail": 5.0}))))
        found = bounds.check(self.rows({"needletail": 5.1}))
        missed = [bound for bound in found if not bound.is_kept]
        self.assertEqual(len(missed), 4)
        self.assertTrue(all("1.25 ×" in bound.text for bound in missed))
        dearer = [bound for bound in bounds.check(self.rows({"needletail": 6.5})) if not bound.is_kept]
        self.assertTrue(any("Knot DNS" in bound.text for bound in dearer))
        self.assertFalse(any("dnsmasq" in bound.text for bound in dearer))

    def test_a_lost_query_misses_a_bound(self):
        missed = [bound for bound in bounds.check(self.rows({"needletail": 5.0}, lost=1.0)) if not bound.is_kept]
        self.assertEqual(len(missed), 6)

    def test_servers_that_stand_in_with_static_names_say_so(self):
        labels = {row.label for row in self.rows({"needletail": 5.0}) if row.shape == "cluster"}
        self.assertEqual(labels, {"bare echo", "Needletail", "Knot DNS (static)", "dnsmasq (static)"})

    def test_what_the_client_used_is_unknown_when_queries_were_lost(self):
        cases = plan.cases(SERVERS, ["static"], ["udp"], [1])
        found = results(cases, dict.fromkeys(TITLES, 1.0))
        found[cases[0].key]["full"] = [run(1.0, lost=2.0), run(1.0, client_processor_seconds=0.8), run(1.0, lost=1.0)]
        found[cases[1].key]["full"] = [run(1.0, lost=2.0)]
        rows = summary.rows(cases, TITLES, found, 60_000)
        self.assertEqual([row.other_cores for row in rows[:2]], [0.4, None])

    def test_what_other_programs_used_is_told(self):
        cases = plan.cases(SERVERS, ["static"], ["udp"], [1])
        self.assertAlmostEqual(summary.disturbance(results(cases, dict.fromkeys(TITLES, 1.0))), 0.05)

    def test_wrong_replies_are_pointed_out(self):
        cases = plan.cases(SERVERS, ["static", "mix"], ["udp"], [1])
        found = results(cases, dict.fromkeys(TITLES, 1.0))
        self.assertEqual([text.split()[2] for text in summary.complaints(found)], ["mix", "mix", "mix"])

    def test_the_table_has_a_cell_for_each_column(self):
        rows = self.rows({"needletail": 5.0})
        lines = [table.cells(row) for row in rows]
        self.assertTrue(all(len(line) == len(table.COLUMNS) for line in lines))
        self.assertEqual(len(table.text(table.COLUMNS, lines).splitlines()), len(rows) + 1)
        self.assertTrue(all(len(line) == len(table.SCALING) for line in table.scaling_lines(rows)))
        header, matrix = table.matrix(rows, "udp", 1)
        self.assertTrue(all(len(line) == len(header) for line in matrix))


if __name__ == "__main__":
    unittest.main()
