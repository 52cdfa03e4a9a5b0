import AsyncHTTPClient
import Basics
import Glibc
import NIOCore
import NIOSSL
import TLSIdentity

extension APIFailure {
    /// What an error of the HTTP library means to us.
    init(_ error: any Error) {
        switch error {
        case let failure as APIFailure: self = failure
        case let failure as HTTPClientError where Self.timeouts.contains(failure): self = .timedOut
        case let failure as HTTPClientError: self = .unreachable(failure.shortDescription)
        case let failure as IOError: self = .unreachable(Self.describe(failure))
        case let failure as NIOSSLError: self = .unreachable(Self.describe(failure))
        case is ServerIdentity.Mismatch:
            self = .unreachable("TLS failed: the certificate is for another name or address")
        case is CancellationError: self = .unreachable("cancelled")
        default: self = .unreachable(String(describing: error).clipped(to: 200))
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .connectTimeout, .readTimeout, .deadlineExceeded, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout,
    ]

    private static func describe(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE: "connection reset"
        case ETIMEDOUT: "connection timed out"
        case EHOSTUNREACH: "no route to host"
        case ENETUNREACH: "network unreachable"
        default: "input or output failed (errno \(error.errnoCode))"
        }
    }

    /// The reason in the TLS library's own word, without its place in the source.
    private static func describe(_ error: NIOSSLError) -> String {
        let text = String(describing: error)
        let reason = text.firstRange(of: "OPENSSL_internal:").map { text[$0.upperBound...].prefix { $0 != " " } }
        return "TLS failed: \((reason ?? text[...]).clipped(to: 200))"
    }
}
