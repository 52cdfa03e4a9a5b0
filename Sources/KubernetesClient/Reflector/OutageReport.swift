/// Turns failures and successes into few log lines: one when the API server goes away, one when it is back.
struct OutageReport: Sendable {
    /// What is to be told.
    struct Change: Sendable, Equatable {
        /// Whether the objects are followed now.
        var isFollowing: Bool
        /// Whether that was different before.
        var isFollowingChanged: Bool
        /// A line for the log.
        var text: String?
    }

    private enum State: Sendable {
        case starting
        case following
        case failing(since: Duration)
    }

    private let resource: String
    private var state = State.starting
    private var kinds: Set<String> = []
    private var tries = 0
    /// Whether a stream failed after it was opened: then only an event shows that the fault is over.
    private var needsEvent = false
    private var isOpen = false

    init(resource: String) {
        self.resource = resource
    }

    /// A request failed.
    ///
    /// Each kind of failure is told once until all is well again.
    mutating func failed(_ operation: APIRequest.Operation, _ failure: APIFailure, now: Duration) -> Change? {
        if isOpen { needsEvent = true }
        isOpen = false
        tries += 1
        var change = Change(isFollowing: false, isFollowingChanged: false)
        if case .failing = state {
        } else {
            if case .following = state { change.isFollowingChanged = true }
            state = .failing(since: now)
        }
        if kinds.insert(failure.kind).inserted { change.text = "\(operation) \(resource): \(failure); retrying" }
        return change.text == nil && !change.isFollowingChanged ? nil : change
    }

    /// A watch ended in good order.
    mutating func closed() {
        isOpen = false
    }

    /// A watch was opened: requests are answered again.
    mutating func opened(now: Duration) -> Change? {
        isOpen = true
        return needsEvent ? nil : recovered(now)
    }

    /// An event arrived on the watch.
    mutating func progressed(now: Duration) -> Change? {
        needsEvent = false
        return recovered(now)
    }

    private mutating func recovered(_ now: Duration) -> Change? {
        defer {
            state = .following
            kinds = []
            tries = 0
        }
        switch state {
        case .following: return nil
        case .starting: return Change(isFollowing: true, isFollowingChanged: true)
        case .failing(let since):
            let text = "\(resource): followed again after \(Self.milliseconds(now - since)) ms, failed tries: \(tries)"
            return Change(isFollowing: true, isFollowingChanged: true, text: text)
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }
}
