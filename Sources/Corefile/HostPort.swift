import Basics

/// A host and a port as a Corefile names them: `:8080`, `localhost:8080`, `[::1]:53`.
package struct HostPort: Sendable, Hashable {
    /// A name, an address without brackets, or nothing for all addresses.
    package var host: String
    /// The port, 0 to 65535; 0 lets the system choose one.
    package var port: Int

    /// Makes the pair.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads a text; where it names no port, `defaultPort` is taken if there is one.
    ///
    /// - Throws: `Mistake`, in the words of Go's `net` package.
    package init(_ text: String, defaultPort: Int? = nil) throws(Mistake) {
        let (host, port) = try Self.split(text)
        self.host = host
        if let port {
            // As in Go: no digits mean 0.
            let digits = port.isEmpty ? "0" : port
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), number <= 65_535 else {
                throw Mistake(text, "invalid port")
            }
            self.port = number
        } else if let defaultPort {
            self.port = defaultPort
        } else {
            throw Mistake(text, "missing port in address")
        }
    }

    private static func split(_ text: String) throws(Mistake) -> (host: String, port: String?) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw Mistake(text, "missing ']' in address") }
            let host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw Mistake(text, "invalid address") }
            return (host, rest.isEmpty ? nil : String(rest.dropFirst()))
        }
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        guard text.firstIndex(of: ":") == colon else {
            // An IPv6 address without brackets, perhaps with a zone index, can have no port.
            let address = text.prefix { $0 != "%" }
            guard IPAddress(address) != nil else { throw Mistake(text, "too many colons in address") }
            return (text, nil)
        }
        return (String(text[..<colon]), String(text[text.index(after: colon)...]))
    }

    /// Why a text is no host and port.
    package struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        /// `address 10.0.0.1: missing port in address`.
        package let description: String

        fileprivate init(_ text: String, _ reason: String) {
            self.description = "address \(QuotedText.excerpt(text)): \(reason)"
        }
    }
}

extension HostPort: CustomStringConvertible {
    /// `127.0.0.1:53`, `[::1]:53`, `:53`.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
