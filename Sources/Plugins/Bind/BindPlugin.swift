import Basics
import Corefile
package import DNSServer
import DNSWire

/// Says on which addresses a server block is served.
///
/// Interfaces are looked up when the configuration is read: an address that an interface gets later is served after a reload.
package final class BindPlugin: Plugin, ListenAddressProvider {
    package let name = "bind"
    package let leavesQuestionsAlone = true
    package let listenAddresses: [String]

    /// Reads `bind` of a server block.
    package static let definition = PluginDefinition("bind") { directives, context throws(ConfigurationError) in
        let configurations = try BindConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: BindConfiguration())
        return try BindPlugin(configurations, NetworkInterfaces.all())
    }

    /// Resolves what the Corefile says.
    ///
    /// - Throws: a word is neither an address nor an interface.
    init(_ configurations: [BindConfiguration], _ interfaces: [NetworkInterface]) throws(ConfigurationError) {
        var all: [String] = []
        for configuration in configurations {
            let except = try Self.addresses(configuration.except, interfaces)
            all += try Self.addresses(configuration.hosts, interfaces).filter { !except.contains($0) }
        }
        var seen: Set<String> = []
        listenAddresses = all.filter { seen.insert($0).inserted }
        if listenAddresses.isEmpty, let last = configurations.last?.hosts.last {
            throw ConfigurationError(
                .conflictingOptions, "no address is left to listen on", at: last,
                hint: "'except' leaves out all that 'bind' names, or the interface has no address", plugin: "bind")
        }
    }

    private static func addresses(
        _ tokens: [Token], _ interfaces: [NetworkInterface]
    ) throws(ConfigurationError) -> [String] {
        var addresses: [String] = []
        for token in tokens {
            let matches = interfaces.filter { $0.name == token.text }
            if !matches.isEmpty {
                addresses += matches.flatMap(\.addresses)
            } else if let address = literal(token.text) {
                addresses.append(address)
            } else {
                throw ConfigurationError(
                    .invalidValue,
                    "not a valid IP address or interface name: \(QuotedText.doubleQuoted(token.text))", at: token,
                    hint: "interfaces: \(Set(interfaces.map(\.name)).sorted().joined(separator: ", "))", plugin: "bind")
            }
        }
        return addresses
    }

    /// The address in its usual form, a zone index (`%eth0`) kept.
    private static func literal(_ text: String) -> String? {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        guard parts.count == 2 else { return address.description }
        return !address.isIPv4 && !parts[1].isEmpty ? "\(address)%\(parts[1])" : nil
    }
}
