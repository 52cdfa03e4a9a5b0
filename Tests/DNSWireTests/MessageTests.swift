import DNSWire
import Testing

@Suite("Whole messages")
struct MessageTests {
    /// A reply with EDNS, in octets and as text.
    private static let reply = wire(
        """
        1234 8583 0001 0001 0001 0002
        03 'www' 04 'test' 00 0001 0001
        C00C 0001 0001 0000001E 0004 C0000201
        C010 0006 0001 0000001E 0020 02 'ns' C010 04 'host' C010 00000001 00000002 00000003 00000004 00000005
        00 0029 04D0 00 00 8000 001C                ; OPT
            0003 0002 'ns'                          ; NSID
            000A 0008 0102030405060708              ; COOKIE
            000F 0006 0012 'gone'                   ; EDE
        02 'ns' C010 001C 0001 0000001E 0010 20010DB8 00000000 00000000 00000001
        """)

    @Test("a reply is printed as dig does")
    func text() throws {
        let message = try decode(Self.reply)
        #expect(
            message.text == """
                ;; opcode: QUERY, status: NXDOMAIN, id: 4660
                ;; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 1, ADDITIONAL: 2

                ;; OPT PSEUDOSECTION:
                ; EDNS: version: 0, flags: do; udp: 1232
                ; NSID: 6e73 ("ns")
                ; COOKIE: 0102030405060708
                ; EDE: 18 (gone)

                ;; QUESTION SECTION:
                ;www.test. IN A

                ;; ANSWER SECTION:
                www.test. 30 IN A 192.0.2.1

                ;; AUTHORITY SECTION:
                test. 30 IN SOA ns.test. host.test. 1 2 3 4 5

                ;; ADDITIONAL SECTION:
                ns.test. 30 IN AAAA 2001:db8::1

                """)
        #expect(try decode(message.encoded()) == message)
    }

    @Test("a message that is cut anywhere is refused")
    func cut() {
        for count in 0..<Self.reply.count {
            #expect(decodingError(Array(Self.reply.prefix(count))) == .truncated)
        }
    }

    @Test("octets behind the last record are counted")
    func trailing() throws {
        #expect(try decode(Self.reply).trailingLength == 0)
        #expect(try decode(Self.reply + [1, 2, 3]).trailingLength == 3)
    }

    @Test("counts in the header reserve nothing and are held to", arguments: [4, 6, 8, 10])
    func counts(_ place: Int) {
        var octets = query()
        octets[place] = 0xFF
        octets[place + 1] = 0xFF
        #expect(decodingError(octets) == .truncated)
    }

    @Test(
        "RFC 6891 §6.1.1: there is at most one OPT record, of the root, in the additional section, whole",
        arguments: [
            ("two", "0000 0000 0002", "00 0029 0200 00000000 0000 00 0029 0200 00000000 0000"),
            ("not of the root", "0000 0000 0001", "01 'a' 00 0029 0200 00000000 0000"),
            ("in the answer", "0001 0000 0000", "00 0029 0200 00000000 0000"),
            ("in the authority", "0000 0001 0000", "00 0029 0200 00000000 0000"),
            ("half an option", "0000 0000 0001", "00 0029 0200 00000000 0003 000A 00"),
            ("an option past the end", "0000 0000 0001", "00 0029 0200 00000000 0005 000A 0002 00"),
        ])
    func badEDNS(_ what: String, _ counts: String, _ records: String) {
        #expect(decodingError(wire("0001 0000 0000 " + counts + " " + records)) == .badEDNS)
    }

    @Test("RFC 6891 §6.1.3: the response code has twelve bits with EDNS")
    func responseCode() throws {
        var message = try decode(query())
        message.edns = EDNS()
        message.responseCode = .badVersion
        #expect(message.flags.responseCode == 0 && message.edns?.extendedCode == 1)
        let again = try decode(message.encoded())
        #expect(again.responseCode == .badVersion)
        #expect(again.text.contains("status: BADVERS"))
    }

    @Test("EDNS fields and options are read in place")
    func ednsView() throws {
        let octets = wire("00 0029 04D0 05 00 8000 0010 000C 0000 000A 0004 01020304 000A 0000")
        let view = try EDNSView(octets: octets)
        #expect(view.payloadSize == 1232 && view.extendedCode == 5 && view.version == 0 && view.dnssecOK)
        #expect(view.optionsAreWhole(in: octets))
        #expect(view.option(.cookie, in: octets) == 19..<23)
        #expect(view.option(.padding, in: octets) == 15..<15)
        #expect(view.option(.nsid, in: octets) == nil)
        var codes: [EDNSOptionCode] = []
        var offset = view.optionsOffset
        while let option = view.nextOption(at: &offset, in: octets.span) { codes.append(option.code) }
        #expect(codes == [.padding, .cookie, .cookie])
    }

    @Test("RFC 6891 §6.1.2: damaged options are seen and not read past", arguments: [1, 2, 3, 4, 5, 7])
    func damagedOptions(_ length: UInt8) throws {
        let octets = wire("00 0029 04D0 00 00 0000 00") + [length] + wire("000A 0004 01020304")
        let view = try EDNSView(octets: octets)
        #expect(!view.optionsAreWhole(in: octets))
        #expect(view.option(.cookie, in: octets) == nil)
    }

    @Test("RFC 8945 §5.1: a transaction signature stays last, behind the OPT record")
    func signatureLast() throws {
        var message = try decode(query())
        message.edns = EDNS()
        let signature = Record(name("key."), .TSIG, recordClass: .ANY, ttl: 0, .unknown([1, 2, 3]))
        message.additionals = [signature]
        let octets = message.encoded()
        #expect(octets.suffix(3) == [1, 2, 3])
        #expect(try decode(octets) == message)
        let short = try decode(message.encoded(limit: octets.count - 1))
        #expect(short.additionals.isEmpty && short.edns != nil && short.flags.isTruncated)
    }

    @Test("several questions, or none, are kept", arguments: [0, 1, 2, 5])
    func questions(_ count: Int) throws {
        let questions = (0..<count).map { Question(name("q\($0).test."), .AAAA, recordClass: .CH) }
        let message = Message(id: 9, questions: questions)
        #expect(try decode(message.encoded()) == message)
    }

    @Test("questions past 65,535 octets are left out and the rest decodes")
    func tooManyQuestions() throws {
        let questions = (0..<9_000).map { Question(name("q\($0).test."), .A) }
        let octets = Message(id: 9, questions: questions).encoded()
        let rest = try decode(octets)
        #expect(rest.questions == Array(questions.prefix(rest.questions.count)))
        #expect(rest.flags.isTruncated && rest.questions.count > 5_000)
    }

    @Test("random messages survive encoding and decoding")
    func randomMessages() throws {
        var messages = RandomMessages(seed: 31)
        for _ in 0..<400 {
            let message = messages.message()
            let again = try decode(message.encoded())
            #expect(again == message)
            #expect(again.encoded().count == message.encoded().count)
        }
    }
}
