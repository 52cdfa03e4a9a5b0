import TestSupport
import Testing

extension EndToEnd {
    /// A network that loses packets.
    @Suite(
        "Lossy network",
        .enabled(
            if: Command.path(of: "dig") != nil && Command.path(of: NameServerProgram.knot.rawValue) != nil,
            "dig or knotd is not installed"),
        .enabled(
            if: Namespaces.areAllowed, "networks cannot be made here: that needs root, iproute2 and nftables"))
    struct LossyNetworkTests {
        private static let zone = Zone("lossy.example", records: "* A 192.0.2.1")

        // An upstream is sent a question three times and once over TCP (RFC 9520 §3.1); what is lost then is asked anew.
        @Test("a fifth of all packets between server and upstream is lost: who asks for ten seconds gets an answer")
        func answersAll() async throws {
            try await Namespaces.run { networks in
                let upstream = try NameServer(
                    .knot,
                    .init(zones: [Self.zone], address: Namespaces.upstream, prefix: networks.inside(.upstream)))
                do {
                    try await upstream.start()
                    try await Self.askThroughLosses(networks, upstream.port)
                    await upstream.end()
                } catch {
                    await upstream.end()
                    throw error
                }
            }
        }

        private static func askThroughLosses(_ networks: Namespaces, _ port: Int) async throws {
            let corefile = ".:53 {\n    forward . \(Namespaces.upstream):\(port)\n}\n"
            let setup = ServerProcessUnderTest.Setup(corefile: corefile, prefix: try networks.inside(.server))
            try await ServerProcessUnderTest.run(setup) { server in
                try await server.waitForStart(shownBy: "an answer") {
                    try await isAnswered("first", networks, tries: 1)
                }
                try await networks.lose(percent: 20)
                let unanswered = try await withThrowingTaskGroup(of: String?.self) { tasks in
                    for number in 0..<40 {
                        tasks.addTask { try await isAnswered("n\(number)", networks, tries: 10) ? nil : "n\(number)" }
                    }
                    return try await tasks.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
                }
                #expect(unanswered == [], "\(server.log)")
                let losses = try await networks.losses()
                #expect(losses.allSatisfy { $0 > 0 }, "\(losses)")
            }
        }

        /// Asks once a second, up to so many times, as clients do.
        private static func isAnswered(_ label: String, _ networks: Namespaces, tries: Int) async throws -> Bool {
            let end = ContinuousClock.now + .seconds(tries)
            var text = ""
            repeat {
                let dig = [
                    "dig", "@\(Namespaces.server)", "+timeout=1", "+tries=\(tries)", "\(label).\(zone.name)", "A",
                ]
                let command = try networks.inside(.client) + dig
                text = try await Command.output(of: command[0], Array(command.dropFirst()))
            } while text.contains("status: SERVFAIL") && ContinuousClock.now < end
            return text.contains("status: NOERROR") && text.contains("\t192.0.2.1\n")
        }
    }
}
