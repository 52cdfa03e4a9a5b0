import Logging

/// Turns failures and successes into few log lines: one when something goes wrong, one when all is well again.
struct OutageReport: Sendable {
    /// What is to be told.
    struct Change: Sendable, Equatable {
        /// How the reflector stands now; nil when that is as it was.
        var standing: ReflectorStanding?
        /// A line for the log.
        var line: Line?
    }

    /// A line for the log.
    struct Line: Sendable, Equatable {
        var level: Logger.Level
        var text: String
    }

    /// How long after an outage an API server's word that something is forbidden is not taken at face value: one that starts says so
    /// until it has read its own rules.
    static let startTime = Duration.seconds(5)

    /// A stream that has been open for so long, or has brought an event, is sound.
    static let steadyTime = Duration.seconds(5)

    private let resource: String
    /// Whether somebody else tells that the API server is away.
    private let isOutageToldElsewhere: Bool
    /// Nil before the first reply or failure.
    private var standing: ReflectorStanding?
    private var failingSince: Duration?
    private var lastOutage: Duration?
    private var kinds: Set<String> = []
    private var loudest = Logger.Level.debug
    private var tries = 0
    /// Whether a stream failed soon after it was opened: then only one that is sound shows that the fault is over.
    private(set) var needsSoundStream = false
    private var openSince: Duration?
    private var hasProgressed = false

    init(resource: String, isOutageToldElsewhere: Bool = false) {
        self.resource = resource
        self.isOutageToldElsewhere = isOutageToldElsewhere
    }

    /// A request failed.
    ///
    /// Each kind of failure is told once until all is well again.
    mutating func failed(_ operation: APIRequest.Operation, _ failure: APIFailure, now: Duration) -> Change? {
        let wasSound = openSince.map { hasProgressed || now - $0 >= Self.steadyTime }
        openSince = nil
        if wasSound == true, failure.isOutage, standing == .following {
            // A sound stream may break, as when a proxy finds it too quiet; it is an outage when the next one cannot be had.
            return Change(line: Line(level: .debug, text: "\(operation) \(resource): \(failure); opening another"))
        }
        if wasSound == false { needsSoundStream = true }
        tries += 1
        failingSince = failingSince ?? now
        if failure.isOutage { lastOutage = now }
        if failure.status == 403, let lastOutage, now - lastOutage < Self.startTime { return nil }
        var change = Change()
        let next = failure.isOutage ? ReflectorStanding.away("\(failure)") : .refused
        if standing?.isLike(next) != true { change.standing = next }
        standing = next
        if kinds.insert(failure.kind).inserted { change.line = line(operation, failure) }
        return change == Change() ? nil : change
    }

    private mutating func line(_ operation: APIRequest.Operation, _ failure: APIFailure) -> Line {
        var text = "\(operation) \(resource): \(failure); retrying"
        if failure.status == 403 { text += "; does the ClusterRole let us list and watch \(resource)?" }
        let level: Logger.Level =
            if failure.isOutage, isOutageToldElsewhere {
                .debug
            } else {
                // Lost history is the API's everyday life, and what it costs is one list.
                failure.isExpired ? .info : .warning
            }
        loudest = max(loudest, level)
        return Line(level: level, text: text)
    }

    /// A watch ended in good order.
    mutating func closed() {
        openSince = nil
    }

    /// A watch was opened: requests are answered again.
    mutating func opened(now: Duration) -> Change? {
        openSince = now
        hasProgressed = false
        return needsSoundStream ? nil : recovered(now)
    }

    /// An event arrived on the watch, or it has been open for ``steadyTime``.
    mutating func progressed(now: Duration) -> Change? {
        hasProgressed = true
        needsSoundStream = false
        return recovered(now)
    }

    private mutating func recovered(_ now: Duration) -> Change? {
        guard standing != .following else { return nil }
        var change = Change(standing: .following)
        if let failingSince {
            let text =
                "\(resource): followed again after \(Self.milliseconds(now - failingSince)) ms, failed tries: \(tries)"
            // What nobody heard of needs no end either.
            change.line = Line(level: min(loudest, .notice), text: text)
        }
        standing = .following
        (failingSince, lastOutage, kinds, loudest, tries) = (nil, nil, [], .debug, 0)
        return change
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }
}
