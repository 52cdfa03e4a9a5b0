import DNSServer
import DNSWire
import Synchronization

/// What handlers in all workers look at and count: the server's own questions, and, while a loop is suspected, which questions are
/// under way.
final class LoopDetector: Sendable {
    /// What to do about a query for HINFO.
    enum Finding: Equatable, Sendable {
        /// It is none of ours.
        case foreign
        /// Our question, which may have come so often.
        case own
        /// Our question came once too often, and nobody was told yet of this round.
        case loop(round: Int)
        /// Our question in a loop that was already found, or one of an earlier round.
        case knownLoop
    }

    private struct Rounds {
        /// The questions' names, the present one last; of old ones those that can still go round.
        var names: [Name] = []
        /// How many questions there were.
        var count = 0
        /// How often the present question was seen.
        var sightings = 0
    }

    private let zone: Name
    private let rounds = Mutex(Rounds())
    private let isOver = Atomic<Bool>(false)
    private let suspicion = Atomic<Bool>(false)
    /// The questions that are under way while a loop is suspected, by their hash.
    private let underWay = Mutex<Set<UInt64>>([])
    private let containment = Atomic<Bool>(false)
    /// From where queries come back while a loop is contained.
    private let senders = Mutex<Set<[UInt8]>>([])
    private static let mostSenders = 64

    /// How often a question may be seen: once when we ask, once more when it was sent twice.
    private static let tolerated = 2
    private static let keptNames = 8

    /// Watches questions for names below `zone`; nil when its own name leaves no room for them.
    init?(below zone: Name) {
        self.zone = zone
        guard Self.makeName(below: zone) != nil else { return nil }
    }

    /// A name that nobody can foretell: two random labels below the zone, as in CoreDNS.
    private static func makeName(below zone: Name) -> Name? {
        var random = SystemRandomNumberGenerator()
        let labels = (0..<2).map { _ in String(UInt64.random(in: 0..<(1 << 62), using: &random)) }
        return (try? Name(parsing: labels.joined(separator: ".")))?.appending(zone)
    }

    // MARK: The server's own questions

    /// Begins a round with a question that was never asked before.
    ///
    /// - Returns: the question's name, and the round's number.
    func beginRound() -> (name: Name, round: Int)? {
        guard let name = Self.makeName(below: zone) else { return nil }
        return rounds.withLock { rounds in
            rounds.names = rounds.names.suffix(Self.keptNames - 1) + [name]
            rounds.count += 1
            rounds.sightings = 0
            return (name, rounds.count)
        }
    }

    /// Looks at a query for HINFO.
    func see(_ name: Span<UInt8>) -> Finding {
        guard !hasEnded else { return .foreign }
        return rounds.withLock { rounds in
            guard let index = rounds.names.lastIndex(where: { Self.isSame(name, $0) }) else { return .foreign }
            guard index == rounds.names.count - 1 else { return .knownLoop }
            rounds.sightings += 1
            guard rounds.sightings > Self.tolerated else { return .own }
            return rounds.sightings == Self.tolerated + 1 ? .loop(round: rounds.count) : .knownLoop
        }
    }

    private static func isSame(_ name: Span<UInt8>, _ own: Name) -> Bool {
        let wire = own.wire
        return namesEqual(name, wire.span)
    }

    /// The name of the present question.
    var currentName: Name? { rounds.withLock { $0.names.last } }

    /// Ends the watch.
    func end() {
        isOver.store(true, ordering: .relaxed)
        isSuspicious = false
    }

    /// Whether the watch has ended.
    var hasEnded: Bool { isOver.load(ordering: .relaxed) }

    // MARK: Other questions

    /// Whether queries that come back are dropped.
    var isSuspicious: Bool {
        get { suspicion.load(ordering: .relaxed) }
        set {
            suspicion.store(newValue, ordering: .relaxed)
            guard !newValue else { return }
            containment.store(false, ordering: .relaxed)
            underWay.withLock { $0 = [] }
            senders.withLock { $0 = [] }
        }
    }

    /// Whether only queries from where the loop comes are taken for ones that come back.
    var isContained: Bool { containment.load(ordering: .relaxed) }

    /// From now on queries that come back from `sender` are refused, and nobody else's.
    func contain(_ sender: SocketAddress) {
        senders.withLock { senders in
            if senders.count < Self.mostSenders { senders.insert(sender.octets) }
        }
        containment.store(true, ordering: .relaxed)
    }

    /// Whether the loop comes from `client`.
    func isSender(_ client: SocketAddress) -> Bool {
        senders.withLock { $0.contains(client.octets) }
    }

    /// A question sets out; false when it is under way already, which is what one that comes back looks like.
    func setOut(_ hash: UInt64) -> Bool {
        underWay.withLock { $0.insert(hash).inserted }
    }

    /// A question that had set out is done.
    func arrive(_ hash: UInt64) {
        underWay.withLock { _ = $0.remove(hash) }
    }
}
