import DNSServer
import NIOCore
import NIOPosix

/// Where all connections to upstreams live.
enum StreamLoop {
    /// One event loop for all upstreams, made when the first query goes over a connection.
    ///
    /// It is theirs alone: what a bad upstream has the loop do shall not keep others waiting, such as whoever follows the cluster.
    static let shared: any EventLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
}

/// What the connections to one upstream have in common.
struct StreamSettings: Sendable {
    let target: UpstreamTarget
    /// The address to connect from, with port 0.
    var source: DNSServer.SocketAddress?
    /// How long a connection is kept without use.
    var expire = Duration.seconds(10)
    /// How long a connection is used at all; zero is no limit.
    var maximumAge = Duration.zero
    /// How many connections are kept without use; 0 is no limit.
    var maximumIdle = 0
    /// What secure connections are made with.
    var tls: UpstreamTLS?
    var httpMethod = ForwardConfiguration.HTTPMethod.post
    /// How long TLS may take to be agreed upon.
    var handshakeTime = Duration.seconds(3)

    /// Makes the settings of one upstream of a `forward` line.
    init(_ target: UpstreamTarget, _ configuration: ForwardConfiguration) {
        self.target = target
        source = configuration.sourceAddress
        expire = configuration.expire
        maximumAge = configuration.maximumAge
        maximumIdle = configuration.maximumIdle
        tls = configuration.tls
        httpMethod = configuration.httpMethod
    }

    /// Makes the default settings.
    init(_ target: UpstreamTarget) {
        self.target = target
    }

    /// How many connections there may be.
    ///
    /// Over HTTP/2 one carries a hundred queries as well as one, and a second is only opened when a server allows no more.
    var maximumConnections: Int {
        switch target.transport {
        case .dns, .tls: 8
        case .https: 4
        }
    }

    /// How many queries a connection has before another is opened beside it.
    ///
    /// Many servers answer the queries of a connection over TCP or TLS one after the other.
    var queriesPerConnection: Int {
        switch target.transport {
        case .dns, .tls: 1
        case .https: 100
        }
    }

    func makeCarrier() -> any UpstreamCarrier {
        switch target.transport {
        case .dns, .tls: MessageCarrier()
        case .https: HTTPCarrier(target, httpMethod)
        }
    }
}
