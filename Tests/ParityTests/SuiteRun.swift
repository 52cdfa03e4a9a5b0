import DNSWire
import Foundation
import ScriptedUpstream
import StandInAPIServer
import TestSupport

/// One suite held against the server: it is started with the suite's Corefile, and asked what was asked of CoreDNS.
struct SuiteRun {
    /// What came of a case.
    struct Outcome: Sendable {
        var recorded: RecordedCase
        var got: RecordedReply
        var agreement: Agreement { Agreement(recorded: recorded.response, got: got) }
    }

    let suite: RecordedSuite

    /// Starts everything that the suite needs, asks, and stops it.
    ///
    /// - Throws: when the server does not start, become ready or stop by itself; the error has its log.
    func outcomes() async throws -> [Outcome] {
        try await withServer { server, port in
            try await server.waitUntilListening(on: port)
            try await waitUntilSynced(server, port)
            let cases = suite.cases
            let outcomes = try await onThread {
                try cases.enumerated().map { index, recorded in
                    Outcome(recorded: recorded, got: try Self.ask(recorded.query, id: UInt16(index + 1), port: port))
                }
            }
            server.signal(SIGTERM)
            let exit = try await server.waitForExit()
            guard exit == .status(0) else {
                throw OutOfPatience(description: "the server ended with \(exit)\n\(server.log)")
            }
            return outcomes
        }
    }

    /// What the server says when it refuses the Corefile.
    ///
    /// - Returns: how it ended, and its log.
    func refusal() async throws -> (exit: ServerProcessUnderTest.Exit, log: String) {
        try await withServer { server, _ in (try await server.waitForExit(), server.log) }
    }

    private func withServer<Result>(
        _ body: (ServerProcessUnderTest, Int) async throws -> Result
    ) async throws -> Result {
        let upstream = ScriptedUpstream(zone: try UpstreamZone(text: Fixtures.text("upstream.zone")))
        let cluster = try StandInAPIServer()
        if suite.kubernetes { try cluster.load(file: Fixtures.url("kubernetes-objects.json").path) }
        let port = try FreePort.take()
        let environment = [
            "PORT": "\(port)", "UPSTREAM": "\(try await upstream.start())", "KUBECONFIG": "kubeconfig",
        ]
        let kubeconfig = Self.kubeconfig(port: try await cluster.start())
        let setup = ServerProcessUnderTest.Setup(
            corefile: suite.corefile, files: suite.files.merging(["kubeconfig": kubeconfig]) { $1 },
            environment: environment)
        do {
            let result = try await ServerProcessUnderTest.run(setup) { try await body($0, port) }
            await stop(upstream, cluster)
            return result
        } catch {
            await stop(upstream, cluster)
            throw error
        }
    }

    private func stop(_ upstream: ScriptedUpstream, _ cluster: StandInAPIServer) async {
        await upstream.stop()
        await cluster.stop()
    }

    private static func kubeconfig(port: Int) -> String {
        """
        {"apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:\(port)"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}]}
        """
    }

    /// Waits until one name of each kind of object has an answer.
    ///
    /// What does not get one although others do is a difference, and shows as one.
    private func waitUntilSynced(_ server: ServerProcessUnderTest, _ port: Int) async throws {
        guard suite.kubernetes else { return }
        for (kind, suffix) in [("a service", ".svc.cluster.local."), ("a pod", ".pod.cluster.local.")] {
            let probe = suite.cases.first { recorded in
                recorded.query.type == "A" && recorded.query.name.hasSuffix(suffix)
                    && recorded.response.answer?.isEmpty == false
            }
            guard let probe else { continue }
            try await wait(for: "an answer for \(kind), \(probe.query.name)", log: { server.log }) {
                let reply = try await onThread { try Self.ask(probe.query, id: 0xFFFF, port: port) }
                return reply.answer?.isEmpty == false
            }
        }
    }

    /// Asks over UDP or TCP; what is no proper reply becomes an error in the result.
    static func ask(_ query: RecordedQuery, id: UInt16, port: Int) throws -> RecordedReply {
        let message = try query.message(id: id)
        do {
            guard let reply = try Asking.message(message, port: port, overTCP: query.tcp ?? false) else {
                return RecordedReply(error: "Timeout")
            }
            guard reply.id == id, reply.flags.isResponse, isToTheQuestion(reply, message) else {
                return RecordedReply(error: "BadResponse")
            }
            return RecordedReply(reply)
        } catch let error as WireError {
            return RecordedReply(error: "\(error)")
        } catch let error as LoopbackSocket.Failure {
            return RecordedReply(error: "\(error)")
        }
    }

    /// A refusal may come without the question.
    private static func isToTheQuestion(_ reply: Message, _ query: Message) -> Bool {
        let refusals: [ResponseCode] = [.formatError, .serverFailure, .notImplemented, .refused]
        if reply.questions.isEmpty, refusals.contains(reply.responseCode) { return true }
        return reply.questions == query.questions
    }
}
