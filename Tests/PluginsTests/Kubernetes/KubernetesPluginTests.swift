import Basics
import Corefile
import DNSWire
import KubernetesClient
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("The kubernetes plugin in a server block")
struct KubernetesPluginTests {
    /// A block whose cluster's objects the test tells; nothing is connected.
    private final class Bench {
        let worker: Worker
        let plugin: KubernetesPlugin
        let metrics = MetricsRegistry()
        private let table: BlockTable
        private let server: Server

        init(_ options: String = "", next: @escaping @Sendable (Query) -> Verdict = { _ in .next }) async throws {
            let block = "kubernetes cluster.local in-addr.arpa {\nendpoint http://127.0.0.1:1\n\(options)\n}\nerratic"
            let file = try TemporaryFile(". {\n\(block)\n}\n")
            let server = Server.Options(
                corefilePath: file.path, environment: [:], workers: 1,
                plugins: [KubernetesPlugin.definition, ScriptedPlugin.definition(next)])
            self.server = try Server(options: server, metrics: metrics)
            worker = self.server.workers[0]
            let configuration = try DNSServer.Configuration(
                options: server, metrics: metrics, server: self.server, after: nil)
            plugin = try #require(configuration.blocks[0].plugins.lazy.compactMap { $0 as? KubernetesPlugin }.first)
            let chain = configuration.blocks[0].makeChain(for: worker)
            table = BlockTable([(.root, chain)])
            try worker.start()
        }

        deinit {
            worker.execute { $0.stop() }
        }

        /// Tells of the whole state.
        func tell(_ fixture: ClusterFixture, all: Bool = true) async {
            let namespaces = fixture.namespaces.map { Namespace(metadata: ObjectMetadata(name: $0)) }
            let state = plugin.source.state
            for event in ResourceEvent.state(namespaces) { await state.take(event) }
            for event in ResourceEvent.state(fixture.slices) { await state.take(event) }
            if all { for event in ResourceEvent.state(fixture.services) { await state.take(event) } }
            await state.publish()
        }

        func ask(
            _ name: String, _ type: RecordType = .A, over transport: Query.Transport = .tcp, edns: EDNS? = nil
        ) async throws -> Message {
            let message = Message(id: 7, asking: Question(try Name(parsing: name), type), edns: edns)
            // Everything of the query stays on the worker's thread.
            nonisolated(unsafe) let table = table
            let reply = try await outcome(of: "a reply") { teller in
                worker.execute { worker in
                    let query = Query(worker: worker)
                    query.take(message.encoded().span)
                    query.transport = transport
                    query.origin = Origin(teller)
                    worker.process(query, unsafe table)
                }
            }
            return try Message(decoding: reply.span)
        }

        private final class Origin: QueryOrigin {
            private let teller: OutcomeTeller<[UInt8]>

            init(_ teller: OutcomeTeller<[UInt8]>) {
                self.teller = teller
            }

            func complete(_ query: Query) {
                let reply = query.reply
                teller.tell(query.hasReply ? reply.bytes.copy() : [])
            }
        }
    }

    @Test("As long as the state is not known, unknown names are SERVFAIL with SOA and never pass on")
    func unsynced() async throws {
        let bench = try await Bench("fallthrough")
        await bench.tell(.unit, all: false)
        #expect(bench.plugin.isReady == false)
        let reply = try await bench.ask("svc0.testns.svc.cluster.local")
        #expect(reply.responseCode == .serverFailure && reply.flags.isAuthoritative)
        #expect(reply.authorities.map(\.type) == [.SOA])
        #expect(try await bench.ask("testns.svc.cluster.local").responseCode == .noError)
        await bench.tell(.unit)
        #expect(bench.plugin.isReady == true)
        #expect(try await bench.ask("svc1.testns.svc.cluster.local").answers.count == 1)
    }

    @Test("No negative answer from unknown state: what hangs on unknown slices is SERVFAIL, however it is reached")
    func unknownSlices() async throws {
        var fixture = ClusterFixture(namespaces: ["a"])
        fixture.add("headless", in: "a")
        fixture.add("web", in: "a", ["10.0.0.1"])
        fixture.add("to-headless", in: "a", external: "headless.a.svc.cluster.local")
        fixture.add("to-nothing", in: "a", external: "later.a.svc.cluster.local")
        fixture.add("to-alias", in: "a", external: "to-headless.a.svc.cluster.local")
        fixture.add("to-web", in: "a", external: "web.a.svc.cluster.local")
        let bench = try await Bench()
        let state = bench.plugin.source.state
        for event in ResourceEvent.state([Namespace(metadata: ObjectMetadata(name: "a"))]) { await state.take(event) }
        for event in ResourceEvent.state(fixture.services) { await state.take(event) }
        await state.take(ResourceEvent<EndpointSlice>.listBegan)
        await state.publish()
        fixture.slice("headless", in: "a", [.init(addresses: [IPAddress(ipv4: 0x0A01_0001)])])
        let names = ["headless", "to-headless", "to-nothing", "to-alias"].map { "\($0).a.svc.cluster.local" }
        for name in names { #expect(try await bench.ask(name).responseCode == .serverFailure, "\(name)") }
        #expect(try await bench.ask("to-web.a.svc.cluster.local").answers.count == 2)
        #expect(try await bench.ask("to-web.a.svc.cluster.local", .AAAA).responseCode == .noError)
        await state.take(ResourceEvent.listed(fixture.slices))
        await state.publish()
        // Some of its slices are known: of the other family nothing is.
        #expect(try await bench.ask("headless.a.svc.cluster.local").answers.count == 1)
        for name in names where name != "to-nothing" {
            #expect(try await bench.ask(name, .AAAA).responseCode == .serverFailure, "\(name)")
        }
        await state.take(ResourceEvent<EndpointSlice>.listEnded(resourceVersion: "1"))
        for name in names {
            #expect(try await bench.ask(name, .AAAA).responseCode == .noError, "\(name)")
        }
        #expect(try await bench.ask("to-alias.a.svc.cluster.local").answers.count == 3)
    }

    @Test("Unknown names below the zones of `fallthrough` go on, others and names without data do not")
    func passingOn() async throws {
        let bench = try await Bench("fallthrough svc.cluster.local in-addr.arpa") { query in
            query.beginReply(.refused)
            return .reply
        }
        await bench.tell(.unit)
        #expect(try await bench.ask("f.b.svc.cluster.local").responseCode == .refused)
        #expect(try await bench.ask("9.9.9.9.in-addr.arpa", .PTR).responseCode == .refused)
        #expect(try await bench.ask("foo.cluster.local").responseCode == .nameError)
        #expect(try await bench.ask("svc1.testns.svc.cluster.local", .AAAA).responseCode == .noError)
        #expect(try await bench.ask("example.org").responseCode == .refused)
    }

    @Test("A change is seen by the next query, and a name that is new exists at once")
    func changes() async throws {
        let bench = try await Bench()
        await bench.tell(.unit)
        #expect(try await bench.ask("new-svc.testns.svc.cluster.local").responseCode == .nameError)
        var fixture = ClusterFixture.unit
        fixture.add("new-svc", in: "testns", ["10.96.0.222"])
        fixture.slice("new-svc", in: "testns", [.at("172.17.0.222")])
        await bench.tell(fixture)
        let service = try await bench.ask("new-svc.testns.svc.cluster.local")
        #expect(service.answers.map(\.text) == ["new-svc.testns.svc.cluster.local. 5 IN A 10.96.0.222"])
        let endpoint = try await bench.ask("172-17-0-222.new-svc.testns.svc.cluster.local")
        #expect(endpoint.answers.count == 1)
    }

    @Test(
        "A set that does not fit is cut at the size the asker takes, marked, and starts somewhere else each time",
        arguments: [
            (nil, Query.Transport.udp, 512), (EDNS(payloadSize: 1_232), .udp, 1_232),
            (EDNS(payloadSize: 4_096, options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])]), .udp, 4_096),
            (nil, .tcp, 65_535), (EDNS(), .tcp, 65_535),
        ] as [(EDNS?, Query.Transport, Int)])
    func largeReplies(_ edns: EDNS?, _ transport: Query.Transport, _ limit: Int) async throws {
        let bench = try await Bench()
        var fixture = ClusterFixture()
        fixture.namespaces = ["ns"]
        fixture.add("big", in: "ns")
        fixture.slice("big", in: "ns", (0..<5_000).map { .at("10.1.\($0 / 250).\($0 % 250)") })
        await bench.tell(fixture)
        var seen: Set<String> = []
        for _ in 0..<3 {
            let reply = try await bench.ask("big.ns.svc.cluster.local", over: transport, edns: edns)
            let octets = reply.encoded().count
            #expect(reply.flags.isTruncated && octets <= limit && octets > limit - 16)
            #expect((reply.edns == nil) == (edns == nil))
            seen.insert(try #require(reply.answers.first?.text))
        }
        #expect(seen.count == 3)
    }

    @Test("Zone transfers are refused without AA")
    func transfers() async throws {
        let bench = try await Bench()
        await bench.tell(.unit)
        for type in [RecordType.AXFR, .IXFR] {
            let reply = try await bench.ask("cluster.local", type)
            #expect(reply.responseCode == .refused && !reply.flags.isAuthoritative && reply.authorities.isEmpty)
        }
    }

    @Test(
        "RFC 6604 §3: a name outside is asked of the whole server; its answer, code and TC stand behind the alias",
        arguments: [(ResponseCode.noError, true), (.nameError, false), (.serverFailure, false), (.refused, false)])
    func outsideNames(_ code: ResponseCode, _ hasAnswer: Bool) async throws {
        let bench = try await Bench { query in
            query.beginReply(code)
            if hasAnswer {
                let record = query.reply.beginRecord(ownerAt: MessageHeader.length, type: .A, ttl: 60)
                query.reply.append(UInt32(0x0102_0304))
                query.reply.endRecord(record)
                query.reply.header.flags.isTruncated = true
            }
            return .reply
        }
        await bench.tell(.unit)
        let reply = try await bench.ask("External.testns.svc.cluster.local")
        #expect(reply.responseCode == code && reply.flags.isAuthoritative && reply.flags.isTruncated == hasAnswer)
        let alias = "External.testns.svc.cluster.local. 5 IN CNAME ext.interwebs.test."
        #expect(reply.answers.map(\.text) == [alias] + (hasAnswer ? ["ext.interwebs.test. 60 IN A 1.2.3.4"] : []))
    }

    @Test("RFC 6604 §3: an alias to a name that meets silence, or fails with a reason, is SERVFAIL and says why")
    func failedLookup() async throws {
        for verdict in [.drop, .fail(QueryFailure(.serverFailure, "why", .networkError))] as [Verdict] {
            nonisolated(unsafe) let verdict = verdict
            let bench = try await Bench { query in query.name.count > 20 ? .next : unsafe verdict }
            await bench.tell(.unit)
            let reply = try await bench.ask("external.testns.svc.cluster.local", edns: EDNS())
            #expect(reply.responseCode == .serverFailure && reply.answers.map(\.type) == [.CNAME])
            if case .fail = unsafe verdict { #expect(reply.edns?.options == [EDNSOption(.extendedError, [0, 23])]) }
        }
    }

    @Test("RFC 1034 §4.3.2: a name that nothing here answers ends with the alias, which its asker can follow elsewhere")
    func unservedTarget() async throws {
        let bench = try await Bench()
        await bench.tell(.unit)
        #expect(try await bench.ask("ext.interwebs.test").responseCode == .serverFailure)
        let reply = try await bench.ask("external.testns.svc.cluster.local")
        #expect(reply.responseCode == .noError && reply.answers.map(\.type) == [.CNAME])
    }

    @Test("Same name, same answer: an alias to an unknown name of the zone goes the way of that name")
    func aliasPassedOn() async throws {
        var fixture = ClusterFixture(namespaces: ["a"])
        fixture.add("to-other", in: "a", external: "other.a.svc.cluster.local")
        fixture.add("to-broken", in: "a", external: "broken.a.svc.cluster.local")
        fixture.add("to-none", in: "a", external: "none.a.svc.cluster.local")
        fixture.add("to-alias", in: "a", external: "to-other.a.svc.cluster.local")
        let next: @Sendable (Query) -> Verdict = { query in
            switch query.ownedName.text.prefix(6) {
            case "other.":
                query.beginReply()
                if query.type == .A { query.appendAddress() }
            case "broken": return .fail(QueryFailure(.serverFailure))
            default: query.beginReply(.nameError)
            }
            return .reply
        }
        let bench = try await Bench("fallthrough cluster.local", next: next)
        await bench.tell(fixture)
        let zone = "a.svc.cluster.local"
        let records = ["to-other.\(zone). 5 IN CNAME other.\(zone).", "other.\(zone). 60 IN A 192.0.2.9"]
        #expect(try await bench.ask("to-other.\(zone)").answers.map(\.text) == records)
        #expect(
            try await bench.ask("to-alias.\(zone)").answers.map(\.text)
                == ["to-alias.\(zone). 5 IN CNAME to-other.\(zone)."] + records)
        #expect(try await bench.ask("to-broken.\(zone)").responseCode == .serverFailure)
        // What has nothing of the type is not shown, whoever says so.
        for (name, type) in [("to-none", RecordType.A), ("to-other", .AAAA)] {
            let reply = try await bench.ask("\(name).\(zone)", type)
            #expect(reply.responseCode == .noError && reply.answers.isEmpty && reply.authorities.map(\.type) == [.SOA])
        }
        let strict = try await Bench(next: next)
        await strict.tell(fixture)
        #expect(try await strict.ask("to-other.\(zone)").answers.isEmpty)
    }

    @Test("The delay of a change that says when it was is counted by the kind of its service")
    func programmingDelay() async throws {
        let bench = try await Bench()
        await bench.tell(.unit)
        // Far from the end of its bucket: this machine may be slow.
        let changed = WallClock.nanoseconds() - 17_000_000_000
        for (service, name) in [("svc1", "a"), ("hdls1", "b"), ("unknown", "c")] {
            var slice = EndpointSlice(
                metadata: ObjectMetadata(name: name, namespace: "testns"), serviceName: service,
                endpoints: [.at("172.0.1.1")], ports: [.http], lastChangeTriggerTime: changed)
            await bench.plugin.source.state.take(.added(slice))
            slice.endpoints = [.at("172.0.1.2")]
            await bench.plugin.source.state.take(.modified(slice))
            await bench.plugin.source.state.take(.deleted(slice))
            await bench.plugin.source.state.publish()
        }
        let text = String(decoding: bench.metrics.exposition(.prometheus), as: UTF8.self)
        let family = "coredns_kubernetes_dns_programming_duration_seconds"
        for kind in ["cluster_ip", "headless_with_selector"] {
            #expect(text.contains("\(family)_count{service_kind=\"\(kind)\"} 3\n"))
            #expect(text.contains("\(family)_bucket{service_kind=\"\(kind)\",le=\"16.384\"} 0\n"))
            #expect(text.contains("\(family)_bucket{service_kind=\"\(kind)\",le=\"32.768\"} 3\n"))
        }
    }

    @Test("A reload that names the same cluster keeps its state; another access or scope has a state of its own")
    func handover() throws {
        let registry = MetricsRegistry()
        func configuration(_ options: String, after previous: Handover?) throws -> (ClusterSource, Handover) {
            let file = try TemporaryFile(". {\nkubernetes cluster.local {\n\(options)\n}\n}\n")
            let server = Server.Options(
                corefilePath: file.path, environment: [:], workers: 1, plugins: [KubernetesPlugin.definition])
            let handover = Handover(after: previous)
            let context = PluginContext(
                block: BlockIdentity(
                    zones: ["."], zoneNames: [.root], port: 53, serverLabel: "dns://:53"), metrics: registry,
                handover: handover, directory: "/tmp", environment: [:],
                server: try Server(options: server, metrics: registry), logger: LogRecorder().logger)
            let directives = try directives("kubernetes", "kubernetes cluster.local {\n\(options)\n}")
            return (try KubernetesPlugin(directives, context).source, handover)
        }
        let (first, handover) = try configuration("endpoint http://127.0.0.1:1", after: nil)
        let (same, next) = try configuration(
            "endpoint http://127.0.0.1:1\nttl 30\nnamespaces a\nfallthrough", after: handover)
        #expect(first === same)
        #expect(try configuration("endpoint http://127.0.0.1:2", after: next).0 !== first)
        #expect(try configuration("endpoint http://127.0.0.1:1\npods verified", after: next).0 !== first)
        #expect(try configuration("endpoint http://127.0.0.1:1\nnoendpoints", after: next).0 !== first)
        for option in ["zonal", "labels app=web", "namespace_labels team=a"] {
            #expect(try configuration("endpoint http://127.0.0.1:1\n\(option)", after: next).0 !== first, "\(option)")
        }
    }

    @Test(
        "Without access to a cluster the mistake says what to do",
        arguments: ["", "kubeconfig /nowhere", "manifests /nowhere"])
    func noAccess(_ options: String) throws {
        #expect(throws: ConfigurationError.self) {
            try PluginBench(". {\nkubernetes cluster.local {\n\(options)\n}\n}\n", [KubernetesPlugin.definition])
        }
    }
}
