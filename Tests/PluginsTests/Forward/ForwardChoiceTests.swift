import DNSWire
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("Which upstream's reply is taken")
struct ForwardChoiceTests {
    private func upstream(_ address: UInt32) async throws -> ScriptedDatagrams {
        try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query, address: address)] }
    }

    private func refusing(_ code: UInt8) async throws -> ScriptedDatagrams {
        try await ScriptedDatagrams { query, _ in
            var reply = query
            reply[2] |= 0x80
            reply[3] = 0x80 | code
            return [reply]
        }
    }

    private func ask(_ text: String, _ name: String = "a.test") async throws -> ForwardFixture.Outcome {
        let fixture = try ForwardFixture(text)
        let outcome = try await fixture.ask(name)
        await fixture.retire()
        return outcome
    }

    @Test("an upstream that says nothing is followed by the next, and is asked last when that has happened twice")
    func silent() async throws {
        let asked = Mutex<Set<UInt8>>([])
        let silent = try await ScriptedDatagrams { query, _ in
            // Probes ask for the root.
            if query[12] == 1 { asked.withLock { _ = $0.insert(query[13]) } }
            return []
        }
        let good = try await upstream(1)
        let fixture = try ForwardFixture(
            "forward . 127.0.0.1:\(silent.port) 127.0.0.1:\(good.port) {\npolicy sequential\n}")
        for number in 0..<6 {
            #expect(try await fixture.ask("\(number).test").reply.answers.map(\.data.text) == ["0.0.0.1"])
        }
        #expect(fixture.plugin.groups[0].upstreams[0].reliability.isSuspect)
        // On a slow machine the other one can be late as well.
        if !fixture.plugin.groups[0].upstreams[1].reliability.isSuspect {
            #expect((1...3).contains(asked.withLock(\.count)))
        }
        await fixture.retire()
    }

    @Test("a message that gets lost is sent again")
    func lost() async throws {
        let messages = Mutex<[[UInt8]]>([])
        let upstream = try await ScriptedDatagrams { query, _ in
            messages.withLock { messages in
                messages.append(query)
                return messages.count == 1 ? [] : [ScriptedReply.answer(query)]
            }
        }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(upstream.port)")
        #expect(try await fixture.ask("a.test").reply.answers.count == 1)
        // The same message: whichever is answered, the reply is known.
        messages.withLock { #expect($0.count == 2 && $0[0] == $0[1]) }
        #expect(fixture.registry.total(fixture.plugin.groups[0].upstreams[0].metrics.repeats) == 1)
        await fixture.retire()
    }

    @Test("failover: a reply with such a code lets the next upstream try, and the last one's is taken")
    func failover() async throws {
        let (bad, worse, good) = (try await refusing(2), try await refusing(5), try await upstream(1))
        let block = "{\npolicy sequential\nfailover SERVFAIL REFUSED\n}"
        let better = try await ask("forward . 127.0.0.1:\(bad.port) 127.0.0.1:\(good.port) \(block)")
        #expect(better.reply.answers.map(\.data.text) == ["0.0.0.1"])
        let none = try await ask("forward . 127.0.0.1:\(bad.port) 127.0.0.1:\(worse.port) \(block)")
        #expect(none.reply.responseCode == .refused)
        let other = try await ask(
            "forward . 127.0.0.1:\(worse.port) 127.0.0.1:\(good.port) {\npolicy sequential\nfailover SERVFAIL\n}")
        #expect(other.reply.responseCode == .refused)
    }

    @Test(
        "next: a reply with such a code lets the next line try, if there is one, and its reply is taken whatever it says"
    )
    func next() async throws {
        let (unknown, refused, good) = (try await refusing(3), try await refusing(5), try await upstream(1))
        let first = "forward . 127.0.0.1:\(unknown.port) {\nnext NXDOMAIN\n}\n"
        let answered = try await ask(first + "forward . 127.0.0.1:\(good.port)")
        #expect(answered.reply.answers.map(\.data.text) == ["0.0.0.1"])
        #expect(try await ask(first + "forward . 127.0.0.1:\(refused.port)").reply.responseCode == .refused)
        #expect(try await ask(first).reply.responseCode == .nameError)
        let elsewhere = try await ask(first + "forward example 127.0.0.1:\(good.port)")
        #expect(elsewhere.reply.responseCode == .serverFailure)
        #expect(elsewhere.reason == "plugin/forward: no next plugin found")
    }

    @Test("what a reply that was passed over said of itself is not said of the one that is taken")
    func extendedErrors() async throws {
        let bad = try await ScriptedDatagrams { query, _ in
            var message = (try? Message(decoding: ScriptedReply.answer(query).span)) ?? Message(id: 0)
            message.flags.responseCode = 2
            message.answers = []
            message.edns = EDNS(options: [EDNSOption(.extendedError, [0, 22])])
            return [message.encoded()]
        }
        let good = try await upstream(1)
        let bare = try await refusing(5)
        for text in [
            "forward . 127.0.0.1:\(bad.port) 127.0.0.1:\(good.port) {\npolicy sequential\nfailover SERVFAIL\n}",
            "forward . 127.0.0.1:\(bad.port) {\nnext SERVFAIL\n}\nforward . 127.0.0.1:\(bare.port)",
        ] {
            #expect(try await ask(text).reply.edns?.options == [])
        }
    }

    @Test("failover: a damaged message does not take the place of a reply that was kept")
    func damaged() async throws {
        let first = try await refusing(5)
        let damaged = try await ScriptedDatagrams { query, _ in [ScriptedReply.damaged(query)] }
        let outcome = try await ask(
            """
            forward . 127.0.0.1:\(first.port) 127.0.0.1:\(damaged.port) {
                policy sequential
                failover REFUSED
                max_connect_attempts 2
                read_timeout 50ms
            }
            """)
        #expect(outcome.reply.responseCode == .refused)
    }

    @Test("an upstream that says nothing has let the time pass")
    func timeout() async throws {
        let silent = try await ScriptedDatagrams { _, _ in [] }
        let outcome = try await ask(
            "forward . 127.0.0.1:\(silent.port) {\nmax_connect_attempts 1\nread_timeout 50ms\n}")
        let reason = /read udp 127\.0\.0\.1:[1-9][0-9]*->127\.0\.0\.1:([0-9]+): i\/o timeout/
        #expect(try reason.wholeMatch(in: outcome.reason)?.1 == "\(silent.port)")
    }

    @Test("prefer_udp: an asker over UDP gets the truncated reply when nobody answers over TCP")
    func truncatedFallback() async throws {
        let upstream = try await ScriptedDatagrams { query, _ in [ScriptedReply.answer(query, isTruncated: true)] }
        let text = "forward . 127.0.0.1:\(upstream.port) {\nprefer_udp\n}"
        let outcome = try await ask(text)
        #expect(outcome.reply.responseCode == .noError && outcome.reply.flags.isTruncated)
        let fixture = try ForwardFixture(text)
        #expect(try await fixture.ask("a.test", over: .tcp).reply.responseCode == .serverFailure)
        await fixture.retire()
    }

    @Test("next_on_nodata: a reply without answers lets the next line try")
    func nextOnNoData() async throws {
        let (empty, good) = (try await refusing(0), try await upstream(1))
        let second = "\nforward . 127.0.0.1:\(good.port)"
        let line = "forward . 127.0.0.1:\(empty.port)"
        #expect(try await ask(line + " {\nnext_on_nodata\n}" + second).reply.answers.count == 1)
        #expect(try await ask(line + second).reply.answers.isEmpty)
    }

    @Test("max_connect_attempts: after so many attempts it is over")
    func attempts() async throws {
        let dead = try await ScriptedDatagrams { _, _ in [] }
        try await dead.close()
        let good = try await upstream(1)
        let targets = "forward . 127.0.0.1:\(dead.port) 127.0.0.1:\(good.port)"
        let one = try await ask("\(targets) {\npolicy sequential\nmax_connect_attempts 1\n}")
        #expect(one.reply.responseCode == .serverFailure)
        let two = try await ask("\(targets) {\npolicy sequential\nmax_connect_attempts 2\n}")
        #expect(two.reply.answers.count == 1)
    }

    @Test("failfast_all_unhealthy_upstreams: when all are down nobody is asked")
    func failFast() async throws {
        let good = try await upstream(1)
        for (block, code) in [("", ResponseCode.noError), ("failfast_all_unhealthy_upstreams", .serverFailure)] {
            let fixture = try ForwardFixture("forward . 127.0.0.1:\(good.port) {\n\(block)\n}")
            for _ in 0..<4 { fixture.plugin.groups[0].upstreams[0].fail() }
            let outcome = try await fixture.ask("a.test")
            #expect(outcome.reply.responseCode == code)
            #expect(outcome.reason == (code == .noError ? "" : "no healthy proxies"))
            #expect(fixture.registry.total(fixture.plugin.groups[0].metrics.healthBroken) == 1)
            await fixture.retire()
        }
    }

    @Test("cancel: a query whose time is up ends with it")
    func deadline() async throws {
        let silent = try await ScriptedDatagrams { _, _ in [] }
        let fixture = try ForwardFixture("forward . 127.0.0.1:\(silent.port)")
        let outcome = try await fixture.ask("a.test", timeLeft: 20_000_000)
        #expect(outcome.reply.responseCode == .serverFailure)
        #expect(outcome.reason == "context deadline exceeded")
        await fixture.retire()
    }
}
