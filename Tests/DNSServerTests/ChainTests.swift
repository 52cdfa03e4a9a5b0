import DNSWire
import TestSupport
import Testing

@testable import DNSServer

@Suite("The way of a query through the chain")
struct ChainTests {
    private func run(_ handlers: [any QueryHandler], type: RecordType = .A) throws -> (Recorder, Query, Worker) {
        let worker = try makeWorker()
        let query = Query(worker: worker)
        let recorder = Recorder()
        query.origin = recorder
        let message = try queryMessage("a.example", type)
        query.take(message.span)
        worker.process(query, BlockTable([(.root, try makeChain(handlers))]))
        return (recorder, query, worker)
    }

    @Test("A plugin that anticipates is told of each query once, before any plugin sees it, though another may answer")
    func anticipation() throws {
        var seen: [String] = []
        let first = ScriptedHandler(handle: { query in
            seen.append("first")
            query.beginReply()
            return .reply
        })
        let last = AnticipatingRecorder { seen.append("expects \($0.ownedName.text)") }
        let (recorder, _, _) = try run([first, last])
        #expect(seen == ["expects a.example.", "first"])
        #expect(recorder.replies.count == 1)
    }

    private final class AnticipatingRecorder: AnticipatingHandler {
        private let note: (Query) -> Void

        init(_ note: @escaping (Query) -> Void) {
            self.note = note
        }

        func anticipate(_ query: Query) { note(query) }
        func handle(_ query: Query) -> Verdict { .next }
    }

    @Test("Plugins see the query in order and the reply last first; the one that replied does not see it")
    func order() throws {
        var seen: [String] = []
        func step(_ name: String, _ verdict: Verdict) -> ScriptedHandler {
            ScriptedHandler(
                handle: { query in
                    seen.append("down \(name)")
                    if case .reply = verdict { query.beginReply() }
                    return verdict
                },
                finish: { _ in
                    seen.append("up \(name)")
                    return .done
                })
        }
        let (recorder, query, _) = try run([step("a", .next), step("b", .next), step("c", .reply), step("d", .next)])
        #expect(seen == ["down a", "down b", "down c", "up b", "up a"])
        #expect(recorder.replies.count == 1)
        #expect(query.replier == 2)
    }

    @Test("A failure gives a bare reply that the plugins above can see")
    func failure() throws {
        var codes: [ResponseCode] = []
        let watcher = ScriptedHandler(
            handle: { _ in .next },
            finish: { query in
                codes.append(query.responseCode)
                #expect(query.failure?.reason == "no luck")
                return .done
            })
        let failing = ScriptedHandler(handle: { _ in .fail(QueryFailure(.serverFailure, "no luck")) })
        let (recorder, _, _) = try run([watcher, failing])
        #expect(codes == [.serverFailure])
        let reply = try decoded(recorder.replies.first)
        #expect(reply.responseCode == .serverFailure && reply.questions.count == 1 && !reply.flags.isAuthoritative)
    }

    @Test("A dropped query gets no reply")
    func dropping() throws {
        let (recorder, _, worker) = try run([ScriptedHandler(handle: { _ in .drop })])
        #expect(recorder.replies.isEmpty && recorder.drops == 1)
        #expect(worker.inFlight == 0)
    }

    @Test("A chain without plugins refuses; one whose last plugin passes on has failed")
    func ends() throws {
        let (empty, _, _) = try run([])
        #expect(try decoded(empty.replies.first).responseCode == .refused)
        let (passed, query, _) = try run([ScriptedHandler(handle: { _ in .next })])
        #expect(try decoded(passed.replies.first).responseCode == .serverFailure)
        #expect(query.failure?.reason == "plugin/a: no next plugin found")
    }

    @Test("A query can wait on its way down, and a reply on its way up, on the worker's own thread")
    func waiting() async throws {
        let worker = try makeWorker()
        try worker.start()
        let reply = try await outcome(of: "a reply") { teller in
            worker.execute { worker in
                let waiting = ScriptedHandler(
                    handle: { _ in
                        .wait { query in
                            await Task.yield()
                            query.beginReply(.nameError)
                            return .reply
                        }
                    })
                let patient = ScriptedHandler(
                    handle: { _ in .wait { _ in .next } },
                    finish: { _ in
                        .wait { query in
                            await Task.yield()
                            query.setResponseCode(.refused)
                        }
                    })
                let query = Query(worker: worker)
                query.origin = TCPQueryOrigin(ReplyRoom(OctetBudget(limit: 1 << 20))) { answer in
                    if case .reply(let octets) = answer { teller.tell(octets) } else { teller.tell([]) }
                }
                let message = (try? queryMessage("a.example")) ?? []
                query.take(message.span)
                if let chain = try? makeChain([patient, waiting]) {
                    worker.process(query, BlockTable([(.root, chain)]))
                }
            }
        }
        worker.execute { $0.stop() }
        #expect(try decoded(reply).responseCode == .refused)
    }
}

@Suite("The choice of a server block")
struct BlockTableTests {
    private func chosen(_ name: String, _ type: RecordType = .A, of zones: [String]) throws -> String? {
        let worker = try makeWorker()
        let table = BlockTable(
            try zones.map { (try Name(parsing: $0), try makeChain([], zones: [$0])) })
        let query = Query(worker: worker)
        let message = try queryMessage(name, type)
        query.take(message.span)
        #expect(query.admit() == .admitted)
        return table.chain(for: query)?.object.block.identity.zones.first
    }

    @Test(
        "The longest zone that the name is in answers, whatever the case, and only on whole labels",
        arguments: [
            ("www.Example.ORG", "example.org."), ("sub.example.org", "sub.example.org."),
            ("a.sub.example.org", "sub.example.org."), ("notexample.org", "org."), ("com", nil),
            ("xsub.example.org", "example.org."),
        ] as [(String, String?)])
    func longestZone(name: String, zone: String?) throws {
        #expect(try chosen(name, of: ["org.", "sub.example.org.", "example.org."]) == zone)
    }

    private func leads(_ table: BlockTable, _ name: String, to chains: [Chain]) throws -> [Bool] {
        let name = try Name(parsing: name)
        return chains.map { table.leads(name.wire.span, to: $0) }
    }

    @Test("The target of an alias goes to the block that serves it")
    func aliasTarget() throws {
        let zones = ["cluster.local.", "a.svc.cluster.local."]
        let chains = try zones.map { (try Name(parsing: $0), try makeChain([], zones: [$0])) }
        let table = BlockTable(chains)
        for (text, index) in [("b.svc.cluster.local", 0), ("x.a.svc.cluster.local", 1), ("a.svc.cluster.local", 1)] {
            #expect(try leads(table, text, to: chains.map(\.1)) == [index == 0, index == 1])
        }
        #expect(try leads(table, "example.org", to: chains.map(\.1)) == [false, false])
    }

    @Test(
        "The class is a block's own matter: one that has data of others lets them in, and no other block of its address does"
    )
    func classes() throws {
        final class Open: Plugin {
            let name = "open"
            let acceptsAllClasses: Bool
            init(_ acceptsAllClasses: Bool) { self.acceptsAllClasses = acceptsAllClasses }
            func makeHandler(for worker: Worker) -> (any QueryHandler)? { ScriptedHandler(handle: { _ in .next }) }
        }
        let worker = try makeWorker()
        let chains = try [("open.test.", true), ("shut.test.", false)].map { zone, isOpen in
            let name = try Name(parsing: zone)
            let identity = BlockIdentity(zones: [zone], zoneNames: [name], port: 53, serverLabel: "dns://:53")
            return (
                name, ServerBlock(identity: identity, plugins: [Open(isOpen)], addresses: []).makeChain(for: worker)
            )
        }
        func code(_ name: String, _ recordClass: RecordClass) throws -> ResponseCode {
            let (query, recorder) = (Query(worker: worker), Recorder())
            let message = try queryMessage(name, recordClass: recordClass)
            query.take(message.span)
            query.origin = recorder
            worker.process(query, BlockTable(chains))
            return try decoded(recorder.replies.last).responseCode
        }
        for name in ["open.test", "shut.test"] { #expect(try code(name, .IN) == .serverFailure) }
        // Let in, but nobody had data of the class.
        for recordClass in [RecordClass.CH, .HS] { #expect(try code("open.test", recordClass) == .refused) }
        #expect(try code("open.test", .ANY) == .serverFailure)
        for recordClass in [RecordClass.CH, .HS, .ANY] { #expect(try code("shut.test", recordClass) == .refused) }
    }

    @Test("RFC 4035 §3.1.4.1: DS of a zone's own name is asked of the zone above, if that is served")
    func delegationSigner() throws {
        let zones = ["org.", "example.org."]
        #expect(try chosen("example.org", .DS, of: zones) == "org.")
        #expect(try chosen("a.example.org", .DS, of: zones) == "example.org.")
        #expect(try chosen("org", .DS, of: zones) == "org.")
        #expect(try chosen("example.org", .DS, of: ["example.org."]) == "example.org.")
        // The root block takes what is left; whoever validates would hear from outside that there is no cluster.local.
        #expect(try chosen("cluster.local", .DS, of: [".", "cluster.local."]) == "cluster.local.")
        #expect(try chosen("cluster.local", .DS, of: [".", "local.", "cluster.local."]) == "local.")
        #expect(try chosen("a.example", .DS, of: [".", "cluster.local."]) == ".")
    }
}
