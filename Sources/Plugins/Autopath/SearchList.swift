import Corefile
import DNSWire

/// The search domains of a file in the format of `/etc/resolv.conf`: those of the last `search` or `domain` line.
struct SearchList: Equatable, Sendable {
    private(set) var domains: [Name] = []

    /// How many domains are taken; the C library takes six at most, newer ones more.
    static let maximumDomains = 32
    private static let fileLimit = 65_536

    init() {}

    /// Reads the octets of a file, whatever they are; what is no name is passed over.
    init(parsing octets: [UInt8]) {
        for line in octets.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            let words = line.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
            guard words.count > 1 else { continue }
            if words[0].elementsEqual("search".utf8) {
                domains = Self.names(words.dropFirst().prefix(Self.maximumDomains))
            } else if words[0].elementsEqual("domain".utf8) {
                domains = Self.names(words[1...1])
            }
        }
    }

    /// Reads a file.
    ///
    /// - Throws: what the system says of it.
    init(path: String) throws(LoadFailure) {
        self.init(parsing: try FileLoader().read(path, maximumBytes: Self.fileLimit))
    }

    private static func names(_ words: some Sequence<ArraySlice<UInt8>>) -> [Name] {
        words.compactMap { try? Name(parsing: String(decoding: $0.prefix(256), as: UTF8.self)).lowercased }
    }
}
