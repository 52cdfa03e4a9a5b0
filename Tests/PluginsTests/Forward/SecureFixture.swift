import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import TestSupport
import Testing

@testable import Plugins

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

    /// What upstreams are asked with that the authority vouches for.
    var clientTLS: UpstreamTLS {
        get throws {
            let configurations = try ForwardConfigurationTests.read(
                "forward . tls://127.0.0.1 https://127.0.0.1 {\n\(trust)\n}")
            return try #require(configurations.first?.tls)
        }
    }

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

/// A server that says the same over TLS whatever it is told.
final class RawServer: Sendable {
    let port: Int
    private let channel: any Channel

    init(_ tls: NIOSSLContext, _ octets: [UInt8]) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    try channel.pipeline.syncOperations.addHandler(Handler(octets))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = try #require(channel.localAddress?.port)
    }

    func close() async throws {
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var octets: [UInt8]?

        init(_ octets: [UInt8]) {
            self.octets = octets
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let octets else { return }
            self.octets = nil
            context.channel.writeAndFlush(ByteBuffer(bytes: octets), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

/// Holds back what comes over connections, until it is opened.
final class HandshakeGate: Sendable {
    private struct State {
        var isOpen = false
        var channels: [any Channel] = []
    }

    private let state = Mutex(State())

    /// What stands in the way on one connection.
    func handler(for channel: any Channel) -> any ChannelHandler {
        let isOpen = state.withLock { state in
            state.channels.append(channel)
            return state.isOpen
        }
        return Handler(isOpen: isOpen)
    }

    /// Lets everything through, from now on.
    func open() {
        let channels = state.withLock { state in
            state.isOpen = true
            return state.channels
        }
        for channel in channels { channel.triggerUserOutboundEvent(Opening(), promise: nil) }
    }

    private struct Opening {}

    private final class Handler: ChannelInboundHandler, ChannelOutboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer
        private var isOpen: Bool
        private var held: [ByteBuffer] = []

        init(isOpen: Bool) {
            self.isOpen = isOpen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isOpen { context.fireChannelRead(data) } else { held.append(unwrapInboundIn(data)) }
        }

        func triggerUserOutboundEvent(
            context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
        ) {
            guard event is Opening else { return context.triggerUserOutboundEvent(event, promise: promise) }
            isOpen = true
            for part in held { context.fireChannelRead(NIOAny(part)) }
            held = []
            context.fireChannelReadComplete()
            promise?.succeed()
        }
    }
}
