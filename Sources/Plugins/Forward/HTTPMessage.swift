import DNSServer
import FoundationEssentials
import NIOHTTP1

/// A query as an HTTP request, and what makes a response a reply (RFC 8484).
struct HTTPMessage {
    static let path = "/dns-query"
    static let mediaType = "application/dns-message"
    /// The longest reply: what the length of a message over TCP can say.
    static let longest = 65_535
    private static let shortest = 12

    let head: HTTPRequestHead
    let body: [UInt8]?

    /// About how many octets it has.
    var size: Int { head.uri.utf8.count + (body?.count ?? 0) + 256 }

    /// Makes the request.
    ///
    /// Its ID is 0, so that caches on the way see equal questions as equal (RFC 8484 §4.1).
    init(_ query: [UInt8], to target: UpstreamTarget, _ method: ForwardConfiguration.HTTPMethod) {
        let message = [0, 0] + query.dropFirst(2)
        var headers = HTTPHeaders([("Host", Self.authority(target)), ("Accept", Self.mediaType)])
        switch method {
        case .get:
            let uri = "\(Self.path)?dns=\(Self.base64URL(message))"
            head = HTTPRequestHead(version: .http2, method: .GET, uri: uri, headers: headers)
            body = nil
        case .post:
            headers.add(name: "Content-Type", value: Self.mediaType)
            headers.add(name: "Content-Length", value: "\(message.count)")
            head = HTTPRequestHead(version: .http2, method: .POST, uri: Self.path, headers: headers)
            body = message
        }
    }

    /// Whom the request is for: the name in the certificate if one is known, the address otherwise.
    static func authority(_ target: UpstreamTarget) -> String {
        let address = target.address
        let host = target.transport.certificateName ?? (address.isIPv4 ? address.host : "[\(address.host)]")
        return address.port == 443 ? host : "\(host):\(address.port)"
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
    static func check(_ head: HTTPResponseHead) throws(TCPFailure) {
        guard (200..<300).contains(head.status.code) else { throw .refused("HTTP status \(head.status.code)") }
        let type = head.headers.first(name: "Content-Type")?.prefix { $0 != ";" } ?? ""
        guard type.lowercased().filter({ !$0.isWhitespace }) == mediaType else {
            throw .refused("HTTP content type \(type.isEmpty ? "missing" : String(type.prefix(64)))")
        }
    }

    /// Looks at the whole body.
    ///
    /// - Throws: `refused` when there is no DNS message in it.
    static func check(_ body: [UInt8]) throws(TCPFailure) {
        guard body.count >= shortest else { throw .refused("HTTP response shorter than a DNS message") }
    }
}
