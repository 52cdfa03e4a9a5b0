import DNSServer
import NIOCore
import NIOPosix

/// The connections to one upstream, shared by all workers: over TCP, TLS or HTTPS.
protocol StreamUpstream: AnyObject, Sendable {
    /// Sends `request`, whose completion is called when there is a reply or no hope.
    func send(_ request: TCPRequest)
    /// Forgets `request`, for which nobody waits any more.
    func cancel(_ request: TCPRequest)
    /// Closes all connections; queries on them fail.
    func close()
}

extension StreamUpstream {
    func cancel(_ request: TCPRequest) {
        StreamLoop.shared.execute { request.cancel() }
    }
}

/// Where all connections to upstreams live.
enum StreamLoop {
    /// One event loop for all upstreams, made when the first query goes over a connection.
    static let shared: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
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

    /// When a connection that is made now has served long enough; nil for never.
    var age: TimeAmount? { maximumAge > .zero ? TimeAmount(maximumAge) : nil }
}
