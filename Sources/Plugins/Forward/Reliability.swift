import Synchronization

/// How much of what an upstream was asked it answered in time, shared by all workers.
///
/// It is a smoothed share of late answers. An upstream with too many is *suspect*: others are asked before it, until probes have
/// found it well for a while. While all is well nothing is written, so that workers do not fight over it.
final class Reliability: Sendable {
    /// Units: 1 is ``whole``.
    private let late = Atomic<UInt32>(0)
    private let suspect = Atomic<Bool>(false)

    private static let whole: UInt32 = 1 << 16
    /// Two late answers in a row, or one in five for some time.
    private static let suspectFrom = whole / 5
    private static let trustedBelow = whole / 20
    private static let hopelessFrom = whole / 4 * 3

    /// Whether others should be asked first.
    var isSuspect: Bool { suspect.load(ordering: .relaxed) }

    /// Whether it answers next to nothing in time, so that asking it again soon helps nobody.
    var isHopeless: Bool { late.load(ordering: .relaxed) >= Self.hopelessFrom }

    /// An answer came in time.
    func noteInTime() {
        let share = late.load(ordering: .relaxed)
        guard share > 0 || isSuspect else { return }
        lower(share, by: share / 8)
    }

    /// A probe was answered: it tells more than a query, since it is the first to be sent after a pause.
    func noteProbeInTime() {
        let share = late.load(ordering: .relaxed)
        guard share > 0 || isSuspect else { return }
        lower(share, by: share / 4)
    }

    private func lower(_ share: UInt32, by amount: UInt32) {
        // Two workers at once lose one of their notes, which changes little.
        let rest = share - min(share, max(amount, 1))
        late.store(rest, ordering: .relaxed)
        if rest < Self.trustedBelow, isSuspect { suspect.store(false, ordering: .relaxed) }
    }

    /// No answer came in time.
    ///
    /// - Returns: whether the upstream has just become suspect.
    func noteLate() -> Bool {
        let share = late.load(ordering: .relaxed)
        let rest = share + (Self.whole - share) / 8
        late.store(rest, ordering: .relaxed)
        guard rest > Self.suspectFrom else { return false }
        return !suspect.exchange(true, ordering: .relaxed)
    }
}
