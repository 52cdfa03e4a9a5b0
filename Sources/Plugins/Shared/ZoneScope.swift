import DNSWire

/// The zones that a plugin, or one of its options, is about: finds the longest one that a name lies in.
struct ZoneScope: Sendable {
    /// The zones in lower case with a final dot, the longest first.
    let texts: [String]
    /// The same in wire form.
    private let names: [Name]
    /// Whether the root is one of them, so that every name lies in one.
    private let hasRoot: Bool

    /// Takes zones as the Corefile's reader gives them; what is no name is left out.
    init(_ zones: [String]) {
        var seen: Set<Name> = []
        let pairs = zones.compactMap { text -> (String, Name)? in
            guard let name = try? Name(parsing: text).lowercased, seen.insert(name).inserted else { return nil }
            return (text, name)
        }
        let sorted = pairs.sorted { $0.1.wire.count > $1.1.wire.count }
        texts = sorted.map(\.0)
        names = sorted.map(\.1)
        hasRoot = names.last?.isRoot ?? false
    }

    var isEmpty: Bool { names.isEmpty }

    /// The index of the longest zone that `name` is or lies below.
    ///
    /// Shape: `name` in uncompressed wire form.
    func index(of name: Span<UInt8>) -> Int? {
        for index in names.indices {
            let zone = names[index].wire
            if suffixStart(of: name, under: zone.span) != nil { return index }
        }
        return nil
    }

    /// Whether `name` is in one of the zones.
    func contains(_ name: Span<UInt8>) -> Bool {
        hasRoot || index(of: name) != nil
    }
}
