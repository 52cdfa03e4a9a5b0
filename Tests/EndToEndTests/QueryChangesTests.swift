import DNSWire
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// What plugins change of a query on its way to an upstream.
    @Suite("Changes of queries")
    struct QueryChangesTests {
        private static func withUpstream(
            _ directives: String, _ body: (RunningServer) async throws -> Void
        ) async throws {
            var zone = "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\n"
            for number in 1...70 { zone += "big.test. 60 IN A 203.0.113.\(number)\n" }
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: zone))
            try await RunningServer.run("\(directives)\nforward . 127.0.0.1:\(try await upstream.start())", body)
            await upstream.stop()
        }

        // What CoreDNS 1.14.7 gave with bufsize 1000, and without it.
        @Test("bufsize: the upstream is asked for no more than the asker shall get", arguments: ["bufsize 1000", ""])
        func payloadSize(directive: String) async throws {
            try await Self.withUpstream(directive) { server in
                let asked = try await server.ask("big.test", edns: EDNS(payloadSize: 4_096))
                let reply = try #require(asked)
                let isCut = !directive.isEmpty
                #expect(reply.flags.isTruncated == isCut)
                // The upstream sends nothing at all when not all fits; 1000 octets hold 60 of its 70 records.
                #expect(reply.answers.count == (isCut ? 0 : 70))
                #expect(reply.edns?.payloadSize == (isCut ? 1_000 : 4_096))
            }
        }

        @Test("header: the upstream sees the flags that are wanted, and repeats them", arguments: [true, false])
        func flags(isSet: Bool) async throws {
            let line = "header {\n    query \(isSet ? "set" : "clear") rd\n}"
            try await Self.withUpstream(line) { server in
                var query = Message(id: 7, asking: Question(try Name(parsing: "big.test"), .A))
                query.flags.recursionDesired = !isSet
                let (port, sent) = (server.port, query)
                let reply = try await onThread { try Asking.message(sent, port: port) }
                #expect(reply?.answers.isEmpty == false || reply?.flags.isTruncated == true)
                #expect(reply?.flags.recursionDesired == isSet)
            }
        }
    }
}
