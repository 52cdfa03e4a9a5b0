import AsyncHTTPClient
import NIOCore
import TLSIdentity

extension KubernetesClient {
    /// How connections are made.
    ///
    /// HTTP/1.1: a watch has a connection to itself, so that a slow list does not hold up the events of another kind.
    static func configuration(
        access: ClusterAccess, timeouts: Timeouts, bodies: DirectBodies
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(timeouts.connect), read: TimeAmount(timeouts.idle)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        // The reflectors try again at their own pace.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let name = access.serverName { configuration.dnsOverride = [name: access.server.host] }
        let expected = access.expectedIdentity
        configuration.http1_1ConnectionDebugInitializer = { channel in
            watchPeer(channel).flatMap { insist(on: expected, channel) }.flatMapThrowing {
                try DirectBodyHandler.add(to: channel, bodies, patience: timeouts.idle)
            }
        }
        return configuration
    }

    /// Lets no request, and so no token, go out before the certificate is seen to be for the server that is meant.
    ///
    /// The HTTP library calls this when TLS is agreed upon and before it hands the connection over.
    private static func insist(on expected: ServerIdentity.Expected?, _ channel: any Channel) -> EventLoopFuture<Void> {
        guard let expected else { return channel.eventLoop.makeSucceededVoidFuture() }
        return channel.eventLoop.submit { try ServerIdentity.check(expected, on: channel) }.flatMapErrorThrowing {
            error in
            channel.close(promise: nil)
            throw error
        }
    }

    /// Lets the kernel find out about a peer that is gone without a word: after some ten seconds instead of hours.
    private static func watchPeer(_ channel: any Channel) -> EventLoopFuture<Void> {
        let options: [(NIOBSDSocket.Option, Int)] = [
            (TCPOption.keepIdle, 5), (TCPOption.keepInterval, 2), (TCPOption.keepCount, 3),
            (TCPOption.userTimeout, 11_000),
        ]
        var done = channel.setOption(.socketOption(.so_keepalive), value: 1)
        for (option, value) in options {
            done = done.flatMap { channel.setOption(.tcpOption(option), value: value) }
        }
        // A connection without the options is still a connection.
        return done.flatMapErrorThrowing { _ in }
    }
}

/// Linux's numbers of TCP options, from `netinet/tcp.h`.
private enum TCPOption {
    static let keepIdle = NIOBSDSocket.Option(rawValue: 4)
    static let keepInterval = NIOBSDSocket.Option(rawValue: 5)
    static let keepCount = NIOBSDSocket.Option(rawValue: 6)
    static let userTimeout = NIOBSDSocket.Option(rawValue: 18)
}
