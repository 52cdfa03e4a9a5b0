import DNSWire
import Foundation
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// What is answered from the cache while an upstream is away.
    @Suite("serve_stale")
    struct StaleCacheTests {
        private static let zone = "test. 9 IN SOA ns.test. root.test. 1 2 3 4 5\nwww.test. 600 IN A 203.0.113.7\n"

        private static func cache(_ ttl: Int, stale: String) -> String {
            "cache {\n    success 9984 \(ttl) 0\n    serve_stale \(stale)\n    serve_stale_policy prefer_positive\n}\n"
        }

        /// Waits until the answer has this TTL; it must always be there.
        private static func wait(for ttl: UInt32, _ server: RunningServer) async throws {
            try await TestSupport.wait(for: "an answer with a TTL of \(ttl)", log: { server.process.log }) {
                let reply = try #require(try await server.ask("www.test"))
                #expect(reply.answers.map(\.data.text) == ["203.0.113.7"])
                return reply.answers.first?.ttl == ttl
            }
        }

        @Test(
            "an expired answer outlives its upstream and a reload with other settings, and is asked for again; a stop waits for nothing"
        )
        func outlives() async throws {
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: Self.zone))
            let forward = "forward . 127.0.0.1:\(try await upstream.start())"
            let directives = Self.cache(1, stale: "1h immediate 7s") + forward
            try await RunningServer.run(directives) { server in
                try await Self.wait(for: 1, server)
                let load = QueryLoad(asking: Question(try Name(parsing: "www.test"), .A), port: server.port)
                upstream.faults.dropShare = 1
                try await Self.wait(for: 7, server)
                let other = "errors\n" + Self.cache(2, stale: "2h verify 20ms 8s 1s") + forward
                try server.process.write(RunningServer.corefile(port: server.port, other), to: "Corefile")
                server.process.signal(SIGUSR1)
                try await Self.wait(for: 8, server)
                upstream.faults.dropShare = 0
                try await Self.wait(for: 2, server)
                upstream.faults.dropShare = 1
                try await Self.wait(for: 8, server)
                let tally = try await load.stop()
                #expect(tally.lost == 0 && tally.wrong == 0 && tally.answered > 1_000, "\(tally)")
                let start = ContinuousClock.now
                server.process.signal(SIGTERM)
                #expect(try await server.process.waitForExit() == .status(0))
                // The upstream would be waited for up to five seconds.
                #expect(ContinuousClock.now - start < .seconds(3), "\(server.process.log)")
            }
            await upstream.stop()
        }

        @Test("what comes from the cluster is asked for again as well")
        func cluster() async throws {
            func objects(_ address: String) -> String {
                """
                apiVersion: v1
                kind: Namespace
                metadata:
                  name: shop
                ---
                apiVersion: v1
                kind: Service
                metadata:
                  name: web
                  namespace: shop
                spec:
                  clusterIP: \(address)
                """
            }
            let name = "web.shop.svc.cluster.local"
            let kubernetes = "kubernetes cluster.local {\n    manifests cluster\n}\n"
            for mode in ["immediate", "verify"] {
                let cache = "cache {\n    success 9984 1 0\n    servfail 0s\n    serve_stale 1h \(mode)\n}\n"
                let files = ["cluster/web.yaml": objects("10.96.0.80")]
                try await RunningServer.run(cache + kubernetes, files: files) { server in
                    try await TestSupport.wait(for: "the first answer", log: { server.process.log }) {
                        try await server.answers(name) == ["10.96.0.80"]
                    }
                    try server.process.write(objects("10.96.0.81"), to: "cluster/web.yaml")
                    try await TestSupport.wait(for: "the new answer", log: { server.process.log }) {
                        try await server.answers(name) == ["10.96.0.81"]
                    }
                }
            }
        }
    }
}
