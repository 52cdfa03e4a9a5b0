import DNSWire
import Testing

@testable import Plugins

@Suite struct ZoneScopeTests {
    @Test(
        "the longest zone that a name lies in is found",
        arguments: [
            ("a.b.example.org", "b.example.org."), ("B.Example.ORG", "b.example.org."),
            ("c.example.org", "example.org."),
            ("xexample.org", "."), (".", "."),
        ])
    func longest(_ name: String, _ zone: String) throws {
        let scope = ZoneScope(["example.org.", ".", "b.example.org.", "EXAMPLE.org."])
        let name = try Name(parsing: name)
        let index = scope.index(of: name.wire.span)
        #expect(index.map { scope.texts[$0] } == zone)
        #expect(scope.texts.count == 3)
    }

    @Test("without zones no name is in it")
    func empty() throws {
        let (root, net) = (Name.root, try Name(parsing: "net"))
        let (rootIsIn, netIsIn) = (ZoneScope([]).contains(root.wire.span), ZoneScope(["org."]).contains(net.wire.span))
        #expect(!rootIsIn)
        #expect(!netIsIn)
    }
}
