/// What a reflector does next: events in, actions out, no time and no network.
///
/// ```
///   list ──page──▶ list ──last page──▶ watch ──closed, cut, failed──▶ watch from where it was
///    ▲                                   │
///    └────────── history is gone ────────┘
/// ```
///
/// The pages of a list are one way to the first state. A streamed list (`sendInitialEvents`) is another: it would stand
/// beside `Phase.list` and lead to the same `replaceAndWatch`.
struct ReflectorStateMachine: Sendable {
    /// What happened.
    enum Event: Sendable, Equatable {
        /// A page of the list is here.
        case page(resourceVersion: String, continueToken: String?)
        /// The API server ended the watch in good order.
        ///
        /// - Parameter lasted: how long the watch was open.
        case watchClosed(lasted: Duration)
        /// The last action failed.
        case failed(APIFailure)
    }

    /// What to do.
    enum Action: Sendable, Equatable {
        /// Ask for a page. Without a token it is the first one, and pages that are here already are void.
        case list(continueToken: String?)
        /// Tell that the collected pages are the state, then watch from there.
        case replaceAndWatch(resourceVersion: String)
        /// Watch.
        case watch(resourceVersion: String)
    }

    /// An action and the pause before it, counted from the beginning of the action before.
    struct Step: Sendable, Equatable {
        var action: Action
        var delay: Duration = .zero
    }

    private enum Phase: Sendable, Equatable {
        case list(continueToken: String?)
        case watch(resourceVersion: String)
    }

    /// A watch that ends sooner without an event counts as a failure.
    static let shortestWatch = Duration.seconds(1)
    /// So many unreadable replies in a row to the same watch, and the state is listed again.
    static let patienceWithMalformed = 3

    let policy: RetryPolicy
    private var phase = Phase.list(continueToken: nil)
    /// Failures since the last sign of progress.
    private(set) var failures = 0
    private var malformedInARow = 0

    init(policy: RetryPolicy) {
        self.policy = policy
    }

    /// The first action.
    var start: Step { Step(action: nextAction) }

    /// A watch event arrived: the version it stands at is where the next watch begins.
    ///
    /// - Throws: `historyWentBack` when the version is below the one before.
    mutating func advance(to resourceVersion: String) throws(APIFailure) {
        guard case .watch(let present) = phase, !resourceVersion.isEmpty else { return }
        // Versions are to be taken as opaque, except that those of one collection can be compared as numbers.
        if let new = UInt64(resourceVersion), let old = UInt64(present), new < old { throw .historyWentBack }
        phase = .watch(resourceVersion: resourceVersion)
        failures = 0
        malformedInARow = 0
    }

    /// Takes what happened, gives what to do.
    mutating func next(_ event: Event) -> Step {
        switch event {
        case .page(let resourceVersion, let token): page(resourceVersion, token)
        case .watchClosed(let lasted): watchClosed(lasted)
        case .failed(let failure): failed(failure)
        }
    }

    private var nextAction: Action {
        switch phase {
        case .list(let token): .list(continueToken: token)
        case .watch(let resourceVersion): .watch(resourceVersion: resourceVersion)
        }
    }

    private mutating func page(_ resourceVersion: String, _ token: String?) -> Step {
        guard let token else {
            phase = .watch(resourceVersion: resourceVersion)
            return Step(action: .replaceAndWatch(resourceVersion: resourceVersion))
        }
        // The same token again would be the same page for ever.
        guard phase != .list(continueToken: token) else {
            phase = .list(continueToken: nil)
            return failed(.malformed("continue: the same token again"))
        }
        phase = .list(continueToken: token)
        return Step(action: nextAction)
    }

    private mutating func watchClosed(_ lasted: Duration) -> Step {
        guard lasted < Self.shortestWatch else {
            failures = 0
            return Step(action: nextAction)
        }
        // One that brought events and closed at once starts the count anew, and so has but the shortest pause.
        failures += 1
        return Step(action: nextAction, delay: policy.delay(attempt: failures, failure: .cut))
    }

    private mutating func failed(_ failure: APIFailure) -> Step {
        failures += 1
        choosePhase(after: failure)
        // What a fresh list or a fresh token can heal is tried at once, but not over and over.
        let mayHeal = failure.isExpired || failure.isUnauthorized
        if mayHeal, failures == 1, failure.retryAfter == nil { return Step(action: nextAction) }
        return Step(action: nextAction, delay: policy.delay(attempt: failures, failure: failure))
    }

    private mutating func choosePhase(after failure: APIFailure) {
        if case .malformed = failure { malformedInARow += 1 }
        switch phase {
        case .list(.some) where failure.isExpired || failure.isBadRequest:
            phase = .list(continueToken: nil)
        case .watch where failure.isExpired || malformedInARow >= Self.patienceWithMalformed:
            phase = .list(continueToken: nil)
            malformedInARow = 0
        default:
            break
        }
    }
}

extension APIFailure {
    /// Whether the token was not accepted.
    fileprivate var isUnauthorized: Bool {
        if case .refused(let refusal) = self { refusal.code == 401 } else { false }
    }

    /// Whether the API server does not understand what we sent.
    fileprivate var isBadRequest: Bool {
        if case .refused(let refusal) = self { refusal.code == 400 || refusal.code == 422 } else { false }
    }
}
