import DNSWire
import Foundation
import ScriptedUpstream
import StandInAPIServer
import TestSupport
import Testing

extension EndToEnd {
    /// An API server that goes away, comes late, or refuses.
    @Suite("Outages")
    struct OutageTests {
        private static let apiUp = "needletail_kubernetes_api_up"
        private static let web = "web.shop.svc.cluster.local"

        /// Waits until so many tries more have failed.
        private static func waitForFailures(_ count: Double, of server: ClusterServer) async throws {
            let name = "coredns_kubernetes_rest_client_requests_total"
            let goal = try await (server.metric(name, with: "<error>") ?? 0) + count
            try await wait(for: "\(count) failed tries", log: { server.log }) {
                try await server.metric(name, with: "<error>") ?? 0 >= goal
            }
        }

        @Test("While the API server is away answers stay, and changes made meanwhile are followed when it is back")
        func outage() async throws {
            try await withCluster { cluster in
                try await ClusterServer.run(following: cluster.port, .init(kubernetes: "pods verified")) { server in
                    try await server.waitUntilReady()
                    try await server.wait(for: Self.apiUp, toBe: 1)
                    let answers = try await server.shopAnswers()
                    #expect(server.lines(with: "API server") == [])
                    await cluster.stop()
                    try await server.wait(for: Self.apiUp, toBe: 0)
                    try await Self.waitForFailures(12, of: server)
                    try await server.expectShopAnswers(answers)
                    #expect(try await server.readiness() == 200)
                    #expect(server.lines(with: "[WARNING]").count == 1, "\(server.log)")
                    #expect(server.lines(with: "API server 127.0.0.1:\(cluster.port)", "answers stay").count == 1)
                    try cluster.apply(ClusterObjects.service("web", "10.96.0.81"))
                    try await cluster.start(port: cluster.port)
                    let back = ContinuousClock.now
                    try await server.wait(for: Self.web, ["10.96.0.81"], within: .seconds(5))
                    print("a change made during an outage was answered \(ContinuousClock.now - back) after its end")
                    try await server.wait(for: Self.apiUp, toBe: 1)
                    #expect(server.lines(with: "[WARNING]").count == 1, "\(server.log)")
                    #expect(server.lines(with: "[INFO]", "followed again after").count == 1, "\(server.log)")
                }
            }
        }

        @Test("Without API server at the start names of the cluster are SERVFAIL, and never asked of others")
        func lateServer() async throws {
            let zone = "cluster.local. 9 IN SOA ns.cluster.local. root.cluster.local. 1 2 3 4 5\n"
            let upstream = ScriptedUpstream(
                zone: try UpstreamZone(text: zone + "\(Self.web). 60 IN A 203.0.113.7\n"))
            let forward = "forward . 127.0.0.1:\(try await upstream.start())"
            try await withCluster { cluster in
                await cluster.stop()
                let options = ClusterServer.Options(
                    kubernetes: "startup_timeout 100ms\n    fallthrough", directives: forward)
                try await ClusterServer.run(following: cluster.port, options) { server in
                    for name in [Self.web, "none.shop.svc.cluster.local", "1.0.96.10.in-addr.arpa"] {
                        #expect(try await server.server.ask(name)?.responseCode == .serverFailure)
                    }
                    #expect(try await server.readiness() == 503)
                    try await Self.waitForFailures(12, of: server)
                    #expect(server.lines(with: "[WARNING]", "API server").count == 1, "\(server.log)")
                    #expect(try await server.metric(Self.apiUp) == 0)
                    #expect(upstream.queryCounts == (0, 0))
                    try await cluster.start(port: cluster.port)
                    let start = ContinuousClock.now
                    try await server.waitUntilReady()
                    print("ready \(ContinuousClock.now - start) after the API server appeared")
                    #expect(try await server.server.answers(Self.web) == ["10.96.0.80"])
                    try await server.wait(for: Self.apiUp, toBe: 1)
                    #expect(server.lines(with: "API server").count == 2, "\(server.log)")
                    #expect(server.lines(with: "[INFO]", "followed after").count == 1, "\(server.log)")
                }
            }
            await upstream.stop()
        }

        @Test("One kind that is forbidden: the others answer, the log names it, and an outage is told all the same")
        func forbidden() async throws {
            try await withCluster { cluster in
                cluster.inject(
                    Fault(.refuse(status: 403, reason: "Forbidden", message: "no"), resource: "endpointslices"))
                let options = ClusterServer.Options(kubernetes: "startup_timeout 100ms")
                try await ClusterServer.run(following: cluster.port, options) { server in
                    try await server.wait(for: Self.web, ["10.96.0.80"])
                    try await wait(for: "a line about the refusal", log: { server.log }) {
                        server.lines(with: "[WARNING]", "endpointslices", "403", "ClusterRole").count == 1
                    }
                    #expect(try await server.readiness() == 503)
                    #expect(try await server.server.ask("db.shop.svc.cluster.local")?.responseCode == .serverFailure)
                    #expect(try await server.metric(Self.apiUp) == 0)
                    #expect(server.lines(with: "API server") == [])
                    await cluster.stop()
                    try await wait(for: "a line about the outage", log: { server.log }) {
                        server.lines(with: "[WARNING]", "API server").count == 1
                    }
                    cluster.clearFaults()
                    try await cluster.start(port: cluster.port)
                    try await server.waitUntilReady()
                    try await server.wait(for: "db.shop.svc.cluster.local", ["10.1.0.1", "10.1.0.2"])
                    try await server.wait(for: Self.apiUp, toBe: 1)
                    #expect(server.lines(with: "endpointslices", "403").count == 1, "\(server.log)")
                }
            }
        }
    }
}
