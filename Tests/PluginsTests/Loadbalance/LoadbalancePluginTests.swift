import Basics
import Corefile
import DNSServer
import DNSWire
import Testing

@testable import Plugins

@Suite struct LoadbalancePluginTests {
    /// A chain that replies with these records.
    private func bench(_ loadbalance: String = "loadbalance", replying message: Message) throws -> PluginBench {
        try PluginBench(
            ". {\n\(loadbalance)\nerratic\n}\n",
            [
                LoadbalancePlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply(message.responseCode)
                    for (section, records) in [
                        (Section.answer, message.answers), (.authority, message.authorities),
                        (.additional, message.additionals),
                    ] {
                        query.reply.section = section
                        for record in records { record.encode(into: query.reply) }
                    }
                    return .reply
                },
            ])
    }

    private func address(_ last: Int, _ owner: String = "example.org", ttl: UInt32 = 30) throws -> Record {
        Record(
            try Name(parsing: owner), .A, ttl: ttl, .a(IPAddress(ipv4: 0xC000_0200 | UInt32(last))))
    }

    private func message(_ answers: [Record], code: ResponseCode = .noError) -> Message {
        var message = Message(id: 0, answers: answers)
        message.responseCode = code
        return message
    }

    @Test("every address comes first about equally often, and none is lost")
    func fair() throws {
        let records = try (1...4).map { try address($0, ttl: UInt32($0)) }
        let bench = try bench(replying: message(records))
        var firsts: [Record: Int] = [:]
        for _ in 0..<2_000 {
            let answers = try #require(try bench.ask("example.org")).answers
            #expect(Set(answers) == Set(records))
            firsts[answers[0], default: 0] += 1
        }
        #expect(firsts.count == 4)
        #expect(firsts.values.allSatisfy { (350...650).contains($0) }, "\(firsts)")
    }

    @Test("aliases stay first, other records and other owners keep their places")
    func mixed() throws {
        let alias = Record(try Name(parsing: "example.org"), .CNAME, ttl: 1, .cname(try Name(parsing: "a.net")))
        let targets = try (1...3).map { try address($0, "a.net") }
        let other = try address(9, "b.net")
        let bench = try bench(replying: message([alias] + targets + [other]))
        var orders: Set<[Record]> = []
        for _ in 0..<200 {
            let answers = try #require(try bench.ask("example.org")).answers
            #expect(answers[0] == alias)
            #expect(answers[4] == other)
            orders.insert(Array(answers[1...3]))
        }
        #expect(orders.count == 6)
    }

    @Test("addresses in the additional section are shuffled as well, AAAA with their own kind")
    func additional() throws {
        let owner = try Name(parsing: "ns.example.org")
        let v6 = (1...2).map { Record(owner, .AAAA, ttl: 1, .aaaa(IPAddress(bits: UInt128($0)))) }
        let v4 = try (1...2).map { try address($0, "ns.example.org") }
        var reply = message([])
        reply.additionals = v6 + v4
        let bench = try bench(replying: reply)
        var orders: Set<[Record]> = []
        for _ in 0..<200 {
            let records = try #require(try bench.ask("example.org")).additionals
            #expect(Set(records[..<2]) == Set(v6))
            orders.insert(records)
        }
        #expect(orders.count == 4)
    }

    @Test("mail exchanges are shuffled, their names with them")
    func exchanges() throws {
        let owner = try Name(parsing: "Example.org")
        let records = try ["mx1.example.org", "other.net", "c.mx1.example.org"].enumerated().map { index, name in
            Record(owner, .MX, ttl: 5, .mx(MXData(preference: UInt16(index), exchange: try Name(parsing: name))))
        }
        let bench = try bench(replying: message(records))
        var orders: Set<[Record]> = []
        for _ in 0..<200 {
            let reply = try #require(try bench.ask("eXample.org", .MX))
            #expect(Set(reply.answers) == Set(records))
            #expect(reply.questions.first?.name.text == "eXample.org.")
            orders.insert(reply.answers)
        }
        #expect(orders.count == 6)
    }

    @Test(
        "of a set that the asker does not take whole no more is shuffled than is sent", arguments: [RecordType.A, .MX])
    func large(_ type: RecordType) throws {
        let owner = try Name(parsing: "example.org")
        let records = try (0..<2_000).map { number in
            let exchange = MXData(preference: 1, exchange: try Name(parsing: "m\(number).test"))
            return Record(owner, type, ttl: 5, type == .MX ? .mx(exchange) : .a(IPAddress(ipv4: UInt32(number))))
        }
        var message = Message(id: 0, asking: Question(owner, type))
        message.answers = records
        message.flags.isResponse = true
        let octets = message.encoded()
        // Like a reply from an upstream, which is whole.
        let upstream = ScriptedPlugin.definition { query in
            (try? query.takeReply(octets.span)) == nil ? .drop : .reply
        }
        let bench = try PluginBench(". {\nloadbalance\nerratic\n}\n", [LoadbalancePlugin.definition, upstream])
        for _ in 0..<10 {
            let reply = try #require(try bench.ask("Example.org", type))
            let first = Array(records.prefix(reply.answers.count))
            #expect(reply.flags.isTruncated && reply.encoded().count <= 512 && first.count > 15)
            #expect(Set(reply.answers) == Set(first) && reply.answers != first)
        }
        let whole = try #require(try bench.ask("Example.org", type, transport: .tcp))
        #expect(Set(whole.answers) == Set(records) && !whole.flags.isTruncated)
    }

    @Test("replies with an error and transfers are left alone")
    func untouched() throws {
        let records = try (1...5).map { try address($0) }
        for (code, type) in [(ResponseCode.nameError, RecordType.A), (.noError, .AXFR), (.noError, .IXFR)] {
            let bench = try bench(replying: message(records, code: code))
            for _ in 0..<20 { #expect(try bench.ask("example.org", type)?.answers == records) }
        }
    }

    @Test("prefer: addresses of the first network come first, then those of the second, each in random order")
    func prefers() throws {
        let records = try (1...6).map { try address($0) }
        let bench = try bench(
            "loadbalance round_robin {\nprefer 192.0.2.5/32 192.0.2.2/31\nprefer 2001:db8::/32\n}",
            replying: message(records))
        var orders: Set<[Record]> = []
        for _ in 0..<400 {
            let answers = try #require(try bench.ask("example.org")).answers
            #expect(answers[0] == records[4])
            #expect(Set(answers[1...2]) == Set(records[1...2]))
            #expect(Set(answers[3...5]) == [records[0], records[3], records[5]])
            orders.insert(answers)
        }
        #expect(orders.count == 12)
    }

    @Test("a damaged reply from elsewhere goes out as it came")
    func damaged() throws {
        let bench = try PluginBench(
            ". {\nloadbalance\nerratic\n}\n",
            [
                LoadbalancePlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply()
                    query.reply.header.answerCount = 3
                    query.reply.append(UInt32(0xC00C_0001))
                    return .reply
                },
            ])
        #expect(throws: WireError.self) { try bench.ask("example.org") }
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("loadbalance", nil), ("loadbalance round_robin {\nprefer 10.0.0.0/8\n}", nil),
            ("loadbalance least_conn", "unknown policy: least_conn"),
            ("loadbalance weighted", "missing weight file argument"),
            ("loadbalance weighted file", "Needletail does not serve the policy 'weighted' yet"),
            ("loadbalance round_robin x", "unknown property for round_robin"),
            ("loadbalance {\nprefer 10.0.0.1\n}", #"invalid CIDR "10.0.0.1": invalid CIDR address: 10.0.0.1"#),
            ("loadbalance {\nother\n}", "unknown property 'other'"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, LoadbalanceConfiguration.directive, .init()) == message)
    }
}
