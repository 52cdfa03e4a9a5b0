/// What is done about loops: events in, actions out, no clock and no network.
///
/// The first question that is answered without coming back ends the watch. One that comes back makes a loop suspected; it lasts when
/// some more questions in a row, each with a fresh name and a pause before it, come back as well. So a resolver that passes queries
/// back for a moment, while it starts for instance, does not end the process.
///
/// A loop is proved only when all these questions come back from this very host. What another host sends may be the doing of an
/// upstream, which sees the questions: such a loop is contained, and watched until it is over.
///
/// Units: nanoseconds, of the clock that events are told with.
struct LoopWatch {
    /// How long things take.
    struct Times: Sendable {
        private static let second: UInt64 = 1_000_000_000
        /// How long an answer is waited for.
        var answer = 2 * second
        /// Between a question without an answer and the next.
        var retry = second
        /// Between questions while a loop is suspected.
        var confirmation = 2 * second
        /// Between questions while a loop is contained.
        var containment = 30 * second
        /// After this time without an answer nothing more is asked.
        var firstAnswer = 30 * second
        /// After this time of suspicion nothing more is asked.
        var suspicion = 60 * second
    }

    enum Event: Equatable {
        /// The watch begins.
        case began
        /// The question has come back, and this host sent it.
        case seenAgain
        /// The question has come back, and another host sent it, or says so.
        case seenFromAfar
        /// The question was answered; by an error, which says nothing of loops, if `isFailure`.
        case answered(isFailure: Bool)
        /// The question could not be sent, or nobody is there.
        case unanswered
        /// The time that was asked for is over.
        case timeIsUp
    }

    enum Action: Equatable {
        /// Ask a question that was never asked before, and tell when this time is over.
        case ask(answerTime: UInt64)
        /// Tell when this time is over.
        case pause(UInt64)
        /// The question came back, for the first time: queries that come back shall be dropped.
        case suspect
        /// Several answers came: there is no loop any more.
        case acquit
        /// The time for suspicion is over, and neither can be said.
        case giveUp
        /// The loop lasts, and it is this host that sends the questions.
        case convict
        /// The loop lasts, and another host sends the questions: what comes back from there shall be refused.
        case contain
        /// The watch is over.
        case end
    }

    private enum State {
        case idle, asking, pausing, over
    }

    /// Questions in a row that have to come back.
    static let findingsNeeded = 5
    /// Answers in a row that clear a suspicion.
    static let answersNeeded = 3

    private let times: Times
    private var state = State.idle
    private var start: UInt64 = 0
    private var firstFinding: UInt64?
    private var findings = 0
    /// Those of this host, in a row.
    private var ownFindings = 0
    private var isContained = false
    private var answers = 0

    init(_ times: Times = Times()) {
        self.times = times
    }

    /// Takes an event; gives what is to be done, in order.
    mutating func take(_ event: Event, at now: UInt64) -> [Action] {
        switch (event, state) {
        case (.began, .idle):
            start = now
            return ask()
        case (.seenAgain, .asking): return takeFinding(isOwn: true, at: now)
        case (.seenFromAfar, .asking): return takeFinding(isOwn: false, at: now)
        case (.answered(let isFailure), .asking): return takeAnswer(isFailure)
        case (.unanswered, .asking), (.timeIsUp, .asking): return pause(times.retry)
        case (.timeIsUp, .pausing): return isLate(now) ? end(firstFinding == nil ? [] : [.giveUp]) : ask()
        default: return []
        }
    }

    private mutating func takeFinding(isOwn: Bool, at now: UInt64) -> [Action] {
        findings += 1
        ownFindings = isOwn ? ownFindings + 1 : 0
        answers = 0
        guard ownFindings < Self.findingsNeeded else { return end([.convict]) }
        guard !isContained else { return pause(times.containment) }
        if findings >= Self.findingsNeeded {
            isContained = true
            return [.contain] + pause(times.containment)
        }
        guard firstFinding == nil else { return pause(times.confirmation) }
        firstFinding = now
        return [.suspect] + pause(times.confirmation)
    }

    private mutating func takeAnswer(_ isFailure: Bool) -> [Action] {
        guard firstFinding != nil else { return end([]) }
        guard !isFailure else { return pause(times.retry) }
        findings = 0
        ownFindings = 0
        answers += 1
        return answers < Self.answersNeeded ? pause(times.confirmation) : end([.acquit])
    }

    private func isLate(_ now: UInt64) -> Bool {
        guard !isContained else { return false }
        guard let firstFinding else { return now &- start >= times.firstAnswer }
        return now &- firstFinding >= times.suspicion
    }

    private mutating func ask() -> [Action] {
        state = .asking
        return [.ask(answerTime: times.answer)]
    }

    private mutating func pause(_ time: UInt64) -> [Action] {
        state = .pausing
        return [.pause(time)]
    }

    private mutating func end(_ last: [Action]) -> [Action] {
        state = .over
        return last + [.end]
    }
}
