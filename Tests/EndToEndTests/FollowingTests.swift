import DNSWire
import Foundation
import StandInAPIServer
import TestSupport
import Testing

extension EndToEnd {
    /// An API server that is there.
    @Suite("Following")
    struct FollowingTests {
        private static let web = "web.shop.svc.cluster.local"
        private static let db = "db.shop.svc.cluster.local"

        @Test("A reload keeps what is known: nothing is asked of the API server, and changes are followed as before")
        func reload() async throws {
            try await withCluster { cluster in
                try await ClusterServer.run(following: cluster.port) { server in
                    try await server.waitUntilReady()
                    try await wait(for: "the watches") { cluster.watcherCount == 3 }
                    let requests = cluster.requests.count
                    for round in 1...3 {
                        let ttl = "\n        ttl 3\(round)\n        endpoint"
                        try server.process.write(server.corefile.replacing("endpoint", with: ttl), to: "Corefile")
                        server.process.signal(SIGUSR1)
                        try await wait(for: "the end of the reload", log: { server.log }) {
                            server.lines(with: "Reloading complete").count == round
                        }
                        #expect(try await server.server.ask(Self.web)?.answers.map(\.ttl) == [UInt32(30 + round)])
                        try cluster.apply(ClusterObjects.service("web", "10.96.1.\(round)"))
                        try await server.wait(for: Self.web, ["10.96.1.\(round)"])
                    }
                    #expect(cluster.requests.count == requests && cluster.watcherCount == 3)
                }
            }
        }

        @Test("An endpoint that moves from one slice to another, with two writes, is there all the time")
        func movedEndpoint() async throws {
            try await withCluster { cluster in
                try cluster.apply(ClusterObjects.slice("db-2", of: "db", ["10.1.0.3"]))
                try await ClusterServer.run(following: cluster.port) { server in
                    try await server.waitUntilReady()
                    let load = Task { try await Self.askForMovedEndpoint(server, times: 500) }
                    try cluster.apply(ClusterObjects.slice("db-1", of: "db", ["10.1.0.1"]))
                    // The pace of a busy controller.
                    try await Task.sleep(for: .milliseconds(200))
                    try cluster.apply(ClusterObjects.slice("db-2", of: "db", ["10.1.0.2", "10.1.0.3"]))
                    #expect(try await load.value == 0)
                    // Only one slice has it now.
                    try cluster.apply(ClusterObjects.slice("db-2", of: "db", ["10.1.0.3"]))
                    try await server.wait(for: Self.db, ["10.1.0.1", "10.1.0.3"])
                }
            }
        }

        /// Asks again and again, and for longer than an endpoint without a slice would stay.
        ///
        /// - Returns: how many answers were without the endpoint.
        private static func askForMovedEndpoint(_ server: ClusterServer, times: Int) async throws -> Int {
            var (asked, missed) = (0, 0)
            let end = ContinuousClock.now + .milliseconds(1_500)
            while asked < times || ContinuousClock.now < end {
                if try await !server.server.answers(db).contains("10.1.0.2") { missed += 1 }
                asked += 1
            }
            return missed
        }

        private static let multicluster = ClusterServer.Options(
            zones: "cluster.local clusterset.local", kubernetes: "multicluster clusterset.local")

        @Test("Services that clusters share are answered where the cluster has ServiceImports")
        func serviceImports() async throws {
            try await withCluster { cluster in
                cluster.define(
                    "ServiceImport", apiVersion: "multicluster.x-k8s.io/v1alpha1",
                    path: "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports")
                try cluster.apply(
                    """
                    {"kind":"ServiceImport","metadata":{"name":"pay","namespace":"shop"},"spec":{"type":"ClusterSetIP",
                    "ips":["10.9.0.1"],"ports":[{"name":"http","port":80,"protocol":"TCP"}]}}
                    """)
                try await ClusterServer.run(following: cluster.port, Self.multicluster) { server in
                    try await server.waitUntilReady()
                    try await server.wait(for: "pay.shop.svc.clusterset.local", ["10.9.0.1"])
                    #expect(try await server.server.answers(Self.web) == ["10.96.0.80"])
                    try await server.wait(for: "needletail_kubernetes_api_up", toBe: 1)
                }
            }
        }

        @Test("A cluster without ServiceImports is served all the same, and nothing is missed in it")
        func noServiceImports() async throws {
            try await withCluster { cluster in
                try await ClusterServer.run(following: cluster.port, Self.multicluster) { server in
                    try await server.waitUntilReady()
                    #expect(try await server.server.answers(Self.web) == ["10.96.0.80"])
                    let reply = try await server.server.ask("pay.shop.svc.clusterset.local")
                    #expect(reply?.responseCode == .nameError)
                    try await server.wait(for: "needletail_kubernetes_api_up", toBe: 1)
                    #expect(server.lines(with: "[WARNING]") == [])
                }
            }
        }
    }
}
