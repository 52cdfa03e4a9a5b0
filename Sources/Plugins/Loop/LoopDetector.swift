import DNSWire
import Synchronization

/// Counts how often the server's own question comes back to it.
final class LoopDetector: Sendable {
    /// What to do about a query.
    enum Finding: Equatable, Sendable {
        /// It is none of ours, or too early to tell.
        case unsuspicious
        /// Our question came once too often, and nobody was told yet.
        case loop
        /// Our question in a loop that was already found.
        case knownLoop
    }

    /// The question's name: two random labels below the zone, which nobody can foretell.
    let name: Name
    private let sightings = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let isFound = Atomic<Bool>(false)

    /// How often the question may be seen: once when we ask, once more when it was sent twice.
    private static let tolerated = 2

    init(name: Name) {
        self.name = name
    }

    /// Makes a name below `zone` up; nil when the zone's own name leaves no room.
    convenience init?(below zone: Name) {
        var random = SystemRandomNumberGenerator()
        let labels = (0..<2).map { _ in String(UInt64.random(in: 0..<(1 << 62), using: &random)) }
        guard let prefix = try? Name(parsing: labels.joined(separator: ".")), let name = prefix.appending(zone) else {
            return nil
        }
        self.init(name: name)
    }

    /// Looks at a query for HINFO.
    func see(_ name: Span<UInt8>) -> Finding {
        let own = self.name.wire
        guard !isOver.load(ordering: .relaxed), namesEqual(name, own.span) else { return .unsuspicious }
        let count = sightings.add(1, ordering: .relaxed).newValue
        guard count > Self.tolerated else { return .unsuspicious }
        return isFound.exchange(true, ordering: .relaxed) ? .knownLoop : .loop
    }

    /// Starts counting anew: the question was not answered and will be asked again.
    func forget() {
        sightings.store(0, ordering: .relaxed)
    }

    /// Ends the watch: the question was answered, or time is up.
    func end() {
        isOver.store(true, ordering: .relaxed)
    }

    /// Whether the watch has ended.
    var hasEnded: Bool { isOver.load(ordering: .relaxed) }
}
