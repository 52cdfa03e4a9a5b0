import DNSWire
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// A cluster that is a folder of manifests.
    @Suite("Manifests")
    struct ManifestsTests {
        private static func service(address: String) -> String {
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
              ports:
              - name: http
                port: 80
                protocol: TCP
            """
        }

        @Test("services of the folder are answered, and a changed file changes the answer")
        func follows() async throws {
            let files = ["cluster/web.yaml": Self.service(address: "10.96.0.80")]
            try await RunningServer.run("kubernetes cluster.local {\n    manifests cluster\n}", files: files) {
                server in
                let name = "web.shop.svc.cluster.local"
                try await wait(for: "the first answer", log: { server.process.log }) {
                    try await server.answers(name) == ["10.96.0.80"]
                }
                let ports = try await server.answers("_http._tcp.\(name)", .SRV)
                #expect(ports == ["0 100 80 web.shop.svc.cluster.local."])
                #expect(try await server.ask("other.shop.svc.cluster.local")?.responseCode == .nameError)
                try server.process.write(Self.service(address: "10.96.0.81"), to: "cluster/web.yaml")
                try await wait(for: "the new answer", log: { server.process.log }) {
                    try await server.answers(name) == ["10.96.0.81"]
                }
            }
        }
    }
}
