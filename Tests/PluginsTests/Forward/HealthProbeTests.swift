import DNSWire
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Probes of upstreams") struct HealthProbeTests {
    /// What was asked, and whether the upstream is well.
    private final class Patient: Sendable {
        private let state = Mutex((isWell: false, probes: [[UInt8]]()))

        /// The reply to a query, or nil: probes are answered only when all is well, other queries never.
        func reply(_ query: [UInt8]) -> [UInt8]? {
            guard let message = try? Message(decoding: query.span), message.questions.first?.type == .NS else {
                return nil
            }
            return state.withLock { state in
                state.probes.append(query)
                return state.isWell ? ScriptedReply.answer(query) : nil
            }
        }

        var probes: [[UInt8]] { state.withLock { $0.probes } }

        func recover() {
            state.withLock { $0.isWell = true }
        }
    }

    /// Makes a query fail, watches the upstream go down, and come back when it recovers.
    private func expectProbing(_ target: String, _ options: String, _ patient: Patient) async throws {
        let forward = try ForwardFixture(
            "forward . \(target) {\nread_timeout 50ms\nhealth_check 10ms no_rec domain probe.test\n\(options)\n}")
        let upstream = forward.plugin.groups[0].upstreams[0]
        #expect(try await forward.ask("a.test").reply.responseCode == .serverFailure)
        try await wait(for: "the upstream to be down") { upstream.isDown(maximumFails: 2) }
        patient.recover()
        try await wait(for: "the upstream to be well") { !upstream.isDown(maximumFails: 2) }
        let probe = try #require(patient.probes.first)
        let question = try Message(decoding: probe.span)
        #expect(question.questions.map(\.name.text) == ["probe.test."])
        #expect(!question.flags.recursionDesired)
        // The two attempts at the query are counted, at least four probes are not.
        let counted = try #require(forward.metrics("coredns_forward_requests_total").first?.split(separator: " ").last)
        #expect(["0", "1", "2"].contains(counted))
        await forward.retire()
    }

    @Test("a wake-up without a datagram is no reply and no refusal")
    func emptyWakeUp() async throws {
        let server = try await ScriptedDatagrams { _, _ in [] }
        let bench = try ForwardBench("forward . 127.0.0.1:\(server.port)", waiting: 64)
        let group = bench.plugin.groups[0]
        var events = 0
        let question = Message(id: 7, asking: Question(.root, .NS)).encoded()
        let datagram = try LoneDatagram(question, to: group.upstreams[0], bench.worker) { _ in events += 1 }
        datagram.becameReady(bench.worker)
        #expect(events == 0)
        datagram.close(bench.worker)
        bench.retire()
    }

    @Test("over UDP each has a socket of its own, and comes from source_address")
    func datagrams() async throws {
        let patient = Patient()
        let server = try await ScriptedDatagrams { query, _ in patient.reply(query).map { [$0] } ?? [] }
        try await expectProbing("127.0.0.1:\(server.port)", "source_address 127.0.0.9", patient)
        #expect(server.sources.addresses == ["127.0.0.9"])
    }

    @Test("with force_tcp they go over TCP, to upstreams over TLS over TLS", arguments: [false, true])
    func streams(isSecure: Bool) async throws {
        let patient = Patient()
        let fixture = try SecureFixture()
        let server = try await ScriptedStream(tls: isSecure ? fixture.context() : nil) { _, _, query in
            patient.reply(query).map { [.send($0)] } ?? [.close]
        }
        let prefix = isSecure ? "tls://" : ""
        try await expectProbing(
            "\(prefix)127.0.0.1:\(server.port)", isSecure ? fixture.trust : "force_tcp", patient)
        try await server.close()
    }

    @Test("to upstreams over HTTPS they go over HTTPS, by the method of all queries", arguments: ["POST", "GET"])
    func https(method: String) async throws {
        let patient = Patient()
        let fixture = try SecureFixture()
        let methods = Mutex<Set<String>>([])
        let server = try await ScriptedHTTPS(fixture.context(protocols: ["h2"])) { request in
            methods.withLock { _ = $0.insert(request.head.method.rawValue) }
            return patient.reply(request.query).map { .reply($0) } ?? .reply(status: .badGateway, [])
        }
        try await expectProbing(
            "https://127.0.0.1:\(server.port)", "\(fixture.trust)\ndoh_method \(method)", patient)
        #expect(methods.withLock { $0 } == [method])
        try await server.close()
    }
}
