import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Stands in for a cluster's API server: lists and watches of objects in memory, and faults on demand.
///
/// It speaks HTTP/1.1, with or without TLS, in JSON and in protobuf, and serves namespaces, services, pods, endpoint slices and
/// whatever kinds were loaded. For tests and measurements only.
///
/// It differs from a real one in that the pages of a list are not of one moment: a later page shows what changed since the
/// first. The watch from the list's version tells the same changes again.
package final class StandInAPIServer: Sendable {
    /// The certificates of a server with TLS, as PEM files.
    package struct TLS: Sendable {
        /// The server's certificate chain.
        package var chain: String
        /// The server's private key.
        package var key: String
        /// The authority that client certificates must come from; none is asked for without it.
        package var clientAuthority: String?

        /// Creates the set of files.
        package init(chain: String, key: String, clientAuthority: String? = nil) {
            self.chain = chain
            self.key = key
            self.clientAuthority = clientAuthority
        }
    }

    struct State: Sendable {
        var store: ObjectStore
        var abilities = Abilities()
        var faults: [Fault] = []
        var requiredToken: String?
        var requests: [IncomingRequest] = []
        var waiters: [Waiter] = []
        var listener: (any Channel)?
        var isStopping = false
        var connections: [Int: Task<Void, Never>] = [:]
        var lastConnection = 0
        var port: Int?
    }

    struct Abilities: Sendable {
        var protobuf = true
        var watchList = true
    }

    struct Waiter: Sendable {
        var count: Int
        var isCounted: @Sendable (IncomingRequest) -> Bool
        var signal: AsyncStream<Void>.Continuation
    }

    let state: Mutex<State>
    private let tls: NIOSSLContext?
    /// How often a watch gets a bookmark by itself.
    let bookmarkInterval: Duration

    /// Creates a server without objects.
    ///
    /// - Parameters:
    ///   - historyLimit: how many changes of a kind are remembered at least.
    ///   - bookmarkInterval: how often a watch gets a bookmark by itself.
    /// - Throws: errors of the TLS library.
    package init(
        tls: TLS? = nil, historyLimit: Int = 1000, bookmarkInterval: Duration = .seconds(30)
    ) throws {
        state = Mutex(State(store: ObjectStore(historyLimit: historyLimit)))
        self.bookmarkInterval = bookmarkInterval
        self.tls = try tls.map(Self.context)
    }

    private static func context(_ files: TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
        if let authority = files.clientAuthority {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority))
            configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }

    // MARK: Life

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: an address of this machine.
    ///   - port: the port; any free one when it is 0.
    /// - Returns: the port.
    @discardableResult
    package func start(host: String = "127.0.0.1", port: Int = 0) async throws -> Int {
        guard state.withLock({ $0.listener == nil }) else { throw StandInError.alreadyRunning }
        state.withLock { $0.isStopping = false }
        let tls = tls
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { self.serve(try Connection.channel(channel, tls: tls)) }
            }
            .bind(host: host, port: port).get()
        let bound = listener.localAddress?.port ?? port
        state.withLock { state in
            state.listener = listener
            state.port = bound
        }
        return bound
    }

    /// Answers on a connection until it ends, or the server stops.
    private func serve(_ channel: Connection.Channel) {
        state.withLock { state in
            state.lastConnection += 1
            let number = state.lastConnection
            state.connections[number] = Task {
                await Connection(server: self, channel: channel).run()
                self.state.withLock { $0.connections[number] = nil }
            }
            // One that was on its way when all were closed.
            if state.isStopping { state.connections[number]?.cancel() }
        }
    }

    /// Stops to listen and closes all connections.
    ///
    /// Objects stay; `start` may follow, with the same port.
    package func stop() async {
        let listener = state.withLock { state in
            defer { (state.listener, state.isStopping) = (nil, true) }
            return state.listener
        }
        try? await listener?.close()
        let connections = state.withLock { $0.connections.values }
        for connection in connections { connection.cancel() }
        for connection in connections { await connection.value }
    }

    /// Whether protobuf is served, of the kinds that have it.
    package var supportsProtobuf: Bool {
        get { state.withLock { $0.abilities.protobuf } }
        set { state.withLock { $0.abilities.protobuf = newValue } }
    }

    /// Whether lists are streamed (`sendInitialEvents`).
    package var supportsWatchList: Bool {
        get { state.withLock { $0.abilities.watchList } }
        set { state.withLock { $0.abilities.watchList = newValue } }
    }

    /// The port it listens on, or listened on last.
    package var port: Int { state.withLock { $0.port ?? 0 } }
}
