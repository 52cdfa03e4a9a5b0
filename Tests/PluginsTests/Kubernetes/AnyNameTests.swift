import DNSWire
import Testing

@testable import Plugins

/// Small and repeatable (SplitMix64).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }
}

private let words = [
    "svc", "pod", "testns", "podns", "unexposedns", "svc1", "svcempty", "hdls1", "hdlsprtls", "external", "_http",
    "_tcp", "http", "tcp", "_", "dup-name", "own", "ep1a", "cluster1", "cluster2", "172-0-0-2", "10-240-0-1",
    "5678-abcd--1", "pin", "prefer", "_zone", "us-west-2a", "corp", "dns", "ns", "dns-version", "x", "HDLS1", "SVC",
    String(repeating: "y", count: 63), "\\000", "a\\.b", "*",
]

@Suite("Names made of the words of the grammar in any order")
struct AnyNameTests {
    private static let types: [RecordType] = [.A, .AAAA, .SRV, .MX, .CNAME, .PTR, .SOA, .HINFO]

    /// A name in the first zone, `svc` and a namespace at its end more often than not.
    private func name(_ numbers: inout Numbers) -> String {
        var labels = (0..<Int.random(in: 0...7, using: &numbers)).map { _ in
            words.randomElement(using: &numbers) ?? ""
        }
        if Bool.random(using: &numbers) { labels += ["hdls1", "svc1"].shuffled(using: &numbers).prefix(1) }
        if Int.random(in: 0..<4, using: &numbers) > 0 { labels += ["testns", "svc"] }
        return labels.joined(separator: ".")
    }

    @Test(
        "A name exists for all types or for none, and every reply is sound",
        arguments: [UInt64(1), 2, 3], [false, true])
    func existence(_ seed: UInt64, _ isMulticluster: Bool) throws {
        var numbers = Numbers(state: seed)
        var fixture = isMulticluster ? ClusterFixture.clusterset : ClusterFixture.unit
        fixture.adjust = {
            $0.isZonal = true
            $0.pods = .insecure
        }
        let snapshot = fixture.snapshot
        var found = 0
        for _ in 0..<400 {
            let name = name(&numbers)
            guard (try? Name(parsing: "\(name).\(fixture.zones[0])")) != nil, !name.isEmpty else { continue }
            let codes = try Self.types.map { try fixture.ask(name, $0, snapshot).code }
            #expect(Set(codes).count == 1, "\(name): \(codes)")
            if codes[0] == "NOERROR" { found += 1 }
            // A node without records of its own does not exist for TXT, and `dns-version` for nothing else.
            let text = try fixture.ask(name, .TXT, snapshot)
            #expect(text.code == codes[0] || text.code == "NXDOMAIN" || name == "dns-version", "\(name)")
        }
        #expect(found > 20)
    }
}
