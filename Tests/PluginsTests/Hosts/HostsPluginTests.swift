import Corefile
import DNSServer
import DNSWire
import Glibc
import TestSupport
import Testing

@testable import Plugins

@Suite struct HostsPluginTests {
    /// The Corefile that CoreDNS's replies in these tests were recorded with.
    private static let entries = """
        hosts {
            192.0.2.10 one.example.org one
            192.0.2.11 one.example.org
            2001:db8::10 one.example.org six.example.org
            192.0.2.12 Two.Example.ORG
            192.0.2.13 *.star.example.org
            ttl 77
            fallthrough example.net
        }
        """

    /// A chain of `hosts` and a plugin that answers NXDOMAIN to what is passed on.
    private func bench(_ hosts: String = entries, zones: String = ".") throws -> PluginBench {
        try PluginBench(
            "\(zones) {\n\(hosts)\nerratic\n}\n",
            [
                HostsPlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply(.nameError)
                    return .reply
                },
            ])
    }

    @Test(
        "of thousands of addresses, or names, as many are written as the asker takes",
        arguments: ["many.test", "MANY.test"])
    func large(_ name: String) throws {
        let lines =
            (0..<5_000).map { "10.0.\($0 / 250).\($0 % 250) many.test" } + (0..<5_000).map { "192.0.2.1 n\($0).test" }
        let bench = try bench("hosts {\n\(lines.joined(separator: "\n"))\n}")
        for (question, type) in [(name, RecordType.A), ("1.2.0.192.in-addr.arpa", .PTR)] {
            for size in [nil, 1_232, 4_096] as [UInt16?] {
                let reply = try #require(try bench.ask(question, type, edns: size.map { EDNS(payloadSize: $0) }))
                #expect(reply.flags.isTruncated && (12...300).contains(reply.answers.count))
                #expect(reply.encoded().count <= Int(size ?? 512))
            }
        }
        #expect(try bench.ask(name, transport: .tcp)?.answers.count ?? 0 > 4_000)
    }

    @Test("an address of the longest name does not fit beside that name in another case, and is left out whole")
    func longestName() throws {
        let label = String(repeating: "a", count: 61)
        let name = "\(label).\(label).\(label).\(label).test"
        let bench = try bench("hosts {\n192.0.2.1 \(name)\n}")
        #expect(try bench.ask(name)?.answers.count == 1)
        let reply = try #require(try bench.ask(name.uppercased()))
        #expect(reply.answers.isEmpty && reply.flags.isTruncated)
        #expect(try bench.ask(name.uppercased(), transport: .tcp)?.answers.count == 1)
    }

    @Test("A pipe in place of the file is not read, and that is said")
    func pipe() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = "\(folder.path)/hosts"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let writer = unsafe open(path, O_RDWR | O_NONBLOCK)
        defer { close(writer) }
        #expect(WatchedHostsFile.notice(about: path) == "Hosts file \"\(path)\" is no ordinary file, and is not read")
        #expect(
            answers(try bench("hosts \(path) {\n192.0.2.1 a.test\n}").ask("a.test")) == ["a.test. 3600 IN A 192.0.2.1"])
    }

    private func answers(_ reply: Message?) -> [String] {
        reply?.answers.map(\.text) ?? ["no reply"]
    }

    @Test(
        "names, families, wildcards and other types are answered as CoreDNS answered them",
        arguments: [
            ("one.example.org", "A", ["one.example.org. 77 IN A 192.0.2.10", "one.example.org. 77 IN A 192.0.2.11"]),
            ("one.example.org", "AAAA", ["one.example.org. 77 IN AAAA 2001:db8::10"]),
            ("one", "A", ["one. 77 IN A 192.0.2.10"]), ("one", "AAAA", []), ("one", "MX", []), ("one", "ANY", []),
            ("six.example.org", "A", []), ("six.example.org", "TXT", []),
            ("TWO.example.org", "A", ["two.example.org. 77 IN A 192.0.2.12"]), ("TWO.example.org", "AAAA", []),
            ("x.star.example.org", "A", ["x.star.example.org. 77 IN A 192.0.2.13"]), ("x.star.example.org", "TXT", []),
            ("12.2.0.192.in-addr.arpa", "PTR", ["12.2.0.192.in-addr.arpa. 77 IN PTR two.example.org."]),
            (
                "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "PTR",
                [
                    "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 77 IN PTR one.example.org.",
                    "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 77 IN PTR six.example.org.",
                ]
            ),
        ] as [(String, String, [String])])
    func known(_ name: String, _ type: String, _ records: [String]) throws {
        let recordType = try #require(RecordType(parsing: type))
        let reply = try #require(try bench().ask(name, recordType))
        #expect(reply.responseCode == .noError)
        #expect(reply.flags.isAuthoritative)
        #expect(answers(reply) == records)
        #expect(reply.questions.first?.name.text.hasPrefix(name) == true)
    }

    @Test(
        "unknown names end in SERVFAIL, but for those that fall through and addresses without a name",
        arguments: [
            ("nx.example.org", RecordType.A, ResponseCode.serverFailure),
            ("a.b.star.example.org", .ANY, .serverFailure),
            ("star.example.org", .A, .serverFailure),
            ("12.2.0.192.in-addr.arpa", .A, .serverFailure),
            (".", .NS, .serverFailure),
            ("x.example.net", .AAAA, .nameError),
            ("99.2.0.192.in-addr.arpa", .PTR, .nameError),
            ("2.0.192.in-addr.arpa", .PTR, .nameError),
            ("012.2.0.192.in-addr.arpa", .PTR, .nameError),
            ("x.ip6.arpa", .PTR, .nameError),
        ])
    func unknown(_ name: String, _ type: RecordType, _ code: ResponseCode) throws {
        let reply = try #require(try bench().ask(name, type))
        #expect(reply.responseCode == code)
        #expect(!reply.flags.isAuthoritative)
    }

    @Test("the file is asked before the Corefile's entries, family by family, and both are put together")
    func file() async throws {
        let file = try TemporaryFile(
            """
            # a comment
            192.0.2.1 a.example.org b.example.org # another
            fe80::1%eth0 a.example.org
            ::ffff:192.0.2.2 a.example.org
            2001:db8::7 *.w.example.org
            not-an-address x.example.org
            192.0.2.9
            192.0.2.5 outside.example.net\r
            """)
        let bench = try bench(
            "hosts \(file.path) example.org {\n192.0.2.3 a.example.org\n192.0.2.4 x.w.example.org\nreload 0s\n}")
        let plugin = try bench.plugin(HostsPlugin.self)
        #expect(answers(try bench.ask("a.example.org")) == ["a.example.org. 3600 IN A 192.0.2.3"])
        try await plugin.start()
        #expect(
            answers(try bench.ask("a.example.org")) == [
                "a.example.org. 3600 IN A 192.0.2.1", "a.example.org. 3600 IN A 192.0.2.2",
                "a.example.org. 3600 IN A 192.0.2.3",
            ])
        #expect(answers(try bench.ask("a.example.org", .AAAA)) == ["a.example.org. 3600 IN AAAA fe80::1"])
        #expect(answers(try bench.ask("x.w.example.org")) == ["x.w.example.org. 3600 IN A 192.0.2.4"])
        #expect(answers(try bench.ask("x.w.example.org", .AAAA)) == ["x.w.example.org. 3600 IN AAAA 2001:db8::7"])
        #expect(try bench.ask("outside.example.net")?.responseCode == .nameError)
        #expect(try bench.ask("x.example.org")?.responseCode == .serverFailure)
        #expect(bench.metric("coredns_hosts_entries{hostsfile=\"\(file.path)\"}")?.hasSuffix(" 13") == true)
        // After a reload that names the file again the gauge stays; else it goes.
        let next = WatchedHostsFile(
            path: file.path, inline: .empty, zones: ZoneScope(["."]), hasReverse: true, metrics: bench.metrics)
        try next.registerMetrics()
        await plugin.stop()
        #expect(bench.metric("coredns_hosts_entries{hostsfile=\"\(file.path)\"}")?.hasSuffix(" 0") == true)
        next.retire()
        #expect(bench.metric("coredns_hosts_entries{hostsfile=\"\(file.path)\"}") == nil)
    }

    @Test("RFC 2181 §5: equal lines of the file and of the Corefile's entries are one record, in each direction")
    func once() async throws {
        let many = (0..<200).map { "10.0.0.\($0) many.test" }.joined(separator: "\n")
        let file = try TemporaryFile(
            """
            192.0.2.1 a.test A.TEST b.test a.test
            192.0.2.1 a.test
            2001:db8::1 a.test
            2001:DB8:0::1 a.test
            192.0.2.7 *.w.test
            192.0.2.7 *.w.test
            \(many)
            \(many)
            """)
        let bench = try bench(
            "hosts \(file.path) {\n192.0.2.2 a.test\n192.0.2.1 a.test b.test c.test\n192.0.2.1 a.test\n2001:db8::1 a.test\n"
                + "192.0.2.7 x.w.test\n\(many)\n192.0.2.8 many.test\nreload 0s\n}")
        let plugin = try bench.plugin(HostsPlugin.self)
        try await plugin.start()
        func data(_ name: String, _ type: RecordType = .A) throws -> [String] {
            try bench.ask(name, type, transport: .tcp)?.answers.map(\.data.text) ?? []
        }
        #expect(try data("a.test") == ["192.0.2.1", "192.0.2.2"])
        #expect(try data("a.test", .AAAA) == ["2001:db8::1"])
        #expect(try data("x.w.test") == ["192.0.2.7"])
        #expect(try data("1.2.0.192.in-addr.arpa", .PTR) == ["a.test.", "b.test.", "c.test."])
        let addresses = try data("many.test")
        #expect(addresses.count == 201 && Set(addresses).count == 201)
        await plugin.stop()
    }

    @Test("a file that has changed is served, one that is gone changes nothing")
    func reload() async throws {
        let file = try TemporaryFile("192.0.2.1 a.org\n")
        let bench = try bench("hosts \(file.path) {\nreload 0s\n}")
        let plugin = try bench.plugin(HostsPlugin.self)
        try await plugin.start()
        #expect(answers(try bench.ask("a.org")) == ["a.org. 3600 IN A 192.0.2.1"])
        let version = plugin.source.version
        plugin.source.read()
        #expect(plugin.source.version == version)
        try file.write("192.0.2.22 a.org\n192.0.2.23 a.org\n")
        plugin.source.read()
        let records = ["a.org. 3600 IN A 192.0.2.22", "a.org. 3600 IN A 192.0.2.23"]
        #expect(answers(try bench.ask("a.org")) == records)
        file.remove()
        plugin.source.read()
        #expect(answers(try bench.ask("a.org")) == records)
        await plugin.stop()
    }

    @Test("no_reverse, fallthrough_unsupported and a name in mixed case")
    func options() throws {
        let bench = try bench(
            "hosts {\n192.0.2.1 a.org\n192.0.2.2 a.org\nno_reverse\nfallthrough\nfallthrough_unsupported\n}")
        #expect(try bench.ask("1.2.0.192.in-addr.arpa", .PTR)?.responseCode == .nameError)
        #expect(try bench.ask("a.org", .MX)?.responseCode == .nameError)
        #expect(try bench.ask("a.org", .AAAA)?.responseCode == .noError)
        #expect(answers(try bench.ask("A.org")) == ["a.org. 3600 IN A 192.0.2.1", "a.org. 3600 IN A 192.0.2.2"])
    }

    @Test("ten thousand names are all found")
    func many() throws {
        let lines = (0..<10_000).map { "10.0.\($0 / 256).\($0 % 256) host-\($0).example.org" }
        let file = HostsFile(Array(lines.joined(separator: "\n").utf8), zones: ZoneScope(["."]), hasReverse: true)
        let table = HostsTable(file)
        #expect(table.count == 20_000)
        for number in 0..<10_000 {
            let name = try Name(parsing: "host-\(number).example.org")
            let entry = table.entry(of: name.wire.span)
            let found = try #require(entry)
            #expect(Array(table.addresses[found.v4]) == [10, 0, UInt8(number / 256), UInt8(number % 256)])
        }
        let stranger = try Name(parsing: "host-10000.example.org")
        let isKnown = table.entry(of: stranger.wire.span) != nil
        #expect(!isKnown)
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("hosts", nil), ("hosts /etc/hosts example.org {\nttl 65535\nreload 0s\n}", nil),
            ("hosts {\nttl\n}", "ttl needs a time in second"), ("hosts {\nttl x\n}", "ttl needs a number of second"),
            ("hosts {\nttl 0\n}", "ttl provided is invalid"), ("hosts {\nttl 65536\n}", "ttl provided is invalid"),
            ("hosts {\nreload\n}", "reload needs a duration (zero seconds to disable)"),
            ("hosts {\nreload 1s 2s\n}", "reload needs a duration (zero seconds to disable)"),
            ("hosts {\nreload x\n}", "invalid duration for reload 'x'"),
            ("hosts {\nreload -1s\n}", "invalid negative duration for reload '-1s'"),
            ("hosts {\nfallthrough\n192.0.2.1 a\n}", "unknown property '192.0.2.1'"),
            ("hosts {\nfallthrough_unsupported\n}", "fallthrough_unsupported requires fallthrough"),
            ("hosts\nhosts", "this plugin can only be used once per Server Block"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, HostsConfiguration.directive, .init()) == message)
    }

    @Test("a file that cannot be looked at is a mistake, a missing one is not")
    func access() {
        #expect(WatchedHostsFile.problem(with: "/nonexistent") == nil)
        #expect(WatchedHostsFile.problem(with: "/etc/hostname/x") == "not a directory")
        #expect(WatchedHostsFile.notice(about: "/nonexistent") == "File does not exist: /nonexistent")
    }
}
