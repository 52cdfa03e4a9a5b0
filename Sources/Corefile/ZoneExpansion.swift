import Basics

/// From what a user writes for a zone to the zones it means: `Example.org` to `example.org.`, `10.0.0.0/15` to
/// `0.10.in-addr.arpa.` and `1.10.in-addr.arpa.`.
package enum ZoneExpansion {
    /// The parts of `[SCHEME://]ZONE[:PORT]`.
    package struct Parts: Sendable, Hashable {
        /// The transport named by the scheme.
        package var transport: ServerKey.Transport?
        /// The zones, lower-case and ending in a dot; several for a CIDR off a label boundary.
        package var zones: [String]
        /// The port, if one is given.
        package var port: Int?
    }

    /// The zones meant by a plugin's zone argument.
    ///
    /// A scheme and a port are allowed and have no effect, as in CoreDNS. Difference from CoreDNS: an argument that is
    /// no zone is an error. CoreDNS leaves it out in silence.
    /// - Throws: `ZoneError`.
    package static func zones(_ text: String) throws(ZoneError) -> [String] {
        try parts(text).zones
    }

    /// The parts of a key or zone argument.
    ///
    /// An empty zone is the root. An address without a prefix length is an ordinary name, as in CoreDNS. Difference from
    /// CoreDNS: a colon anywhere else is an error, where CoreDNS takes `example.org:domain` or `[::1]` for a name.
    /// - Parameter allowsLeadingDot: whether a zone may begin with a dot, which is no name.
    /// - Throws: `ZoneError`.
    package static func parts(_ text: String, allowsLeadingDot: Bool = false) throws(ZoneError) -> Parts {
        // Before anything else, because what follows looks at the text several times.
        let length = text.utf8.count
        guard length <= 300 else { throw ZoneError("specified zone is too long: \(length) > 255") }
        let (transport, unschemed) = try splitScheme(text)
        var (rest, port) = (unschemed, Int?.none)
        if let colon = rest.utf8.lastIndex(of: UInt8(ascii: ":")) {
            let digits = rest.utf8[rest.utf8.index(after: colon)...]
            guard !digits.isEmpty else {
                throw ZoneError("expecting data after last colon: \(QuotedText.doubleQuoted(String(rest)))")
            }
            if digits.allSatisfy({ (0x30...0x39).contains($0) }) {
                guard let number = Int(String(decoding: digits, as: UTF8.self)), number <= 65_535 else {
                    throw ZoneError("invalid port in '\(QuotedText.excerpt(text))'", hint: "a port is 0 to 65535")
                }
                port = number
                rest = rest[..<colon]
            }
        }
        return Parts(transport: transport, zones: try zones(of: rest, allowsLeadingDot), port: port)
    }

    private static func zones(of text: Substring, _ allowsLeadingDot: Bool) throws(ZoneError) -> [String] {
        guard allowsLeadingDot, text.utf8.count > 1, text.hasPrefix(".") else { return try expand(String(text)) }
        return try expand(String(text.dropFirst())).map { "." + $0 }
    }

    private static func splitScheme(_ text: String) throws(ZoneError) -> (ServerKey.Transport?, Substring) {
        guard let range = firstSchemeEnd(text) else { return (nil, text[...]) }
        let name = String(text[..<range.lowerBound])
        guard let transport = ServerKey.Transport(rawValue: name) else {
            let known = ServerKey.Transport.allCases.map(\.rawValue).joined(separator: ", ")
            throw ZoneError("unknown transport '\(QuotedText.excerpt(name))'", hint: "expected one of: \(known)")
        }
        return (transport, text[range.upperBound...])
    }

    private static func firstSchemeEnd(_ text: String) -> Range<String.Index>? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        guard text[colon...].utf8.starts(with: "://".utf8) else { return nil }
        return colon..<text.utf8.index(colon, offsetBy: 3)
    }

    private static func expand(_ text: String) throws(ZoneError) -> [String] {
        let length = text.utf8.count
        guard length <= 255 else { throw ZoneError("specified zone is too long: \(length) > 255") }
        if let prefix = IPPrefix(text) { return prefix.reverseZones }
        if let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")), IPAddress(text[..<slash]) != nil {
            throw ZoneError("invalid CIDR \(QuotedText.excerpt(text))", hint: "the prefix length is out of range")
        }
        guard !text.utf8.contains(UInt8(ascii: ":")) else {
            throw ZoneError(
                "zone is not a valid domain name: \(QuotedText.excerpt(text))",
                hint: "write a port as a number, an IPv6 zone as ADDRESS/LENGTH; listen addresses belong to 'bind'")
        }
        return [try normalize(text)]
    }

    /// The name in lower case with its final dot.
    ///
    /// - Throws: `ZoneError` for an empty label, a label over 63 bytes, or a name over 255 in wire form.
    static func normalize(_ text: String) throws(ZoneError) -> String {
        if text.isEmpty || text == "." { return "." }
        let invalid = "zone is not a valid domain name: \(QuotedText.excerpt(text))"
        var bytes = text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        var (label, total, index) = (0, 1, 0)
        var endsInDot = false
        while index < bytes.count {
            endsInDot = bytes[index] == UInt8(ascii: ".")
            if endsInDot {
                guard label > 0 else { throw ZoneError(invalid, hint: "a label is empty") }
                label = 0
            } else {
                if label == 0 { total += 1 }
                guard let step = escapeLength(bytes, index) else {
                    throw ZoneError(invalid, hint: "a backslash must be followed by a character or three digits")
                }
                index += step - 1
                label += 1
                total += 1
                guard label <= 63 else { throw ZoneError(invalid, hint: "a label has more than 63 bytes") }
            }
            index += 1
        }
        guard total <= 255 else { throw ZoneError(invalid, hint: "the name has more than 255 bytes") }
        if !endsInDot { bytes.append(UInt8(ascii: ".")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many bytes of text make one byte of the name: 1, 2 for `\.`, 4 for `\065`.
    private static func escapeLength(_ bytes: [UInt8], _ index: Int) -> Int? {
        guard bytes[index] == UInt8(ascii: "\\") else { return 1 }
        guard index + 1 < bytes.count else { return nil }
        guard (0x30...0x39).contains(bytes[index + 1]) else { return 2 }
        guard index + 3 < bytes.count else { return nil }
        var value = 0
        for byte in bytes[(index + 1)...(index + 3)] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value <= 255 ? 4 : nil
    }
}

/// Why a text is not a zone.
package struct ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in CoreDNS's words where it has some.
    package let description: String
    /// What to do about it.
    package let hint: String?

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    /// The same mistake, at its place in the Corefile.
    package func at(_ token: Token, plugin: String? = nil) -> ConfigurationError {
        ConfigurationError(.invalidZone, description, at: token, hint: hint, plugin: plugin)
    }
}
