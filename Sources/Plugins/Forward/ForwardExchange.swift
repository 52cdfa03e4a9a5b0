import DNSServer
import DNSWire

/// One query on its way through upstreams and back.
///
/// Its worker uses it again for later queries.
final class ForwardExchange {
    enum Outcome: Equatable {
        case pending
        /// The reply stands in the query.
        case reply
        case failed
        /// Newer queries needed its place.
        case givenUp
    }

    /// Its place among the worker's exchanges.
    let number: Int
    /// Changes with every attempt, so that what is late for one is not taken for the next.
    private(set) var serial: UInt32 = 0
    private(set) var query: Query?
    private(set) var groupIndex = 0
    var attempts = ForwardAttempts()
    private(set) var outcome = Outcome.pending
    /// When the query's time is up, in nanoseconds of the worker's clock.
    var deadline: UInt64 = 0

    // The current attempt.
    private(set) var upstream: Upstream?
    private(set) var sentAt: UInt64 = 0
    var timer: WorkerTimer?
    var socket: UpstreamSocket?
    var id: UInt16 = 0
    var request: TCPRequest?
    /// Whether its query has been told to wait.
    var isParked = false
    /// Its place among those who wait; nil when it does not, or has lost it.
    var ticket: WaitingRoom.Ticket?
    /// Why the last attempt failed.
    private var failure: ForwardFailure?
    private var failedUpstream: Upstream?

    init(number: Int) {
        self.number = number
    }

    func begin(_ query: Query, groupIndex: Int) {
        self.query = query
        self.groupIndex = groupIndex
        outcome = .pending
        isParked = false
        failure = nil
        failedUpstream = nil
    }

    /// Marks the start of an attempt.
    func beginAttempt(_ upstream: Upstream, now: UInt64) {
        serial &+= 1
        self.upstream = upstream
        sentAt = now
    }

    func fail(_ failure: ForwardFailure) {
        self.failure = failure
        failedUpstream = upstream
    }

    /// What is said of the query when no upstream answers it.
    var failureText: String {
        guard let failure, let failedUpstream else { return "no healthy proxies" }
        return failure.text(failedUpstream.label)
    }

    /// Ends with `outcome`.
    func conclude(_ outcome: Outcome) {
        self.outcome = outcome
    }

    /// Lets go of the query.
    func end() {
        serial &+= 1
        query = nil
        upstream = nil
        failedUpstream = nil
    }

    /// What a timer of the current attempt is scheduled with.
    var token: UInt64 { UInt64(serial) << 32 | UInt64(number) }
}
