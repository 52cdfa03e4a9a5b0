import Glibc
import Synchronization
import Testing

@testable import Telemetry

@Suite struct ConcurrencyTests {
    @Test("counts are exact after several writers, while scrapes never go backwards and registration grows the shards")
    func writersAndScraper() throws {
        let registry = MetricsRegistry()
        let counter = try registry.counter("c_total", help: "h")
        let histogram = try registry.histogram("h", help: "h", buckets: .time)
        let rounds = 50_000
        let running = Atomic<Int>(3)
        let workers = (0..<3).map { index in
            Worker {
                let shard = index == 2 ? registry.shared : registry.makeShard()
                for round in 0..<rounds {
                    counter.increment(in: shard)
                    histogram.observe(UInt64(round) * 1_000, in: shard)
                }
                running.subtract(1, ordering: .releasing)
            }
        }
        let other = Worker {
            for _ in 0..<rounds { counter.increment(in: registry.shared) }
        }
        var last: UInt64 = 0
        var extra = 0
        while running.load(ordering: .acquiring) > 0 {
            let now = registry.total(counter)
            #expect(now >= last)
            last = now
            _ = try registry.counter("extra_total", help: "h", labels: [("i", String(extra))])
            extra += 1
            let (count, _) = registry.total(histogram)
            #expect(count <= UInt64(rounds) * 3)
            _ = extra.isMultiple(of: 64) ? registry.exposition() : []
        }
        for worker in workers + [other] { worker.join() }
        #expect(registry.total(counter) == UInt64(rounds) * 4)
        let sum = UInt64(rounds) * UInt64(rounds - 1) / 2 * 1_000 * 3
        #expect(registry.total(histogram) == (count: UInt64(rounds) * 3, sum: sum))
    }

    @Test("additions to a gauge from several threads are not lost")
    func gauge() throws {
        let gauge = try MetricsRegistry().gauge("g", help: "h")
        let workers = (0..<4).map { _ in Worker { for _ in 0..<10_000 { gauge.add(1) } } }
        for worker in workers { worker.join() }
        #expect(gauge.value == 40_000)
    }
}

/// A thread that runs a closure.
final class Worker {
    private var thread = pthread_t()

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(_ run: @escaping @Sendable () -> Void) {
        let body = unsafe Unmanaged.passRetained(Body(run)).toOpaque()
        unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, body)
    }

    func join() {
        pthread_join(thread, nil)
    }
}
