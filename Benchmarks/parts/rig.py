"""The servers of a comparison, running, and one run of load against one of them."""
import os
import time

from . import contenders, dns, dnsperf, machine, names, native, prober, questions
from .processes import Failure, Program, free_port, wait_until_answering, wait_until_listening
from .stand_in import StandIn, service_name

# dnsperf's sockets. Knot's queue of connections that are not accepted yet holds ten.
CLIENTS = {"udp": 16, "tcp": 8}
# Queries under way at once: enough to saturate a server, and no more than a socket holds when all of them come at once.
OUTSTANDING = 100
UPSTREAM_ADDRESS = "203.0.113.7"
SAMPLES = 20


class Rig:
    """Everything that runs beside the bench itself."""

    def __init__(self, options, servers, folder):
        self.options, self.servers, self.folder = options, servers, folder
        self.names = names.NameFiles(options.services, folder)
        self.questions = questions.QuestionFiles(options.services, folder)
        self.running, self.helpers = {}, []
        self.upstream = self.elsewhere = self._prober = None
        self.echo, self.probe = native.build("echo", folder), native.build("probe", folder)
        for server in servers:
            if server.name == "echo":
                server.path = self.echo

    def start(self, workers, keys):
        """Starts the servers of these measurements in place of those that run. One worker has a core to itself."""
        self.end_servers()
        where, self.elsewhere = machine.split_cores() if workers == 1 else ([], [])
        upstream = self._start_upstream()
        needs_cluster = any(key.role == "cluster" for key in keys)
        api = self._start_cluster() if needs_cluster else 0
        setting = contenders.Setting(self.folder, workers, where, self.names, upstream, api)
        by_name = {server.name: server for server in self.servers}
        for server, role in dict.fromkeys((key.server, key.role) for key in keys):
            self.running[server, role] = by_name[server].start(role, setting)
        for (_, role), running in self.running.items():
            self._wait_until_right(running, role)

    def _start_upstream(self):
        port = free_port()
        command = [self.echo, "-p", str(port), "-a", UPSTREAM_ADDRESS, "-s"]
        self.upstream = Program("upstream", machine.pinned(command, self.elsewhere), self.folder)
        self.helpers.append(self.upstream)
        wait_until_listening(self.upstream, port)
        return port

    def _start_cluster(self):
        stand_in = StandIn(
            self.options.stand_in, self.options.services, self.folder, more=("--headless-share", "0"),
            where=self.elsewhere)
        self.helpers.append(stand_in)
        return stand_in.port

    def _wait_until_right(self, running, role):
        if role == "echo":
            wait_until_listening(running, running.port)
            return
        name = "ready.example.net." if role == "resolver" else service_name(self.options.services - 1)
        wait_until_answering(running, running.port, name, seconds=60)
        if role != "resolver":
            self.verify(running, role)

    def verify(self, running, role):
        """Asks for a few names, to be sure that every server gives the same answers."""
        few = min(questions.SRV_SERVICES, self.options.services)
        asked = [("A", service_name, self.options.services), ("AAAA", service_name, self.options.services)]
        if role != "hosts":
            asked += [("PTR", names.reverse_name, self.options.services), ("SRV", names.srv_name, few)]
        with dns.Asker(running.port) as asker:
            for kind, name, limit in asked:
                for number in range(0, self.options.services, max(1, self.options.services // SAMPLES)):
                    service = number % limit
                    found = asker.ask(dns.question(name(service), kind))
                    if found != names.expected(kind, service):
                        raise Failure(f"{running.name} answers {name(service)} {kind} with {found}")

    def run(self, key, seconds, rate=0, probed=False):
        """One run: what dnsperf says, what the prober says, and what it cost whom."""
        running = self.running[key.server, key.role]
        path, is_single_use = self.questions.path(key.questions, int((rate or questions.FASTEST) * seconds * 1.2))
        probe_path, _ = self.questions.path(key.questions, int(prober.RATE * seconds)) if probed else (path, False)
        if key.questions == "cached":
            dnsperf.run(running.port, path, 10, CLIENTS["udp"], 0, OUTSTANDING, passes=1, where=self.elsewhere)
        start, busy = time.monotonic(), machine.busy_seconds()
        spent, upstream = running.processor_seconds(), self.upstream.processor_seconds()
        if probed:
            # Its end lies within the load's.
            self._prober = prober.Prober(
                self.probe, running.port, probe_path, max(0.1, seconds - 0.3), key.transport, self.elsewhere)
        figures = dnsperf.run(
            running.port, path, seconds, CLIENTS[key.transport], rate, OUTSTANDING, transport=key.transport,
            where=self.elsewhere)
        busy, figures["wall_seconds"] = machine.busy_seconds() - busy, time.monotonic() - start
        if probed:
            figures |= self._prober.figures()
        figures["processor_seconds"] = running.processor_seconds() - spent
        figures["upstream_processor_seconds"] = self.upstream.processor_seconds() - upstream
        figures["foreign_processor_seconds"] = busy - sum(
            figures[f"{name}processor_seconds"] for name in ("", "client_", "upstream_"))
        answered = figures["completed"] + figures.get("probes", 0)
        figures["microseconds_per_query"] = figures["processor_seconds"] / max(answered, 1) * 1e6
        figures["resident_bytes"] = running.resident_bytes()
        for single in {path, probe_path} if is_single_use else ():
            os.remove(single)
        return figures

    def end_servers(self):
        for program in [*self.running.values(), *reversed(self.helpers)]:
            program.end()
        self.running, self.helpers = {}, []

    def end(self):
        if self._prober:
            self._prober.end()
        self.end_servers()
