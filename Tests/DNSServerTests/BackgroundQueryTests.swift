import DNSWire
import Synchronization
import Telemetry
import Testing

@testable import DNSServer

@Suite("Queries of the server's own, in the background")
struct BackgroundQueryTests {
    /// What the handlers saw, and what keeps the queries that wait.
    private final class Trace {
        var steps: [String] = []
        var waiting: [Query] = []
        var ended: [String] = []
    }

    /// What a chain is made of: a plugin before, one that asks in the background and answers itself, and a source behind it.
    private func chain(_ trace: Trace, _ source: @escaping (Query) -> Verdict) throws -> Chain {
        try makeChain([
            ScriptedHandler(
                handle: { _ in .next },
                finish: { query in
                    trace.steps.append("before \(query.ownedName.text)")
                    return .done
                }),
            ScriptedHandler(
                handle: { query in
                    query.beginReply(.nameError)
                    let isAsked = query.askInBackground { own in
                        trace.ended.append(own.hasReply && own.failure == nil ? "\(own.responseCode)" : "nothing")
                    }
                    trace.steps.append(isAsked ? "asked" : "refused")
                    return .reply
                },
                finish: { _ in
                    trace.steps.append("asking")
                    return .done
                }),
            ScriptedHandler(handle: source),
        ])
    }

    private func send(_ message: [UInt8], _ chain: Chain, _ worker: Worker) throws -> Message {
        let query = Query(worker: worker)
        let recorder = Recorder()
        query.client = try #require(SocketAddress("192.0.2.1", port: 99))
        query.origin = recorder
        query.take(message.span)
        worker.process(query, BlockTable([(.root, chain)]))
        return try decoded(recorder.replies.last)
    }

    private func count(_ worker: Worker) -> Int { worker.backgroundCount.load(ordering: .relaxed) }

    @Test("it asks the plugins behind the asking one, with the asker's DO and CD, and is no client's query")
    func asks() throws {
        let (trace, worker) = (Trace(), try makeWorker())
        var seen: [UInt8]?
        let chain = try chain(trace) { query in
            seen = query.message.copy()
            #expect(query.client.host == "192.0.2.1" && query.transport == .udp && query.isOwn)
            query.beginReply(.noError)
            return .reply
        }
        let edns = EDNS(payloadSize: 4_096, dnssecOK: true, options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])])
        let reply = try send(try queryMessage("Name.Example", .AAAA, flags: 0x0010, edns: edns), chain, worker)
        // What it leads to changes nothing of the asker's own reply.
        #expect(reply.responseCode == .nameError && reply.questions.map(\.name.text) == ["Name.Example."])
        #expect(trace.steps == ["asked", "before name.example."] && trace.ended == ["NOERROR"])
        let message = try decoded(seen)
        // RD, AD and CD.
        #expect(message.flags.rawValue == 0x0130 && message.questions.map(\.text) == ["name.example. IN AAAA"])
        #expect(message.edns == EDNS(payloadSize: 1_232, dnssecOK: true))
        #expect(worker.inFlight == 0 && count(worker) == 0 && chain.inFlight == 0 && chain.inBackground == 0)
    }

    @Test("it goes on when its asker is gone; a reload waits for it, a stop does not")
    func goesOn() throws {
        let (trace, worker) = (Trace(), try makeWorker())
        let chain = try chain(trace) { query in
            trace.waiting.append(query)
            return .parked
        }
        let table = BlockTable([(.root, chain)])
        _ = try send(try queryMessage("name.example"), chain, worker)
        #expect(trace.ended.isEmpty && count(worker) == 1 && worker.inFlight == 0)
        #expect(!table.isIdle && table.isAnswered)
        trace.waiting.removeLast().resume(.fail(QueryFailure(.serverFailure)))
        #expect(trace.ended == ["nothing"] && count(worker) == 0 && table.isIdle)
        // A client's query is waited for by both.
        let query = Query(worker: worker)
        query.enter(Uncounted(chain), of: table)
        #expect(!table.isIdle && !table.isAnswered)
        query.leave()
    }

    @Test("no more run at a time than may, and those that were refused are counted")
    func bound() throws {
        let metrics = MetricsRegistry()
        let counters = try ServerCounters(metrics)
        let worker = try Worker(index: 0, shard: metrics.makeShard(), counters: counters, backgroundLimit: 2)
        let trace = Trace()
        let chain = try chain(trace) { query in
            trace.waiting.append(query)
            return .parked
        }
        for number in 0..<5 { _ = try send(try queryMessage("n\(number).example"), chain, worker) }
        #expect(trace.steps.count { $0 == "asked" } == 2 && trace.steps.count { $0 == "refused" } == 3)
        #expect(metrics.total(counters.refusedBackground) == 3 && count(worker) == 2)
        trace.waiting.removeFirst().resume(.drop)
        _ = try send(try queryMessage("again.example"), chain, worker)
        #expect(trace.steps.last { $0 != "before again.example." } == "asked" && count(worker) == 2)
        for query in trace.waiting { query.resume(.drop) }
        #expect(trace.ended == ["nothing", "nothing", "nothing"] && count(worker) == 0 && chain.inFlight == 0)
    }

    @Test("what was cut short over UDP is asked for over TCP, once")
    func truncation() throws {
        let (trace, worker) = (Trace(), try makeWorker())
        var transports: [Query.Transport] = []
        let chain = try chain(trace) { query in
            transports.append(query.transport)
            query.beginReply(.noError)
            query.reply.header.flags.isTruncated = true
            return .reply
        }
        _ = try send(try queryMessage("name.example"), chain, worker)
        #expect(transports == [.udp, .tcp] && trace.ended == ["NOERROR"])
        #expect(worker.inFlight == 0 && count(worker) == 0 && chain.inFlight == 0 && chain.inBackground == 0)
    }

    @Test("a query that is on its way through no chain cannot ask")
    func alone() throws {
        let query = Query(worker: try makeWorker())
        let message = try queryMessage("name.example")
        query.take(message.span)
        #expect(query.admit() == .admitted && !query.askInBackground { _ in })
    }

    @Test("an eighth of the queries that may wait may be the server's own, and some in any case")
    func share() {
        var limits = ResourceLimits()
        limits.waitingQueries = 8_192
        #expect(limits.backgroundQueries(workers: 1) == 1_024 && limits.backgroundQueries(workers: 8) == 128)
        limits.waitingQueries = 100
        #expect(limits.backgroundQueries(workers: 64) == 16)
    }
}

@Suite("AD in the message that goes on")
struct AuthenticDataTests {
    @Test(
        "it is set for the source and is again what the asker sent afterwards", arguments: [0x0100, 0x0120] as [UInt16])
    func setAndRestored(_ flags: UInt16) throws {
        let query = Query(worker: try makeWorker())
        let message = try queryMessage("name.example", flags: flags)
        query.take(message.span)
        #expect(query.admit() == .admitted)
        query.askForAuthenticData()
        let asked = query.message.uint16(at: 2)
        #expect(asked == 0x0120 && query.header.flags.rawValue == flags)
        query.restoreAuthenticData()
        let restored = query.message.uint16(at: 2)
        #expect(restored == flags)
    }
}
