import DNSWire
import TestSupport
import Testing

extension EndToEnd.UpstreamsTests {
    /// Askers who mix upper and lower case, to know the reply to their question by it ("0x20").
    @Suite("Case of the question")
    struct QuestionCaseTests {
        static let names = ["hOsT.oNe.ExAmPlE", "nOnE.oNE.examplE", "x.WILD.one.EXAMPLE"]

        @Test(
            "the question comes back as it was asked, and the rest as the upstream says it",
            arguments: Upstreams.Target.allCases)
        func isKept(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            for name in Self.names {
                let query = try Message.query(name)
                let forwarded = try await upstreams.ask(.plain, to: target, query)
                #expect(Self.question(of: forwarded.octets) == Self.question(of: query.encoded()))
                #expect(try await forwarded.withoutTimes == upstreams.ask(target, query).withoutTimes)
            }
        }

        @Test("from the cache the question is the present asker's", arguments: Upstreams.Target.allCases)
        func isAskersOwn(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            for name in Self.names {
                let first = try await upstreams.ask(.cached, to: target, .query(name.lowercased()))
                let before = try await upstreams.cacheHits(of: target)
                for name in [name, name.uppercased(), name.lowercased()] {
                    let query = try Message.query(name)
                    let reply = try await upstreams.ask(.cached, to: target, query)
                    #expect(Self.question(of: reply.octets) == Self.question(of: query.encoded()))
                    #expect(reply.answers.map { $0.lowercased() } == first.answers.map { $0.lowercased() })
                    #expect(reply.message.responseCode == first.message.responseCode)
                }
                #expect(try await upstreams.cacheHits(of: target) == before + 3)
            }
        }

        /// The octets of the only question.
        private static func question(of message: [UInt8]) -> ArraySlice<UInt8> {
            let end = (try? RecordWalk(message.span).offset) ?? 0
            return message[MessageHeader.length..<max(end, MessageHeader.length)]
        }
    }
}
