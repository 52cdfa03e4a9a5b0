import NIOCore
import NIOPosix
import NIOSSL
import TLSIdentity

extension TCPFailure {
    /// Why a connection could not be made, or was lost, in the words of the system and of Go's `net` package where they
    /// have some.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "connect: \(ForwardFailure.describe(error.errnoCode))"
        case let error as NIOConnectionError: error.connectionErrors.first.map { reason($0.error) } ?? "no connection"
        case ChannelError.connectTimeout: "i/o timeout"
        case let error as NIOSSLError: "tls: \(words(of: error))"
        case let error as BoringSSLError: "tls: \(code(in: "\(error)"))"
        case is ServerIdentity.Mismatch: mismatch
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: mismatch
        case let error as UpstreamConnectorError: words(of: error)
        default: String("\(error)".prefix(200))
        }
    }

    private static let mismatch = "tls: the certificate is for another name or address"

    private static func words(of error: NIOSSLError) -> String {
        switch error {
        case .handshakeFailed(.sslError(let stack)) where stack == [.eofDuringHandshake]: "EOF during the handshake"
        case .uncleanShutdown: "unexpected EOF"
        default: code(in: "\(error)")
        }
    }

    /// The library's own word, without its place in the source: `certificate verify failed`.
    private static func code(in text: String) -> String {
        guard let mark = text.firstRange(of: "OPENSSL_internal:") else { return String(text.prefix(200)) }
        return text[mark.upperBound...].prefix { $0 != " " }.lowercased().replacing("_", with: " ")
    }

    private static func words(of error: UpstreamConnectorError) -> String {
        switch error {
        case .noContext: "tls: not configured"
        case .slowHandshake: "tls: handshake timeout"
        case .endedHandshake: "EOF"
        case .noHTTP: "tls: the server does not offer HTTP/2"
        }
    }
}
