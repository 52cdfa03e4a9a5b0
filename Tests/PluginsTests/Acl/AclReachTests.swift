import DNSWire
import Synchronization
import Testing

@testable import DNSServer
@testable import Plugins

/// What `acl` blocks stays blocked, in whatever way it is reached, and whoever asked before.
@Suite("Names that acl blocks, reached by other names")
struct AclReachTests {
    /// A way to `www.secret.test`.
    struct Way: Sendable, CustomTestStringConvertible {
        /// What is asked for.
        var name: String
        /// The directives besides `acl` and `cache`.
        var directives: [String] = []
        var testDescription: String { name }
    }

    private static let template = """
        template IN A alias.test {
            answer "{{ .Name }} 60 IN CNAME www.secret.test."
        }
        template IN A far.test {
            answer "{{ .Name }} 60 IN CNAME x.alias.test."
        }
        """

    private static let ways = [
        Way(name: "www.secret.test"),
        Way(name: "x.alias.test", directives: [template]),
        Way(name: "x.far.test", directives: [template]),
        Way(
            name: "ext.shop.svc.cluster.local",
            directives: ["kubernetes cluster.local {\nendpoint http://127.0.0.1:1\n}"]),
        Way(name: "www.first.test", directives: ["autopath first.test PATHFILE"]),
        Way(name: "www.first.test", directives: ["autopath first.test PATHFILE", template]),
    ]

    private static func permutations(_ items: [String]) -> [[String]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    /// How often each name came to the last plugin.
    private final class Upstream: Sendable {
        let asked = Mutex<[String: Int]>([:])

        func answer(_ query: Query) -> Verdict {
            let name = query.ownedName.text
            asked.withLock { $0[name, default: 0] += 1 }
            query.beginReply(name == "www.secret.test." ? .noError : .nameError)
            if name == "www.secret.test." { query.appendAddress() }
            return .reply
        }
    }

    private func bench(_ lines: [String], _ upstream: Upstream) throws -> PluginBench {
        let path = try TemporaryFile("search first.test secret.test\n")
        let text = lines.joined(separator: "\n").replacing("PATHFILE", with: path.path)
        let bench = try PluginBench(
            ". {\n\(text)\nerratic\n}\n",
            PluginOrder.definitions.filter { $0.name != "erratic" } + [
                ScriptedPlugin.definition { upstream.answer($0) }
            ])
        if lines.contains(where: { $0.hasPrefix("kubernetes") }) {
            var cluster = ClusterFixture()
            cluster.namespaces = ["shop"]
            cluster.add("ext", in: "shop", external: "www.secret.test")
            try bench.plugin(KubernetesPlugin.self).source.state.publisher.publish(cluster.snapshot)
        }
        return bench
    }

    @Test(
        "a blocked asker never gets the address, and others always do, in every order of lines and of askers",
        arguments: ways, ["block", "filter", "drop"])
    func staysBlocked(_ way: Way, _ action: String) async throws {
        let acl = "acl secret.test {\n\(action) net 192.0.2.0/24\n}"
        let (stranger, friend) = ("192.0.2.1", "198.51.100.1")
        for lines in Self.permutations([acl, "cache"] + way.directives) {
            for askers in [[friend, stranger, friend, stranger], [stranger, friend, stranger, friend]] {
                let upstream = Upstream()
                let replies = try await bench(lines, upstream).askInTurn(askers.map { (way.name, $0) })
                for (asker, reply) in zip(askers, replies) {
                    let addresses = reply?.answers.filter { $0.type == .A }.map(\.data.text) ?? []
                    #expect(addresses == (asker == friend ? ["192.0.2.9"] : []), "\(lines) \(askers) \(asker)")
                    guard asker == stranger, action == "block" else { continue }
                    #expect(reply?.responseCode == .refused, "\(lines) \(askers)")
                }
                // What the name itself has is kept under that name, for those who may ask for it.
                #expect(upstream.asked.withLock { $0["www.secret.test."] } == 1, "\(lines) \(askers)")
            }
        }
    }

    @Test("where all askers are treated alike, a reply that leads to another name is kept")
    func keptForAll() async throws {
        let bench = try bench(["acl secret.test {\nfilter type TXT\n}", "cache", Self.template], Upstream())
        let replies = try await bench.askInTurn([("x.alias.test", "192.0.2.1"), ("x.alias.test", "198.51.100.1")])
        #expect(replies.map { $0?.answers.map(\.type) } == [[.CNAME, .A], [.CNAME, .A]])
        // The first asker's query and its lookup, and the second asker's query.
        let allowed = bench.metric(#"coredns_acl_allowed_requests_total{server="dns://:53",view=""}"#)
        #expect(allowed?.hasSuffix(" 3") == true, "\(allowed ?? "")")
    }
}
