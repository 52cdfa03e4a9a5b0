import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import TestSupport
import Testing

/// Certificates, and servers that show them.
struct SecureFixture {
    let folder: CertificateFolder

    /// Makes an authority and one server's certificate, `server`.
    init(for subjects: String = "DNS:dns.test,IP:127.0.0.1", isExpired: Bool = false) throws {
        folder = try CertificateFolder()
        try folder.makeCertificate("server", for: subjects, isExpired: isExpired)
    }

    /// The option of `forward` that names the authority.
    var trust: String { "tls \(folder.path("ca.crt"))" }

    /// What a server with the certificate `name` speaks TLS with.
    func context(
        _ name: String = "server", protocols: [String] = [],
        _ change: (inout TLSConfiguration) throws -> Void = { _ in }
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(folder.path("\(name).crt")).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: folder.path("\(name).key"), format: .pem)))
        configuration.applicationProtocols = protocols
        try change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    /// Asks for clients' certificates, and takes those of the authority.
    func demandingClients(_ configuration: inout TLSConfiguration) throws {
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(folder.path("ca.crt")))
    }
}

/// A server that hears what name a client of TLS asks for, and says nothing.
final class NameListener: Sendable {
    let port: Int
    private let channel: any Channel
    let names: Names

    init() async throws {
        let names = Names()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = SNIHandler { result in
                        names.add(result)
                        return channel.eventLoop.makeSucceededVoidFuture()
                    }
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(handler))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
        self.names = names
    }

    /// The names, nil where there was none.
    final class Names: Sendable {
        private let state = Mutex<[String?]>([])

        func add(_ result: SNIResult) {
            switch result {
            case .hostname(let name): state.withLock { $0.append(name) }
            case .fallback: state.withLock { $0.append(nil) }
            }
        }

        var all: [String?] { state.withLock { $0 } }
    }

    func close() async throws {
        try await channel.close()
    }
}
