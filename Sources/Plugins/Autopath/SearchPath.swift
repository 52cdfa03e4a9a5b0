import DNSWire

/// The names that an asker would try one after the other, as the server tries them in its place.
struct SearchPath: Equatable {
    /// The octets of the name without the first search domain, in the asker's case: what was looked for.
    let base: [UInt8]
    /// The domains behind the first; the root, for the name as it is, comes last.
    let domains: [Name]

    /// Takes the labels in front of `start`, where the first search domain begins in the name as it was asked for.
    ///
    /// - Returns: nil when there are none.
    init?(_ asked: Span<UInt8>, base start: Int, domains: [Name]) {
        guard start > 0, start < asked.count else { return nil }
        base = asked.copy(0..<start)
        self.domains = domains
    }

    /// The names to be tried after the first, which is the one that was asked for; those that are too long are left out.
    var candidates: some Sequence<Name> {
        (domains + [.root]).lazy.compactMap { domain in
            guard base.count + domain.wire.count <= maximumNameLength else { return nil }
            return Name(uncheckedWire: base + domain.wire)
        }
    }
}
