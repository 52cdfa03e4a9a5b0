import DNSServer

/// A UDP socket connected to one upstream, with the queries that wait for replies on it.
final class UpstreamSocket: ReadinessTarget, TurnEndTarget, UpstreamWay {
    let socket: DatagramSocket
    let upstream: Upstream
    var waiting = IdentifierTable()
    /// Queries that were sent over it.
    private(set) var uses = 0
    private let opened: UInt64
    private var lastUsed: UInt64
    /// Whether no more queries are sent over it.
    var isRetired = false
    /// Whether so many have tried to guess an ID on it that no reply is taken any more.
    private(set) var isBurnt = false
    /// Messages with an ID that was never used on it.
    private var strangers = 0
    /// Which upstream of which group it leads to, for the engine.
    let groupIndex: Int
    let index: Int
    /// The attempts that are to be sent at the end of the turn, by their tokens.
    private var queued: ContiguousArray<UInt64> = []
    private unowned let engine: ForwardEngine

    /// Opens it; the kernel chooses the port at random.
    ///
    /// - Throws: the failed system call.
    init(
        _ upstream: Upstream, _ engine: ForwardEngine, groupIndex: Int, index: Int, now: UInt64
    ) throws(SocketError) {
        socket = try DatagramSocket(connectedTo: upstream.address, from: upstream.source)
        self.upstream = upstream
        self.engine = engine
        self.groupIndex = groupIndex
        self.index = index
        opened = now
        lastUsed = now
    }

    /// The kernel is asked once, when a failure is told.
    private(set) lazy var localText: String? = socket.localAddress.map { "\($0)" }

    func becameReady(_ worker: Worker) {
        engine.receive(self)
    }

    // MARK: Sending

    /// Takes in an attempt whose message is sent at the end of the turn.
    func queue(_ token: UInt64) {
        if queued.isEmpty { engine.worker.callAtEndOfTurn(self) }
        queued.append(token)
    }

    func turnEnded(_ worker: Worker) {
        engine.sendQueued(self)
    }

    /// What is to be sent; meanwhile others can be queued.
    func takeQueue() -> ContiguousArray<UInt64> {
        var taken: ContiguousArray<UInt64> = []
        swap(&taken, &queued)
        return taken
    }

    /// Gives the memory of what was taken back for the next turn.
    func giveBack(_ taken: ContiguousArray<UInt64>) {
        guard queued.isEmpty else { return }
        queued = taken
        queued.removeAll(keepingCapacity: true)
    }

    func use(now: UInt64) {
        uses += 1
        lastUsed = now
    }

    /// Whether the port has served long enough: whoever wants to make replies up has to find it first.
    func isWorn(now: UInt64, expire: UInt64) -> Bool {
        uses >= Self.maximumUses || now &- opened > upstream.socketAge || now &- lastUsed > expire
    }

    private static let maximumUses = 256

    // MARK: Guesses

    /// Counts a message whose ID was never used here.
    ///
    /// - Returns: whether it was one too many: who knows the port must not have more guesses at an ID.
    func countStranger() -> Bool {
        strangers += 1
        guard strangers >= Self.strangersAllowed, !isBurnt else { return false }
        isBurnt = true
        return true
    }

    /// A chance of 1 in 4,096 for one question.
    private static let strangersAllowed = 16
}

/// The sockets of one worker to one upstream.
struct UpstreamSocketPool {
    /// Open at a time, those not counted that only wait for last replies.
    private static let size = 4
    /// Sockets that only wait for last replies beyond which none is retired before its time.
    private static let retiredLimit = 32
    private(set) var sockets: [UpstreamSocket?] = Array(repeating: nil, count: size)
    private(set) var retired: [UpstreamSocket] = []
    /// The socket that was taken in the worker's present turn, and when that turn began.
    private var (taken, takenAt) = (0, UInt64.max)

    /// A socket taken at random, opened if need be; the same all through a turn, so that its queries leave together.
    ///
    /// - Throws: the failed system call.
    mutating func socket(
        to upstream: Upstream, _ engine: ForwardEngine, groupIndex: Int, index: Int, expire: UInt64
    ) throws(SocketError) -> (socket: UpstreamSocket, isReused: Bool) {
        let worker = engine.worker
        if takenAt != worker.now { (taken, takenAt) = (worker.random.next(below: Self.size), worker.now) }
        let place = taken
        let former = sockets[place]
        if let former, !former.isWorn(now: worker.now, expire: expire) { return (former, true) }
        let socket: UpstreamSocket
        do throws(SocketError) {
            socket = try UpstreamSocket(upstream, engine, groupIndex: groupIndex, index: index, now: worker.now)
            try worker.watch(socket.socket.fd, socket)
        } catch {
            // Where no more may be opened an old one is better than none.
            guard let other = former ?? sockets.lazy.compactMap(\.self).first else { throw error }
            return (other, true)
        }
        sockets[place] = socket
        if let former { retire(former, worker) }
        return (socket, false)
    }

    /// Sends no more queries over `socket`, unless too many wait for last replies already.
    ///
    /// - Returns: whether it is retired now, and was not before.
    mutating func retireEarly(_ socket: UpstreamSocket, _ worker: Worker) -> Bool {
        guard let place = sockets.firstIndex(where: { $0 === socket }), retired.count < Self.retiredLimit else {
            return false
        }
        sockets[place] = nil
        retire(socket, worker)
        return true
    }

    /// Closes `socket`, on which nobody waits any more.
    mutating func remove(_ socket: UpstreamSocket, _ worker: Worker) {
        if let place = sockets.firstIndex(where: { $0 === socket }) { sockets[place] = nil }
        socket.isRetired = true
        drop(socket, worker)
    }

    private mutating func retire(_ socket: UpstreamSocket, _ worker: Worker) {
        socket.isRetired = true
        if socket.waiting.isEmpty {
            worker.unwatch(socket.socket.fd)
        } else {
            retired.append(socket)
        }
    }

    /// Closes a retired socket on which nothing waits any more.
    mutating func drop(_ socket: UpstreamSocket, _ worker: Worker) {
        worker.unwatch(socket.socket.fd)
        retired.removeAll { $0 === socket }
    }

    /// Closes all.
    mutating func close(_ worker: Worker) {
        for socket in sockets.compactMap(\.self) + retired { worker.unwatch(socket.socket.fd) }
        sockets = Array(repeating: nil, count: Self.size)
        retired = []
    }
}
