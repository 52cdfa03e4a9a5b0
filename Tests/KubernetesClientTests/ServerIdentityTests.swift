import NIOSSL
import StandInAPIServer
import TLSIdentity
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("The API server's certificate is for the name or the address that is meant", .timeLimit(.minutes(1)))
struct APIServerIdentityTests {
    @Test(
        "What is expected is the name that is given, else what the server is reached by",
        arguments: [
            ("https://api.test:6443", nil, .name("api.test")), ("https://10.0.0.1", nil, .address([10, 0, 0, 1])),
            ("https://10.0.0.1", "api.test", .name("api.test")),
            ("https://api.test", "10.0.0.1", .address([10, 0, 0, 1])),
            ("https://[fd00::1]", nil, .address([0xFD] + Array(repeating: 0, count: 14) + [1])),
            ("http://api.test", nil, nil),
        ] as [(String, String?, ServerIdentity.Expected?)])
    func expected(_ url: String, _ name: String?, _ expected: ServerIdentity.Expected?) throws {
        var access = ClusterAccess(server: try #require(ServerAddress(url)), serverName: name)
        #expect(access.expectedIdentity == expected)
        access.skipsVerification = true
        #expect(access.expectedIdentity == nil)
    }

    @Test("Names, wildcards, addresses, a common name alone, and a time that is over")
    func certificates() async throws {
        let folder = try CertificateFolder()
        let subjects = [
            "name": "DNS:api.test", "other": "DNS:other.test", "wildcard": "DNS:*.test", "address": "IP:127.0.0.1",
            "both": "DNS:api.test,IP:127.0.0.1", "elsewhere": "IP:127.0.0.2", "text": "DNS:127.0.0.1",
        ]
        for (name, subject) in subjects { try folder.makeCertificate(name, for: subject) }
        try folder.makeCertificate("api.test")
        try folder.makeCertificate("expired", for: "DNS:api.test,IP:127.0.0.1", isExpired: true)
        let (byName, byAddress) = (["name", "wildcard", "both"], ["address", "both"])
        for name in subjects.keys.sorted() + ["api.test", "expired"] {
            #expect(
                try await isTaken(name, folder, serverName: "api.test") == byName.contains(name), "\(name), by name")
            #expect(try await isTaken(name, folder, serverName: nil) == byAddress.contains(name), "\(name), by address")
        }
    }

    /// Whether a server with a certificate is sent a request.
    private func isTaken(_ name: String, _ folder: CertificateFolder, serverName: String?) async throws -> Bool {
        let server = try StandInAPIServer(
            tls: .init(chain: folder.path("\(name).crt"), key: folder.path("\(name).key")))
        let access = ClusterAccess(
            server: ServerAddress(host: "127.0.0.1", port: UInt16(try await server.start())),
            credential: .token("secret"),
            authority: .file(folder.path("ca.crt")), serverName: serverName)
        let client = try KubernetesClient(access: access, version: "0")
        try await shuttingDown(client, server) {
            _ = try? await client.send(APIRequest(operation: .get, path: "/version")) { _ in }
        }
        return !server.requests.isEmpty
    }
}
