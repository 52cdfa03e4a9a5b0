import DNSWire
import Foundation
import StandInAPIServer
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// What anyone in the cluster may do to the HTTP ports, while probes, the cluster and SIGTERM go on.
    @Suite("HTTP under attack")
    struct EndpointAttackTests {
        private static let web = "web.shop.svc.cluster.local"

        /// Opens connections anew and again until it is told to stop; each sends `request`, and takes nothing.
        ///
        /// They come from an address of their own, as a pod's do: at the limit of one address its own first connection makes room,
        /// which would be the probe's if it came from there and was slow to ask.
        private final class Crowd: Sendable {
            private let isOver = Atomic<Bool>(false)

            init(_ size: Int, to port: Int, sending request: String) {
                let octets = Array(request.utf8)
                Thread.detachNewThread { [self] in
                    var sockets: [LoopbackSocket?] = []
                    // At most 20 crowds, whatever happens.
                    for number in 0..<(20 * size) where !isOver.load(ordering: .relaxed) {
                        guard let socket = try? LoopbackSocket(.stream, connectedTo: port, fromHost: 2) else { return }
                        try? socket.send(octets)
                        if sockets.count < size { sockets.append(socket) } else { sockets[number % size] = socket }
                        if number >= size { usleep(10_000) }
                    }
                }
            }

            func end() { isOver.store(true, ordering: .relaxed) }
        }

        private func expectProbes(_ server: ClusterServer, _ port: Int, _ times: Int) async throws {
            for _ in 0..<times {
                let start = ContinuousClock.now
                #expect(try await Web.get("/health", port: port)?.status == 200, "\(server.log)")
                #expect(ContinuousClock.now - start < .seconds(1))
                #expect(try await server.readiness() == 200)
            }
        }

        @Test(
            "slow connections and pipelined metrics: probes are answered within a second, changes are followed, SIGTERM is obeyed",
            arguments: [
                (200, "GET /hea"), (64, ""), (8, Self.pipelined), (60, Self.pipelined),
            ])
        func attack(size: Int, request: String) async throws {
            let health = try FreePort.take()
            let directives = "health 127.0.0.1:\(health)"
            try await withCluster { cluster in
                try await ClusterServer.run(following: cluster.port, .init(directives: directives)) { server in
                    try await server.waitUntilReady()
                    let port = request.contains("/metrics") ? server.metricsPort : health
                    let crowd = Crowd(size, to: port, sending: request)
                    defer { crowd.end() }
                    try await expectProbes(server, health, 10)
                    for round in 1...5 {
                        let start = ContinuousClock.now
                        try cluster.apply(ClusterObjects.service("web", "10.96.1.\(round)"))
                        try await server.wait(for: Self.web, ["10.96.1.\(round)"])
                        // Far more than it takes; the tests' own threads have to be given a processor as well.
                        #expect(ContinuousClock.now - start < .seconds(1), "\(server.log)")
                    }
                    try await expectProbes(server, health, 10)
                    let start = ContinuousClock.now
                    server.process.signal(SIGTERM)
                    #expect(try await server.process.waitForExit() == .status(0))
                    #expect(ContinuousClock.now - start < .seconds(2), "\(server.log)")
                }
            }
        }

        private static let pipelined = String(repeating: "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", count: 500)
    }
}
