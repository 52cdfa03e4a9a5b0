import Foundation
import Testing

@testable import Telemetry

@Suite struct ExpositionFormatTests {
    @Test("OpenMetrics: counter families lose _total, bounds have a point, the page ends in EOF")
    func openMetrics() throws {
        let registry = MetricsRegistry()
        _ = try registry.counter("c_total", help: "a \"b\"")
        _ = try registry.counter("odd", help: "h")
        _ = try registry.histogram("h", help: "h", buckets: BucketBounds(nanoseconds: [1_000_000_000]))
        #expect(
            registry.text(.openMetrics) == #"""
                # HELP c a \"b\"
                # TYPE c counter
                c_total 0
                # HELP h h
                # TYPE h histogram
                h_bucket{le="1.0"} 0
                h_bucket{le="+Inf"} 0
                h_sum 0
                h_count 0
                # HELP odd h
                # TYPE odd unknown
                odd 0
                # EOF

                """#)
    }

    @Test("the content types name format and version")
    func contentType() {
        #expect(ExpositionFormat.prometheus.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            ExpositionFormat.openMetrics.contentType
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }

    static let promtool = ["/usr/bin/promtool", ProcessInfo.processInfo.environment["PROMTOOL"]]
        .compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "promtool finds nothing to complain about",
        .enabled(if: promtool != nil, "promtool (Debian package prometheus) is not installed; PROMTOOL can name it"))
    func promtoolAgrees() throws {
        let registry = MetricsRegistry()
        try registry.registerProcessMetrics()
        try registry.counter("coredns_panics_total", help: "P.", labels: [("a", "\\ \" \n é")])
            .increment(in: registry.shared)
        try registry.histogram("coredns_dns_request_duration_seconds", help: "D.", buckets: .time)
            .observe(300_000, in: registry.shared)
        try registry.histogram("coredns_dns_request_size_bytes", help: "S.", buckets: .size)
            .observe(300, in: registry.shared)
        try registry.gauge("coredns_cache_entries", help: "E.", labels: [("type", "denial")]).set(0.5)
        #expect(try Self.check(registry.exposition()) == "")
    }

    @Test(
        "promtool complains about a page that is wrong",
        .enabled(if: promtool != nil, "promtool (Debian package prometheus) is not installed; PROMTOOL can name it"))
    func promtoolComplains() throws {
        #expect(try Self.check(Array("# TYPE a counter\na{b=1} 2\n".utf8)) != "")
    }

    private static func check(_ page: [UInt8]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(promtool))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(page))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let status = process.terminationStatus == 0 ? "" : "status \(process.terminationStatus)"
        return String(decoding: answer, as: UTF8.self) + status
    }
}
