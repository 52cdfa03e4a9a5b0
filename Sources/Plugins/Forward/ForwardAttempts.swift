/// The attempts to have one query answered by upstreams, as a value: events in, actions out, no network and no clock.
///
/// An *attempt* asks one upstream and has the read time-out for it; so many may be made (two for each upstream unless said). While no
/// reply comes the next upstream is asked as well: the first pause is what the upstream usually takes, each further one twice as long as
/// the one before. Who says nothing is sent the query again after a time that doubles as well (RFC 6298 §5.5, RFC 8085 §3.1.1), three
/// messages at most over each channel, however many attempts there are (RFC 9520 §3.1); when all three over UDP brought nothing it is asked
/// over TCP, once, unless nobody has heard of it lately. The first reply is taken, also one to an attempt
/// that is over.
///
/// The walk over the upstreams is CoreDNS's: in the order of the policy, those that are down left out, from the front again after
/// the last. When all are down the health checks are thought to be wrong, and one taken at random is asked.
struct ForwardAttempts {
    /// What does not change from query to query; times in nanoseconds.
    struct Rules: Equatable, Sendable {
        /// How many attempts there may be.
        var maximumAttempts: Int
        var readTimeout: UInt64 = 2_000_000_000
        /// Whether an upstream that fails is probed (`max_fails` is not 0).
        var probesHealth = true
        var forcesTCP = false
        var prefersUDP = false
        /// Whether nobody is asked when all upstreams are down.
        var failsFast = false
        /// One bit for each upstream that is asked over connections only.
        var streamOnly: UInt64 = 0
    }

    /// How a query goes to an upstream.
    enum Channel: Equatable, Sendable {
        case udp
        case tcp
    }

    enum Event: Equatable, Sendable {
        case start
        /// The upstream of this leg replied to the question.
        case reply(leg: Int, isTruncated: Bool = false, triesNext: Bool = false)
        /// The upstream of this leg replied to the question with something that cannot be used.
        case spoilt(leg: Int)
        /// The query could not be sent on this leg, or its connection has ended.
        case refused(leg: Int)
        /// Somebody says that the upstream of this leg is not there, and it is not known who: nobody else need wait for that to be
        /// found out, but a reply may still come.
        case doubted(leg: Int)
        /// Something may be due.
        case tick
    }

    enum Action: Equatable, Sendable {
        /// A leg begins, the one behind the last or in the place of one that is over; once sent, ``expect(_:within:repeat:at:)`` is to be called.
        case ask(leg: Int)
        /// The message is to be sent once more on a leg.
        case again(leg: Int)
        /// Nothing is to be done before ``wakeAt``, unless something happens.
        case wait
        /// The last reply goes to the asker.
        case deliver
        /// No upstream answers.
        case fail
        /// The step says what was found out; the next tick says more.
        case tick
    }

    /// What is to be done after an event.
    struct Step: Equatable, Sendable {
        var action: Action
        /// An upstream that did not answer as soon as it usually does.
        var late: Int?
        /// An upstream of which an attempt has failed, and whose health is to be probed.
        var probe: Int?
        /// Whether all upstreams were found down.
        var isHealthBroken = false
    }

    /// What the world looks like at an event.
    struct Surroundings {
        /// Units: nanoseconds.
        var now: UInt64 = 0
        /// One bit for each upstream that is down.
        var down: UInt64 = 0
        /// One bit for each upstream that answers next to nothing in time.
        var hopeless: UInt64 = 0
        /// A random number, to choose with when all are down.
        var random: UInt64 = 0
    }

    /// One upstream that was asked, over one channel.
    struct Leg: Equatable, Sendable {
        let upstream: Int
        let channel: Channel
        /// Whether a reply may still come.
        var isOpen = true
        /// Whether its attempt is under way; over UDP a reply is taken afterwards as well.
        var isLive = true
        /// Whether it was answered, though others were to do better.
        var hasReply = false
        /// When the attempt began.
        var began: UInt64
        /// How often the upstream was sent the query over this channel, in all attempts, and when it last was.
        var sends = 1
        var lastSent: UInt64
        /// Whether the message was sent again: its reply may be to either.
        var isRepeated = false
        /// How long the reply is waited for before the message is first sent again.
        var repeatAfter = UInt64.max
        /// When the upstream counts as late, and whether that, or a reply before it, is known.
        var lateAt = UInt64.max
        var isJudged = false
        /// Whether ``Event/doubted(leg:)`` was told of it.
        var isDoubted = false
    }

    /// The upstreams in the order of the policy.
    var order: [UInt8] = []
    var legs: ContiguousArray<Leg> = []
    /// When ``Action/wait`` ends.
    private(set) var wakeAt: UInt64 = 0
    private(set) var rules = Rules(maximumAttempts: 0)
    /// How many attempts there may still be.
    var attemptsLeft = 0
    /// Where in the order the next upstream is looked for.
    var position = 0
    /// The pause after the next message, and when that is due.
    var pause: UInt64 = 0
    var nextSend: UInt64 = 0
    var isHealthBroken = false
    private var usesTCP = false
    private var clientUsesTCP = false
    /// One bit for each upstream whose replies over UDP cannot be used.
    private var spoilt: UInt64 = 0
    private var deadline: UInt64 = 0
    /// How many replies there are that other upstreams were to better.
    private var failovers = 0
    /// Whether a reply was taken in that goes to the asker if none better comes.
    private(set) var hasFallback = false

    /// Begins with another query, which must be done at `deadline`; `order` is set before.
    mutating func reset(_ rules: Rules, clientUsesTCP: Bool, deadline: UInt64) {
        self.rules = rules
        self.deadline = deadline
        usesTCP = rules.forcesTCP || (clientUsesTCP && !rules.prefersUDP)
        legs.removeAll(keepingCapacity: true)
        attemptsLeft = rules.maximumAttempts
        self.clientUsesTCP = clientUsesTCP
        (position, failovers, pause, nextSend) = (0, 0, 0, 0)
        (isHealthBroken, hasFallback) = (false, false)
        spoilt = 0
    }

    /// Notes how long the upstream that was just asked on `leg` usually takes, and after what time it is sent the message again.
    mutating func expect(_ leg: Int, within patience: UInt64, repeat repeatAfter: UInt64, at now: UInt64) {
        legs[leg].lateAt = now &+ patience
        legs[leg].repeatAfter = repeatAfter
        if pause == 0 { pause = patience }
        nextSend = now &+ pause
    }

    /// Takes an event and says what to do.
    mutating func take(_ event: Event, _ world: Surroundings) -> Step {
        switch event {
        case .start:
            return goOn(world)
        case .reply(let leg, let isTruncated, let triesNext):
            return replied(leg, isTruncated, triesNext, world)
        case .spoilt(let leg):
            return spoil(leg, world)
        case .refused(let leg):
            close(leg)
            var step = goOn(world)
            step.probe = rules.probesHealth ? legs[leg].upstream : nil
            return step
        case .doubted(let leg):
            return doubt(leg, world)
        case .tick:
            return tick(world)
        }
    }

    private mutating func doubt(_ leg: Int, _ world: Surroundings) -> Step {
        guard legs[leg].isOpen, !legs[leg].isDoubted else { return tick(world) }
        legs[leg].isDoubted = true
        nextSend = min(nextSend, world.now)
        return Step(action: .tick, probe: rules.probesHealth ? legs[leg].upstream : nil)
    }

    /// Asks the upstream again at once, over TCP; one that says the same there says it again whenever it is asked.
    private mutating func spoil(_ leg: Int, _ world: Surroundings) -> Step {
        let (upstream, channel) = (legs[leg].upstream, legs[leg].channel)
        legs[leg].isJudged = true
        legs[leg].sends = Self.mostSends
        close(leg)
        guard channel == .udp else { return goOn(world) }
        spoilt |= 1 << UInt64(upstream)
        guard !legs.contains(where: { $0.upstream == upstream && $0.channel == .tcp }) else { return goOn(world) }
        // It is the same attempt.
        attemptsLeft += 1
        return ask(upstream, world)
    }

    private mutating func replied(_ leg: Int, _ isTruncated: Bool, _ triesNext: Bool, _ world: Surroundings) -> Step {
        let (upstream, channel) = (legs[leg].upstream, legs[leg].channel)
        legs[leg].isJudged = true
        close(leg)
        if isTruncated, rules.prefersUDP, channel == .udp {
            // What others say over UDP is cut short as well.
            for other in legs.indices where legs[other].channel == .udp { close(other) }
            usesTCP = true
            // An asker over UDP can come back over TCP; one over TCP would take it for all there is.
            hasFallback = hasFallback || !clientUsesTCP
            guard !legs.contains(where: { $0.upstream == upstream && $0.channel == .tcp && $0.isOpen }) else {
                return goOn(world)
            }
            return ask(upstream, world)
        }
        guard triesNext else { return Step(action: .deliver) }
        legs[leg].hasReply = true
        hasFallback = true
        failovers += 1
        return failovers < order.count ? goOn(world) : Step(action: .deliver)
    }

    /// Says one thing that is due.
    private mutating func tick(_ world: Surroundings) -> Step {
        for leg in legs.indices where legs[leg].isOpen && !legs[leg].isJudged && world.now >= legs[leg].lateAt {
            legs[leg].isJudged = true
            return Step(action: .tick, late: legs[leg].upstream)
        }
        for leg in legs.indices where legs[leg].isLive && world.now &- legs[leg].began >= rules.readTimeout {
            // A datagram may still come; a connection that says nothing for so long is given up.
            if legs[leg].channel == .tcp { close(leg) } else { legs[leg].isLive = false }
            nextSend = world.now
            return Step(action: .tick, probe: rules.probesHealth ? legs[leg].upstream : nil)
        }
        return world.now < min(nextSend, deadline) ? wait() : goOn(world)
    }

    private mutating func close(_ leg: Int) {
        legs[leg].isOpen = false
        legs[leg].isLive = false
    }

    /// Sends what is next, or waits for what is under way.
    private mutating func goOn(_ world: Surroundings) -> Step {
        if world.now < deadline {
            if let step = send(world) { return step }
            if legs.contains(where: \.isLive) || nextSend < .max { return wait() }
        }
        return Step(action: end)
    }

    /// What becomes of the query when nothing better can come.
    var end: Action { hasFallback ? .deliver : .fail }

    /// The channel to `upstream`.
    func channel(to upstream: Int) -> Channel {
        usesTCP || (rules.streamOnly | spoilt) >> UInt64(upstream) & 1 != 0 ? .tcp : .udp
    }

    /// Waits for the next thing that is due.
    private mutating func wait() -> Step {
        wakeAt = min(deadline, nextSend)
        for leg in legs where leg.isOpen {
            if !leg.isJudged { wakeAt = min(wakeAt, leg.lateAt) }
            if leg.isLive { wakeAt = min(wakeAt, leg.began &+ rules.readTimeout) }
        }
        return Step(action: .wait)
    }
}
