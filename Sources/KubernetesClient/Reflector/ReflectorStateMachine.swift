/// What a reflector does next: events in, actions out, no time and no network.
///
/// ```
///   stream ──first state is complete──────────────────▶ watch ──closed, cut, failed──▶ watch from where it was
///     │ not understood                                   ▲ │
///     ▼                                                  │ └── history is gone ──▶ stream, or list
///   list ──page──▶ list ──last page──────────────────────┘
/// ```
///
/// There are two ways to the first state: a streamed list (`sendInitialEvents`), which goes on as the watch, and the pages of a
/// list, for API servers that do not stream.
struct ReflectorStateMachine: Sendable {
    /// What happened.
    enum Event: Sendable, Equatable {
        /// A page of the list is here.
        case page(resourceVersion: String, continueToken: String?)
        /// The API server ended the watch, or the streamed list, in good order.
        ///
        /// - Parameter lasted: how long it was open.
        case watchClosed(lasted: Duration)
        /// The API server does not know the kind of object.
        case absent
        /// The last action failed.
        case failed(APIFailure)
    }

    /// What to do.
    enum Action: Sendable, Equatable {
        /// Ask for the state as a stream that goes on as the watch.
        case stream
        /// Ask for a page. Without a token it is the first one, and pages that are here already are void.
        case list(continueToken: String?)
        /// Watch.
        case watch(resourceVersion: String)
    }

    /// An action and the pause before it, counted from the beginning of the action before.
    struct Step: Sendable, Equatable {
        var action: Action
        var delay: Duration = .zero
    }

    /// A watch that ends sooner without an event counts as a failure.
    static let shortestWatch = Duration.seconds(1)
    /// So many unreadable replies in a row to the same watch, and the state is listed again.
    static let patienceWithMalformed = 3

    /// So many failures in a row with a page behind the first, and the list begins anew: its token may be what is wrong.
    static let patienceWithPage = 3

    let policy: RetryPolicy
    /// How many objects a page is asked for: half as many after each page that was too large.
    private(set) var pageSize: Int
    /// Whether the state is asked for as a stream; it ends for good when the API server does not understand that.
    private(set) var streamsLists: Bool
    /// What is done now.
    private(set) var phase: Action
    /// Failures since the last sign of progress.
    private(set) var failures = 0
    private var malformedInARow = 0

    init(policy: RetryPolicy, pageSize: Int = 500, streamsLists: Bool = false) {
        self.policy = policy
        self.pageSize = pageSize
        self.streamsLists = streamsLists
        phase = streamsLists ? .stream : .list(continueToken: nil)
    }

    /// The first action.
    var start: Step { Step(action: phase) }

    /// A watch event arrived: the version it stands at is where the next watch begins.
    ///
    /// - Throws: `historyWentBack` when the version is below the one before.
    mutating func advance(to resourceVersion: String) throws(APIFailure) {
        guard case .watch(let present) = phase, !resourceVersion.isEmpty else { return }
        // Versions are to be taken as opaque, except that those of one collection can be compared as numbers.
        if let new = UInt64(resourceVersion), let old = UInt64(present), new < old { throw .historyWentBack }
        beginWatch(at: resourceVersion)
    }

    /// The streamed list is complete: from here on the stream is a watch.
    mutating func endStreamedList(at resourceVersion: String) {
        guard phase == .stream else { return }
        beginWatch(at: resourceVersion)
    }

    private mutating func beginWatch(at resourceVersion: String) {
        phase = .watch(resourceVersion: resourceVersion)
        failures = 0
        malformedInARow = 0
    }

    /// Takes what happened, gives what to do.
    mutating func next(_ event: Event) -> Step {
        switch event {
        case .page(let resourceVersion, let token): page(resourceVersion, token)
        case .watchClosed(let lasted): watchClosed(lasted)
        case .absent: absent()
        case .failed(let failure): failed(failure)
        }
    }

    private mutating func page(_ resourceVersion: String, _ token: String?) -> Step {
        guard let token else {
            phase = .watch(resourceVersion: resourceVersion)
            return Step(action: phase)
        }
        // The same token again would be the same page for ever.
        guard phase != .list(continueToken: token) else {
            phase = .list(continueToken: nil)
            return failed(.malformed("continue: the same token again"))
        }
        phase = .list(continueToken: token)
        return Step(action: phase)
    }

    private mutating func watchClosed(_ lasted: Duration) -> Step {
        if phase == .stream { return failed(.noInitialEvents) }
        guard lasted < Self.shortestWatch else {
            failures = 0
            return Step(action: phase)
        }
        // One that brought events and closed at once starts the count anew, and so has but the shortest pause.
        failures += 1
        return Step(action: phase, delay: policy.delay(attempt: failures, failure: .cut))
    }

    private mutating func absent() -> Step {
        failures = 0
        beginAnew()
        return Step(action: phase, delay: policy.absentDelay())
    }

    private mutating func failed(_ failure: APIFailure) -> Step {
        if phase == .stream, failure.isStreamRefusal {
            streamsLists = false
            beginAnew()
            return Step(action: phase)
        }
        if phase == .stream, failure.isPassingStreamRefusal {
            // Pages for now; the next state is asked for as a stream again.
            phase = .list(continueToken: nil)
            return Step(action: phase)
        }
        if case (.list, .tooLarge) = (phase, failure), pageSize > 1 {
            pageSize /= 2
            return Step(action: phase)
        }
        failures += 1
        choosePhase(after: failure)
        // What a fresh list or a fresh token can heal is tried at once, but not over and over.
        let mayHeal = failure.isExpired || failure.isUnauthorized
        if mayHeal, failures == 1, failure.retryAfter == nil { return Step(action: phase) }
        return Step(action: phase, delay: policy.delay(attempt: failures, failure: failure))
    }

    private mutating func choosePhase(after failure: APIFailure) {
        if case .malformed = failure { malformedInARow += 1 }
        switch phase {
        case .list(.some) where failure.isExpired || failure.isOurs || failures.isMultiple(of: Self.patienceWithPage):
            beginAnew()
        case .stream where malformedInARow >= Self.patienceWithMalformed:
            streamsLists = false
            beginAnew()
            malformedInARow = 0
        case .watch where failure.isExpired || malformedInARow >= Self.patienceWithMalformed:
            beginAnew()
            malformedInARow = 0
        default:
            break
        }
    }

    private mutating func beginAnew() {
        phase = streamsLists ? .stream : .list(continueToken: nil)
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

    /// Whether the same request will fail again: what was asked is wrong, and not who asks, how often, or when.
    fileprivate var isOurs: Bool {
        guard case .refused(let refusal) = self, (400..<500).contains(refusal.code) else { return false }
        return ![401, 403, 408, 425, 429].contains(refusal.code)
    }

    /// Whether the API server cannot stream lists at present, as one does whose storage is old or has only just started: it says so
    /// as an internal error, on the stream.
    fileprivate var isPassingStreamRefusal: Bool {
        if case .refused(let refusal) = self { refusal.code == 500 } else { false }
    }

    /// Whether the API server does not stream lists, or does not let us.
    fileprivate var isStreamRefusal: Bool {
        switch self {
        case .noInitialEvents: true
        case .refused(let refusal): refusal.code == 403 || isBadRequest
        default: false
        }
    }
}
