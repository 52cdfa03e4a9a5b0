import Basics

/// Where an API server is: `https://HOST:PORT/PREFIX`.
package struct ServerAddress: Sendable, Hashable {
    /// Whether the connection is TLS.
    package var isSecure: Bool
    /// A host name or an address, without brackets.
    package var host: String
    /// The port.
    package var port: UInt16
    /// The path all requests begin with; empty, or `/…` without a slash at the end.
    package var pathPrefix: String

    /// Creates an address.
    package init(isSecure: Bool = true, host: String, port: UInt16, pathPrefix: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.pathPrefix = pathPrefix
    }

    /// Reads a URL, or `HOST[:PORT]` without a scheme.
    ///
    /// - Parameter secureByDefault: whether TLS is meant where no scheme is written.
    /// - Returns: nothing when the text is no such URL; user information, a query and a fragment make it none.
    package init?(_ text: String, secureByDefault: Bool = true) {
        var rest = Substring(text)
        isSecure = secureByDefault
        if let mark = rest.firstRange(of: "://") {
            switch rest[..<mark.lowerBound].lowercased() {
            case "https": isSecure = true
            case "http": isSecure = false
            default: return nil
            }
            rest = rest[mark.upperBound...]
        }
        guard !rest.contains(where: { "@?# \t\n".contains($0) }) else { return nil }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        pathPrefix = String(rest[slash...])
        while pathPrefix.hasSuffix("/") { pathPrefix.removeLast() }
        guard let (host, port) = Self.hostAndPort(rest[..<slash], defaultPort: isSecure ? 443 : 80) else { return nil }
        self.host = host
        self.port = port
    }

    private static func hostAndPort(_ text: Substring, defaultPort: UInt16) -> (String, UInt16)? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard host.contains(":"), IPAddress(host) != nil else { return nil }
            if tail.isEmpty { return (String(host), defaultPort) }
            guard tail.first == ":", let port = UInt16(tail.dropFirst()), port > 0 else { return nil }
            return (String(host), port)
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let host = parts.first, !host.isEmpty else { return nil }
        guard parts.count == 2 else { return (String(host), defaultPort) }
        guard let port = UInt16(parts[1]), port > 0 else { return nil }
        return (String(host), port)
    }

    /// Host and port as they are written in URLs.
    package var authority: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The URL of a path.
    ///
    /// Shape: names and values of the query are percent-encoded here, the path is taken as it is.
    func url(path: String, query: [(name: String, value: String)], host override: String? = nil) -> String {
        let authority = override.map { "\($0):\(port)" } ?? authority
        var url = "\(isSecure ? "https" : "http")://\(authority)\(pathPrefix)\(path)"
        for (index, item) in query.enumerated() {
            url += index == 0 ? "?" : "&"
            url += "\(PercentEncoding.encode(item.name))=\(PercentEncoding.encode(item.value))"
        }
        return url
    }
}
