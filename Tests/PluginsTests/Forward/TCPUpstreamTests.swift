import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

@Suite struct TCPUpstreamTests {
    /// To an upstream over TCP.
    private let maximumConnections = 8

    @Test("a query that came over TCP goes over TCP, and so does every query with force_tcp")
    func transports() async throws {
        let stream = try await ScriptedStream { _, _, query in [.send(ScriptedReply.answer(query))] }
        let plain = try ForwardFixture("forward . 127.0.0.1:\(stream.port)")
        #expect(try await plain.ask("a.test", over: .tcp).reply.answers.count == 1)
        await plain.retire()
        let forced = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\n}")
        #expect(try await forced.ask("a.test").reply.answers.count == 1)
        await forced.retire()
    }

    @Test("queries after one another use one connection")
    func reuse() async throws {
        let seen = Mutex<[[Int]]>([])
        let stream = try await ScriptedStream { connection, index, query in
            seen.withLock { $0.append([connection, index]) }
            return [.send(ScriptedReply.answer(query))]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\n}")
        for number in 0..<3 { #expect(try await fixture.ask("n\(number).test").reply.answers.count == 1) }
        #expect(seen.withLock { $0 } == [[0, 0], [0, 1], [0, 2]])
        await fixture.retire()
    }

    @Test("many queries at a time share a bounded number of connections, and replies find their askers")
    func pipelining() async throws {
        let connections = Mutex<Set<Int>>([])
        let held = Mutex<[Int: [[UInt8]]]>([:])
        let stream = try await ScriptedStream { connection, _, query in
            connections.withLock { _ = $0.insert(connection) }
            // Two at a time, the later one first.
            let pair = held.withLock { held -> [[UInt8]] in
                held[connection, default: []].append(query)
                return held[connection]?.count == 2 ? held.removeValue(forKey: connection) ?? [] : []
            }
            return pair.reversed().map { .send(ScriptedReply.answer($0)) }
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\n}")
        let count = maximumConnections * 2
        let names = await withTaskGroup(of: [String].self) { group in
            for number in 0..<count {
                group.addTask {
                    let outcome = try? await fixture.ask("n\(number).test", id: UInt16(number))
                    #expect(outcome?.reply.id == UInt16(number))
                    return outcome?.reply.answers.map(\.owner.text) ?? []
                }
            }
            return await group.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(names == Set((0..<count).map { "n\($0).test." }))
        #expect(connections.withLock { $0 } == Set(0..<maximumConnections))
        await fixture.retire()
    }

    @Test("a query on a connection that the upstream closes between two queries is sent again, on another")
    func closedBetween() async throws {
        let stream = try await ScriptedStream { connection, index, query in
            connection == 0 && index == 1 ? [.close] : [.send(ScriptedReply.answer(query))]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\n}")
        #expect(try await fixture.ask("a.test").reply.answers.count == 1)
        #expect(try await fixture.ask("b.test").reply.answers.map(\.owner.text) == ["b.test."])
        // It was no failure of the upstream: there was no further attempt.
        #expect(fixture.metrics("coredns_forward_requests_total").map { $0.suffix(2) } == [" 2"])
        await fixture.retire()
    }

    @Test("an upstream that closes every connection without a reply has failed")
    func closesAlways() async throws {
        let queries = Mutex(0)
        let stream = try await ScriptedStream { _, _, _ in
            queries.withLock { $0 += 1 }
            return [.close]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\nmax_fails 0\n}")
        let outcome = try await fixture.ask("a.test")
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason.hasPrefix("read tcp 127.0.0.1:"))
        #expect(outcome.reason.hasSuffix("->127.0.0.1:\(stream.port): EOF"), "\(outcome.reason)")
        #expect(queries.withLock { $0 } == 2)
        await fixture.retire()
    }

    @Test("what is no message, or no reply to the question, is a failure of the upstream")
    func malformed() async throws {
        let bad: [@Sendable ([UInt8]) -> [UInt8]] = [
            { _ in [] },
            { Array($0[..<11]) },
            { query in
                var reply = ScriptedReply.answer(query)
                reply[13] ^= 1
                return reply
            },
            { Array(ScriptedReply.answer($0).dropLast(13)) },
        ]
        for make in bad {
            let stream = try await ScriptedStream { _, _, query in [.send(make(query))] }
            let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\nmax_fails 0\n}")
            let outcome = try await fixture.ask("a.test")
            #expect(outcome.reply.responseCode == .serverFailure)
            await fixture.retire()
        }
    }

    @Test("a reply under an ID that nobody waits for is passed over")
    func otherID() async throws {
        let stream = try await ScriptedStream { _, _, query in
            var other = ScriptedReply.answer(query)
            other[0] ^= 0xFF
            return [.send(other), .send(ScriptedReply.answer(query))]
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(stream.port) {\nforce_tcp\n}")
        #expect(try await fixture.ask("a.test").reply.answers.count == 1)
        await fixture.retire()
    }
}
