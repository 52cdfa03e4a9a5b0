import DNSServer
import Testing

@testable import Plugins

@Suite("Who stays connected to an HTTP address")
struct HTTPRosterTests {
    private static let (node, attacker) = (source("192.0.2.1"), source("192.0.2.2"))

    private static func source(_ text: String) -> HTTPSource { HTTPSource(SocketAddress(text, port: 1) ?? .none) }

    private func roster(connections: Int = 8, perSource: Int = 3) -> HTTPRoster {
        var limits = HTTPLimits()
        limits.connections = connections
        limits.connectionsPerSource = perSource
        return HTTPRoster(limits)
    }

    @Test("a source at its limit loses its own first connection, whoever was there before")
    func sourceLimit() {
        var roster = roster()
        #expect(roster.admit(from: Self.node) == (1, nil))
        for number in 2...4 { #expect(roster.admit(from: Self.attacker) == (number, nil)) }
        #expect(roster.admit(from: Self.attacker) == (5, 2))
        #expect(roster.admit(from: Self.attacker) == (6, 3))
        #expect(roster.count == 4)
    }

    @Test("at the limit of all, the source that has most loses its first; of equals the first of all")
    func wholeLimit() {
        var roster = roster(connections: 4)
        _ = roster.admit(from: Self.node)
        for _ in 0..<3 { _ = roster.admit(from: Self.attacker) }
        #expect(roster.admit(from: Self.source("192.0.2.3")) == (5, 2))
        #expect(roster.admit(from: Self.source("192.0.2.4")) == (6, 3))
        #expect(roster.admit(from: Self.source("192.0.2.5")) == (7, 1))
    }

    @Test("one that has gone needs no room")
    func removed() {
        var roster = roster()
        for _ in 0..<3 { _ = roster.admit(from: Self.node) }
        roster.remove(2)
        roster.remove(2)
        #expect(roster.admit(from: Self.node) == (4, nil))
        #expect(roster.admit(from: Self.node) == (5, 1))
    }

    @Test("who still takes a page when four later ones were made has to go")
    func oldPages() {
        var roster = roster()
        for _ in 0..<3 { _ = roster.admit(from: Self.node) }
        #expect(roster.begin(page: 1, on: 1) == [])
        #expect(roster.begin(page: 2, on: 2) == [])
        #expect(roster.begin(page: 5, on: 3) == [])
        roster.endReply(on: 3)
        #expect(roster.begin(page: 6, on: 3) == [1])
        roster.endReply(on: 2)
        #expect(roster.begin(page: 9, on: 3) == [1])
    }

    @Test("an IPv4 address is a source, in either form; of IPv6 addresses the first 64 bits are")
    func sources() {
        #expect(Self.source("192.0.2.1") == Self.source("::ffff:192.0.2.1"))
        #expect(Self.source("192.0.2.1") != Self.source("192.0.2.2"))
        #expect(Self.source("2001:db8::1") == Self.source("2001:db8::2:3"))
        #expect(Self.source("2001:db8::1") != Self.source("2001:db8:0:1::1"))
        #expect(HTTPSource(.none) == HTTPSource(.none))
    }
}
