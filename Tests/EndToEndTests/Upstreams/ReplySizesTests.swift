import DNSWire
import TestSupport
import Testing

extension EndToEnd.UpstreamsTests {
    /// Replies of up to 60,000 octets, and askers who take less.
    @Suite("Reply sizes")
    struct ReplySizesTests {
        /// Who asks for how much: `b600` and the like have so many octets, `many` is 3,700 addresses.
        struct Case: Sendable, CustomTestStringConvertible {
            var name: String
            var type = RecordType.TXT
            /// The largest datagram that the asker takes; no EDNS when it is nil.
            var size: UInt16?
            /// Whether the upstream's reply is cut.
            var isCut: Bool

            var testDescription: String { "\(name) to \(size.map { "\($0)" } ?? "one without EDNS")" }
            var query: Message { get throws { try .query("\(name).long.example", type, size: size) } }
            var limit: Int { Int(size ?? 512) }
        }

        static let cases = [
            Case(name: "b600", size: nil, isCut: true), Case(name: "b600", size: 512, isCut: true),
            Case(name: "b600", size: 1_232, isCut: false), Case(name: "b1k", size: 512, isCut: true),
            Case(name: "b1k", size: 1_232, isCut: false), Case(name: "b3k", size: 1_232, isCut: true),
            Case(name: "b3k", size: 4_096, isCut: false), Case(name: "b3k", size: 65_535, isCut: false),
            Case(name: "b60k", size: 4_096, isCut: true), Case(name: "many", type: .A, size: 1_232, isCut: true),
            // More than the upstream sends over UDP.
            Case(name: "many", type: .A, size: 65_535, isCut: true),
        ]
        static let sets: [(name: String, type: RecordType)] = [
            ("b600", .TXT), ("b3k", .TXT), ("b60k", .TXT), ("many", .A),
        ]

        @Test("over UDP a reply is the upstream's, with its TC", arguments: Upstreams.Target.authorities, cases)
        func passesTruncation(target: Upstreams.Target, asked: Case) async throws {
            let upstreams = try Upstreams.ofThisRun
            let query = try asked.query
            let direct = try await upstreams.ask(target, query)
            let forwarded = try await upstreams.ask(.plain, to: target, query)
            #expect(direct.message.flags.isTruncated == asked.isCut)
            #expect(try forwarded.withoutEDNS == direct.withoutEDNS)
            #expect(forwarded.octets.count <= asked.limit)
            #expect((forwarded.message.edns != nil) == (asked.size != nil))
        }

        @Test("over TCP a reply is the upstream's and whole", arguments: Upstreams.Target.authorities)
        func passesWhole(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            for (name, type) in Self.sets {
                let query = try Message.query("\(name).long.example", type)
                let direct = try await upstreams.ask(target, query, overTCP: true)
                let forwarded = try await upstreams.ask(.plain, to: target, query, overTCP: true)
                #expect(try forwarded.withoutEDNS == direct.withoutEDNS)
                #expect(!forwarded.message.flags.isTruncated)
            }
        }

        @Test(
            "with prefer_udp and force_tcp a reply is whole for whom it fits, and cut to whole records for others",
            arguments: Upstreams.Target.authorities, [Upstreams.Manner.preferredUDP, .forcedTCP])
        func fetchesOverTCP(target: Upstreams.Target, manner: Upstreams.Manner) async throws {
            let upstreams = try Upstreams.ofThisRun
            for (name, type) in Self.sets {
                try await expectToFit(name, type, from: target) { query, overTCP in
                    try await upstreams.ask(manner, to: target, query, overTCP: overTCP)
                }
            }
        }

        @Test(
            "from the cache too: what was kept of one asker is whole for whom it fits",
            arguments: Upstreams.Target.authorities)
        func keepsWhole(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            for (name, type) in Self.sets {
                // A reply that was cut is not kept in place of the whole one.
                _ = try await upstreams.ask(.cached, to: target, .query("\(name).long.example", type, size: 512))
                _ = try await upstreams.ask(.cached, to: target, .query("\(name).long.example", type), overTCP: true)
                let before = try await upstreams.cacheHits(of: target)
                let count = try await expectToFit(name, type, from: target) { query, overTCP in
                    try await upstreams.ask(.cached, to: target, query, overTCP: overTCP)
                }
                #expect(try await upstreams.cacheHits(of: target) == before + count)
            }
        }

        /// Expects the same answers as the upstream has over TCP, as many as the asker takes.
        ///
        /// - Returns: how often was asked.
        @discardableResult
        private func expectToFit(
            _ name: String, _ type: RecordType, from target: Upstreams.Target,
            _ ask: (Message, _ overTCP: Bool) async throws -> Reply
        ) async throws -> Int {
            let upstreams = try Upstreams.ofThisRun
            let name = "\(name).long.example"
            let whole = try await upstreams.ask(target, .query(name, type), overTCP: true)
            let overTCP = try await ask(.query(name, type, size: 65_535), true)
            // What stands beside the answers may depend on the transport: NSD leaves it out where it would make a reply long.
            #expect(overTCP.answers == whole.answers && !overTCP.message.flags.isTruncated)
            let sizes: [UInt16?] = [nil, 512, 1_232, 4_096, 65_535]
            for size in sizes {
                let reply = try await ask(.query(name, type, size: size), false)
                let limit = min(Int(size ?? 512), 4_096)
                #expect(reply.octets.count <= limit)
                #expect(reply.message.flags.isTruncated == (whole.octets.count > limit))
                #expect(reply.message.trailingLength == 0)
                #expect(Set(reply.answers).isSubset(of: whole.answers))
            }
            return 1 + sizes.count
        }
    }
}
