import DNSWire
import ScriptedUpstream
import TestSupport
import Testing

extension EndToEnd {
    /// Names that lead to others, which an upstream knows.
    @Suite("Aliases to names of an upstream")
    struct AliasTests {
        private static let addresses = (1...200).map { "192.0.2.\($0)" }
        /// 200 addresses: over UDP the upstream sends none of them, and TC.
        private static let zone =
            "upstream.test. 300 IN SOA ns.upstream.test. admin.upstream.test. 7 3600 600 86400 60\n"
            + addresses.map { "big.upstream.test. 60 IN A \($0)\n" }.joined()
            + "extra.shop.svc.cluster.local. 60 IN A 192.0.2.7\n"

        private static func external(_ name: String, _ target: String) -> String {
            """
            apiVersion: v1
            kind: Service
            metadata: {name: \(name), namespace: shop}
            spec: {type: ExternalName, externalName: \(target)}
            ---

            """
        }

        private static let cluster =
            external("big", "big.upstream.test") + external("failing", "servfail.upstream.test")
            + external("refused", "refused.upstream.test") + external("none", "none.upstream.test")
            + external("to-extra", "extra.shop.svc.cluster.local") + """
                apiVersion: v1
                kind: Service
                metadata: {name: balanced, namespace: shop}
                spec:
                  clusterIP: 10.96.0.80
                  ports: [{name: http, port: 80, protocol: TCP}]
                status: {loadBalancer: {ingress: [{hostname: big.upstream.test}]}}
                """

        private func run(_ body: (RunningServer) async throws -> Void) async throws {
            let upstream = ScriptedUpstream(zone: try UpstreamZone(text: Self.zone))
            let port = try await upstream.start()
            let directives = """
                autopath first.test resolv.conf
                cache
                template IN A template.test {
                    answer "{{ .Name }} 60 IN CNAME big.upstream.test."
                }
                k8s_external ext.test
                kubernetes cluster.local {
                    manifests cluster
                    fallthrough
                }
                forward . 127.0.0.1:\(port)
                """
            let files = ["cluster/shop.yaml": Self.cluster, "resolv.conf": "search first.test upstream.test\n"]
            try await RunningServer.run(directives, files: files) { server in
                try await wait(for: "the cluster", log: { server.process.log }) {
                    try await server.ask("balanced.shop.svc.cluster.local")?.answers.count == 1
                }
                try await body(server)
            }
            await upstream.stop()
        }

        @Test("who comes over TCP gets a large set behind an alias whole, whichever plugin has the alias")
        func wholeOverTCP() async throws {
            try await run { server in
                for name in [
                    "big.shop.svc.cluster.local", "balanced.shop.ext.test", "a.template.test", "big.first.test",
                ] {
                    // As a resolver does: over UDP first, which brings TC.
                    let overUDP = try #require(try await server.ask(name, edns: EDNS(payloadSize: 1_232)))
                    #expect(overUDP.flags.isTruncated, "\(name)")
                    for edns in [nil, EDNS(payloadSize: 1_232)] {
                        let reply = try #require(try await server.ask(name, edns: edns, overTCP: true))
                        #expect(!reply.flags.isTruncated && reply.responseCode == .noError, "\(name)")
                        let found = reply.answers.filter { $0.type == .A }.map(\.data.text)
                        #expect(found.sorted() == Self.addresses.sorted(), "\(name)")
                        #expect(reply.answers.count { $0.type == .CNAME } == 1, "\(name)")
                    }
                }
            }
        }

        @Test(
            "RFC 6604 §3: the code is that of the last name, from the cache as well",
            arguments: [("failing", ResponseCode.serverFailure), ("refused", .refused), ("none", .nameError)])
        func codes(_ name: String, _ code: ResponseCode) async throws {
            try await run { server in
                for _ in 0..<2 {
                    let reply = try #require(try await server.ask("\(name).shop.svc.cluster.local"))
                    #expect(reply.responseCode == code)
                    #expect(reply.answers.map(\.type) == [.CNAME])
                    #expect(reply.answers.allSatisfy { $0.ttl <= 5 })
                }
            }
        }

        @Test("an alias to a name of the zone that only the next plugin knows is answered as the name itself")
        func inZone() async throws {
            try await run { server in
                let direct = try await server.ask("extra.shop.svc.cluster.local")
                #expect(direct?.answers.map(\.data.text) == ["192.0.2.7"])
                let alias = try await server.ask("to-extra.shop.svc.cluster.local")
                #expect(alias?.answers.map(\.data.text).sorted() == ["192.0.2.7", "extra.shop.svc.cluster.local."])
            }
        }
    }
}
