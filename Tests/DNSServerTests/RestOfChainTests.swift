import DNSWire
import Testing

@testable import DNSServer

@Suite("The rest of a chain")
struct RestOfChainTests {
    /// What handlers saw, in order.
    private final class Trace {
        var steps: [String] = []
    }

    /// A handler that writes down what it sees and passes on.
    private func watcher(_ name: String, _ trace: Trace, _ finish: @escaping (Query) -> Void = { _ in })
        -> ScriptedHandler
    {
        ScriptedHandler(
            handle: { query in
                trace.steps.append("\(name) down \(query.ownedName.text)")
                return .next
            },
            finish: { query in
                trace.steps.append("\(name) up \(query.ownedName.text)")
                finish(query)
                return .done
            })
    }

    /// Tries `name` and takes the reply, which must be there at once.
    private static func take(_ name: Name, _ query: Query) -> String {
        guard let rest = query.runRest(as: name), rest.isFinished else { return "nothing" }
        defer { rest.release() }
        do {
            try query.takeReply(of: rest, alias: name)
        } catch {
            return "\(error)"
        }
        return rest.responseCode.description
    }

    private static func appendAddress(to query: Query) {
        let record = query.reply.beginRecord(ownerAt: MessageHeader.length, type: .A, ttl: 9)
        query.reply.append(UInt32(0x0102_0304))
        query.reply.endRecord(record)
    }

    private func run(_ chain: Chain, _ name: String) throws -> Message {
        let worker = try makeWorker()
        let recorder = Recorder()
        let query = Query(worker: worker)
        let message = try queryMessage(name)
        query.take(message.span)
        query.origin = recorder
        worker.process(query, BlockTable([(.root, chain)]))
        #expect(chain.inFlight == 0 && worker.inFlight == 0)
        return try decoded(recorder.replies.last)
    }

    @Test("a query for another name runs through the plugins behind the asking one only, and its reply can be taken")
    func runsBehind() throws {
        let trace = Trace()
        let target = try Name(parsing: "Other.test")
        let chain = try makeChain([
            watcher("first", trace),
            watcher("asking", trace) { query in
                trace.steps.append(Self.take(target, query))
            },
            watcher("behind", trace),
            ScriptedHandler(handle: { query in
                query.beginReply(query.nameLength == target.wire.count ? .noError : .nameError, authoritative: true)
                Self.appendAddress(to: query)
                return .reply
            }),
        ])
        let reply = try run(chain, "name.example")
        #expect(reply.responseCode == .noError && reply.flags.isAuthoritative)
        #expect(
            reply.answers.map(\.text) == ["name.example. 9 IN CNAME Other.test.", "Other.test. 9 IN A 1.2.3.4"])
        #expect(
            trace.steps == [
                "first down name.example.", "asking down name.example.", "behind down name.example.",
                "behind up name.example.", "asking up name.example.", "behind down other.test.",
                "behind up other.test.", "NOERROR",
                "first up name.example.",
            ])
    }

    @Test(
        "it has the asker's transport and limits, and nobody outside asks it", arguments: [Query.Transport.udp, .tcp])
    func likeTheAsker(_ transport: Query.Transport) throws {
        let target = try Name(parsing: "other.test")
        var seen: [(transport: Query.Transport, limit: Int, isOwn: Bool)] = []
        let chain = try makeChain([
            ScriptedHandler(
                handle: { _ in .next },
                finish: { query in
                    query.runRest(as: target)?.release()
                    return .done
                }),
            ScriptedHandler(handle: { query in
                seen.append((query.transport, query.replyLimit, query.isOwn))
                query.beginReply()
                return .reply
            }),
        ])
        let worker = try makeWorker()
        let query = Query(worker: worker)
        let message = try queryMessage("name.example", edns: EDNS(payloadSize: 65_535))
        query.take(message.span)
        query.transport = transport
        query.datagramLimit = 5_000
        query.origin = Recorder()
        worker.process(query, BlockTable([(.root, chain)]))
        let limit = transport == .tcp ? 65_535 : 5_000
        #expect(seen.map(\.transport) == [transport, transport] && seen.map(\.limit) == [limit, limit])
        #expect(seen.map(\.isOwn) == [false, true])
    }

    @Test("a failure can be taken, too, and takes the place of an earlier reply")
    func takesFailure() throws {
        let target = try Name(parsing: "other.test")
        let chain = try makeChain([
            ScriptedHandler(
                handle: { _ in .next },
                finish: { query in
                    if let rest = query.runRest(as: target) { query.takeFailure(of: rest) }
                    return .done
                }),
            ScriptedHandler(handle: { query in
                guard query.nameLength != target.wire.count else { return .fail(QueryFailure(.serverFailure, "why")) }
                query.beginReply(.noError)
                Self.appendAddress(to: query)
                return .reply
            }),
        ])
        let reply = try run(chain, "name.example")
        #expect(reply.responseCode == .serverFailure && reply.answers.isEmpty)
    }
}
