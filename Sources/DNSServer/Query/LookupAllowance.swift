/// What may still be looked up for the sake of one asker's query, over all levels of names that lead to names.
///
/// How deep lookups are nested is bounded as well (``Query/maximumDepth``), but names that lead to several names each would make of that
/// depth any number: eight names behind each of eight are sixteen million.
final class LookupAllowance {
    /// Lookups for one query of an asker: a name that leads to more names has a part of them followed.
    static let lookups = 64
    /// Octets of replies, of which the asker gets one message.
    static let octets = 4 * 65_536

    private var lookups = LookupAllowance.lookups
    private var octets = LookupAllowance.octets

    /// Takes a lookup; false when there is none left.
    func take() -> Bool {
        guard lookups > 0, octets > 0 else { return false }
        lookups -= 1
        return true
    }

    /// A lookup has brought a reply of `count` octets.
    func spend(octets count: Int) {
        octets -= count
    }
}
