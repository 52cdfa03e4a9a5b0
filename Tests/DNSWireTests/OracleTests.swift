import DNSWire
import LDNS
import Testing

/// Our codec held against libldns: what one writes, the other reads as the same records.
@Suite("Agreement with libldns")
struct OracleTests {
    /// libldns takes no quote in the text of a name, escaped or not.
    private static let quote = UInt8(ascii: "\"")

    @Test("libldns reads what is encoded here as the same message", arguments: 0..<8)
    func theirsReadsOurs(_ seed: UInt64) throws {
        var messages = RandomMessages(seed: 1_000 + seed)
        for _ in 0..<60 {
            let octets = messages.message().encoded()
            let ours = try decode(octets)
            let theirs = try LDNS.decode(octets)
            #expect(theirs.id == ours.id)
            #expect(SharedFlags(theirs.flags) == SharedFlags(ours.flags))
            #expect(theirs.question.map(\.name) == ours.questions.map(\.name.wire))
            #expect(theirs.question.map(\.type) == ours.questions.map(\.type.rawValue))
            try expectSame(theirs.answer, ours.answers)
            try expectSame(theirs.authority, ours.authorities)
            try expectSame(theirs.additional, ours.additionals)
            expectSame(theirs.edns, ours.edns)
        }
    }

    @Test("what libldns encodes from our text is read here as the same message", arguments: 0..<8)
    func oursReadsTheirs(_ seed: UInt64) throws {
        var messages = RandomMessages(seed: 2_000 + seed, excluding: Self.quote)
        for _ in 0..<60 {
            var message = messages.message()
            // Options are written by libldns in a form of its own; they are held against it in the other direction.
            message.edns?.options = []
            let octets = try LDNS.encode(text(of: message))
            var ours = try decode(octets)
            #expect(ours.trailingLength == 0)
            #expect(SharedFlags(ours.flags) == SharedFlags(message.flags))
            ours.flags = message.flags
            #expect(ours == message)
        }
    }

    @Test("libldns reads the text of each record as the octets that are encoded here")
    func text() throws {
        var messages = RandomMessages(seed: 3_000, excluding: Self.quote)
        for type in RandomMessages.types {
            for _ in 0..<40 {
                let record = messages.record(type)
                let theirs = try LDNS.record(fromText: record.text, origin: ".", defaultTTL: 1)
                try expectSame([theirs], [record])
                #expect(theirs.owner == record.owner.wire)
            }
        }
    }

    @Test("both refuse a damaged message, or read the same of it")
    func damage() throws {
        var messages = RandomMessages(seed: 4_000)
        var random = SeededGenerator(4_001)
        var read = 0
        for _ in 0..<3_000 {
            var octets = messages.message(records: 2).encoded()
            let place = Int.random(in: MessageHeader.length..<octets.count, using: &random)
            octets[place] = UInt8.random(in: 0...255, using: &random)
            guard let ours = try? decode(octets), let theirs = try? LDNS.decode(octets) else { continue }
            read += 1
            #expect(theirs.answer.map(\.owner) == ours.answers.map(\.owner.wire))
            #expect(theirs.answer.map(\.ttl) == ours.answers.map(\.ttl))
            try expectSame(theirs.answer, ours.answers)
        }
        #expect(read > 500)
    }

    // MARK: Comparing

    /// The flags that both sides know.
    private struct SharedFlags: Equatable {
        var bits: [Bool]
        var codes: [UInt8]

        init(_ flags: MessageHeader.Flags) {
            bits = [
                flags.isResponse, flags.isAuthoritative, flags.isTruncated, flags.recursionDesired,
                flags.recursionAvailable, flags.authenticData, flags.checkingDisabled,
            ]
            codes = [flags.opcode.rawValue, flags.responseCode]
        }

        init(_ flags: LDNSFlags) {
            bits = [
                flags.isResponse, flags.isAuthoritative, flags.isTruncated, flags.recursionDesired,
                flags.recursionAvailable, flags.isAuthenticData, flags.checkingDisabled,
            ]
            codes = [flags.opcode, flags.rcode]
        }
    }

    private func expectSame(
        _ theirs: [LDNSRecord], _ ours: [Record], _ location: SourceLocation = #_sourceLocation
    ) throws {
        let records = try theirs.map { record in
            let type = RecordType(rawValue: record.type)
            let recordClass = RecordClass(rawValue: record.class)
            return Record(
                Name(uncheckedWire: record.owner), type, recordClass: recordClass, ttl: record.ttl,
                try decodedData(record.rdata, type, recordClass))
        }
        #expect(records == ours, sourceLocation: location)
    }

    private func expectSame(_ theirs: LDNSEDNS?, _ ours: EDNS?) {
        #expect(theirs?.payloadSize == ours?.payloadSize)
        #expect(theirs?.version == ours?.version)
        #expect(theirs?.isDNSSECOK == ours?.dnssecOK)
        var options: [UInt8] = []
        for option in ours?.options ?? [] {
            for number in [option.code.rawValue, UInt16(option.data.count)] {
                options += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
            options += option.data
        }
        #expect(theirs?.options ?? [] == options)
    }

    private func text(of message: Message) -> LDNSMessageText {
        let question = message.questions[0]
        var text = LDNSMessageText(question: (question.name.text, question.type.description))
        text.id = message.id
        text.flags.isResponse = message.flags.isResponse
        text.flags.opcode = message.flags.opcode.rawValue
        text.flags.isAuthoritative = message.flags.isAuthoritative
        text.flags.recursionDesired = message.flags.recursionDesired
        text.flags.recursionAvailable = message.flags.recursionAvailable
        text.flags.isAuthenticData = message.flags.authenticData
        text.flags.checkingDisabled = message.flags.checkingDisabled
        text.flags.rcode = message.flags.responseCode
        text.records[.answer] = message.answers.map(\.text)
        text.records[.authority] = message.authorities.map(\.text)
        text.records[.additional] = message.additionals.map(\.text)
        text.edns = message.edns.map { LDNSEDNS(payloadSize: $0.payloadSize, isDNSSECOK: $0.dnssecOK) }
        return text
    }
}
