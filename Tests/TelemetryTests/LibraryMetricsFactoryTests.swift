import CoreMetrics
import Testing

@testable import Telemetry

@Suite struct LibraryMetricsFactoryTests {
    let registry = MetricsRegistry()
    var factory: LibraryMetricsFactory { LibraryMetricsFactory(registry: registry) }

    @Test("a library's counter is exposed under its sanitised name with _total, and can be reset")
    func counter() {
        let handler = factory.makeCounter(label: "http.server-requests", dimensions: [("http.method", "GET")])
        handler.increment(by: 2)
        handler.increment(by: -5)
        factory.makeCounter(label: "http.server-requests", dimensions: [("http.method", "GET")]).increment(by: 1)
        #expect(
            registry.samples(of: "http_server_requests_total")
                == [#"http_server_requests_total{http_method="GET"} 3"#])
        handler.reset()
        #expect(
            registry.samples(of: "http_server_requests_total")
                == [#"http_server_requests_total{http_method="GET"} 0"#])
    }

    @Test("a timer is a histogram in seconds")
    func timer() {
        factory.makeTimer(label: "request.duration", dimensions: []).recordNanoseconds(7_000_000)
        let lines = registry.samples(of: "request_duration_seconds")
        #expect(lines.contains(#"request_duration_seconds_bucket{le="0.005"} 0"#))
        #expect(lines.contains(#"request_duration_seconds_bucket{le="0.01"} 1"#))
        #expect(lines.contains("request_duration_seconds_sum 0.007"))
    }

    @Test("a meter and a recorder that does not aggregate are gauges")
    func gauges() {
        let meter = factory.makeMeter(label: "m", dimensions: [])
        meter.set(2.5)
        meter.increment(by: 1)
        meter.decrement(by: 3)
        factory.makeRecorder(label: "r", dimensions: [], aggregate: false).record(Int64(-4))
        #expect(registry.samples(of: "m") == ["m 0.5"])
        #expect(registry.samples(of: "r") == ["r -4"])
    }

    @Test("a recorder that aggregates is a histogram and survives any number")
    func recorder() {
        let recorder = factory.makeRecorder(label: "r", dimensions: [], aggregate: true)
        for value in [-1, 0.4, 3.6, .nan, .infinity] { recorder.record(value) }
        recorder.record(Int64.min)
        let lines = registry.samples(of: "r_")
        #expect(lines.contains(#"r_bucket{le="1"} 3"#))
        #expect(lines.contains(#"r_bucket{le="4"} 4"#))
        #expect(lines.contains("r_sum 4"))
        recorder.record(1e300)
        #expect(registry.samples(of: "r_count") == ["r_count 5"])
    }

    @Test("a floating-point counter counts whole steps")
    func floatingPoint() {
        let handler = factory.makeFloatingPointCounter(label: "f", dimensions: [])
        for _ in 0..<8 { handler.increment(by: 0.25) }
        #expect(registry.samples(of: "f_total") == ["f_total 2"])
    }

    @Test("a name that clashes is left uncounted")
    func clash() throws {
        try registry.gauge("x", help: "h").set(1)
        factory.makeTimer(label: "x_seconds", dimensions: []).recordNanoseconds(1)
        factory.makeRecorder(label: "x", dimensions: [], aggregate: true).record(Int64(5))
        factory.makeMeter(label: "x", dimensions: [("a", "b")]).set(Int64(9))
        #expect(registry.samples(of: "x ") == ["x 1"])
    }

    @Test("destroying a handle leaves its series", arguments: ["a.b", "1a", "", "é/ü"])
    func destroy(_ label: String) {
        let handler = factory.makeCounter(label: label, dimensions: [])
        handler.increment(by: 1)
        factory.destroyCounter(handler)
        #expect(registry.text().hasSuffix(" 1\n"))
    }
}
