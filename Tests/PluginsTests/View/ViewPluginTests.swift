import Corefile
import DNSWire
import Telemetry
import Testing

@testable import DNSServer
@testable import Plugins

@Suite("view")
struct ViewPluginTests {
    @Test("Blocks of one zone are tried from top to bottom; one without a view takes all that come to it")
    func order() throws {
        let bench = try ViewBench(
            """
            . {
            view texts {
            expr type() == 'TXT'
            }
            }
            . {
            view small {
            expr name() startsWith 'a'
            expr size() < 32
            }
            }
            . {
            view late {
            expr type() in ['TXT', 'MX']
            }
            }
            . {
            }
            """)
        #expect(bench.view(for: try bench.query("a.example.org", .TXT)) == "texts")
        #expect(bench.view(for: try bench.query("a.example.org", .MX)) == "small")
        // Both conditions of `small` must hold.
        #expect(bench.view(for: try bench.query("aa.example.org", .MX)) == "late")
        #expect(bench.view(for: try bench.query("b.example.org", .MX)) == "late")
        #expect(bench.view(for: try bench.query("b.example.org", .A)) == "")
    }

    @Test("A block without a view shadows those behind it; a view without conditions takes all")
    func shadows() throws {
        let all = try ViewBench(". {\n}\n. {\nview a {\nexpr true\n}\n}\n")
        #expect(all.view(for: try all.query()) == "")
        let bare = try ViewBench(". {\nview a\n}\n. {\n}\n")
        #expect(bare.view(for: try bare.query()) == "a")
    }

    @Test("Where no block of the longest zone takes it, the next shorter zone does; nobody: REFUSED")
    func fallBack() throws {
        let texts = "{\nview texts {\nexpr type() == 'TXT'\n}\n}\n"
        let bench = try ViewBench("example.org \(texts)org {\nview org {\nexpr type() != 'MX'\n}\n}\n. \(texts)")
        #expect(bench.view(for: try bench.query("a.example.org", .TXT)) == "texts")
        #expect(bench.view(for: try bench.query("a.example.org", .A)) == "org")
        let nobody = try bench.query("a.example.org", .MX)
        #expect(bench.view(for: nobody) == nil)
        bench.worker.process(nobody, bench.table)
        #expect(nobody.responseCode == .refused)
    }

    @Test("RFC 4035 §3.1.4.1: DS of a zone's name goes to the zone above that takes it, else to its first view")
    func delegationSigner() throws {
        let two = "example.org {\nview a {\nexpr true\n}\n}\nexample.org {\nview b {\nexpr true\n}\n}\n"
        let alone = try ViewBench(two)
        #expect(alone.view(for: try alone.query("example.org", .DS)) == "a")
        let below = try ViewBench(two + "org {\nview c {\nexpr client_ip() == '192.0.2.1'\n}\n}\n")
        #expect(below.view(for: try below.query("example.org", .DS)) == "c")
        #expect(below.view(for: try below.query("example.org", .DS, client: "192.0.2.2")) == "a")
    }

    @Test("Where a view has a say, nobody knows of an alias's target before it is asked")
    func aliasTargets() throws {
        let bench = try ViewBench("example.org {\nview a {\nexpr true\n}\n}\n. {\n}\n")
        let name = try Name(parsing: "a.example.org")
        #expect(bench.table.chains.allSatisfy { !bench.table.leads(name.wire.span, to: $0) })
        let other = try Name(parsing: "a.test")
        #expect(bench.table.chains.map { bench.table.leads(other.wire.span, to: $0) } == [false, true])
    }

    @Test("Two blocks of one zone without a view are a mistake still")
    func duplicates() throws {
        #expect(throws: ConfigurationError.self) { try ViewBench(". {\nview a\n}\n. {\n}\n. {\n}\n") }
    }

    @Test(
        "Mistakes have CoreDNS's words",
        arguments: [
            ("view", "Wrong argument count or unexpected line ending after 'view'"),
            ("view a b", "Wrong argument count or unexpected line ending after 'b'"),
            ("view a {\nexpression true\n}", "unknown property 'expression'"),
            ("view a\nview b", "this plugin can only be used once per Server Block"),
            (
                "view a {\nexpr incidr(client_ip(), '10.0.0.0')\n}",
                "invalid CIDR address: 10.0.0.0 at character 21"
            ),
        ])
    func mistakes(text: String, message: String) throws {
        #expect(try mistake(in: text, ViewPlugin.definition) == message)
    }

    @Test("A mistake in a condition has the place of its word")
    func places() throws {
        do {
            _ = try PluginBench(". {\n  view a {\n    expr type() == nosuch()\n  }\n}\n", [ViewPlugin.definition])
            Issue.record("no mistake")
        } catch let error as ConfigurationError {
            #expect("\(error)".contains(":3:20"), "\(error)")
        }
    }

    @Test("Views with caches of one name have a cache each, and the label of metrics is the view's name")
    func apart() throws {
        let block = "{\nview a {\nexpr type() == 'TXT'\n}\ncache\nwhoami\n}\n"
        let bench = try ViewBench(". \(block). \(block). {\ncache\nwhoami\n}\n")
        let caches = bench.configuration.blocks.compactMap { $0.plugins.lazy.compactMap { $0 as? CachePlugin }.first }
        #expect(Set(caches.map { ObjectIdentifier($0.state) }).count == 3)
        bench.worker.process(try bench.query("a", .TXT), bench.table)
        bench.worker.process(try bench.query("a", .A), bench.table)
        let page = String(decoding: bench.metrics.exposition(.prometheus), as: UTF8.self)
        for view in ["a", ""] {
            #expect(
                page.contains("coredns_cache_requests_total{server=\"dns://:53\",view=\"\(view)\",zones=\".\"} 1"),
                "\(page)")
        }
    }

    @Test("A block with nothing but a view fails its queries, as one with a plugin that passes all on does")
    func alone() throws {
        let bench = try ViewBench(". {\nview a\n}\n")
        let query = try bench.query()
        bench.worker.process(query, bench.table)
        #expect(query.responseCode == .serverFailure)
    }
}
