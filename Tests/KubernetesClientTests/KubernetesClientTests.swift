import Foundation
import KubernetesClient
import StandInAPIServer
import Testing

@Suite("The client of one API server", .timeLimit(.minutes(1)))
struct KubernetesClientTests {
    @Test("Requests say who we are and what we read")
    func headers() async throws {
        try await withCluster(credential: .token("t")) { server, client in
            try await following(Service.self, client) { events in
                try await events.expectState([])
            }
            let request = try #require(server.requests.first)
            #expect(request.headers["user-agent"] == "Needletail/1.2.3")
            #expect(request.headers["accept"] == "application/vnd.kubernetes.protobuf,application/json")
            #expect(request.headers["authorization"] == "Bearer t")
            #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
        }
    }

    @Test("Each request is reported once, with its code")
    func reports() async throws {
        let observer = ObserverRecorder()
        try await withCluster(observer: observer) { server, client in
            server.inject(Fault(.refuse(status: 503, reason: "ServiceUnavailable"), operation: .list, times: 1))
            try await following(Service.self, client) { events in
                try await events.expectState([])
                try await observer.wait(for: 2, code: "200")
            }
            #expect(observer.reports.map(\.code) == ["503", "200", "200"])
            #expect(observer.reports.map(\.operation) == [.list, .list, .watch])
            #expect(
                observer.reports.allSatisfy {
                    $0.method == "GET" && $0.host == "127.0.0.1:\(server.port)" && $0.duration > .zero
                })
        }
    }
}

@Suite("TLS to the API server", .timeLimit(.minutes(1)))
struct ClientTLSTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func access(_ port: Int) throws -> ClusterAccess {
        try ClusterAccess.endpoint(
            url: "https://127.0.0.1:\(port)", certificate: files.path("client.crt"), key: files.path("client.key"),
            authority: files.path("ca.crt"))
    }

    /// The first log line of a reflector with an access, or the state it was told.
    private func outcome(
        of certificate: String = "server", _ change: (inout ClusterAccess) -> Void
    ) async throws -> String {
        let server = try StandInAPIServer(
            tls: .init(
                chain: files.path("\(certificate).crt"), key: files.path("\(certificate).key"),
                clientAuthority: files.path("ca.crt")))
        try server.apply(Sample.service("one"))
        var access = try access(try await server.start())
        change(&access)
        let observer = ObserverRecorder()
        let client = try KubernetesClient(access: access, version: "0", observer: observer)
        let (outcome, continuation) = AsyncStream.makeStream(of: String.self)
        let reflector = Reflector<Service>(client: client, settings: .quick, logger: LogRecorder().logger) { event in
            if case .listed(let objects) = event { continuation.yield(objects.map(\.metadata.name).joined()) }
        }
        let run = Task { await reflector.run() }
        let refusal = Task {
            try await observer.wait(for: 2, code: "<error>")
            continuation.yield("refused")
        }
        var result = ""
        for await line in outcome {
            result = line
            break
        }
        refusal.cancel()
        run.cancel()
        await expectEnd(of: "the reflector") { await run.value }
        try await shuttingDown(client, server) {}
        return result
    }

    @Test("A client certificate is shown, and the server's is checked against its address")
    func mutual() async throws {
        #expect(try await outcome { _ in } == "one")
    }

    @Test("A certificate of another name is refused, unless tls-server-name says so")
    func serverName() async throws {
        #expect(try await outcome(of: "named") { _ in } == "refused")
        #expect(try await outcome(of: "named") { $0.serverName = "api.test" } == "one")
        #expect(try await outcome(of: "named") { $0.serverName = "other.test" } == "refused")
    }

    @Test("Where a name is expected, a certificate for the connection's address is that of another server")
    func addressInPlaceOfName() async throws {
        #expect(try await outcome { $0.serverName = "api.test" } == "refused")
        #expect(
            try await outcome {
                $0.serverName = "api.test"
                $0.skipsVerification = true
            } == "one")
    }

    @Test("A server that is another one gets no token: no request comes to it")
    func noToken() async throws {
        let server = try StandInAPIServer(tls: .init(chain: files.path("server.crt"), key: files.path("server.key")))
        let access = ClusterAccess(
            server: ServerAddress(host: "127.0.0.1", port: UInt16(try await server.start())),
            credential: .token("secret"),
            authority: .file(files.path("ca.crt")), serverName: "api.test")
        let (observer, logs) = (ObserverRecorder(), LogRecorder())
        let client = try KubernetesClient(access: access, version: "0", observer: observer)
        try await shuttingDown(client, server) {
            try await following(Service.self, client, logs: logs) { _ in
                try await observer.wait(for: 3, code: "<error>")
            }
            #expect(server.requests.isEmpty)
            let expected = "list services: TLS failed: the certificate is for another name or address; retrying"
            #expect(logs.all == ["warning: " + expected])
        }
    }

    @Test("A server of another authority is refused, unless checks are off")
    func stranger() async throws {
        let stranger = files.path("stranger.crt")
        #expect(try await outcome { $0.authority = .file(stranger) } == "refused")
        #expect(
            try await outcome {
                $0.authority = .file(stranger)
                $0.skipsVerification = true
            } == "one")
    }

    @Test("Without a client certificate the server refuses")
    func anonymous() async throws {
        #expect(try await outcome { $0.certificate = nil } == "refused")
    }

    @Test("A certificate that is replaced on disk is used for the next connection")
    func rotation() async throws {
        let server = try StandInAPIServer(
            tls: .init(
                chain: files.path("server.crt"), key: files.path("server.key"), clientAuthority: files.path("ca.crt")))
        let access = try access(try await server.start())
        let certificate = String(decoding: try files.directory.read("client.crt"), as: UTF8.self)
        let key = String(decoding: try files.directory.read("client.key"), as: UTF8.self)
        // A certificate of another authority, for now.
        try files.directory.write(
            "client.crt", String(decoding: try files.directory.read("stranger.crt"), as: UTF8.self))
        try files.directory.write(
            "client.key", String(decoding: try files.directory.read("stranger.key"), as: UTF8.self))
        let observer = ObserverRecorder()
        let client = try KubernetesClient(access: access, version: "0", observer: observer)
        try await shuttingDown(client, server) {
            try await following(Service.self, client) { events in
                try await observer.wait(for: 2, code: "<error>")
                try files.directory.write("client.key", key)
                try files.directory.write("client.crt", certificate)
                try await events.expectState([])
            }
        }
    }

    @Test("An authority that is replaced on disk is trusted for the next connection")
    func replacedAuthority() async throws {
        let server = try StandInAPIServer(tls: .init(chain: files.path("server.crt"), key: files.path("server.key")))
        let authority = String(decoding: try files.directory.read("ca.crt"), as: UTF8.self)
        let stranger = String(decoding: try files.directory.read("stranger.crt"), as: UTF8.self)
        try files.directory.write("authority.crt", stranger)
        let access = try ClusterAccess.endpoint(
            url: "https://127.0.0.1:\(try await server.start())", authority: files.path("authority.crt"))
        let observer = ObserverRecorder()
        let client = try KubernetesClient(access: access, version: "0", observer: observer)
        try await shuttingDown(client, server) {
            try await following(Service.self, client) { events in
                try await observer.wait(for: 2, code: "<error>")
                try files.directory.write("authority.crt", authority)
                try await events.expectState([])
            }
        }
    }
}

@Suite("API servers at IPv6 addresses", .timeLimit(.minutes(1)))
struct ClientIPv6Tests {
    private static var isPossible: Bool {
        let addresses = try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)
        return addresses?.contains("00000000000000000000000000000001") == true
    }

    @Test("The environment of a cluster with IPv6 leads to its API server", .enabled(if: isPossible))
    func environment() async throws {
        let files = try TestCertificates(serverNames: "IP:::1")
        let server = try StandInAPIServer(tls: .init(chain: files.path("server.crt"), key: files.path("server.key")))
        let port = try await server.start(host: "::1")
        try files.directory.write("token", "t")
        server.requiredToken = "t"
        let access = try ClusterAccess.inCluster(
            environment: ["KUBERNETES_SERVICE_HOST": "::1", "KUBERNETES_SERVICE_PORT": String(port)],
            directory: files.directory.path)
        let client = try KubernetesClient(access: access, version: "0")
        try await shuttingDown(client, server) {
            try await following(Service.self, client) { events in
                try await events.expectState([])
            }
            #expect(server.requests.first?.headers["host"] == "[::1]:\(port)")
        }
    }
}
