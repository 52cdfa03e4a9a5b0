import DNSWire
import Foundation
import TestSupport
import Testing

/// Name servers that know the same zones, a resolver that validates what they say, and the server under test in front
/// of all four: the tests of one suite share them.
struct Upstreams: Sendable {
    /// Who answers in the end.
    enum Target: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case knot
        case nsd
        /// Unbound with the zones of the two others as its own.
        case unbound
        /// Unbound as a resolver, which asks Knot DNS about `one.example` and the signed zones, and NSD about `two.example`.
        case resolver

        /// Those that have zones.
        static let authorities: [Target] = [.knot, .nsd, .unbound]

        var testDescription: String { rawValue }
    }

    /// What stands in the server block.
    enum Manner: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case plain
        case cached
        case forcedTCP
        case preferredUDP

        var testDescription: String { rawValue }

        fileprivate func directives(_ upstream: Int, metrics: Int) -> String {
            let forward = "forward . 127.0.0.1:\(upstream)"
            return switch self {
            case .plain: forward
            case .cached: "prometheus 127.0.0.1:\(metrics)\ncache {\nmax_size 65535\n}\n\(forward)"
            case .forcedTCP: "\(forward) {\n    force_tcp\n}"
            case .preferredUDP: "\(forward) {\n    prefer_udp\n}"
            }
        }
    }

    @TaskLocal fileprivate static var current: Upstreams?

    /// Those of the suite that runs.
    static var ofThisRun: Upstreams {
        get throws { try #require(current) }
    }

    /// What is needed and not installed.
    static let missing = NameServerProgram.missing + SignedZone.programs.filter { Command.path(of: $0) == nil }

    /// The signed zones.
    let signed: [SignedZone]
    private let targets: [Target: Int]
    private let fronts: [Front: Int]
    private let metrics: Int

    private struct Front: Hashable {
        var target: Target
        var manner: Manner
    }

    // MARK: Life

    /// Runs `body` with all of them.
    static func run<Result: Sendable>(_ body: (Upstreams) async throws -> Result) async throws -> Result {
        async let nsec = SignedZone.sign(Zones.signed)
        async let nsec3 = SignedZone.sign(Zones.signedNSEC3, ["-n", "-s", "abcd", "-t", "0"])
        async let expired = SignedZone.sign(Zones.expired, ["-i", "20200101000000", "-e", "20200201000000"])
        let signed = try await [nsec, nsec3, expired]
        let authority = NameServer.Setup(zones: Zones.unsigned + signed.map(\.zone))
        return try await NameServer.run(.knot, authority) { knot in
            try await NameServer.run(.nsd, authority) { nsd in
                try await NameServer.run(.unbound, authority) { unbound in
                    let setup = try resolver(signed, knot: knot.port, nsd: nsd.port)
                    return try await NameServer.run(.unbound, setup) { resolver in
                        let targets: [Target: Int] = [
                            .knot: knot.port, .nsd: nsd.port, .unbound: unbound.port, .resolver: resolver.port,
                        ]
                        return try await run(signed, targets, body)
                    }
                }
            }
        }
    }

    private static func resolver(_ signed: [SignedZone], knot: Int, nsd: Int) throws -> NameServer.Setup {
        let stubs = [("one.example", knot), ("two.example", nsd)] + signed.map { ($0.zone.name, knot) }
        return NameServer.Setup(
            serverLines: """
                trust-anchor-file: anchors
                ede: yes
                target-fetch-policy: "0 0 0 0 0"

                """ + stubs.map { "local-zone: \($0.0) transparent\n" }.joined(),
            otherLines: stubs.map { name, port in
                "stub-zone:\n    name: \(name)\n    stub-addr: 127.0.0.1@\(port)\n"
            }.joined(),
            files: ["anchors": signed.map(\.anchor).joined()],
            probe: Question(try Name(parsing: "host.one.example"), .A))
    }

    private static func run<Result>(
        _ signed: [SignedZone], _ targets: [Target: Int], _ body: (Upstreams) async throws -> Result
    ) async throws -> Result {
        let metrics = try FreePort.take()
        var fronts: [Front: Int] = [:]
        var corefile = ""
        for (target, upstream) in targets {
            for manner in Manner.allCases {
                let port = try FreePort.take()
                fronts[Front(target: target, manner: manner)] = port
                corefile += RunningServer.corefile(port: port, manner.directives(upstream, metrics: metrics))
            }
        }
        return try await ServerProcessUnderTest.run(.init(corefile: corefile)) { server in
            for port in fronts.values { try await server.waitUntilListening(on: port) }
            return try await body(Upstreams(signed: signed, targets: targets, fronts: fronts, metrics: metrics))
        }
    }

    // MARK: Asking

    /// The port of a name server.
    func port(of target: Target) throws -> Int {
        try #require(targets[target])
    }

    /// The port of the server under test at which it stands in front of `target`.
    func port(_ manner: Manner, to target: Target) throws -> Int {
        try #require(fronts[Front(target: target, manner: manner)])
    }

    /// Asks the name server itself.
    func ask(_ target: Target, _ query: Message, overTCP: Bool = false) async throws -> Reply {
        try await Self.ask(port(of: target), query, overTCP: overTCP)
    }

    /// Asks through the server under test.
    func ask(_ manner: Manner, to target: Target, _ query: Message, overTCP: Bool = false) async throws -> Reply {
        try await Self.ask(port(manner, to: target), query, overTCP: overTCP)
    }

    private static func ask(_ port: Int, _ query: Message, overTCP: Bool) async throws -> Reply {
        let octets = query.encoded()
        let reply = try await onThread {
            overTCP
                ? try Asking.stream(octets, port: port, within: .seconds(8))
                : try Asking.datagram(octets, port: port, within: .seconds(8))
        }
        return try Reply(#require(reply, "no reply to \(query)"))
    }

    /// A page of metrics that was made after this call; one that is younger than half a second is given to all.
    private func metricsPage() async throws -> String {
        let (start, name) = (Date().timeIntervalSince1970, "needletail_metrics_page_time_seconds ")
        var page = ""
        try await wait(for: "a page that is made now") {
            page = try #require(try await Web.get("/metrics", port: metrics)).body
            let line = page.split(separator: "\n").first { $0.hasPrefix(name) }
            return (line?.split(separator: " ").last.flatMap { Double($0) } ?? 0) >= start
        }
        return page
    }

    /// How many queries the caches in front of `target` have answered.
    func cacheHits(of target: Target) async throws -> Int {
        let server = "server=\"dns://127.0.0.1:\(try port(.cached, to: target))\""
        let lines = try await metricsPage().split(separator: "\n").filter {
            $0.hasPrefix("coredns_cache_hits_total{") && $0.contains(server)
        }
        return lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}

/// Starts the name servers before the first test of a suite and ends them after its last one.
struct UpstreamsTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        try await Upstreams.run { upstreams in
            try await Upstreams.$current.withValue(upstreams) { try await function() }
        }
    }
}

extension SuiteTrait where Self == UpstreamsTrait {
    /// The tests of the suite find the name servers in ``Upstreams/ofThisRun``.
    static var upstreams: UpstreamsTrait { UpstreamsTrait() }
}
