import DNSWire
import Glibc

/// Why an upstream did not answer; the words are those of Go's `net` package, on which `errors` lines are matched.
enum ForwardFailure: Equatable, Sendable {
    /// No reply came in time.
    case timeout(ForwardAttempts.Channel)
    /// A socket could not be opened or connected.
    case unopened(Int32)
    /// A system call on the socket failed.
    case system(Int32)
    /// No connection could be made.
    case noConnection(String)
    /// The connection ended before the reply came.
    case disconnected
    /// What came over HTTPS is no DNS message: why.
    case refused(String)
    /// What came over a connection is no reply to the question.
    case malformed
    /// The reply to the question is damaged.
    case damaged(ForwardAttempts.Channel)
    /// Upstreams over connections take no queries for now, and as many as there is memory for wait for them.
    case noRoom
    /// Too many queries ask the same at a time, each for itself.
    case crowded
    /// The upstream asks what it is being asked: it seems to forward to this server.
    case returned
    /// The configuration that the query came in by has ended.
    case ended

    /// `read udp 10.0.0.7:40000->192.0.2.1:53: i/o timeout`.
    ///
    /// - Parameter local: the address and port that were asked from; nil when there was no connection, or it is not known any more.
    func text(_ upstream: String, from local: String? = nil) -> String {
        let way = local.map { "\($0)->\(upstream)" } ?? upstream
        return switch self {
        // Without a connection the time has passed while it was made.
        case .timeout(.tcp) where local == nil: "dial tcp \(upstream): i/o timeout"
        case .timeout(let channel): "read \(channel.network) \(way): i/o timeout"
        case .unopened(let code): "dial udp \(upstream): connect: \(Self.describe(code))"
        // What ICMP says of one message is told when the next is read or sent.
        case .system(ECONNREFUSED): "read udp \(way): read: \(Self.describe(ECONNREFUSED))"
        case .system(let code): "write udp \(way): write: \(Self.describe(code))"
        case .noConnection(let reason): "dial tcp \(upstream): \(reason)"
        case .disconnected: "read tcp \(way): EOF"
        case .refused(let reason): "read tcp \(way): \(reason)"
        case .malformed: "read tcp \(way): not a reply to the question"
        case .damaged(let channel): "read \(channel.network) \(way): the reply is damaged"
        case .noRoom: "write tcp \(upstream): too many queries wait to be sent"
        case .crowded: "\(upstream): too many queries for the same question; does the upstream forward to this server?"
        case .returned: "\(upstream): the question came back from an upstream; does it forward to this server?"
        case .ended: "\(upstream): the configuration has ended"
        }
    }

    /// What those who ask are told, and for how long others need not ask: nothing where the reason lies here.
    var extendedError: ExtendedErrorCode? {
        switch self {
        case .timeout, .returned: .noReachableAuthority
        case .unopened, .system, .noConnection, .disconnected, .refused, .malformed, .damaged: .networkError
        case .noRoom, .crowded, .ended: nil
        }
    }

    /// The system's words in lower case: `connection refused`.
    static func describe(_ code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0).lowercased() } ?? "error \(code)"
    }
}

extension ForwardAttempts.Channel {
    /// As Go's `net` package names it.
    fileprivate var network: String { self == .udp ? "udp" : "tcp" }
}
