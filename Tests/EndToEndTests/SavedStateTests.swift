import DNSWire
import Foundation
import StandInAPIServer
import TestSupport
import Testing

extension EndToEnd {
    /// `snapshot`: the last good state on disk.
    @Suite("Saved state")
    struct SavedStateTests {
        private static let serving = "needletail_kubernetes_snapshot_serving"
        private static let web = "web.shop.svc.cluster.local"

        private static func options(_ file: String, more: String = "") -> ClusterServer.Options {
            ClusterServer.Options(kubernetes: "snapshot \(file)\n    pods verified\n    \(more)")
        }

        private static func waitForFile(_ file: String, _ server: ClusterServer) async throws {
            try await wait(for: "the file", log: { server.log }) { FileManager.default.fileExists(atPath: file) }
        }

        @Test("A server that starts during an outage answers as before, from the file, and is ready at once")
        func restart() async throws {
            try await withStateFile { file in
                try await withCluster { cluster in
                    let answers = try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        try await server.waitUntilReady()
                        try await Self.waitForFile(file, server)
                        #expect(try await server.metric(Self.serving) == 0)
                        #expect(server.lines(with: "snapshot") == [])
                        return try await server.shopAnswers()
                    }
                    #expect(answers.contains("10-1-0-9.shop.pod.cluster.local: NOERROR [\"10.1.0.9\"]"), "\(answers)")
                    await cluster.stop()
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        #expect(try await server.readiness() == 200)
                        try await server.expectShopAnswers(answers)
                        #expect(try await server.metric(Self.serving) == 1)
                        #expect(server.lines(with: "[INFO]", "answering from snapshot \(file)").count == 1)
                        try await cluster.start(port: cluster.port)
                        try await server.wait(for: Self.serving, toBe: 0)
                        try await server.expectShopAnswers(answers)
                        try await server.wait(for: "needletail_kubernetes_api_up", toBe: 1)
                    }
                }
            }
        }

        @Test("SIGTERM writes the latest state")
        func termination() async throws {
            try await withStateFile { file in
                try await withCluster { cluster in
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        try await server.waitUntilReady()
                        try await Self.waitForFile(file, server)
                        // The next time would be five seconds later.
                        try cluster.apply(ClusterObjects.service("web", "10.96.0.81"))
                        try await server.wait(for: Self.web, ["10.96.0.81"])
                        server.process.signal(SIGTERM)
                        #expect(try await server.process.waitForExit() == .status(0))
                    }
                    await cluster.stop()
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        try await server.expectAnswers(Self.web, ["10.96.0.81"])
                    }
                }
            }
        }

        @Test(
            "A file that is damaged is logged and not used; it is replaced when the API server has told its state",
            arguments: ["", "needletail", "needletail state\u{0}\u{1}\u{0}\u{0}\u{0}\u{9}", "cut", "flipped"])
        func damagedFile(_ damage: String) async throws {
            try await withStateFile { file in
                try await withCluster { cluster in
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        try await server.waitUntilReady()
                        try await Self.waitForFile(file, server)
                    }
                    await cluster.stop()
                    try Self.damage(file, damage)
                    let options = Self.options(file, more: "startup_timeout 100ms")
                    try await ClusterServer.run(following: cluster.port, options) { server in
                        #expect(server.lines(with: "[WARNING]", "snapshot \(file) is not used").count == 1)
                        #expect(try await server.readiness() == 503)
                        #expect(try await server.server.ask(Self.web)?.responseCode == .serverFailure)
                        try await cluster.start(port: cluster.port)
                        try await server.waitUntilReady()
                        server.process.signal(SIGTERM)
                        #expect(try await server.process.waitForExit() == .status(0))
                    }
                    await cluster.stop()
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        try await server.expectAnswers(Self.web, ["10.96.0.80"])
                    }
                }
            }
        }

        private static func damage(_ file: String, _ damage: String) throws {
            var octets = try Data(contentsOf: URL(filePath: file))
            switch damage {
            case "cut": octets.removeLast(7)
            case "flipped": octets[octets.count / 2] ^= 4
            default: octets = Data(damage.utf8)
            }
            try octets.write(to: URL(filePath: file))
        }

        @Test("A server that is killed while it writes leaves a file that can be used")
        func kills() async throws {
            try await withStateFile { file in
                try await withCluster { cluster in
                    try Self.fill(cluster)
                    // The first round makes the file; in the others it is there, and the one beside it is being written.
                    try await Self.killWhileWriting(file, "\(file)", cluster, round: 0)
                    for round in 1...4 { try await Self.killWhileWriting(file, "\(file).new", cluster, round: round) }
                    await cluster.stop()
                    try await ClusterServer.run(following: cluster.port, Self.options(file)) { server in
                        #expect(try await server.readiness() == 200, "\(server.log)")
                        #expect(server.lines(with: "is not used") == [])
                        try await server.expectAnswers("s2999.shop.svc.cluster.local", ["10.97.11.183"])
                    }
                }
            }
        }

        /// Enough that writing takes a while.
        private static func fill(_ cluster: StandInAPIServer) throws {
            for number in 0..<3_000 {
                let address = "10.97.\(number >> 8).\(number & 0xFF)"
                try cluster.put(
                    [
                        "metadata": ["name": "s\(number)", "namespace": "shop"] as [String: any Sendable],
                        "spec": ["clusterIP": address, "clusterIPs": [address]] as [String: any Sendable],
                    ], in: "/api/v1/services")
            }
        }

        /// Starts a server, and kills it as soon as `sign` is there, while the cluster changes all the time.
        private static func killWhileWriting(
            _ file: String, _ sign: String, _ cluster: StandInAPIServer, round: Int
        ) async throws {
            try? FileManager.default.removeItem(atPath: "\(file).new")
            try await ClusterServer.run(following: cluster.port, options(file)) { server in
                #expect(server.lines(with: "is not used") == [], "\(server.log)")
                #expect(server.lines(with: "answering from snapshot").count == (round == 0 ? 0 : 1), "\(server.log)")
                try await onThread {
                    let end = ContinuousClock.now + .seconds(15)
                    var change = 0
                    while !FileManager.default.fileExists(atPath: sign) {
                        change += 1
                        if change.isMultiple(of: 256) {
                            try cluster.apply(ClusterObjects.service("web", "10.96.\(round).\(change >> 8 & 0xFF)"))
                        }
                        guard ContinuousClock.now < end else {
                            throw OutOfPatience(description: "no file \(sign)\n\(server.log)")
                        }
                    }
                }
                server.process.signal(SIGKILL)
                #expect(try await server.process.waitForExit() == .signal(SIGKILL))
            }
        }
    }
}
