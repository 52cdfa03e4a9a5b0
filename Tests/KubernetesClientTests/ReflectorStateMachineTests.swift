import Testing

@testable import KubernetesClient

@Suite("What a reflector does next follows from what happened")
struct ReflectorStateMachineTests {
    typealias Machine = ReflectorStateMachine

    /// A policy without chance: 100, 200, 400 … ms, at most one second, refusals at most two.
    static var policy: RetryPolicy {
        var policy = RetryPolicy()
        policy.base = .milliseconds(100)
        policy.cap = .seconds(1)
        policy.refusalCap = .seconds(2)
        policy.jitter = { 1 }
        return policy
    }

    static func refused(_ code: Int, retryAfter: Duration? = nil) -> APIFailure {
        .refused(APIRefusal(code: code, retryAfter: retryAfter))
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var rule: String
        var events: [Machine.Event]
        var steps: [Machine.Step]
        var testDescription: String { rule }
    }

    static let page = Machine.Event.page(resourceVersion: "5", continueToken: nil)
    static let begin = Machine.Step(action: .watch(resourceVersion: "5"))
    static let list = Machine.Action.list(continueToken: nil)
    static let watch = Machine.Action.watch(resourceVersion: "5")

    static let rows: [Row] = [
        Row(
            rule: "pages are fetched one after the other, then the watch begins",
            events: [.page(resourceVersion: "5", continueToken: "t"), page],
            steps: [.init(action: .list(continueToken: "t")), begin]),
        Row(
            rule: "a page that failed is asked for again, with growing pauses",
            events: [.page(resourceVersion: "5", continueToken: "t"), .failed(.timedOut), .failed(.timedOut)],
            steps: [
                .init(action: .list(continueToken: "t")),
                .init(action: .list(continueToken: "t"), delay: .milliseconds(100)),
                .init(action: .list(continueToken: "t"), delay: .milliseconds(200)),
            ]),
        Row(
            rule: "a page that fails three times in a row restarts the list: its token may be what is wrong",
            events: [
                .page(resourceVersion: "5", continueToken: "t"), .failed(refused(500)), .failed(.timedOut),
                .failed(refused(503)),
            ],
            steps: [
                .init(action: .list(continueToken: "t")),
                .init(action: .list(continueToken: "t"), delay: .milliseconds(100)),
                .init(action: .list(continueToken: "t"), delay: .milliseconds(200)),
                .init(action: list, delay: .milliseconds(400)),
            ]),
        Row(
            rule: "a page that is refused for what is asked restarts the list",
            events: [.page(resourceVersion: "5", continueToken: "t"), .failed(refused(414))],
            steps: [.init(action: .list(continueToken: "t")), .init(action: list, delay: .milliseconds(100))]),
        Row(
            rule: "an expired token restarts the list at once, a second time after a pause",
            events: [
                .page(resourceVersion: "5", continueToken: "t"), .failed(refused(410)),
                .page(resourceVersion: "6", continueToken: "u"), .failed(refused(410)),
            ],
            steps: [
                .init(action: .list(continueToken: "t")), .init(action: list),
                .init(action: .list(continueToken: "u")), .init(action: list, delay: .milliseconds(200)),
            ]),
        Row(
            rule: "a token that is not understood restarts the list",
            events: [.page(resourceVersion: "5", continueToken: "t"), .failed(refused(400))],
            steps: [.init(action: .list(continueToken: "t")), .init(action: list, delay: .milliseconds(100))]),
        Row(
            rule: "a token that comes again and again does not page for ever",
            events: [.page(resourceVersion: "5", continueToken: "t"), .page(resourceVersion: "5", continueToken: "t")],
            steps: [.init(action: .list(continueToken: "t")), .init(action: list, delay: .milliseconds(100))]),
        Row(
            rule: "a watch that ended in good order is opened at once where it was",
            events: [page, .watchClosed(lasted: .seconds(300))],
            steps: [begin, .init(action: watch)]),
        Row(
            rule: "watches that end at once are not opened in a tight loop",
            events: [page, .watchClosed(lasted: .zero), .watchClosed(lasted: .zero)],
            steps: [
                begin, .init(action: watch, delay: .milliseconds(100)),
                .init(action: watch, delay: .milliseconds(200)),
            ]),
        Row(
            rule: "a cut watch is opened again where it was",
            events: [page, .failed(.cut)],
            steps: [begin, .init(action: watch, delay: .milliseconds(100))]),
        Row(
            rule: "lost history is listed at once, and with pauses when it is lost again and again",
            events: [page, .failed(refused(410)), page, .failed(refused(410)), page, .failed(.historyWentBack)],
            steps: [
                begin, .init(action: list), begin, .init(action: list, delay: .milliseconds(200)), begin,
                .init(action: list, delay: .milliseconds(400)),
            ]),
        Row(
            rule: "the reason Expired counts as lost history whatever the status",
            events: [page, .failed(.refused(APIRefusal(code: 500, reason: "Expired")))],
            steps: [begin, .init(action: list)]),
        Row(
            rule: "a refused token is tried again at once, one time",
            events: [page, .failed(refused(401)), .failed(refused(401))],
            steps: [begin, .init(action: watch), .init(action: watch, delay: .milliseconds(200))]),
        Row(
            rule: "Retry-After is a lower bound of the pause, up to its own limit",
            events: [
                .failed(refused(429, retryAfter: .seconds(9))), .failed(refused(503, retryAfter: .seconds(3000))),
            ],
            steps: [.init(action: list, delay: .seconds(9)), .init(action: list, delay: .seconds(60))]),
        Row(
            rule: "three unreadable replies to the same watch bring the list",
            events: [page, .failed(.malformed("")), .failed(.malformed("")), .failed(.malformed(""))],
            steps: [
                begin, .init(action: watch, delay: .milliseconds(100)),
                .init(action: watch, delay: .milliseconds(200)), .init(action: list, delay: .milliseconds(400)),
            ]),
        Row(
            rule: "the pause has a limit, a longer one for refusals",
            events: Array(repeating: .failed(.timedOut), count: 6) + [.failed(refused(403))],
            steps: [100, 200, 400, 800, 1000, 1000, 2000].map { .init(action: list, delay: .milliseconds($0)) }),
    ]

    static let refusedStreams: [Row] = [
        Row(
            rule: "a stream that is not understood gives way to pages, at once and for good",
            events: [.failed(refused(422)), page, .failed(refused(410))],
            steps: [.init(action: list), begin, .init(action: list)]),
        Row(
            rule: "who may not watch may be allowed to list",
            events: [.failed(refused(403)), .failed(refused(403))],
            steps: [.init(action: list), .init(action: list, delay: .milliseconds(100))]),
        Row(
            rule: "a stream that ends before the state is complete gives way to pages",
            events: [.watchClosed(lasted: .seconds(9))], steps: [.init(action: list)]),
        Row(
            rule: "a stream that is cut begins again, with growing pauses",
            events: [.failed(.cut), .failed(.unreachable(""))],
            steps: [
                .init(action: .stream, delay: .milliseconds(100)), .init(action: .stream, delay: .milliseconds(200)),
            ]),
        Row(
            rule: "a stream that cannot be had at present gives way to pages once",
            events: [.failed(refused(500)), .failed(refused(500)), page, .failed(refused(410))],
            steps: [
                .init(action: list), .init(action: list, delay: .milliseconds(100)), begin,
                .init(action: .stream, delay: .milliseconds(200)),
            ]),
        Row(
            rule: "three unreadable streams give way to pages",
            events: Array(repeating: .failed(.malformed("")), count: 3),
            steps: [
                .init(action: .stream, delay: .milliseconds(100)), .init(action: .stream, delay: .milliseconds(200)),
                .init(action: list, delay: .milliseconds(400)),
            ]),
        Row(
            rule: "a kind that is not known is asked for again much later",
            events: [.absent, .failed(.timedOut)],
            steps: [
                .init(action: .stream, delay: .seconds(200)), .init(action: .stream, delay: .milliseconds(100)),
            ]),
    ]

    @Test("A page that is too large is asked for again at once with half as many objects, down to one")
    func halving() {
        var machine = Machine(policy: Self.policy, pageSize: 5)
        _ = machine.next(.page(resourceVersion: "5", continueToken: "t"))
        let page = Machine.Action.list(continueToken: "t")
        for size in [2, 1] {
            #expect(machine.next(.failed(.tooLarge(limit: 1))) == .init(action: page))
            #expect(machine.pageSize == size && machine.failures == 0)
        }
        #expect(machine.next(.failed(.tooLarge(limit: 1))) == .init(action: page, delay: .milliseconds(100)))
        #expect(machine.pageSize == 1)
        #expect(machine.next(Self.page) == Self.begin)
        #expect(machine.next(.failed(.tooLarge(limit: 1))).action == Self.watch && machine.pageSize == 1)
    }

    @Test("Streamed lists: events in, actions out", arguments: refusedStreams)
    func streams(_ row: Row) {
        var policy = Self.policy
        policy.absentDelay = { .seconds(200) }
        var machine = Machine(policy: policy, streamsLists: true)
        #expect(machine.start == .init(action: .stream))
        #expect(row.events.map { machine.next($0) } == row.steps)
    }

    @Test("A streamed list that is complete is a watch from there, and lost history brings the next stream")
    func streamBecomesWatch() throws {
        var machine = Machine(policy: Self.policy, streamsLists: true)
        machine.endStreamedList(at: "7")
        #expect(machine.next(.failed(.cut)).action == .watch(resourceVersion: "7"))
        try machine.advance(to: "8")
        #expect(machine.next(.failed(.diverged)) == .init(action: .stream))
    }

    @Test("Events in, actions out", arguments: rows)
    func table(_ row: Row) {
        var machine = Machine(policy: Self.policy)
        #expect(machine.start == .init(action: Self.list))
        #expect(row.events.map { machine.next($0) } == row.steps)
    }

    @Test("An event moves the place of the next watch and ends the count of failures")
    func advance() throws {
        var machine = Machine(policy: Self.policy)
        _ = machine.next(Self.page)
        _ = machine.next(.failed(.cut))
        _ = machine.next(.failed(.cut))
        try machine.advance(to: "8")
        #expect(machine.next(.failed(.cut)) == .init(action: .watch(resourceVersion: "8"), delay: .milliseconds(100)))
    }

    @Test("A version below the one before is lost history; one that is no number is taken as it is")
    func wentBack() throws {
        var machine = Machine(policy: Self.policy)
        _ = machine.next(.page(resourceVersion: "10", continueToken: nil))
        #expect(throws: APIFailure.historyWentBack) { try machine.advance(to: "9") }
        try machine.advance(to: "10")
        try machine.advance(to: "opaque")
        #expect(machine.next(.watchClosed(lasted: .seconds(9))).action == .watch(resourceVersion: "opaque"))
    }

    @Test("Jitter takes away at most half of a pause", arguments: [(-1.0, 50), (0, 50), (0.5, 75), (1, 100), (7, 100)])
    func jitter(_ jitter: Double, _ milliseconds: Int) {
        var policy = Self.policy
        policy.jitter = { jitter }
        #expect(policy.delay(attempt: 1, failure: .cut) == .milliseconds(milliseconds))
    }

    @Test("Any number of failures has a pause")
    func manyFailures() {
        #expect(Self.policy.delay(attempt: .max, failure: .cut) == .seconds(1))
        #expect(Self.policy.delay(attempt: 0, failure: .cut) == .milliseconds(100))
    }

    @Test("The longest pause of the default policy keeps the promise of two seconds")
    func promise() {
        var policy = RetryPolicy()
        policy.jitter = { 1 }
        #expect(policy.delay(attempt: 1000, failure: .unreachable("")) <= .milliseconds(1500))
        #expect(policy.delay(attempt: 1, failure: .unreachable("")) <= .milliseconds(100))
    }
}
