extension Corefile {
    /// Checks that every directive is one we serve.
    ///
    /// - Throws: `unservedDirective` at the first that is not, with the places of all others.
    package func check(served: Set<String>) throws(ConfigurationError) {
        var places: [(name: Token, place: String)] = []
        var names: Set<String> = []
        for block in blocks {
            for directive in block.directives where !served.contains(directive.name.text) {
                if names.insert(directive.name.text).inserted { places.append((directive.name, directive.name.place)) }
            }
        }
        guard let first = places.first?.name else { return }
        throw ConfigurationError(
            .unservedDirective, Self.unserved(places), at: first, hint: Self.wayOut(places.map(\.name.text)))
    }

    private static func unserved(_ places: [(name: Token, place: String)]) -> String {
        guard places.count > 1 else { return "Needletail does not serve the plugin '\(places[0].name.text)' yet" }
        let list = places.enumerated().map { index, entry in
            index == 0 ? "'\(entry.name.text)'" : "'\(entry.name.text)' (\(entry.place))"
        }
        return "Needletail does not serve these plugins yet: \(list.joined(separator: ", "))"
    }

    /// What to do without plugins; nobody is told to leave out what keeps something back.
    private static func wayOut(_ names: [String]) -> String {
        let others = names.compactMap { instead[$0] }
        if others.count == names.count { return others.joined(separator: "; ") }
        let kept = names.filter { guards.contains($0) }
        if !kept.isEmpty {
            return "CoreDNS has \(names.count > 1 ? "them" : "it"); without \(kept.joined(separator: ", ")) "
                + "the server would answer what it keeps back now"
        }
        return names.count > 1
            ? "CoreDNS has them; remove these directives to start without them"
            : "CoreDNS has it; remove this directive to start without it"
    }

    /// What is there in place of a plugin that is for programs in Go, or for tools that are not served.
    private static let instead = [
        "trace": "remove this directive: traces are not sent; 'log' has the duration of each query, and 'prometheus' "
            + "histograms of all and of each upstream",
        "pprof": "remove this directive: it is for Go programs; 'perf record -p PID' profiles this one, and "
            + "'prometheus' has its memory and processor time",
    ]

    /// Plugins that keep something from somebody.
    private static let guards: Set = ["acl", "view", "tls", "tsig", "dnssec"]

    /// Checks that no two server blocks serve the same zone at the same place.
    ///
    /// As in CoreDNS a block with a `view` may share its zones with others, and blocks with different `bind` addresses
    /// may, while a block without `bind` takes all addresses. Addresses are compared as they are written.
    /// - Throws: `duplicateZone` at the later key.
    func checkZones() throws(ConfigurationError) {
        var overlap = ZoneOverlap()
        for block in blocks {
            let isView = block.directives.contains { $0.name.text == "view" }
            let bound = Set(block.directives(named: "bind").flatMap { $0.arguments.map(\.text) })
            let addresses = bound.isEmpty ? [""] : bound.sorted()
            for key in block.keys {
                for address in addresses {
                    try overlap.add(key, address: address, isView: isView)
                }
            }
        }
    }
}

/// The zones met so far, by where they are served.
private struct ZoneOverlap {
    private struct Place: Hashable {
        let transport: ServerKey.Transport
        let zone: String
        let port: Int
        let address: String
    }

    /// The most zones, each counted once for each address: enough for any use, and soon checked.
    private static let maximumPlaces = 262_144

    private var count = 0
    private var served: [Place: ServerKey] = [:]
    /// The same with the address left out, and the address it was left out of.
    private var anywhere: [Place: (key: ServerKey, address: String)] = [:]

    mutating func add(_ key: ServerKey, address: String, isView: Bool) throws(ConfigurationError) {
        count += 1
        guard count <= Self.maximumPlaces else {
            throw ConfigurationError(
                .limitExceeded, "too many zones", at: key.token,
                hint: "zones times 'bind' addresses may be \(Self.maximumPlaces)")
        }
        let place = Place(transport: key.transport, zone: key.zone, port: key.port, address: address)
        let open = Place(transport: key.transport, zone: key.zone, port: key.port, address: "")
        if let earlier = served[place] {
            guard !isView else { return }
            throw ConfigurationError(
                .duplicateZone, "cannot serve \(Self.name(key, address)) - it is already defined", at: key.token,
                hint: "first defined at \(earlier.token.place)")
        }
        if let other = address.isEmpty ? anywhere[open] : served[open].map({ (key: $0, address: "") }) {
            throw ConfigurationError(
                .duplicateZone,
                "cannot serve \(Self.name(key, address)) - zone overlap listener capacity with "
                    + Self.name(other.key, other.address), at: key.token,
                hint: "the other is defined at \(other.key.token.place)")
        }
        guard !isView else { return }
        served[place] = key
        anywhere[open] = (key, address)
    }

    private static func name(_ key: ServerKey, _ address: String) -> String {
        address.isEmpty ? "\(key)" : "\(key) on \(QuotedText.excerpt(address))"
    }
}
