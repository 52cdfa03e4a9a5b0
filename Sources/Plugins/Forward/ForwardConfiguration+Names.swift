import Corefile
import DNSServer

extension ConfigurationError.Code {
    /// A name whose addresses cannot be found.
    static let unresolvedName = ConfigurationError.Code("unresolved name")
}

extension ForwardConfiguration {
    /// Finds the addresses of all names.
    ///
    /// - Parameter report: is told which names are asked for again, and why.
    /// - Throws: the first word whose name has none, in CoreDNS's words.
    mutating func resolveNames(
        _ resolution: NameResolution, report: (_ host: String, NameFailure) -> Void
    ) async throws(ConfigurationError) {
        let addresses: [String: [SocketAddress]]
        do {
            addresses = try await resolution.addresses(of: Set(names.map(\.host)), report: report)
        } catch {
            throw mistake(error)
        }
        try settle(addresses: addresses)
    }

    private func mistake(_ unresolved: UnresolvedName) -> ConfigurationError {
        let entry = entries.first { entry in
            guard case .name(let name) = entry.kind else { return false }
            return name.host == unresolved.host
        }
        let message = "failed to resolve \(QuotedText.doubleQuoted(unresolved.host)): \(unresolved.failure)"
        let hint = "names are resolved once, at the start: by the servers of 'resolver', or by the system"
        guard let entry else {
            return ConfigurationError(
                .unresolvedName, message, file: "Corefile", line: 0, column: 0, hint: hint, plugin: "forward")
        }
        return ConfigurationError(.unresolvedName, message, at: entry.token, hint: hint, plugin: "forward")
    }
}
