import Synchronization

/// Whether an upstream gives the question back in the very case in which it was asked, so that a made-up reply can be told by it.
///
/// Most do (RFC 1035 says nothing of it, but the question is copied), and a random case adds a bit for each letter of a name to what
/// has to be guessed. An upstream is trusted to do so when it has answered a few questions of our own in mixed case (``CaseTrial``)
/// as well as it had answered them in the asker's. No query of a client's is ever at stake: until then they go out as they came.
///
/// Shared by all workers. While nothing changes it is only read.
final class CaseKeeping: Sendable {
    private enum State: UInt8 {
        case unknown
        case onTrial
        case kept
    }

    private let state = Atomic<UInt8>(State.unknown.rawValue)
    /// Answers since it is unknown.
    private let answers = Atomic<UInt32>(0)
    /// Replies in another case, with none in the right one between them.
    private let strikes = Atomic<UInt32>(0)
    /// When a trial may begin, in nanoseconds of the workers' clock.
    private let nextTrial = Atomic<UInt64>(0)

    /// Who is asked a few things only need not be tried.
    private static let answersBeforeTrial: UInt32 = 64
    /// As many with none in the right case between them are not made up: an upstream has been replaced.
    ///
    /// One question brings as many.
    private static let strikesAllowed: UInt32 = 3
    private static let pauseAfterRefusal: UInt64 = 3_600_000_000_000
    private static let pauseAfterDoubt: UInt64 = 60_000_000_000

    /// Whether replies in another case are no replies.
    var isKept: Bool { state.load(ordering: .relaxed) == State.kept.rawValue }

    /// A question was answered with records.
    ///
    /// - Returns: whether the caller is to begin a trial, and to tell how it ended.
    func noteAnswer(at now: UInt64) -> Bool {
        guard state.load(ordering: .relaxed) == State.unknown.rawValue else { return false }
        guard answers.wrappingAdd(1, ordering: .relaxed).newValue >= Self.answersBeforeTrial,
            now >= nextTrial.load(ordering: .relaxed)
        else { return false }
        return state.compareExchange(
            expected: State.unknown.rawValue, desired: State.onTrial.rawValue, ordering: .acquiringAndReleasing
        ).exchanged
    }

    /// How a trial ended.
    enum Verdict {
        /// The case was kept, and the answers were as before.
        case kept
        /// It was not, or the answers were others.
        case notKept
        /// Nobody answered.
        case unknown
        /// The name has too few letters to tell; the next one may do.
        case tooFewLetters
    }

    func endTrial(_ verdict: Verdict, at now: UInt64) {
        switch verdict {
        case .kept:
            strikes.store(0, ordering: .relaxed)
            state.store(State.kept.rawValue, ordering: .releasing)
        case .notKept: forget(until: now &+ Self.pauseAfterRefusal)
        case .unknown: forget(until: now &+ Self.pauseAfterDoubt)
        case .tooFewLetters: state.store(State.unknown.rawValue, ordering: .releasing)
        }
    }

    /// A reply came in the case of its question.
    func noteSameCase() {
        if strikes.load(ordering: .relaxed) != 0 { strikes.store(0, ordering: .relaxed) }
    }

    /// A reply has come that would be one but for its case.
    ///
    /// - Returns: whether it is none: as long as replies in another case are no replies.
    func noteOtherCase(at now: UInt64) -> Bool {
        guard strikes.wrappingAdd(1, ordering: .relaxed).newValue >= Self.strikesAllowed, isKept else { return isKept }
        forget(until: now &+ Self.pauseAfterDoubt)
        return false
    }

    private func forget(until time: UInt64) {
        answers.store(0, ordering: .relaxed)
        strikes.store(0, ordering: .relaxed)
        nextTrial.store(time, ordering: .relaxed)
        state.store(State.unknown.rawValue, ordering: .releasing)
    }
}
