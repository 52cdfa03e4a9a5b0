@testable import Plugins

/// Plays one query's ``ForwardAttempts`` against upstreams that are made up, with a clock of its own.
struct AttemptsPlay {
    /// How an upstream is; times in milliseconds.
    struct Peer: Sendable {
        /// What it takes for a reply; nil when it says nothing.
        var delay: Int?
        var refuses = false
        var refusesTCP = false
        /// Whether somebody says, after each message, that it is not there.
        var isDoubted = false
        var truncates = false
        /// Whether its replies over UDP cannot be used, and those over TCP.
        var spoils = false
        var spoilsTCP = false
        /// Whether its replies are ones that another upstream shall better.
        var triesNext = false
        var patience = 100
        var isDown = false
        var isHopeless = false
        /// Messages that get lost, counted from 0.
        var loses: Set<Int> = []

        static func after(_ delay: Int) -> Peer { Peer(delay: delay) }
        static let hung = Peer()
        static let refusing = Peer(refuses: true)
    }

    private struct Arrival {
        let at: Int
        let leg: Int
    }

    private(set) var attempts = ForwardAttempts()
    private let peers: [Peer]
    private var now = 0
    private var arrivals: [Arrival] = []
    private var counts: [Int]
    /// What happened: `0 ask 0`, `250 again 0`, `100 late 0`, `2000 probe 0`, `3 deliver`.
    private(set) var log: [String] = []

    init(_ peers: [Peer], order: [UInt8]? = nil) {
        self.peers = peers
        counts = peers.map { _ in 0 }
        attempts.order = order ?? peers.indices.map { UInt8($0) }
    }

    static func rules(_ count: Int) -> ForwardAttempts.Rules { ForwardAttempts.Rules(maximumAttempts: 2 * count) }

    /// Runs it to its end, which must come within its five seconds.
    mutating func run(_ rules: ForwardAttempts.Rules? = nil, clientUsesTCP: Bool = false) -> [String] {
        attempts.reset(
            rules ?? Self.rules(peers.count), clientUsesTCP: clientUsesTCP, deadline: Self.nanoseconds(5_000))
        var event: ForwardAttempts.Event? = .start
        // Far more than any query takes.
        for _ in 0..<10_000 {
            guard let next = event else { break }
            event = take(next)
        }
        return log
    }

    private static func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(milliseconds) * 1_000_000 }

    private func bits(_ isSet: (Peer) -> Bool) -> UInt64 {
        peers.indices.reduce(0) { $0 | (isSet(peers[$1]) ? 1 << UInt64($1) : 0) }
    }

    private mutating func take(_ event: ForwardAttempts.Event) -> ForwardAttempts.Event? {
        let world = ForwardAttempts.Surroundings(
            now: Self.nanoseconds(now), down: bits(\.isDown), hopeless: bits(\.isHopeless), random: 1)
        let step = attempts.take(event, world)
        if step.isHealthBroken { log.append("\(now) broken") }
        if let late = step.late { log.append("\(now) late \(late)") }
        if let probe = step.probe { log.append("\(now) probe \(probe)") }
        switch step.action {
        case .ask(let leg):
            let (upstream, channel) = (attempts.legs[leg].upstream, attempts.legs[leg].channel)
            log.append("\(now) ask \(upstream)\(channel == .tcp ? " tcp" : "")")
            return ask(leg, upstream, channel)
        case .again(let leg):
            log.append("\(now) again \(attempts.legs[leg].upstream)")
            send(leg)
            return peers[attempts.legs[leg].upstream].isDoubted ? .doubted(leg: leg) : .tick
        case .tick: return .tick
        case .wait: return wait()
        case .deliver, .fail:
            log.append("\(now) \(step.action)")
            return nil
        }
    }

    private mutating func ask(
        _ leg: Int, _ upstream: Int, _ channel: ForwardAttempts.Channel
    ) -> ForwardAttempts.Event {
        arrivals.removeAll { $0.leg == leg }
        if peers[upstream].refuses || (channel == .tcp && peers[upstream].refusesTCP) { return .refused(leg: leg) }
        send(leg)
        attempts.expect(
            leg, within: Self.nanoseconds(peers[upstream].patience),
            repeat: Self.nanoseconds(max(peers[upstream].patience, 250)), at: Self.nanoseconds(now))
        return peers[upstream].isDoubted ? .doubted(leg: leg) : .tick
    }

    private mutating func send(_ leg: Int) {
        let upstream = attempts.legs[leg].upstream
        defer { counts[upstream] += 1 }
        guard let delay = peers[upstream].delay, !peers[upstream].loses.contains(counts[upstream]) else { return }
        arrivals.append(Arrival(at: now + delay, leg: leg))
    }

    /// Goes on to whatever comes first: a reply that is still waited for, or the next thing that is due.
    private mutating func wait() -> ForwardAttempts.Event {
        let due = Int((attempts.wakeAt + 999_999) / 1_000_000)
        arrivals.removeAll { !attempts.legs[$0.leg].isOpen }
        guard let next = arrivals.min(by: { $0.at < $1.at }), next.at <= due else {
            now = max(now, due)
            return .tick
        }
        now = next.at
        let (leg, peer) = (next.leg, peers[attempts.legs[next.leg].upstream])
        if attempts.legs[leg].channel == .udp ? peer.spoils : peer.spoilsTCP { return .spoilt(leg: leg) }
        return .reply(
            leg: leg, isTruncated: peer.truncates && attempts.legs[leg].channel == .udp, triesNext: peer.triesNext)
    }
}
