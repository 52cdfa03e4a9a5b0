import Testing

@testable import Plugins

@Suite struct ForwardAttemptsTests {
    typealias Peer = AttemptsPlay.Peer

    /// Upstreams, and what must happen with them.
    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var peers: [Peer]
        var order: [UInt8]?
        var rules: ForwardAttempts.Rules?
        var clientUsesTCP = false
        var expected: [String]
    }

    static let scripts: [Script] = [
        Script(
            testDescription: "a reply is delivered", peers: [.after(3)], expected: ["0 ask 0", "3 deliver"]),
        Script(
            testDescription: "a truncated reply is delivered as it is", peers: [Peer(delay: 3, truncates: true)],
            expected: ["0 ask 0", "3 deliver"]),
        Script(
            testDescription: "the next upstream is asked when the first does not answer as soon as it usually does",
            peers: [.hung, .after(5)], expected: ["0 ask 0", "100 late 0", "100 ask 1", "105 deliver"]),
        Script(
            testDescription: "the first upstream's reply is taken also after the next was asked",
            peers: [.after(150), .hung], expected: ["0 ask 0", "100 late 0", "100 ask 1", "150 deliver"]),
        Script(
            testDescription: "pauses grow from upstream to upstream", peers: [.hung, .hung, .hung, .after(1)],
            order: [2, 0, 1, 3],
            expected: [
                "0 ask 2", "100 late 2", "100 ask 0", "200 late 0", "300 ask 1", "400 late 1", "700 ask 3",
                "701 deliver",
            ]),
        Script(
            testDescription: "RFC 8085 §3.1.1: one that loses messages gets them again, after twice the time each time",
            peers: [Peer(delay: 2, loses: [0, 1])],
            expected: ["0 ask 0", "100 late 0", "250 again 0", "750 again 0", "752 deliver"]),
        Script(
            testDescription: "RFC 9520 §3.1: an upstream that says nothing is sent three messages in all its attempts",
            peers: [.hung],
            expected: [
                "0 ask 0", "100 late 0", "250 again 0", "750 again 0", "1750 ask 0 tcp", "1850 late 0", "2000 probe 0",
                "3750 probe 0", "4000 probe 0", "4000 fail",
            ]),
        Script(
            testDescription: "RFC 9520 §3.1: the same for each of two",
            peers: [.hung, .hung],
            expected: [
                "0 ask 0", "100 late 0", "100 ask 1", "200 late 1", "300 again 0", "700 again 1", "1300 again 0",
                "1900 again 1", "2000 probe 0", "2100 probe 1", "2300 ask 0 tcp", "2400 late 0", "2900 ask 1 tcp",
                "3000 late 1", "4000 probe 0", "4100 probe 1", "4300 probe 0", "4900 probe 1", "4900 fail",
            ]),
        Script(
            testDescription: "a reply is waited for also when no more messages are sent", peers: [Peer(delay: 3_500)],
            expected: [
                "0 ask 0", "100 late 0", "250 again 0", "750 again 0", "1750 ask 0 tcp", "1850 late 0", "2000 probe 0",
                "3500 deliver",
            ]),
        Script(
            testDescription: "one that loses all three messages over UDP is asked over TCP",
            peers: [Peer(delay: 3, loses: [0, 1, 2])],
            expected: ["0 ask 0", "100 late 0", "250 again 0", "750 again 0", "1750 ask 0 tcp", "1753 deliver"]),
        Script(
            testDescription: "RFC 9520 §3.1: one that answers nothing anyway gets three messages and no connection",
            peers: [Peer(isHopeless: true)],
            expected: [
                "0 ask 0", "100 late 0", "1000 again 0", "2000 probe 0", "2000 again 0", "4000 probe 0", "4000 fail",
            ]),
        Script(
            testDescription: "RFC 6298 §5.5: who is slow is sent the message again after as long as is usual there",
            peers: [Peer(delay: 500, patience: 600)], expected: ["0 ask 0", "500 deliver"]),
        Script(
            testDescription: "what cannot be used is asked for at once over TCP, of the same upstream",
            peers: [Peer(delay: 2, spoils: true), .after(1)], expected: ["0 ask 0", "2 ask 0 tcp", "4 deliver"]),
        Script(
            testDescription: "one whose replies cannot be used over TCP either is followed by the next at once",
            peers: [Peer(delay: 2, spoils: true, spoilsTCP: true), .after(1)],
            expected: ["0 ask 0", "2 ask 0 tcp", "4 ask 1", "5 deliver"]),
        Script(
            testDescription: "where nobody says what can be used it is over at once",
            peers: [Peer(delay: 2, spoils: true, spoilsTCP: true)], expected: ["0 ask 0", "2 ask 0 tcp", "4 fail"]),
        Script(
            testDescription: "one that refuses TCP and whose replies cannot be used is asked three times at most",
            peers: [Peer(delay: 2, refusesTCP: true, spoils: true)],
            rules: .init(maximumAttempts: 100, probesHealth: false),
            expected: ["0 ask 0", "2 ask 0 tcp", "102 ask 0 tcp", "302 ask 0 tcp", "302 fail"]),
        Script(
            testDescription: "one that never answers in time is sent fewer, and its late reply is taken",
            peers: [Peer(delay: 3_000, isHopeless: true)],
            expected: [
                "0 ask 0", "100 late 0", "1000 again 0", "2000 probe 0", "2000 again 0", "3000 deliver",
            ]),
        Script(
            testDescription: "who refuses is followed by the next at once", peers: [.refusing, .after(1)],
            expected: ["0 ask 0", "0 probe 0", "0 ask 1", "1 deliver"]),
        Script(
            testDescription: "when all refuse they are asked once more after a moment", peers: [.refusing, .refusing],
            expected: [
                "0 ask 0", "0 probe 0", "0 ask 1", "0 probe 1", "100 ask 0", "100 probe 0", "100 ask 1",
                "100 probe 1", "100 fail",
            ]),
        Script(
            testDescription:
                "RFC 5927 §3: when somebody says that one is gone it is waited for, and others are asked",
            peers: [Peer(delay: 30, isDoubted: true), .after(40)],
            expected: ["0 ask 0", "0 probe 0", "0 ask 1", "30 deliver"]),
        Script(
            testDescription:
                "the only one is sent its message again as ever, whatever is said of it",
            peers: [Peer(delay: 2, isDoubted: true, loses: [0, 1])],
            expected: ["0 ask 0", "0 probe 0", "100 late 0", "250 again 0", "750 again 0", "752 deliver"]),
        Script(
            testDescription: "one that refuses does not end the wait for another",
            peers: [Peer(delay: 150), .refusing],
            expected: [
                "0 ask 0", "100 late 0", "100 ask 1", "100 probe 1", "150 deliver",
            ]),
        Script(
            testDescription: "an upstream that is down is left out", peers: [Peer(isDown: true), .after(1)],
            expected: ["0 ask 1", "1 deliver"]),
        Script(
            testDescription: "when all are down one at random is asked, and what it says is taken",
            peers: [Peer(isDown: true), Peer(delay: 700, isDown: true), Peer(isDown: true)],
            expected: ["0 broken", "0 ask 1", "100 late 1", "700 deliver"]),
        Script(
            testDescription: "when all are down each attempt sends one message", peers: [Peer(isDown: true)],
            expected: [
                "0 broken", "0 ask 0", "100 late 0", "2000 probe 0", "2000 again 0", "4000 probe 0", "4000 fail",
            ]),
        Script(
            testDescription: "failfast: when all are down nobody is asked", peers: [Peer(delay: 1, isDown: true)],
            rules: .init(maximumAttempts: 2, failsFast: true), expected: ["0 broken", "0 fail"]),
        Script(
            testDescription: "max_connect_attempts 1: one upstream alone is asked", peers: [.hung, .after(1)],
            rules: .init(maximumAttempts: 1),
            expected: [
                "0 ask 0", "100 late 0", "250 again 0", "750 again 0", "1750 ask 0 tcp", "1850 late 0", "2000 probe 0",
                "3750 probe 0", "3750 fail",
            ]),
        Script(
            testDescription: "read_timeout is what an attempt has", peers: [.hung],
            rules: .init(maximumAttempts: 2, readTimeout: 300_000_000),
            expected: [
                "0 ask 0", "100 late 0", "250 again 0", "300 probe 0", "300 again 0", "600 probe 0", "600 fail",
            ]),
        Script(
            testDescription: "RFC 9520 §3.1: without a limit of attempts one that refuses is asked three times",
            peers: [.refusing], rules: .init(maximumAttempts: 200, probesHealth: false),
            expected: ["0 ask 0", "100 ask 0", "300 ask 0", "300 fail"]),
        Script(
            testDescription: "without probing nobody is probed", peers: [.refusing],
            rules: .init(maximumAttempts: 2, probesHealth: false), expected: ["0 ask 0", "100 ask 0", "100 fail"]),
        Script(
            testDescription: "a query that came over TCP goes over TCP, once to each upstream",
            peers: [.hung, .after(1)], clientUsesTCP: true,
            expected: ["0 ask 0 tcp", "100 late 0", "100 ask 1 tcp", "101 deliver"]),
        Script(
            testDescription: "over TCP nothing is sent again as long as the attempt lasts", peers: [.hung],
            clientUsesTCP: true,
            expected: [
                "0 ask 0 tcp", "100 late 0", "2000 probe 0", "2000 ask 0 tcp", "2100 late 0", "4000 probe 0",
                "4000 fail",
            ]),
        Script(
            testDescription: "prefer_udp: over UDP first, then over TCP to the same upstream",
            peers: [.after(1), Peer(delay: 2, truncates: true)], order: [1, 0],
            rules: .init(maximumAttempts: 4, prefersUDP: true), clientUsesTCP: true,
            expected: ["0 ask 1", "2 ask 1 tcp", "4 deliver"]),
        Script(
            testDescription: "prefer_udp: when TCP is refused the truncated reply is passed on",
            peers: [Peer(delay: 2, refusesTCP: true, truncates: true)],
            rules: .init(maximumAttempts: 2, probesHealth: false, prefersUDP: true),
            expected: ["0 ask 0", "2 ask 0 tcp", "2 deliver"]),
        Script(
            testDescription: "prefer_udp: one who asks over TCP is not given a truncated reply",
            peers: [Peer(delay: 2, refusesTCP: true, truncates: true)],
            rules: .init(maximumAttempts: 2, probesHealth: false, prefersUDP: true), clientUsesTCP: true,
            expected: ["0 ask 0", "2 ask 0 tcp", "2 fail"]),
        Script(
            testDescription: "force_tcp comes before prefer_udp", peers: [Peer(delay: 1, truncates: true)],
            rules: .init(maximumAttempts: 2, forcesTCP: true, prefersUDP: true),
            expected: ["0 ask 0 tcp", "1 deliver"]),
        Script(
            testDescription: "upstreams over TLS are asked over connections only", peers: [.hung, .after(1)],
            rules: .init(maximumAttempts: 4, streamOnly: 0b01),
            expected: ["0 ask 0 tcp", "100 late 0", "100 ask 1", "101 deliver"]),
        Script(
            testDescription: "failover: a reply that others shall better makes way, and the last one is taken",
            peers: [Peer(delay: 1, triesNext: true), Peer(delay: 1, triesNext: true)],
            expected: ["0 ask 0", "1 ask 1", "2 deliver"]),
        Script(
            testDescription: "failover: the first reply is taken when no other comes",
            peers: [Peer(delay: 1, triesNext: true), .refusing],
            expected: [
                "0 ask 0", "1 ask 1", "1 probe 1", "101 ask 1", "101 probe 1", "301 ask 1", "301 probe 1",
                "301 deliver",
            ]),
        Script(
            testDescription: "without upstreams there is nobody to ask", peers: [], rules: .init(maximumAttempts: 0),
            expected: ["0 fail"]),
    ]

    @Test("however often upstreams are asked that refuse, what is kept of it does not grow")
    func bounded() {
        var play = AttemptsPlay([.refusing, .refusing])
        let log = play.run(.init(maximumAttempts: 200), clientUsesTCP: false)
        #expect(log.count { $0.contains("ask") } == 6)
        #expect(play.attempts.legs.count == 2)
    }

    @Test("every query has its way", arguments: scripts)
    func script(_ script: Script) {
        var play = AttemptsPlay(script.peers, order: script.order)
        #expect(play.run(script.rules, clientUsesTCP: script.clientUsesTCP) == script.expected)
    }

    @Test(
        "whatever upstreams do, a query comes to an end within its time and its attempts, and a reply is never passed over"
    )
    func ends() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let peers = (0..<Int.random(in: 1...15, using: &random)).map { _ in
                Peer(
                    delay: Bool.random(using: &random) ? Int.random(in: 0...6_000, using: &random) : nil,
                    refuses: Int.random(in: 0..<4, using: &random) == 0,
                    truncates: Bool.random(using: &random), spoils: Int.random(in: 0..<4, using: &random) == 0,
                    spoilsTCP: Bool.random(using: &random), triesNext: Int.random(in: 0..<4, using: &random) == 0,
                    patience: Int.random(in: 100...300, using: &random),
                    isDown: Int.random(in: 0..<3, using: &random) == 0,
                    isHopeless: Bool.random(using: &random), loses: [Int.random(in: 0..<4, using: &random)])
            }
            var play = AttemptsPlay(peers)
            var rules = AttemptsPlay.rules(peers.count)
            rules.prefersUDP = Bool.random(using: &random)
            rules.maximumAttempts = Int.random(in: 1...40, using: &random)
            let log = play.run(rules, clientUsesTCP: Bool.random(using: &random))
            let ends = log.filter { $0.hasSuffix("deliver") || $0.hasSuffix("fail") }
            #expect(ends.count == 1 && log.last == ends.first, "\(log)")
            #expect(play.attempts.attemptsLeft >= -1)
            #expect(play.attempts.legs.allSatisfy { $0.sends <= 3 })
            if let end = log.last?.split(separator: " ").first, let time = Int(end) { #expect(time <= 5_000) }
        }
    }
}
