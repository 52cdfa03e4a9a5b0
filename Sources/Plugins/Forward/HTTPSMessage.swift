import AsyncHTTPClient
import DNSServer
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Queries and replies as HTTP carries them (RFC 8484).
enum HTTPSMessage {
    static let path = "/dns-query"
    static let mediaType = "application/dns-message"
    /// The longest reply.
    static let limit = 65_535

    /// Where an upstream is asked: at the name in its certificate if one is known, at its address otherwise.
    static func url(_ target: UpstreamTarget) -> String {
        let address = target.address
        let host = target.transport.certificateName ?? (address.isIPv4 ? address.host : "[\(address.host)]")
        return address.port == 443 ? "https://\(host)\(path)" : "https://\(host):\(address.port)\(path)"
    }

    /// A query as a request.
    ///
    /// Its ID is 0, so that caches on the way see equal questions as equal (RFC 8484 §4.1).
    static func request(_ query: [UInt8], to url: String, _ method: ForwardConfiguration.HTTPMethod) -> HTTPClientRequest {
        let message = [0, 0] + query.dropFirst(2)
        var request: HTTPClientRequest
        switch method {
        case .get:
            request = HTTPClientRequest(url: "\(url)?dns=\(base64URL(message))")
        case .post:
            request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: mediaType)
            request.body = .bytes(ByteBuffer(bytes: message))
        }
        request.headers.add(name: "Accept", value: mediaType)
        return request
    }

    /// RFC 4648 §5, without padding.
    static func base64URL(_ octets: [UInt8]) -> String {
        let text = Data(octets).base64EncodedString()
        return String(
            decoding: text.utf8.lazy.filter { $0 != UInt8(ascii: "=") }.map { octet in
                switch octet {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: octet
                }
            }, as: UTF8.self)
    }

    /// Looks at the head of a response.
    ///
    /// - Throws: `refused` when no DNS message comes with it.
    static func check(status: HTTPResponseStatus, _ headers: HTTPHeaders) throws(TCPFailure) {
        guard (200..<300).contains(status.code) else { throw .refused("HTTP status \(status.code)") }
        let type = headers.first(name: "Content-Type")?.prefix { $0 != ";" } ?? ""
        guard type.lowercased().filter({ !$0.isWhitespace }) == mediaType else {
            throw .refused("HTTP content type \(type.isEmpty ? "missing" : String(type.prefix(64)))")
        }
    }
}
