import Testing

@testable import Telemetry

@Suite struct ProcessMetricsTests {
    @Test("every figure of this process can be read and is plausible", arguments: ProcessFigure.allCases)
    func read(_ figure: ProcessFigure) throws {
        // Of these there may be none so far.
        let mayBeNone: Set<ProcessFigure> = [.processorTime, .receivedOctets, .sentOctets]
        #expect(try #require(figure.read()) > (mayBeNone.contains(figure) ? -1 : 0))
    }

    @Test("the names are those of Prometheus client libraries, and all are registered")
    func names() throws {
        let registry = MetricsRegistry()
        try registry.registerProcessMetrics()
        let names = registry.samples(of: "process_").map { String($0.prefix { $0 != " " }) }
        #expect(
            names == [
                "process_cpu_seconds_total", "process_max_fds", "process_network_receive_bytes_total",
                "process_network_transmit_bytes_total", "process_open_fds", "process_resident_memory_bytes",
                "process_start_time_seconds", "process_threads", "process_virtual_memory_bytes",
                "process_virtual_memory_max_bytes",
            ])
    }

    @Test("a program name with spaces and parentheses does not shift the fields")
    func oddProgramName() throws {
        let stat = "7 (a b) R 9) S 1 1 1 0 -1 4194560 1 1 1 1 150 50 0 0 20 0 3 0 500 4096000 100 18446744073709551615"
        let status = try #require(ProcessStatus(stat: stat, bootSeconds: 1_000))
        #expect(status.processorSeconds == 2)
        #expect(status.threads == 3)
        #expect(status.startSeconds == 1_005)
        #expect(status.virtualBytes == 4_096_000)
        #expect(status.residentBytes == 409_600)
    }

    @Test("the octets of the network are found by their names, wherever they stand")
    func network() {
        let text = "TcpExt: A B\nTcpExt: 1 2\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 17 4\n"
        #expect(NetworkStatus.figure("InOctets", in: text) == 17 && NetworkStatus.figure("OutOctets", in: text) == 4)
        for short in ["", "IpExt: InOctets\n", "IpExt: InOctets\nIpExt:\n", "IpExt: OutOctets\nIpExt: 1\n"] {
            #expect(NetworkStatus.figure("InOctets", in: short) == nil)
        }
    }

    @Test(
        "a line that is cut short gives nothing",
        arguments: ["", "7 (x", "7 (x) S 1 2 3", "7 (x) S a b c d e f g h i j k l m n o p q r s t u v"])
    func truncated(_ stat: String) {
        #expect(ProcessStatus(stat: stat, bootSeconds: nil) == nil)
    }

    @Test("a file that is not there reads as nothing")
    func missing() {
        #expect(TextFile.read("/proc/self/none") == nil)
    }
}
