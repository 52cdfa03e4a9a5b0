import CDatagram
import DNSWire
import Glibc
import Logging
import Synchronization
package import Telemetry

/// What a socket calls when it has become readable.
package protocol ReadinessTarget: AnyObject {
    /// There is something to read. Called on the worker's thread, again and again as long as it is so.
    func becameReady(_ worker: Worker)
}

/// What a worker calls at the end of a turn.
package protocol TurnEndTarget: AnyObject {
    /// All that was ready has been looked at: what was gathered meanwhile is to be sent.
    func turnEnded(_ worker: Worker)
}

/// One thread that answers queries, with everything it needs of its own: an epoll loop, sockets, timers, a random source, metric
/// slots and a pool of queries.
///
/// It is also the executor of the tasks in which its queries wait, so that a query never leaves its thread.
///
/// Unchecked Sendable: other threads only touch `mailbox`, which has a lock, and constants.
@safe
package final class Worker: @unchecked Sendable {
    /// 0, 1, 2 … among the server's workers.
    package let index: Int
    /// The worker's metric slots.
    package let shard: MetricShard
    /// The monotonic clock in nanoseconds, read once a batch.
    package internal(set) var now: UInt64
    /// The worker's random source.
    package var random = RandomSource()
    /// What nobody must foretell.
    package var secrets = SecretSource()
    /// Lines for standard output.
    package let output = LineBuffer()
    /// Whether lines for debugging are written.
    let debug: DebugSwitch
    var refusalLines = RefusalLines()

    let counters: ServerCounters
    /// The queries that wait for something outside of the worker.
    var waiting: WaitingRoom
    /// How many wait, for other threads.
    let waitingCount = Atomic<Int>(0)
    /// How many queries of the server's own run in the background, and how many may; others only read the first.
    let backgroundCount = Atomic<Int>(0)
    let backgroundLimit: Int
    private let poll: Int32
    private let wakeup: Int32
    /// What is called for each file descriptor, which the kernel keeps small.
    private var targets: ContiguousArray<(any ReadinessTarget)?> = []
    private var timers: TimerWheel
    private let mailbox = Mutex<Mailbox>(Mailbox())
    private var localJobs: ContiguousArray<UnownedJob> = []
    /// Calls that were taken out of the mailbox and wait for their turn, from `nextCall` on.
    private var calls: ContiguousArray<@Sendable (Worker) -> Void> = []
    private var nextCall = 0
    /// How many calls run before the worker looks at its sockets again.
    ///
    /// Queries of connections are calls, and must not keep datagrams waiting; as many datagrams are answered in a turn.
    private static let callsPerTurn = 128
    private var pool: ContiguousArray<Query> = []
    /// For messages that take another's place, one at a time.
    private(set) lazy var scratch = MessageWriter(outgrown: outgrown)
    /// What its queries have outgrown in this turn.
    let outgrown = OutgrownMemory()
    /// What has something to send at the end of the turn.
    private var outgoing: ContiguousArray<any TurnEndTarget> = []
    /// Tables that were given up with queries still on their way; those must not lose what they go through.
    var abandoned: [BlockTable] = []
    /// The UDP socket of each listening address, by the address's number.
    var listeners: [Int: UDPListener] = [:]
    /// The blocks that answer at each listening address.
    var tables: [Int: BlockTable] = [:]
    private let threadID = Atomic<UInt>(0)
    private var isRunning = true
    /// Queries that have come and not yet gone, lookups not counted.
    private(set) var inFlight = 0

    private struct Mailbox {
        var jobs: ContiguousArray<UnownedJob> = []
        var calls: ContiguousArray<@Sendable (Worker) -> Void> = []
        var isSignalled = false
    }

    /// The most queries that are kept for later use; more are made and dropped as load asks for it.
    private static let poolLimit = 1_024

    /// - Parameters:
    ///   - waitingOctets: room for queries that wait.
    ///   - backgroundLimit: how many queries of the server's own may run in the background.
    init(
        index: Int, shard: MetricShard, counters: ServerCounters,
        waitingOctets: Int = ResourceLimits().waitingOctets(workers: 1),
        backgroundLimit: Int = ResourceLimits().backgroundQueries(workers: 1), debug: DebugSwitch = .process
    ) throws(SocketError) {
        self.index = index
        self.debug = debug
        self.shard = shard
        self.counters = counters
        waiting = WaitingRoom(limit: waitingOctets)
        self.backgroundLimit = backgroundLimit
        now = cdg_now()
        timers = TimerWheel(now: now)
        poll = cdg_poll_create()
        wakeup = cdg_wakeup_create()
        guard poll >= 0 else { throw SocketError(operation: "epoll_create1", code: -poll) }
        guard wakeup >= 0 else { throw SocketError(operation: "eventfd", code: -wakeup) }
        let status = cdg_poll_add(poll, wakeup, UInt64(bitPattern: Int64(wakeup)))
        guard status == 0 else { throw SocketError(operation: "epoll_ctl", code: -status) }
    }

    deinit {
        if wakeup >= 0 { cdg_close(wakeup) }
        if poll >= 0 { cdg_close(poll) }
    }

    // MARK: Services to plugins, on the worker's thread

    /// The monotonic clock in nanoseconds, read now.
    package func readClock() -> UInt64 { cdg_now() }

    /// Calls `target` whenever `fd` is readable.
    ///
    /// - Throws: the system's refusal.
    package func watch(_ fd: Int32, _ target: any ReadinessTarget) throws(SocketError) {
        let status = cdg_poll_add(poll, fd, UInt64(bitPattern: Int64(fd)))
        guard status == 0 else { throw SocketError(operation: "epoll_ctl", code: -status) }
        let index = Int(fd)
        while targets.count <= index { targets.append(nil) }
        targets[index] = target
    }

    /// Calls the target of a watched `fd` also when it takes octets again, or no longer.
    func watchWriting(_ fd: Int32, _ isWanted: Bool) {
        _ = cdg_poll_change(poll, fd, UInt64(bitPattern: Int64(fd)), isWanted)
    }

    /// Ends the watch on `fd`; before the socket is closed.
    package func unwatch(_ fd: Int32) {
        if targets.indices.contains(Int(fd)) { targets[Int(fd)] = nil }
        _ = cdg_poll_remove(poll, fd)
    }

    /// Calls `target` with `token` after `delay` nanoseconds; the resolution is 4 ms.
    package func schedule(after delay: UInt64, _ target: any TimerTarget, token: UInt64) -> WorkerTimer {
        timers.schedule(at: now &+ delay, target, token: token)
    }

    /// Takes a timer back; one that has fired already is no matter.
    package func cancel(_ timer: WorkerTimer) {
        timers.cancel(timer)
    }

    /// Runs `body`, in which `query` waits, as a task on this worker.
    package func run(_ query: Query, body: @escaping (Query) async -> Void) {
        detach(query)
        // The task runs on this thread only, so that what it captures is never shared.
        nonisolated(unsafe) let body = body
        Task(executorPreference: self) { unsafe await body(query) }
    }

    // MARK: From any thread

    /// Runs `call` on the worker's thread, soon.
    package func execute(_ call: @escaping @Sendable (Worker) -> Void) {
        signal { $0.calls.append(call) }
    }

    private func signal(_ change: (inout Mailbox) -> Void) {
        let mustWake = mailbox.withLock { mailbox in
            change(&mailbox)
            defer { mailbox.isSignalled = true }
            return !mailbox.isSignalled
        }
        if mustWake { cdg_wakeup_send(wakeup) }
    }

    /// Whether the caller is on the worker's thread.
    private var isCurrent: Bool {
        threadID.load(ordering: .relaxed) == UInt(pthread_self())
    }

    // MARK: Queries

    /// A query from the pool, or a new one.
    func takeQuery() -> Query {
        let query = pool.popLast() ?? Query(worker: self)
        query.isPooled = false
        query.reset()
        return query
    }

    func recycle(_ query: Query) {
        query.origin = nil
        guard pool.count < Self.poolLimit, query.inboundCapacity <= Query.inboundCapacity,
            query.reply.capacity <= Query.pooledReplyCapacity
        else { return }
        query.isPooled = true
        pool.append(query)
    }

    /// Answers a query whose message stands in its buffer, over `blocks`.
    func process(_ query: Query, _ blocks: BlockTable) {
        inFlight += 1
        switch query.admit() {
        case .ignored:
            counters.ignored.increment(in: shard)
            query.isDropped = true
            complete(query)
        case .rejected(let code, let isBare):
            counters.countRejection(code, in: shard)
            noteRefusal(of: query, code)
            query.reject(code, isBare: isBare)
            complete(query)
        case .admitted:
            route(query, blocks)
        }
    }

    /// Answers a message of which the end was cut off by the receive buffer.
    func refuseOversized(_ query: Query) {
        inFlight += 1
        counters.oversized.increment(in: shard)
        if case .ignored = query.admit() {
            query.isDropped = true
        } else {
            counters.countRejection(.formatError, in: shard)
            noteRefusal(of: query, .formatError)
            query.reject(.formatError, isBare: true)
        }
        complete(query)
    }

    /// Sends an admitted query to the block that serves its name.
    func route(_ query: Query, _ blocks: BlockTable) {
        guard let chain = blocks.chain(for: query),
            query.recordClass == .IN || chain.with({ $0.acceptsAllClasses })
        else {
            counters.countRejection(.refused, in: shard)
            query.reject(.refused, isBare: false)
            query.isUnserved = true
            blocks.countRefusal(query)
            complete(query)
            return
        }
        query.enter(chain, of: blocks)
        chain.with { $0.begin(query) }
    }

    /// The query has run its way.
    func complete(_ query: Query) {
        query.leave()
        if !query.isOwn {
            inFlight -= 1
            if query.hasReply, !query.isDropped { query.sealReply() }
        }
        if !query.isSlot { query.origin?.complete(query) }
    }

    /// The query will not be done when its batch is: its listener gets another one for the slot.
    func detach(_ query: Query) {
        guard query.isSlot else { return }
        query.isSlot = false
        if let listener = query.origin as? UDPListener { listener.replaceSlot(query) }
    }

    /// Calls `target` at the end of this turn, when all that is ready has been looked at.
    package func callAtEndOfTurn(_ target: any TurnEndTarget) {
        outgoing.append(target)
    }

    // MARK: The loop

    /// Starts the worker's thread.
    func start() throws(SocketError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().loop()
                return nil
            }, context)
        guard status == 0 else { throw SocketError(operation: "pthread_create", code: status) }
        pthread_detach(thread)
    }

    /// Ends the loop after the current turn.
    ///
    /// Called on the worker's thread.
    func stop() {
        isRunning = false
    }

    private func loop() {
        threadID.store(UInt(pthread_self()), ordering: .relaxed)
        unsafe cdg_name_thread("worker-\(index)")
        let events = UnsafeMutablePointer<cdg_event>.allocate(capacity: 64)
        defer { unsafe events.deallocate() }
        while isRunning {
            let count = unsafe cdg_poll_wait(poll, events, 64, waitMilliseconds())
            now = cdg_now()
            for index in 0..<max(0, Int(count)) {
                let fd = unsafe Int32(truncatingIfNeeded: events[index].token)
                if fd == wakeup {
                    emptyMailbox()
                } else if targets.indices.contains(Int(fd)) {
                    targets[Int(fd)]?.becameReady(self)
                }
            }
            runCalls()
            fireTimers()
            runJobs()
            flush()
        }
    }

    /// Calls the targets of all timers that are due.
    func fireTimers() {
        while let (target, token) = timers.popDue(now: now) { target.timerFired(token: token, worker: self) }
    }

    private func waitMilliseconds() -> Int32 {
        guard localJobs.isEmpty, calls.isEmpty else { return 0 }
        guard let delay = timers.delay(now: now) else { return -1 }
        return Int32(clamping: (delay + 999_999) / 1_000_000)
    }

    private func emptyMailbox() {
        cdg_wakeup_clear(wakeup)
        let mail = mailbox.withLock { mailbox in
            defer { mailbox = Mailbox() }
            return mailbox
        }
        localJobs += mail.jobs
        guard !mail.calls.isEmpty else { return }
        if nextCall > calls.count / 2 {
            calls.removeFirst(nextCall)
            nextCall = 0
        }
        calls += mail.calls
    }

    /// Does what other threads have told it so far; the loop does so turn by turn.
    func runMailbox() {
        emptyMailbox()
        runCalls()
    }

    private func runCalls() {
        let end = min(calls.count, nextCall + Self.callsPerTurn)
        while nextCall < end {
            calls[nextCall](self)
            nextCall += 1
        }
        guard nextCall == calls.count else { return }
        calls = []
        nextCall = 0
    }

    private func runJobs() {
        while !localJobs.isEmpty {
            var jobs = ContiguousArray<UnownedJob>()
            swap(&jobs, &localJobs)
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func flush() {
        // What is sent can fail, and what fails can be sent elsewhere.
        while !outgoing.isEmpty {
            var ended: ContiguousArray<any TurnEndTarget> = []
            swap(&ended, &outgoing)
            for target in ended { target.turnEnded(self) }
            if outgoing.isEmpty {
                ended.removeAll(keepingCapacity: true)
                outgoing = ended
            }
        }
        output.flush()
        outgrown.free()
    }
}

extension Worker: TaskExecutor {
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            localJobs.append(job)
        } else {
            signal { $0.jobs.append(job) }
        }
    }
}
