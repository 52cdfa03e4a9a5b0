/// The attempts to have one query answered by upstreams, as a value: events in, actions out, no network and no clock.
///
/// The walk is CoreDNS's: upstreams in the order of the policy, those that are down left out, from the front again after the
/// last, until one answers or so many attempts have failed. When all are down the health checks are thought to be wrong, and one
/// taken at random is tried.
struct ForwardAttempts {
    /// What does not change from query to query.
    struct Rules: Equatable, Sendable {
        /// How many attempts may fail.
        var maximumAttempts: Int
        /// Whether an upstream that fails is probed (`max_fails` is not 0).
        var probesHealth = true
        var forcesTCP = false
        var prefersUDP = false
    }

    /// How a query goes to an upstream.
    enum Channel: Equatable, Sendable {
        case udp
        case tcp
    }

    enum Event: Equatable, Sendable {
        case start
        /// The upstream replied to the question.
        case reply(isTruncated: Bool)
        /// The query could not be sent, or no reply came in time.
        case failed
    }

    enum Action: Equatable, Sendable {
        case send(upstream: Int, Channel)
        /// The reply goes to the asker.
        case deliver
        /// No upstream answers.
        case fail
    }

    /// What is to be done after an event.
    struct Step: Equatable, Sendable {
        var action: Action
        /// An upstream whose health is to be probed.
        var probe: Int?
        /// Whether all upstreams were down.
        var isHealthBroken = false
    }

    /// What the world looks like at an event.
    struct Surroundings {
        /// Whether the query's time is up.
        var isLate = false
        /// One bit for each upstream that is down.
        var down: UInt64 = 0
        /// A random number, to choose with when all are down.
        var random: UInt64 = 0
    }

    /// The upstreams in the order of the policy.
    var order: [UInt8] = []
    private var rules = Rules(maximumAttempts: 0)
    private var clientUsesTCP = false
    private var position = 0
    private var skipped = 0
    private var failures = 0
    private var upstream = 0
    private var channel = Channel.udp

    /// Begins with another query; `order` is set before.
    mutating func reset(_ rules: Rules, clientUsesTCP: Bool) {
        self.rules = rules
        self.clientUsesTCP = clientUsesTCP
        (position, skipped, failures) = (0, 0, 0)
    }

    /// Takes an event and says what to do.
    mutating func take(_ event: Event, _ surroundings: Surroundings) -> Step {
        switch event {
        case .start:
            return next(surroundings)
        case .reply(let isTruncated):
            guard isTruncated, rules.prefersUDP, channel == .udp else { return Step(action: .deliver) }
            channel = .tcp
            return Step(action: .send(upstream: upstream, .tcp))
        case .failed:
            failures += 1
            let probe = rules.probesHealth ? upstream : nil
            guard failures < rules.maximumAttempts, skipped < order.count else {
                return Step(action: .fail, probe: probe)
            }
            var step = next(surroundings)
            step.probe = probe
            return step
        }
    }

    private mutating func next(_ surroundings: Surroundings) -> Step {
        guard !surroundings.isLate else { return Step(action: .fail) }
        while skipped < order.count {
            if position >= order.count { (position, skipped) = (0, 0) }
            let candidate = Int(order[position])
            position += 1
            if surroundings.down & 1 << UInt64(candidate) == 0 { return send(to: candidate) }
            skipped += 1
        }
        guard !order.isEmpty else { return Step(action: .fail) }
        var step = send(to: Int(surroundings.random % UInt64(order.count)))
        step.isHealthBroken = true
        return step
    }

    private mutating func send(to upstream: Int) -> Step {
        self.upstream = upstream
        channel = rules.forcesTCP || (clientUsesTCP && !rules.prefersUDP) ? .tcp : .udp
        return Step(action: .send(upstream: upstream, channel))
    }
}
