import DNSWire
import Testing

/// The yardstick itself: what counts as agreement, and the form in which replies are compared.
@Suite("Agreement of replies")
struct AgreementTests {
    private static func reply(
        rcode: String = "NOERROR", flags: [String] = ["QR", "RD"], answer: [String] = [], additional: [String] = []
    ) -> RecordedReply {
        var reply = RecordedReply(error: "")
        reply.error = nil
        reply.rcode = rcode
        reply.flags = flags
        reply.question = ["a.test. IN A"]
        reply.answer = answer
        reply.authority = []
        reply.additional = additional
        return reply
    }

    @Test("a TTL may be two seconds off, not three", arguments: [(28, true), (32, true), (27, false), (33, false)])
    func allowsAging(ttl: Int, agrees: Bool) {
        let recorded = Self.reply(answer: ["a.test. 30 IN A 192.0.2.1"])
        let got = Self.reply(answer: ["a.test. \(ttl) IN A 192.0.2.1"])
        #expect(Agreement(recorded: recorded, got: got).inAnswers == agrees)
    }

    @Test("other records, another code, other flags and other additional records are differences")
    func seesDifferences() {
        let recorded = Self.reply(answer: ["a.test. 30 IN A 192.0.2.1"], additional: ["b.test. 1 IN A 192.0.2.2"])
        #expect(Agreement(recorded: recorded, got: recorded).inWhole)
        var got = recorded
        got.answer = ["a.test. 30 IN A 192.0.2.9"]
        #expect(!Agreement(recorded: recorded, got: got).inAnswers)
        got = recorded
        got.rcode = "NXDOMAIN"
        #expect(!Agreement(recorded: recorded, got: got).inAnswers)
        got = recorded
        got.flags = ["QR", "AA", "RD"]
        #expect(Agreement(recorded: recorded, got: got).inAnswers)
        #expect(!Agreement(recorded: recorded, got: got).inWhole)
        got = recorded
        got.additional = []
        #expect(!Agreement(recorded: recorded, got: got).inWhole)
    }

    @Test("of a truncated reply the records do not count, the rest does")
    func leavesTruncatedRecordsOut() {
        let recorded = Self.reply(flags: ["QR", "TC"], answer: ["a.test. 30 IN A 192.0.2.1"])
        #expect(Agreement(recorded: recorded, got: Self.reply(flags: ["TC", "QR"])).inWhole)
        #expect(!Agreement(recorded: recorded, got: Self.reply(flags: ["QR"])).inAnswers)
    }

    @Test("silence agrees with silence only")
    func comparesSilence() {
        let silence = RecordedReply(error: "Timeout")
        #expect(Agreement(recorded: silence, got: silence).inWhole)
        #expect(!Agreement(recorded: silence, got: Self.reply()).inAnswers)
        #expect(!Agreement(recorded: Self.reply(), got: silence).inAnswers)
    }

    @Test("a zone's serial and the asker's port are left out of the recorded form")
    func steadiesWhatVaries() throws {
        let name = try Name(parsing: "a.test")
        var message = Message(id: 1, asking: Question(name, .A))
        let soa = SOAData(
            primary: name, mailbox: name, serial: 1_763_829_918, refresh: 1, retry: 2, expire: 3, minimum: 4)
        message.authorities = [Record(name, .SOA, ttl: 5, .soa(soa))]
        let target = SRVData(priority: 0, weight: 0, port: 40_123, target: .root)
        message.additionals = [Record(try Name(parsing: "_udp.a.test"), .SRV, ttl: 0, .srv(target))]
        let reply = RecordedReply(message)
        #expect(reply.authority == ["a.test. 5 IN SOA a.test. a.test. SERIAL 1 2 3 4"])
        #expect(reply.additional == ["_udp.a.test. 0 IN SRV 0 0 PORT ."])
    }
}
