import DNSWire
import KubernetesClient
import Testing

@testable import Plugins

/// A service with many endpoints, and one responder that is asked for it again and again.
private struct LargeSet {
    let snapshot: ClusterSnapshot
    let policy: AnswerPolicy
    let responder: ClusterResponder

    init(_ count: Int, _ endpoint: (Int) -> EndpointSlice.Endpoint) throws {
        var fixture = ClusterFixture()
        fixture.namespaces = ["ns"]
        fixture.keepsZones = true
        fixture.adjust = { $0.isZonal = true }
        fixture.add("big", in: "ns")
        for start in stride(from: 0, to: count, by: 1_000) {
            fixture.slice("big", in: "ns", number: start, (start..<min(count, start + 1_000)).map(endpoint))
        }
        try self.init(fixture)
    }

    init(_ fixture: ClusterFixture) throws {
        snapshot = fixture.snapshot
        policy = try fixture.policy()
        responder = ClusterResponder(policy)
    }

    /// The reply to a question, and its length in octets.
    func ask(_ text: String, _ type: RecordType, room: Int) throws -> (message: Message, length: Int) {
        let (name, writer) = (try Name(parsing: text), MessageWriter())
        writer.begin(id: 1, flags: .init(rawValue: MessageHeader.Flags.response))
        writer.append(Question(name, type))
        let found = policy.zone(of: name.wire.span)
        let zone = try #require(found)
        let question = ClusterQuestion(
            name: name.wire.span, asked: name.wire.span, zoneStart: zone.start, isInReverseZone: zone.isReverse,
            type: type)
        responder.room = room
        let answer = responder.answer(question, from: snapshot, into: writer)
        guard case .records = answer else { throw WireError.truncated }
        writer.finish()
        return (try Message(decoding: writer.bytes), writer.bytes.count)
    }
}

private let name = "big.ns.svc.cluster.local."
private let questionEnd = 12 + 26 + 4
private let rooms = [512, 1_232, 4_096, 65_535]

@Suite("Sets that do not fit into a reply")
struct LargeSetsTests {
    private static func address(_ number: Int, isIPv4: Bool) -> String {
        isIPv4 ? "10.1.\(number / 250).\(number % 250)" : "2001:db8::\(String(number, radix: 16))"
    }

    private func set(_ count: Int, isIPv4: Bool = true) throws -> LargeSet {
        try LargeSet(count) { .at(Self.address($0, isIPv4: isIPv4), zone: $0 % 2 == 0 ? "even" : "odd") }
    }

    @Test("Of many addresses as many are written as fit, each once", arguments: [5_000, 20_000], [true, false])
    func addresses(_ count: Int, _ isIPv4: Bool) throws {
        let set = try set(count, isIPv4: isIPv4)
        for room in rooms {
            let reply = try set.ask(name, isIPv4 ? .A : .AAAA, room: room)
            #expect(reply.length <= room && reply.message.flags.isTruncated)
            #expect(reply.message.answers.count == (room - questionEnd) / (isIPv4 ? 16 : 28))
            #expect(Set(reply.message.answers.map(\.text)).count == reply.message.answers.count)
            #expect(reply.message.answers.allSatisfy { $0.owner.text == name && $0.ttl == 5 })
        }
    }

    @Test("SRV records whose targets' addresses do not fit are cut short, unless nobody wants those")
    func unwantedTargets() throws {
        let set = try set(20)
        let all = try set.ask("_http._tcp.\(name)", .SRV, room: 65_535).message
        #expect(all.answers.count == 20 && all.additionals.count == 20)
        let room = try set.ask("_http._tcp.\(name)", .SRV, room: 65_535).length - 16
        #expect(try set.ask("_http._tcp.\(name)", .SRV, room: room).message.flags.isTruncated)
        set.responder.omitsTargets = true
        let reply = try set.ask("_http._tcp.\(name)", .SRV, room: room).message
        #expect(!reply.flags.isTruncated && reply.answers == all.answers && reply.additionals.isEmpty)
    }

    @Test("What fits to the octet is whole, and in order")
    func exactFit() throws {
        let set = try set(100)
        let room = questionEnd + 100 * 16
        let reply = try set.ask(name, .A, room: room)
        #expect(reply.length == room && reply.message.answers.count == 100 && !reply.message.flags.isTruncated)
        #expect(reply.message.answers.map(\.data.text) == (0..<100).map { Self.address($0, isIPv4: true) })
        let less = try set.ask(name, .A, room: room - 1)
        #expect(less.message.answers.count == 99 && less.message.flags.isTruncated)
    }

    @Test(
        "Each address comes as often as the others, whatever asks for the set",
        arguments: [
            name, "_http._tcp.\(name)", "even.pin._zone.\(name)", "none.prefer._zone.\(name)", "dup.\(name)",
        ])
    func evenness(_ asked: String) throws {
        let isShared = asked.hasPrefix("dup.")
        let set = try LargeSet(5_000) {
            .at(Self.address($0, isIPv4: true), isShared ? "dup" : "", zone: $0 % 2 == 0 ? "even" : "odd")
        }
        var counts: [String: Int] = [:]
        for _ in 0..<600 {
            let reply = try set.ask(asked, .A, room: 1_232)
            #expect(reply.message.flags.isTruncated && reply.length <= 1_232 && reply.length > 1_232 - 16)
            for record in reply.message.answers { counts[record.data.text, default: 0] += 1 }
        }
        let isHalf = asked.hasPrefix("even")
        #expect(counts.count == (isHalf ? 2_500 : 5_000))
        let (least, most) = (counts.values.min() ?? 0, counts.values.max() ?? 0)
        #expect(least > 0 && most <= 2 * least + 6)
    }

    @Test("Of many SRV records as many are written as fit, and no address", arguments: [5_000, 20_000])
    func services(_ count: Int) throws {
        let set = try set(count)
        for (room, asked) in rooms.flatMap({ [($0, name), ($0, "_http._tcp.\(name)")] }) {
            var firsts: Set<String> = []
            for _ in 0..<3 {
                let reply = try set.ask(asked, .SRV, room: room)
                #expect(reply.message.flags.isTruncated && reply.message.additionals.isEmpty)
                #expect(reply.length <= room && reply.length > room - 64)
                let targets = reply.message.answers.map(\.data.text)
                #expect(Set(targets).count == targets.count)
                #expect(targets.allSatisfy { $0.hasPrefix("0 1 80 10-1-") && $0.hasSuffix(".\(name)") })
                firsts.insert(try #require(targets.first))
            }
            #expect(firsts.count == 3)
        }
    }

    @Test("SRV records that fit are whole; of their addresses as many are written as fit, also far back in the reply")
    func additionalAddresses() throws {
        let set = try set(600)
        let whole = try set.ask(name, .SRV, room: 65_535)
        #expect(whole.message.answers.count == 600 && whole.message.additionals.count == 600)
        #expect(!whole.message.flags.isTruncated)
        #expect(whole.length > 0x4000)
        for (service, address) in zip(whole.message.answers, whole.message.additionals) {
            #expect(service.data.text == "0 1 80 \(address.owner.text)")
            #expect(address.owner.text.hasPrefix(address.data.text.replacing(".", with: "-") + "."))
        }
        let cut = try set.ask(name, .SRV, room: whole.length - 1)
        #expect(cut.message.answers.count == 600 && cut.message.additionals.count == 599)
        #expect(cut.message.flags.isTruncated)
    }

    @Test("Every SRV record comes in time")
    func servicesInTurn() throws {
        let set = try set(1_000)
        var targets: Set<String> = []
        for _ in 0..<400 {
            for record in try set.ask(name, .SRV, room: 1_232).message.answers { targets.insert(record.data.text) }
        }
        #expect(targets.count == 1_000)
    }

    @Test("Many endpoints of one name make one SRV record with as many addresses as fit")
    func sharedName() throws {
        let set = try LargeSet(5_000) { .at(Self.address($0, isIPv4: true), "dup") }
        let reply = try set.ask(name, .SRV, room: 1_232)
        #expect(reply.message.answers.map(\.data.text) == ["0 1 80 dup.\(name)"])
        #expect(reply.message.flags.isTruncated && reply.length <= 1_232 && reply.message.additionals.count > 60)
    }

    @Test("Names of many services at one address are as many as fit")
    func pointers() throws {
        var fixture = ClusterFixture()
        fixture.namespaces = ["ns"]
        fixture.zones = ["cluster.local.", "in-addr.arpa."]
        for number in 0..<3_000 { fixture.slice("s\(number)", in: "ns", [.at("10.0.0.1", "host")]) }
        let reply = try LargeSet(fixture).ask("1.0.0.10.in-addr.arpa.", .PTR, room: 1_232)
        #expect(reply.message.flags.isTruncated && reply.length <= 1_232 && reply.message.answers.count > 15)
    }

    @Test("However many ports have one number, it makes one record; RFC 2782: all of them count for the weight")
    func portsOfOneNumber() throws {
        let ports = (0..<3_000).map { EndpointSlice.Port(name: "p\($0)", number: $0 == 7 ? 81 : 80, transport: .tcp) }
        let table = PortTable(ports)
        #expect(table.count == 3_000 && table.numbers == [80, 81])
        #expect(PortTable(octets: table.octets) == table)
        let question = try Name(parsing: "_p7._tcp.big.ns.svc.cluster.local.").wire
        let named = table.meant(by: PortFilter(question.span, port: 0, transport: 4), question.span)
        #expect(Array(named) == [81] && named.portCount == 1)
        let wide = try Name(parsing: "_._tcp.big.ns.svc.cluster.local.").wire
        let any = table.meant(by: PortFilter(wide.span, port: 0, transport: 2), wide.span)
        #expect(Array(any) == [80, 81] && any.portCount == 3_000)
    }
}
