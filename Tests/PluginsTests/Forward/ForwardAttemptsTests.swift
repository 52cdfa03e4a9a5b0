import Testing

@testable import Plugins

@Suite struct ForwardAttemptsTests {
    /// One event, the world at that moment, and what must follow.
    struct Line: Sendable {
        var event: ForwardAttempts.Event
        var down: UInt64 = 0
        var isLate = false
        var random: UInt64 = 0
        var expected: ForwardAttempts.Step

        init(
            _ event: ForwardAttempts.Event, down: UInt64 = 0, isLate: Bool = false, random: UInt64 = 0,
            _ action: ForwardAttempts.Action, probe: Int? = nil, broken: Bool = false
        ) {
            (self.event, self.down, self.isLate, self.random) = (event, down, isLate, random)
            expected = ForwardAttempts.Step(action: action, probe: probe, isHealthBroken: broken)
        }
    }

    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var order: [UInt8]
        var rules: ForwardAttempts.Rules
        var clientUsesTCP = false
        var lines: [Line]
    }

    static func rules(_ count: Int) -> ForwardAttempts.Rules {
        ForwardAttempts.Rules(maximumAttempts: 2 * count)
    }

    static let scripts: [Script] = [
        Script(
            testDescription: "a reply is delivered", order: [0], rules: rules(1),
            lines: [.init(.start, .send(upstream: 0, .udp)), .init(.reply(isTruncated: false), .deliver)]),
        Script(
            testDescription: "a truncated reply is delivered as it is", order: [0], rules: rules(1),
            lines: [.init(.start, .send(upstream: 0, .udp)), .init(.reply(isTruncated: true), .deliver)]),
        Script(
            testDescription: "one upstream is tried twice", order: [0], rules: rules(1),
            lines: [
                .init(.start, .send(upstream: 0, .udp)), .init(.failed, .send(upstream: 0, .udp), probe: 0),
                .init(.failed, .fail, probe: 0),
            ]),
        Script(
            testDescription: "upstreams are tried in order and from the front again", order: [2, 0, 1], rules: rules(3),
            lines: [
                .init(.start, .send(upstream: 2, .udp)), .init(.failed, .send(upstream: 0, .udp), probe: 2),
                .init(.failed, .send(upstream: 1, .udp), probe: 0), .init(.failed, .send(upstream: 2, .udp), probe: 1),
                .init(.failed, .send(upstream: 0, .udp), probe: 2), .init(.failed, .send(upstream: 1, .udp), probe: 0),
                .init(.failed, .fail, probe: 1),
            ]),
        Script(
            testDescription: "an upstream that is down is left out", order: [0, 1], rules: rules(2),
            lines: [
                .init(.start, down: 0b01, .send(upstream: 1, .udp)),
                .init(.reply(isTruncated: false), down: 0b01, .deliver),
            ]),
        Script(
            testDescription: "when all are down one at random is tried, once", order: [0, 1, 2], rules: rules(3),
            lines: [
                .init(.start, down: 0b111, random: 7, .send(upstream: 1, .udp), broken: true),
                .init(.failed, down: 0b111, .fail, probe: 1),
            ]),
        Script(
            testDescription: "an upstream that goes down meanwhile is left out on the second round", order: [0, 1],
            rules: rules(2),
            lines: [
                .init(.start, .send(upstream: 0, .udp)), .init(.failed, .send(upstream: 1, .udp), probe: 0),
                .init(.failed, down: 0b01, .send(upstream: 1, .udp), probe: 1),
                .init(.failed, .send(upstream: 0, .udp), probe: 1),
                .init(.failed, .fail, probe: 0),
            ]),
        Script(
            testDescription: "when the time is up nothing more is tried", order: [0, 1], rules: rules(2),
            lines: [.init(.start, .send(upstream: 0, .udp)), .init(.failed, isLate: true, .fail, probe: 0)]),
        Script(
            testDescription: "without probing nobody is probed", order: [0],
            rules: .init(maximumAttempts: 2, probesHealth: false),
            lines: [
                .init(.start, .send(upstream: 0, .udp)), .init(.failed, .send(upstream: 0, .udp)),
                .init(.failed, .fail),
            ]),
        Script(
            testDescription: "a query that came over TCP goes over TCP", order: [0], rules: rules(1),
            clientUsesTCP: true,
            lines: [.init(.start, .send(upstream: 0, .tcp)), .init(.reply(isTruncated: false), .deliver)]),
        Script(
            testDescription: "prefer_udp: over UDP first, then over TCP to the same upstream", order: [1, 0],
            rules: .init(maximumAttempts: 4, prefersUDP: true), clientUsesTCP: true,
            lines: [
                .init(.start, .send(upstream: 1, .udp)), .init(.reply(isTruncated: true), .send(upstream: 1, .tcp)),
                .init(.reply(isTruncated: true), .deliver),
            ]),
        Script(
            testDescription: "prefer_udp: after a failure over TCP the next upstream is asked over UDP", order: [0, 1],
            rules: .init(maximumAttempts: 4, prefersUDP: true),
            lines: [
                .init(.start, .send(upstream: 0, .udp)), .init(.reply(isTruncated: true), .send(upstream: 0, .tcp)),
                .init(.failed, .send(upstream: 1, .udp), probe: 0), .init(.reply(isTruncated: false), .deliver),
            ]),
        Script(
            testDescription: "force_tcp comes before prefer_udp", order: [0],
            rules: .init(maximumAttempts: 2, forcesTCP: true, prefersUDP: true),
            lines: [.init(.start, .send(upstream: 0, .tcp)), .init(.reply(isTruncated: true), .deliver)]),
        Script(
            testDescription: "without upstreams there is nothing to try", order: [], rules: rules(0),
            lines: [.init(.start, .fail)]),
    ]

    @Test("every event has its action", arguments: scripts)
    func script(_ script: Script) {
        var attempts = ForwardAttempts()
        attempts.order = script.order
        attempts.reset(script.rules, clientUsesTCP: script.clientUsesTCP)
        for line in script.lines {
            let step = attempts.take(line.event, .init(isLate: line.isLate, down: line.down, random: line.random))
            #expect(step == line.expected, "\(line.event)")
        }
    }

    @Test("whatever happens, a query comes to an end within its attempts")
    func ends() {
        var random = SystemRandomNumberGenerator()
        for count in 1...15 {
            var attempts = ForwardAttempts()
            attempts.order = (0..<UInt8(count)).map(\.self)
            attempts.reset(Self.rules(count), clientUsesTCP: false)
            var event = ForwardAttempts.Event.start
            var sends = 0
            while case .send = attempts.take(event, .init(down: random.next(), random: random.next())).action {
                sends += 1
                event = .failed
                if sends > 2 * count { break }
            }
            #expect((1...2 * count).contains(sends))
        }
    }
}
