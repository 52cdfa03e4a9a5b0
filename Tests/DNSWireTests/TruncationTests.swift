import Basics
import DNSWire
import Testing

@Suite("Truncation")
struct TruncationTests {
    private func sample() -> [UInt8] {
        var message = Message(id: 7, asking: Question(name("www.example.org."), .A))
        message.flags.isResponse = true
        message.answers = (0..<6).map { Record(name("www.example.org."), .A, ttl: 30, .a(IPAddress(ipv4: $0))) }
        message.authorities = [Record(name("example.org."), .NS, ttl: 30, .ns(name("ns.example.org.")))]
        message.additionals = [Record(name("ns.example.org."), .AAAA, ttl: 30, .aaaa(IPAddress(bits: 1)))]
        return message.encoded()
    }

    @Test("RFC 2181 §9: at every limit what remains is a whole message of the first records, with TC")
    func everyLimit() throws {
        let octets = sample()
        let whole = try decode(octets)
        let question = 12 + 21
        for limit in 12...(octets.count + 1) {
            let writer = MessageWriter()
            try writer.copyMessage(octets.span)
            writer.truncate(to: limit)
            writer.finish()
            let rest = try decode(writer.bytes.copy())
            #expect(writer.count <= max(limit, question))
            #expect(rest.trailingLength == 0)
            #expect(rest.questions == whole.questions)
            #expect(rest.flags.isTruncated == (limit < octets.count))
            let all = whole.answers + whole.authorities + whole.additionals
            let kept = rest.answers + rest.authorities + rest.additionals
            #expect(kept == Array(all.prefix(kept.count)))
            #expect(limit < octets.count || kept.count == all.count)
        }
    }

    @Test("as many records as fit are kept")
    func keepsWhatFits() throws {
        let writer = MessageWriter()
        let octets = sample()
        try writer.copyMessage(octets.span)
        writer.truncate(to: 12 + 21 + 16 * 4 + 15)
        #expect(writer.header.answerCount == 4)
        #expect(writer.header.authorityCount == 0)
        #expect(writer.count == 12 + 21 + 16 * 4)
    }

    @Test("RFC 6891 §7: at every limit the OPT record stays")
    func everyLimitWithEDNS() throws {
        var message = try decode(sample())
        message.edns = EDNS(options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])])
        let octets = message.encoded()
        #expect(try decode(octets) == message)
        for limit in 12...octets.count {
            let short = message.encoded(limit: limit)
            let rest = try decode(short)
            #expect(short.count <= max(limit, 12 + 21 + 11))
            #expect(rest.edns?.payloadSize == 1232)
            #expect(rest.edns?.options.count == (limit < 12 + 21 + 23 ? 0 : 1))
            #expect(rest.flags.isTruncated == (limit < octets.count))
            #expect(rest.questions == message.questions)
        }
    }

    @Test("random messages can be cut at any limit")
    func randomLimits() throws {
        var messages = RandomMessages(seed: 21)
        var random = SeededGenerator(22)
        for _ in 0..<150 {
            let message = messages.message(records: 12)
            let octets = message.encoded()
            #expect(try decode(octets) == message)
            for _ in 0..<10 {
                let limit = Int.random(in: 12...octets.count, using: &random)
                let rest = try decode(message.encoded(limit: limit))
                #expect(rest.answers == Array(message.answers.prefix(rest.answers.count)))
                #expect((rest.edns == nil) == (message.edns == nil))
            }
        }
    }

    @Test("a copied message that is damaged keeps its sound part", arguments: 13..<70)
    func damaged(_ count: Int) throws {
        let writer = MessageWriter()
        let octets = Array(sample().prefix(count))
        try writer.copyMessage(octets.span)
        writer.truncate(to: 12)
        writer.finish()
        let rest = try decode(writer.bytes.copy())
        #expect(rest.answers.isEmpty && rest.flags.isTruncated)
        #expect(rest.questions.count == (count < 33 ? 0 : 1))
    }

    @Test("a message that outgrew the writer has room for the OPT record")
    func longest() throws {
        var message = try decode(sample())
        message.edns = EDNS()
        message.answers = (0..<300).map { Record(.root, .NULL, ttl: $0, .unknown([UInt8](repeating: 9, count: 250))) }
        let octets = message.encoded()
        let rest = try decode(octets)
        #expect(octets.count <= 65_535 && octets.count > 65_535 - 300)
        #expect(rest.flags.isTruncated && rest.edns != nil)
    }
}

@Suite("A whole message cut in place")
struct WholeMessageCutTests {
    private func cut(_ octets: [UInt8], to limit: Int) -> [UInt8] {
        var octets = octets
        var span = octets.mutableSpan
        let count = span.cutMessage(to: limit)
        return Array(octets.prefix(count))
    }

    @Test(
        "at every limit it is the message that a writer would have made of it, the OPT record included",
        arguments: [false, true])
    func everyLimit(hasEDNS: Bool) throws {
        var message = Message(id: 7, asking: Question(name("www.example.org."), .A))
        message.flags.isResponse = true
        message.answers = (0..<40).map { Record(name("www.example.org."), .A, ttl: 30, .a(IPAddress(ipv4: $0))) }
        message.authorities = [Record(name("example.org."), .NS, ttl: 30, .ns(name("ns.example.org.")))]
        message.additionals = [Record(name("ns.example.org."), .AAAA, ttl: 30, .aaaa(IPAddress(bits: 1)))]
        if hasEDNS { message.edns = EDNS(options: [EDNSOption(.cookie, [1, 2, 3, 4, 5, 6, 7, 8])]) }
        let octets = message.encoded()
        for limit in 60...octets.count {
            #expect(try decode(cut(octets, to: limit)) == decode(message.encoded(limit: limit)))
        }
    }

    @Test("a damaged message stays as it is")
    func damaged() throws {
        let octets = [UInt8](repeating: 0xFF, count: 600)
        #expect(cut(octets, to: 512) == octets)
    }
}
