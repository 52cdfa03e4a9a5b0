import Basics
import DNSWire
import Testing

@Suite("Records copied from one message into another")
struct RecordCopierTests {
    /// What is left of `message` when all its records are copied behind another question.
    ///
    /// - Parameter isKnown: whether names may point to the question's.
    private func copied(
        _ octets: [UInt8], behind question: Question, isKnown: Bool = true, limit: Int = 65_535
    ) throws -> Message {
        let writer = MessageWriter()
        writer.begin(id: 1, flags: .init(rawValue: MessageHeader.Flags.response))
        writer.setLimit(limit)
        if isKnown {
            writer.append(question)
        } else {
            let message = Message(id: 0, asking: question).encoded()
            writer.append(message.span, MessageHeader.length..<message.count)
            writer.header.questionCount = 1
        }
        var copier = RecordCopier()
        var walk = try RecordWalk(octets.span)
        while let (section, record) = try walk.next() {
            writer.section = section
            try copier.copy(record, of: octets.span, ttl: record.ttl, to: writer)
        }
        writer.finish()
        #expect(writer.count <= limit)
        return try decode(writer.bytes.copy())
    }

    @Test("records of every type come out as they were, wherever they stand", arguments: 0..<300)
    func everyType(seed: UInt64) throws {
        var random = RandomMessages(seed: seed)
        var message = random.message()
        message.edns = nil
        message.questions = [Question(name("www.example.org."), .ANY)]
        let copy = try copied(message.encoded(), behind: Question(name("a.much.longer.name.example.net."), .A))
        #expect(copy.answers == message.answers)
        #expect(copy.authorities == message.authorities)
        #expect(copy.additionals == message.additionals)
    }

    @Test("the case of names stays what it was, also where the question has another")
    func keepsCase() throws {
        var message = Message(id: 7, asking: Question(name("www.Example.org."), .MX))
        message.answers = ["mx.Example.org.", "b.net."].map {
            Record(name("www.Example.org."), .MX, ttl: 5, .mx(MXData(preference: 1, exchange: name($0))))
        }
        let octets = message.encoded()
        let copy = try copied(octets, behind: Question(name("WWW.EXAMPLE.ORG."), .MX), isKnown: false)
        #expect(copy.answers.map(\.text) == message.answers.map(\.text))
    }

    @Test("at every limit the first records are there whole, and TC says that some are not")
    func limits() throws {
        var message = Message(id: 7, asking: Question(name("www.example.org."), .A))
        message.answers = (0..<9).map { Record(name("www.example.org."), .A, ttl: 30, .a(IPAddress(ipv4: $0))) }
        message.additionals = [Record(name("ns.example.org."), .AAAA, ttl: 30, .aaaa(IPAddress(bits: 1)))]
        let octets = message.encoded()
        let whole = message.answers + message.additionals
        for limit in 40...(octets.count + 40) {
            let copy = try copied(octets, behind: Question(name("WWW.example.org."), .A), limit: limit)
            let kept = copy.answers + copy.additionals
            #expect(kept == Array(whole.prefix(kept.count)))
            #expect(copy.flags.isTruncated == (kept.count < whole.count))
        }
    }

    @Test("names that reach behind the data of their record are found")
    func damaged() throws {
        var message = Message(id: 7, asking: Question(name("a."), .MX))
        message.answers = [Record(name("a."), .MX, ttl: 5, .mx(MXData(preference: 1, exchange: name("mx."))))]
        var octets = message.encoded()
        // The length of the data, in front of a preference and a name of four octets.
        octets[octets.count - 7] = 4
        octets.removeLast(2)
        #expect(throws: WireError.self) { try copied(octets, behind: Question(name("a."), .MX)) }
    }
}

@Suite("A writer's limit")
struct WriterLimitTests {
    @Test(
        "a record that does not fit is left out whole, all behind it as well, and TC is set",
        arguments: [0, 1, 15, 16, 40])
    func limit(_ more: Int) {
        let writer = MessageWriter()
        writer.begin(id: 1, flags: .init(rawValue: 0))
        writer.append(Question(name("a."), .A))
        let start = writer.count
        writer.setLimit(start + more)
        for number in 0..<4 as Range<UInt8> {
            let data: [UInt8] = [192, 0, 2, number]
            writer.appendRecord(ownerAt: 12, type: .A, ttl: 1, data: data.span)
        }
        #expect(writer.count == start + more / 16 * 16)
        #expect(writer.header.answerCount == UInt16(more / 16))
        #expect(writer.isFull && writer.header.flags.isTruncated)
        writer.begin(id: 1, flags: .init(rawValue: 0))
        #expect(writer.limit == MessageWriter.maximumLength && !writer.isFull)
    }
}
