/// Which upstream is sent a message next, and when.
extension ForwardAttempts {
    /// The longest pause between two messages.
    private static let longestPause: UInt64 = 600_000_000
    /// The most messages to an upstream over one channel (RFC 9520 §3.1).
    static let mostSends = 3
    /// The longest pause between two messages to the same upstream.
    private static let longestRepeat: UInt64 = 2_000_000_000
    /// The shortest to one that answers next to nothing anyway.
    private static let hopelessRepeat: UInt64 = 1_000_000_000
    /// What passes before an upstream that refused is asked again.
    private static let refusedRepeat: UInt64 = 100_000_000

    /// Has the next upstream's message sent; nil when there is nothing to send yet.
    mutating func send(_ world: Surroundings) -> Step? {
        // What is not due yet makes way for another that is; nobody is looked at twice.
        var due = UInt64.max
        for _ in order.indices {
            let upstream = Int(order[position])
            guard world.down >> UInt64(upstream) & 1 == 0, let moment = moment(for: upstream, world) else {
                position = (position + 1) % order.count
                continue
            }
            position = (position + 1) % order.count
            if moment <= world.now { return send(to: upstream, world) }
            due = min(due, moment)
        }
        if allAreDown(world) { return choose(world) }
        // Nobody can be sent anything before; replies and time-outs come by themselves.
        nextSend = due
        return nil
    }

    private func allAreDown(_ world: Surroundings) -> Bool {
        !order.isEmpty && order.allSatisfy { world.down >> UInt64($0) & 1 != 0 }
    }

    /// When all are down: one at random is asked, and another one when its attempt is over.
    private mutating func choose(_ world: Surroundings) -> Step? {
        // The state may change while an attempt is under way.
        nextSend = world.now &+ Self.longestPause
        guard !legs.contains(where: \.isLive) else { return nil }
        nextSend = .max
        let isFirst = !isHealthBroken
        isHealthBroken = true
        guard !rules.failsFast else { return isFirst ? Step(action: end, isHealthBroken: true) : nil }
        let upstream = Int(order[Int(world.random % UInt64(order.count))])
        guard let moment = moment(for: upstream, world) else { return nil }
        nextSend = moment
        guard moment <= world.now else { return nil }
        var step = send(to: upstream, world)
        step.isHealthBroken = isFirst
        return step
    }

    /// When `upstream` may be sent a message; nil when it may not be.
    private func moment(for upstream: Int, _ world: Surroundings) -> UInt64? {
        let channel = channel(to: upstream)
        guard let leg = legs.first(where: { $0.upstream == upstream && $0.channel == channel }) else {
            return attemptsLeft > 0 ? world.now : nil
        }
        guard !leg.hasReply else { return nil }
        let hasSends = leg.sends < Self.mostSends
        if mayTurnToTCP(leg, world) { return leg.lastSent &+ Self.doubled(leg.repeatAfter, leg.sends) }
        if leg.isLive {
            guard channel == .udp, hasSends else { return nil }
            let isHopeless = world.hopeless >> UInt64(upstream) & 1 != 0
            return leg.lastSent &+ Self.doubled(max(leg.repeatAfter, isHopeless ? Self.hopelessRepeat : 0), leg.sends)
        }
        guard attemptsLeft > 0 else { return nil }
        // A datagram may still come, so that there is something to wait for also when no more are sent.
        if leg.isOpen { return world.now }
        return hasSends ? leg.began &+ Self.doubled(Self.refusedRepeat, leg.sends) : nil
    }

    /// Whether an upstream that had all its messages over UDP is asked over TCP as well, once.
    ///
    /// It is there, but loses what it is sent.
    private func mayTurnToTCP(_ leg: Leg, _ world: Surroundings) -> Bool {
        leg.channel == .udp && leg.isLive && leg.sends >= Self.mostSends
            && (world.hopeless | world.down) >> UInt64(leg.upstream) & 1 == 0
            && !legs.contains { $0.upstream == leg.upstream && $0.channel == .tcp }
    }

    /// `time` for the first message, twice as much for the next, and so on.
    private static func doubled(_ time: UInt64, _ sends: Int) -> UInt64 {
        min(time, longestRepeat) << UInt64(min(sends, mostSends) - 1)
    }

    private mutating func send(to upstream: Int, _ world: Surroundings) -> Step {
        let channel = channel(to: upstream)
        guard let leg = legs.firstIndex(where: { $0.upstream == upstream && $0.channel == channel && $0.isOpen }) else {
            return ask(upstream, world)
        }
        if mayTurnToTCP(legs[leg], world) {
            // It is the same attempt.
            attemptsLeft += 1
            return ask(upstream, world, over: .tcp)
        }
        if !legs[leg].isLive {
            attemptsLeft -= 1
            legs[leg].isLive = true
            legs[leg].began = world.now
        }
        guard legs[leg].sends < Self.mostSends else { return Step(action: .tick) }
        legs[leg].sends += 1
        legs[leg].lastSent = world.now
        legs[leg].isRepeated = true
        lengthenPause()
        nextSend = world.now &+ pause
        return Step(action: .again(leg: leg))
    }

    /// Begins an attempt with `upstream`.
    mutating func ask(_ upstream: Int, _ world: Surroundings, over channel: Channel? = nil) -> Step {
        if attemptsLeft < rules.maximumAttempts { lengthenPause() }
        attemptsLeft -= 1
        let channel = channel ?? self.channel(to: upstream)
        var new = Leg(upstream: upstream, channel: channel, began: world.now, lastSent: world.now)
        // Upstreams that refuse can be asked very often: what is over makes room.
        if let leg = legs.firstIndex(where: { $0.upstream == upstream && $0.channel == new.channel && !$0.isOpen }) {
            new.sends = legs[leg].sends + 1
            legs[leg] = new
            return Step(action: .ask(leg: leg))
        }
        legs.append(new)
        return Step(action: .ask(leg: legs.count - 1))
    }

    private mutating func lengthenPause() {
        pause = min(pause &* 2, Self.longestPause)
    }
}
