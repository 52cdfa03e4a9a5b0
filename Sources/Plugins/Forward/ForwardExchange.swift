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

    /// What is held for one leg of ``attempts``: a place on a socket, or a request on a connection.
    struct Hold {
        let upstream: Upstream
        let index: Int
        var socket: UpstreamSocket?
        var id: UInt16 = 0
        var request: TCPRequest?
        let sentAt: UInt64
        /// What it goes over, as long as it does.
        var way: (any UpstreamWay)? { socket ?? request }

        /// Whether the question goes out in the exchange's case, and not in the asker's.
        var isCased = false

        /// A datagram with this ID is sent over `socket`.
        mutating func wait(on socket: UpstreamSocket, _ id: UInt16, isCased: Bool) {
            self.socket = socket
            self.id = id
            self.isCased = isCased
        }
    }

    /// Its place among the worker's exchanges.
    let number: Int
    /// Changes with every query, so that what is late for one is not taken for the next.
    private(set) var serial: UInt32 = 0
    private(set) var query: Query?
    private(set) var groupIndex = 0
    var attempts = ForwardAttempts()
    /// One for each leg.
    var holds: ContiguousArray<Hold> = []
    private(set) var outcome = Outcome.pending
    /// When the query's time is up, in nanoseconds of the worker's clock.
    var deadline: UInt64 = 0
    var timer: WorkerTimer?
    /// Whether its query has been told to wait.
    var isParked = false
    /// Which letters of the question's name have the other case towards upstreams that keep it; 0 until one is asked.
    var caseMask: UInt64 = 0
    /// Whether the query's message has that case now: from when it is sent until something comes that is no matter of the upstream's.
    private var isTurned = false
    /// Its place among those who wait; nil when it does not, or has lost it.
    var ticket: WaitingRoom.Ticket?
    /// What it has to do with others that ask the same.
    var flight = FlightRole.none
    /// Why the last attempt failed.
    private var failure: ForwardFailure?
    private var failedUpstream: Upstream?
    /// What that attempt went over; it is only asked for its address when the failure is told.
    private var failedWay: (any UpstreamWay)?

    init(number: Int) {
        self.number = number
    }

    func begin(_ query: Query, groupIndex: Int) {
        serial &+= 1
        self.query = query
        self.groupIndex = groupIndex
        outcome = .pending
        isParked = false
        caseMask = 0
    }

    /// Gives the query's message the exchange's case, or the asker's again.
    func turnCase(_ isCased: Bool) {
        guard isCased != isTurned, let query else { return }
        query.turnCase(by: caseMask)
        isTurned = isCased
    }

    /// The leg that waits on `socket` for `id`.
    func leg(on socket: UpstreamSocket, _ id: UInt16) -> Int? {
        holds.indices.first { holds[$0].socket === socket && holds[$0].id == id }
    }

    /// Notes why an attempt with `upstream` failed, and what it went over.
    func fail(_ failure: ForwardFailure, _ upstream: Upstream, over way: (any UpstreamWay)? = nil) {
        self.failure = failure
        failedUpstream = upstream
        failedWay = way
    }

    /// Why the last attempt failed, and with whom.
    var lastFailure: (failure: ForwardFailure, upstream: Upstream)? {
        guard let failure, let failedUpstream else { return nil }
        return (failure, failedUpstream)
    }

    /// What the last attempt went over.
    var lastWay: (any UpstreamWay)? { failedWay }

    /// What is said of the query when no upstream answers it.
    var queryFailure: QueryFailure {
        guard let failure, let failedUpstream else {
            return QueryFailure(.serverFailure, "no healthy proxies", .noReachableAuthority)
        }
        return QueryFailure(
            .serverFailure, failure.text(failedUpstream.label, from: failedWay?.localText), failure.extendedError)
    }

    /// Ends with `outcome`.
    func conclude(_ outcome: Outcome) {
        self.outcome = outcome
    }

    /// Lets go of the query.
    func end() {
        serial &+= 1
        query = nil
        if failure != nil { (failure, failedUpstream, failedWay) = (nil, nil, nil) }
        flight = .none
    }

    /// What stands for it, with its present query, in timers and elsewhere.
    var token: UInt64 { UInt64(serial) << 32 | UInt64(number) }

    /// What stands for one of its legs, of which there are few.
    func token(ofLeg leg: Int) -> UInt64 { token | UInt64(leg & 0xFF) << 16 }
}
