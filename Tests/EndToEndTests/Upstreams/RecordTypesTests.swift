import DNSWire
import TestSupport
import Testing

extension EndToEnd.UpstreamsTests {
    /// Records of every type that there is.
    @Suite("Record types")
    struct RecordTypesTests {
        @Test(
            "a reply is the upstream's, octet by octet, whatever the type of its records",
            arguments: Upstreams.Target.authorities, [false, true])
        func passesUnchanged(target: Upstreams.Target, overTCP: Bool) async throws {
            let upstreams = try Upstreams.ofThisRun
            for (owner, type) in Zones.typedNames {
                let query = try Message.query("\(owner).types.example", type)
                let direct = try await upstreams.ask(target, query, overTCP: overTCP)
                let forwarded = try await upstreams.ask(.plain, to: target, query, overTCP: overTCP)
                #expect(!(direct.message.answers + direct.message.authorities).isEmpty, "\(direct.message)")
                #expect(try forwarded.withoutEDNS == direct.withoutEDNS, "\(forwarded.message)\n\(direct.message)")
                #expect(forwarded.message.edns?.options == direct.message.edns?.options)
            }
        }

        @Test(
            "a second reply comes from the cache and says what the upstream says, but for TTLs and AA",
            arguments: Upstreams.Target.authorities)
        func isCachedUnchanged(target: Upstreams.Target) async throws {
            let upstreams = try Upstreams.ofThisRun
            let before = try await upstreams.cacheHits(of: target)
            for (owner, type) in Zones.typedNames {
                let query = try Message.query("\(owner).types.example", type)
                let direct = try await upstreams.ask(target, query).withoutTimes
                for _ in 0..<2 {
                    #expect(try await upstreams.ask(.cached, to: target, query).withoutTimes == direct)
                }
            }
            #expect(try await upstreams.cacheHits(of: target) - before == Zones.typedNames.count)
        }

        @Test("dig and kdig show the same through us as from the upstream", arguments: ["dig", "kdig"])
        func looksTheSame(client: String) async throws {
            guard let path = Command.path(of: client) else { try Test.cancel("\(client) is not installed") }
            let upstreams = try Upstreams.ofThisRun
            let questions = Zones.typedNames.flatMap { ["\($0.owner).types.example", $0.type.description] }
            let texts = try await [upstreams.port(of: .knot), upstreams.port(.plain, to: .knot)].asyncMap { port in
                let arguments = ["@127.0.0.1", "-p", "\(port)", "+norec", "+noall", "+answer", "+authority"]
                return try await Command.output(of: path, arguments + questions)
            }
            #expect(texts[0] == texts[1])
            #expect(texts[0].split(separator: "\n").count { $0.contains("\tIN\t") } >= Zones.typedNames.count)
        }
    }
}

extension Array {
    /// The results of `body` for one element after the other.
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
