import Synchronization
import Telemetry
import Testing

@testable import DNSServer

@Suite("What an operator sees of the limits")
struct ServerResourcesTests {
    @Test("Every limit is shown, and how much of it is in use")
    func metrics() throws {
        let metrics = MetricsRegistry()
        let worker = try makeWorker(metrics: metrics)
        let limits = ResourceLimits(memory: MemoryLimit(octets: 170 << 20, source: .cgroup))
        let resources = try ServerResources(limits, [worker], metrics)
        #expect(resources.cache.take(5_000) && resources.buffers.take(70))
        worker.backgroundCount.store(3, ordering: .relaxed)
        let text = String(decoding: metrics.exposition(.prometheus), as: UTF8.self)
        let lines = Set(text.split(separator: "\n").map(String.init))
        for line in [
            "needletail_limit{resource=\"memory_bytes\"} 178257920", "needletail_limit{resource=\"queries\"} 4352",
            "needletail_limit{resource=\"connections\"} 1088", "needletail_limit{resource=\"buffer_bytes\"} 8912896",
            "needletail_limit{resource=\"cache_bytes\"} 29709653", "needletail_queries_waiting 0",
            "needletail_tcp_connections 0", "needletail_cache_used_bytes 5000", "needletail_buffer_bytes 70",
            "needletail_limit{resource=\"background_queries\"} \(worker.backgroundLimit)",
            "needletail_background_queries 3",
            "needletail_background_queries_refused_total 0", "needletail_udp_receive_drops_total 0",
            "needletail_dropped_queries_total{reason=\"oldest_waiting\"} 0",
        ] {
            #expect(lines.contains(line), "\(line) in \(text)")
        }
    }

    @Test("The limits are one line of the log")
    func line() {
        let limits = ResourceLimits(memory: MemoryLimit(octets: 170 << 20, source: .cgroup))
        #expect(
            "\(limits)" == "memory 170 MiB (cgroup): at most 4352 waiting queries, 1088 connections, 8 MiB of buffers, "
                + "28 MiB of cache")
    }

    @Test("A budget gives all or nothing, and what is taken anyway counts as well")
    func budget() {
        let budget = OctetBudget(limit: 100)
        #expect(budget.take(60) && !budget.take(41) && budget.take(40) && budget.used == 100)
        budget.takeAnyway(10)
        #expect(budget.used == 110 && !budget.take(0))
        budget.give(20)
        #expect(budget.take(10) && !budget.take(1))
    }
}
