"""The picture, the page, the README's part, and the files that servers read."""
import os
import sys
import tempfile
import types
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from parts import names, plan, plot, publish, questions, summary  # noqa: E402
from tests.test_figures import SERVERS, TITLES, results  # noqa: E402


def report():
    cases = plan.cases(SERVERS, list(plan.SHAPES), list(plan.TRANSPORTS), [1, 2])
    rows = summary.rows(
        cases, TITLES, results(cases, {"echo": 4.0, "needletail": 5.0, "knot": 6.0, "dnsmasq": 90.0}), 60_000)
    return types.SimpleNamespace(
        when="2026-01-02T03:04:05Z", rate=30_000, rounds=3, seconds=2.0, disturbance=0.02, services=10_000, rows=rows,
        versions={"Needletail": "0.1.0", "Knot DNS": "3.2.6"},
        machine={"processor": "A <fast> & small one", "cores": 2, "kernel": "Linux 6", "system": "Debian",
                 "is_virtual": True})


class PictureTests(unittest.TestCase):
    def test_it_is_well_formed_and_every_bar_lies_within(self):
        root = ElementTree.fromstring(publish.picture(report()))
        left, _, width, height = (float(word) for word in root.get("viewBox").split())
        bars = root.findall("{http://www.w3.org/2000/svg}rect")
        self.assertEqual(len(bars), 18)
        for bar in bars:
            self.assertLess(float(bar.get("x")) + float(bar.get("width")), left + width)
            self.assertLess(float(bar.get("y")), height)

    def test_a_bar_is_as_long_as_what_it_stands_for(self):
        root = ElementTree.fromstring(publish.picture(report()))
        widths = sorted(float(bar.get("width")) for bar in root.findall("{http://www.w3.org/2000/svg}rect"))
        self.assertAlmostEqual(widths[-1] / widths[0], 90 / 4, places=0)

    def test_no_rows_make_a_picture_too(self):
        ElementTree.fromstring(plot.svg("a & b", ["<none>"], []))


class DocumentTests(unittest.TestCase):
    def test_the_page_names_machine_and_versions(self):
        text = publish.page(report())
        for words in ("A <fast> & small one", "Knot DNS 3.2.6", "One worker against two", "30,000 queries a second"):
            self.assertIn(words, text)

    def test_only_what_stands_between_the_marks_is_replaced(self):
        text = f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n"
        self.assertEqual(
            publish.replace_marked(text, "new"), f"before\n{publish.BEGIN}\nnew\n{publish.END}\nafter\n")
        self.assertIsNone(publish.replace_marked("no marks", "new"))

    def test_the_readme_has_the_marks(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        with open(os.path.join(root, "README.md")) as file:
            self.assertIsNotNone(publish.replace_marked(file.read(), publish.readme_part(report())))


class FileTests(unittest.TestCase):
    def test_every_server_gets_the_same_names(self):
        with tempfile.TemporaryDirectory() as folder:
            files = names.NameFiles(30, folder)
            for path in (files.zone_file(names.ZONE), files.hosts_file(), files.unbound_file()):
                with open(path) as file:
                    text = file.read()
                for number in (0, 29):
                    self.assertIn(names.address(number), text)
                    self.assertIn(names.service_name(number).rstrip("."), text)
                self.assertNotIn(names.address(30), text)
            with open(files.zone_file(names.REVERSE_ZONE)) as file:
                self.assertIn("30.0.96.10.in-addr.arpa. PTR service-29.ns-29.svc.cluster.local.", file.read())

    def test_the_shares_of_the_mix_add_up_and_are_kept(self):
        self.assertEqual(sum(share for _, share, _, _ in questions.MIX), 100)
        lines = questions.mix(10_000)
        self.assertEqual(len(lines), questions.MIX_SIZE)
        self.assertEqual(sum(line.endswith(" SRV") for line in lines), questions.MIX_SIZE * 3 // 100)
        self.assertEqual(lines, questions.mix(10_000))
        self.assertAlmostEqual(questions.mix_share("NXDOMAIN") + questions.mix_share("NOERROR"), 1)

    def test_names_that_were_asked_once_are_not_asked_again(self):
        with tempfile.TemporaryDirectory() as folder:
            files = questions.QuestionFiles(10, folder)
            first, second = (files.path("forwarded", 5) for _ in range(2))
            self.assertTrue(first[1] and second[1])
            with open(first[0]) as one, open(second[0]) as other:
                self.assertFalse(set(one) & set(other))
            self.assertEqual(files.path("services", 1), files.path("services", 1))


if __name__ == "__main__":
    unittest.main()
