import Corefile
import DNSServer
import DNSWire

/// The addresses that the `bind` lines of a block come to, with the interfaces as they are at a time.
struct BindAddresses: Equatable {
    /// Literal addresses, each once, in the order of the lines.
    private(set) var hosts: [String] = []
    /// The interfaces that were named and found.
    private(set) var interfaces: Set<String> = []

    /// - Parameter known: interfaces that were there once: that they are gone is no mistake any more.
    /// - Throws: a word is neither an address nor an interface, or no address is left.
    init(
        _ lines: [BindConfiguration], _ present: [NetworkInterface], known: Set<String> = []
    ) throws(ConfigurationError) {
        var seen: Set<String> = []
        for line in lines {
            let except = try addresses(line.except, present, known)
            for host in try addresses(line.hosts, present, known) where !except.contains(host) {
                if seen.insert(host).inserted { hosts.append(host) }
            }
        }
        if hosts.isEmpty, let last = lines.last?.hosts.last {
            throw ConfigurationError(
                .conflictingOptions, "no address is left to listen on", at: last,
                hint: "'except' leaves out all that 'bind' names, or the interface has no address", plugin: "bind")
        }
    }

    private mutating func addresses(
        _ tokens: [Token], _ present: [NetworkInterface], _ known: Set<String>
    ) throws(ConfigurationError) -> [String] {
        var addresses: [String] = []
        for token in tokens {
            let matches = present.filter { $0.name == token.text }
            if !matches.isEmpty {
                interfaces.insert(token.text)
                addresses += matches.flatMap(\.addresses)
            } else if let address = Self.literal(token.text) {
                addresses.append(address)
            } else if !known.contains(token.text) {
                throw ConfigurationError(
                    .invalidValue,
                    "not a valid IP address or interface name: \(QuotedText.doubleQuoted(token.text))", at: token,
                    hint: "interfaces: \(Set(present.map(\.name)).sorted().joined(separator: ", "))", plugin: "bind")
            }
        }
        return addresses
    }

    /// The address in its usual form, a zone index (`%eth0`) kept.
    private static func literal(_ text: String) -> String? {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(parsing: String(first)) else { return nil }
        guard parts.count == 2 else { return address.text }
        return address.family == .v6 && !parts[1].isEmpty ? "\(address.text)%\(parts[1])" : nil
    }
}
