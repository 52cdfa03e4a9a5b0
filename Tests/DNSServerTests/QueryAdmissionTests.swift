import DNSWire
import Testing

@testable import DNSServer

/// `www.example`, A, IN.
private let questionHex = "03777777 07 6578616d706c65 00 0001 0001"

@Suite("What becomes of a message before any plugin sees it")
struct QueryAdmissionTests {
    /// Queries refer to their worker without owning it.
    private let worker: Worker

    init() throws {
        worker = try makeWorker()
    }

    private func admission(_ message: [UInt8]) -> (Admission, Query) {
        let query = Query(worker: worker)
        query.take(message.span)
        return (query.admit(), query)
    }

    @Test(
        "CoreDNS's limits on the header decide between silence, NOTIMP, FORMERR and a query",
        arguments: [
            ("", Admission.ignored),
            ("1234 0100 0001 0000 0000 00", .ignored),
            ("1234 8100 0001 0000 0000 0000", .ignored),
            ("1234 1000 0001 0000 0000 0000", .rejected(.notImplemented, isBare: true)),
            ("1234 2800 0001 0000 0000 0000", .rejected(.notImplemented, isBare: true)),
            ("1234 0100 0000 0000 0000 0000", .rejected(.formatError, isBare: true)),
            ("1234 0100 0002 0000 0000 0000", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0002 0000 0000", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0000 0002 0000", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0000 0000 0003", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0000 0000 0000 03777777", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0000 0000 0000 c00c 0001 0001", .rejected(.formatError, isBare: true)),
            ("1234 0100 0001 0000 0000 0000 \(questionHex)", .admitted),
            ("1234 2000 0001 0000 0000 0000 \(questionHex)", .admitted),
            ("1234 0100 0001 0000 0000 0001 \(questionHex)", .admitted),
            ("1234 0100 0001 0000 0000 0001 \(questionHex) 00 0029", .rejected(.formatError, isBare: true)),
            (
                "1234 0100 0001 0000 0000 0001 \(questionHex) 00 0029 04d0 00 01 0000 0000",
                .rejected(.badVersion, isBare: false)
            ),
            (
                "1234 0100 0001 0000 0000 0002 \(questionHex) 00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000",
                .rejected(.formatError, isBare: true)
            ),
            (
                "1234 0100 0001 0000 0000 0001 \(questionHex) 00 0029 04d0 00000000 0003 000a 00",
                .rejected(.formatError, isBare: true)
            ),
        ])
    func table(hex: String, expected: Admission) throws {
        #expect(admission(octets(hex)).0 == expected)
    }

    @Test("The question's name is kept in lower case, the message as it came")
    func question() throws {
        let (admission, query) = try admission(queryMessage("WwW.ExAmPlE", .AAAA))
        #expect(admission == .admitted)
        #expect(query.ownedName.text == "www.example.")
        #expect(query.type == .AAAA)
        #expect(query.questionRange == 12..<(12 + 13 + 4))
        let message = query.message
        let first = message[13]
        #expect(first == 0x57)
    }

    @Test("RFC 1035 §3.1: a name of 255 octets is taken, one of 256 is not")
    func longestName() throws {
        let label = "3f" + String(repeating: "61", count: 63)
        let header = "1234 0100 0001 0000 0000 0000"
        let fits = header + label + label + label + "3d" + String(repeating: "61", count: 61) + "00 0001 0001"
        let tooLong = header + label + label + label + "3e" + String(repeating: "61", count: 62) + "00 0001 0001"
        #expect(admission(octets(fits)).0 == .admitted)
        #expect(admission(octets(tooLong)).0 == .rejected(.formatError, isBare: true))
    }

    @Test("No octets whatever can do more than be refused", arguments: 0..<200)
    func noise(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var message = try queryMessage("some.name.in.cluster.local", edns: EDNS(dnssecOK: true))
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            message[Int.random(in: 0..<message.count, using: &generator)] = .random(in: 0...255, using: &generator)
        }
        message.removeLast(Int.random(in: 0...message.count / 2, using: &generator))
        let (admission, query) = admission(message)
        if admission == .admitted {
            #expect(query.nameLength >= 1 && query.nameLength <= 255)
            #expect(query.questionEnd <= message.count)
        } else {
            #expect(admission != .admitted)
        }
    }
}

/// A generator whose numbers can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &+ 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
