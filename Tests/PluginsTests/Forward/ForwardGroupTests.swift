import DNSServer
import DNSWire
import Telemetry
import Testing

@testable import Plugins

@Suite struct ForwardGroupTests {
    static func group(_ change: (inout ForwardConfiguration) -> Void) throws -> ForwardGroup {
        var configuration = ForwardConfiguration()
        configuration.upstreams = try (1...3).map { number in
            UpstreamTarget(address: try #require(SocketAddress("192.0.2.\(number)", port: 53)))
        }
        change(&configuration)
        return try ForwardGroup(configuration, MetricsRegistry())
    }

    @Test(
        "the zone and what lies below it is forwarded, but for the exceptions; the zone itself is never one",
        arguments: [
            ("example.org", true), ("a.example.org", true), ("no.example.org", false), ("a.no.example.org", false),
            ("xno.example.org", true), ("example.com", false), ("org", false), ("EXAMPLE.org", true),
        ])
    func covers(_ name: String, _ expected: Bool) throws {
        let group = try Self.group {
            $0.from = "example.org."
            $0.except = ["no.example.org.", "example.org."].filter { name == "example.org" || $0 != "example.org." }
        }
        let wire = try Name(parsing: name).wire
        #expect(group.covers(wire.span) == expected)
    }

    @Test("sequential: as they stand; round_robin: each has its turn; random: each comes first")
    func policies() throws {
        var random = SystemRandomNumberGenerator()
        var order: [UInt8] = []
        let sequential = try Self.group { $0.policy = .sequential }
        for _ in 0..<3 {
            sequential.arrange(&order, &random)
            #expect(order == [0, 1, 2])
        }
        let roundRobin = try Self.group { $0.policy = .roundRobin }
        for expected: [UInt8] in [[1, 0, 2], [2, 0, 1], [0, 1, 2], [1, 0, 2]] {
            roundRobin.arrange(&order, &random)
            #expect(order == expected)
        }
        let shuffled = try Self.group { $0.policy = .random }
        var first: Set<UInt8> = []
        for _ in 0..<200 {
            shuffled.arrange(&order, &random)
            #expect(order.sorted() == [0, 1, 2])
            first.insert(order[0])
        }
        #expect(first == [0, 1, 2])
    }

    @Test("max_concurrent counts what waits and refuses what is too much")
    func concurrency() throws {
        let group = try Self.group { $0.maximumConcurrent = 2 }
        #expect(group.admit())
        #expect(group.admit())
        #expect(!group.admit())
        group.release()
        #expect(group.admit())
        #expect(!group.admit())
        #expect(group.limitFailure.responseCode == .refused)
        #expect(group.limitFailure.reason == "concurrent queries exceeded maximum 2")
    }

    @Test("an upstream is down after more failed probes than allowed, until one is answered")
    func health() throws {
        let group = try Self.group { $0.maximumFails = 2 }
        for _ in 0..<2 { group.upstreams[1].fail() }
        #expect(group.down == 0)
        group.upstreams[1].fail()
        #expect(group.down == 0b010)
        group.upstreams[1].hear()
        #expect(group.down == 0)
        let unprobed = try Self.group { $0.maximumFails = 0 }
        for _ in 0..<9 { unprobed.upstreams[0].fail() }
        #expect(unprobed.down == 0)
    }

    @Test("an upstream is probed by one worker at a time")
    func probing() throws {
        let upstream = try Self.group { _ in }.upstreams[0]
        #expect(upstream.beginProbing())
        #expect(!upstream.beginProbing())
        upstream.endProbing()
        #expect(upstream.beginProbing())
    }

    @Test("failures are told in the words that errors lines are matched by")
    func failures() {
        let (way, upstream) = ("10.0.0.7:40000->192.0.2.1:53", "192.0.2.1:53")
        func text(_ failure: ForwardFailure) -> String { failure.text(upstream, from: "10.0.0.7:40000") }
        #expect(text(.timeout(.udp)) == "read udp \(way): i/o timeout")
        #expect(text(.timeout(.tcp)) == "read tcp \(way): i/o timeout")
        #expect(ForwardFailure.timeout(.tcp).text(upstream) == "dial tcp \(upstream): i/o timeout")
        #expect(text(.system(111)) == "read udp \(way): read: connection refused")
        #expect(text(.system(1)) == "write udp \(way): write: operation not permitted")
        #expect(text(.unopened(101)) == "dial udp \(upstream): connect: network is unreachable")
        #expect(text(.disconnected) == "read tcp \(way): EOF")
        #expect(
            ForwardFailure.noConnection("connect: connection refused").text("192.0.2.1:53")
                == "dial tcp 192.0.2.1:53: connect: connection refused")
    }
}
