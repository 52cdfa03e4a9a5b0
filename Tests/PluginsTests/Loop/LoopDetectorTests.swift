import Corefile
import DNSWire
import Testing

@testable import Plugins

@Suite struct LoopDetectorTests {
    let detector = LoopDetector(name: Name(uncheckedWire: wire("1.2.example.org")))
    let own = wire("1.2.Example.org")
    let other = wire("2.2.example.org")

    @Test("the question may come twice; the third time it is a loop, which is told once")
    func third() {
        #expect(detector.see(own.span) == .unsuspicious)
        #expect(detector.see(other.span) == .unsuspicious)
        #expect(detector.see(own.span) == .unsuspicious)
        #expect(detector.see(own.span) == .loop)
        #expect(detector.see(own.span) == .knownLoop)
        #expect(detector.see(other.span) == .unsuspicious)
    }

    @Test("after a question without an answer it is counted anew")
    func forget() {
        for _ in 0..<5 {
            #expect(detector.see(own.span) == .unsuspicious)
            #expect(detector.see(own.span) == .unsuspicious)
            detector.forget()
        }
    }

    @Test("when the watch has ended nothing is a loop")
    func end() {
        detector.end()
        for _ in 0..<9 { #expect(detector.see(own.span) == .unsuspicious) }
        #expect(detector.hasEnded)
    }

    @Test("the question is two numbers below the zone, never the same", arguments: [".", "example.org"])
    func names(_ zone: String) throws {
        let zone = try Name(parsing: zone)
        let first = try #require(LoopDetector(below: zone)).name
        let second = try #require(LoopDetector(below: zone)).name
        #expect(first != second)
        #expect(first.isAtOrBelow(zone))
        #expect(first.labelCount == zone.labelCount + 2)
        for label in first.labels.prefix(2) {
            #expect(UInt64(String(decoding: label, as: UTF8.self)).map { $0 < 1 << 62 } == true)
        }
    }

    @Test("a zone that leaves no room for the question has no watch")
    func longZone() throws {
        let label = String(repeating: "x", count: 61)
        let zone = try Name(parsing: Array(repeating: label, count: 4).joined(separator: "."))
        #expect(LoopDetector(below: zone) == nil)
    }

    @Test("the line is CoreDNS's")
    func line() {
        #expect(
            LoopPlugin.line(from: "127.0.0.1:4711", to: ":53", zone: ".", name: "1.2.")
                == "Loop (127.0.0.1:4711 -> :53) detected for zone \".\", "
                + "see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO 1.2.\"")
    }

    @Test("it takes no arguments, no block, and stands once", arguments: ["loop x", "loop {\nx\n}", "loop\nloop"])
    func mistakes(_ text: String) throws {
        let corefile = try Corefile.parse(text: ".:53 {\n\(text)\n}\n")
        #expect(throws: ConfigurationError.self) {
            try LoopConfiguration.directive.read(
                corefile.blocks[0].directives, serverZones: ["."], initial: LoopConfiguration())
        }
    }
}

private func wire(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
}
