import Corefile
import DNSServer
import DNSWire
import Telemetry
import Testing

@testable import Plugins

@Suite struct TemplatePluginTests {
    /// The Corefile that CoreDNS's replies in these tests were recorded with.
    private static let recorded = #"""
        template IN A example.net {
            match ^ip-(?P<a>[0-9]+)-(?P<b>[0-9]+)-(?P<c>[0-9]+)-(?P<d>[0-9]+)[.]example[.]net[.]$
            answer "{{ .Name }} 60 IN A {{ .Group.a }}.{{ .Group.b }}.{{ .Group.c }}.{{ .Group.d }}"
            fallthrough
        }
        template IN MX example.net {
            answer "{{ .Name }} 60 IN MX 10 {{ .Name }}"
            additional "{{ .Name }} 60 IN A 192.0.2.1"
        }
        template IN AAAA {
            rcode NXDOMAIN
            authority "{{ .Zone }} 60 IN SOA ns.{{ .Zone }} host.{{ .Zone }} (1 60 60 60 60)"
        }
        template ANY ANY nx.example.net {
            rcode NXDOMAIN
        }
        template IN TXT txt.example.net {
            match "^(?P<n>[a-z]+)[.]txt[.]example[.]net[.]$"
            answer "{{ .Name }} 5 {{ .Class }} {{ .Type }} \"{{ .Group.n }} {{ index .Match 1 }}\""
        }
        """#

    /// A chain of templates and a plugin that refuses what is passed on.
    private func bench(_ templates: String, zones: String = ".") throws -> PluginBench {
        try PluginBench(
            "\(zones) {\n\(templates)\nerratic\n}\n",
            [
                TemplatePlugin.definition,
                ScriptedPlugin.definition { query in
                    query.beginReply(.refused)
                    return .reply
                },
            ])
    }

    @Test(
        "queries are answered as CoreDNS answered them",
        arguments: [
            (
                "ip-10-1-2-3.example.net", "A", "NOERROR",
                ["ip-10-1-2-3.example.net. 60 IN A 10.1.2.3"]
            ),
            (
                "IP-10-1-2-3.example.net", "MX", "NOERROR",
                [
                    "ip-10-1-2-3.example.net. 60 IN MX 10 ip-10-1-2-3.example.net.",
                    "ip-10-1-2-3.example.net. 60 IN A 192.0.2.1",
                ]
            ),
            ("ip-10-1-2.example.net", "A", "REFUSED", []),
            ("ip-10-1-2-3.example.net", "AAAA", "SERVFAIL", []),
            ("example.net", "SRV", "REFUSED", []),
            ("a.nx.example.net", "A", "NXDOMAIN", []), ("a.nx.example.net", "TXT", "NXDOMAIN", []),
            ("a.nx.example.net", "AAAA", "SERVFAIL", []),
            ("abc.txt.example.net", "TXT", "NOERROR", [#"abc.txt.example.net. 5 IN TXT "abc abc""#]),
            ("1.txt.example.net", "TXT", "SERVFAIL", []),
            ("other.test", "A", "REFUSED", []),
        ] as [(String, String, String, [String])])
    func answers(_ name: String, _ type: String, _ code: String, _ records: [String]) throws {
        let recordType = try #require(RecordType(parsing: type))
        let reply = try #require(try bench(Self.recorded).ask(name, recordType))
        #expect(reply.responseCode.description == code)
        #expect((reply.answers + reply.additionals).map(\.text) == records)
        #expect(reply.flags.isAuthoritative == (code == "NOERROR" || code == "NXDOMAIN"))
    }

    @Test("authority, an extended error for those who speak EDNS, and a static record")
    func sections() throws {
        let bench = try bench(
            #"""
            template ANY ANY invalid {
                rcode NXDOMAIN
                authority "invalid. 60 {{ .Class }} SOA ns.invalid. hostmaster.invalid. (1 60 60 60 60)"
                additional "ns.invalid. 60 IN A 192.0.2.1"
                ederror 21 "Blocked according to RFC2606"
            }
            """#)
        let reply = try #require(try bench.ask("x.invalid", .HTTPS, edns: EDNS(payloadSize: 1_232)))
        #expect(
            reply.authorities.map(\.text) == ["invalid. 60 IN SOA ns.invalid. hostmaster.invalid. 1 60 60 60 60"])
        #expect(reply.additionals.map(\.text) == ["ns.invalid. 60 IN A 192.0.2.1"])
        let option = EDNSOption(.extendedError, [0, 21] + Array("Blocked according to RFC2606".utf8))
        #expect(reply.edns?.options == [option])
        #expect(reply.edns?.dnssecOK == true)
        #expect(try bench.ask("x.invalid")?.edns == nil)
    }

    @Test("groups are gone through, the query's own fields are there, and of several lines the first is the record")
    func ranges() throws {
        let bench = try bench(
            #"""
            template IN TXT text {
                match ^(.*)[.]text[.]$
                answer "{{ .Name }} 1 IN TXT \"{{ range $i, $m := .Match }}{{ $i }}={{ $m }};{{ end }}\""
                answer "{{ .Question.Name }} 1 TXT \"{{ printf `%05d` .Message.Id | len }}{{ .Message.RecursionDesired }}\""
                answer "{{ range .Message.Question }}{{ $.Name }} 1 TXT \"{{ .Qtype }} {{ .Name }}\"{{ end }}
            second 1 IN A x"
                answer "{{ .Name }} 1 TXT \"{{ with .Message.IsEdns0 }}{{ .UDPSize }} {{ .Do }}{{ else }}none{{ end }}\""
            }
            """#)
        let texts = [
            #"a.b.text. 1 IN TXT "0=a.b.text.;1=a.b;""#, #"A.b.text. 1 IN TXT "5true""#,
            #"a.b.text. 1 IN TXT "16 A.b.text.""#, #"a.b.text. 1 IN TXT "none""#,
        ]
        #expect(try bench.ask("A.b.text", .TXT)?.answers.map(\.text) == texts)
        let reply = try bench.ask("A.b.text", .TXT, edns: EDNS(payloadSize: 1_232))
        #expect(reply?.answers.last?.text == #"a.b.text. 1 IN TXT "1232 false""#)
    }

    @Test("patterns are tried in order, and templates for the zone, class and type as well")
    func order() throws {
        let bench = try bench(
            #"""
            template IN A example {
                match "^(?P<a>[0-9]+)[.]one[.]example[.]$" "^(?P<a>[0-9]+)[.]example[.]$"
                answer "{{ .Name }} A 192.0.2.{{ .Group.a }}"
                fallthrough one.example
            }
            template IN ANY one.example {
                answer "{{ .Name }} 1 TXT \"{{ .Zone }} {{ .Regex }} {{ .Remote }} {{ .Question.Name }} {{ .Type }}\""
            }
            """#)
        #expect(try bench.ask("7.one.example")?.answers.map(\.text) == ["7.one.example. 3600 IN A 192.0.2.7"])
        #expect(try bench.ask("8.example")?.answers.map(\.text) == ["8.example. 3600 IN A 192.0.2.8"])
        #expect(try bench.ask("x.example")?.responseCode == .serverFailure)
        #expect(
            try bench.ask("X.one.example")?.answers.map(\.text)
                == [#"x.one.example. 1 IN TXT "one.example. .* 192.0.2.1 X.one.example. A""#])
    }

    @Test("rcode SERVFAIL is left to the server; failures are counted with their template")
    func failures() throws {
        let failing = try bench("template IN A {\nrcode SERVFAIL\n}")
        #expect(try failing.ask("a.org")?.responseCode == .serverFailure)
        let bench = try bench(
            """
            template IN A a {\nanswer "{{ index .Match 9 }}"\n}
            template IN A b {\nanswer "{{ .Name }} 60 IN A x"\n}
            """)
        #expect(try bench.ask("x.a")?.responseCode == .serverFailure)
        #expect(try bench.ask("x.b")?.responseCode == .serverFailure)
        let common = #"section="answer",server="dns://:53",template="#
        #expect(
            bench.metric(
                #"coredns_template_template_failures_total{class="IN","# + common
                    + #""{{ index .Match 9 }}",type="A",view="",zone="a."}"#)?.hasSuffix(" 1") == true)
        #expect(
            bench.metric(
                #"coredns_template_rr_failures_total{class="IN","# + common
                    + #""{{ .Name }} 60 IN A x",type="A",view="",zone="b."}"#)?.hasSuffix(" 1") == true)
        #expect(
            bench.metric(
                #"coredns_template_matches_total{class="IN",server="dns://:53",type="A",view="",zone="a."}"#)?
                .hasSuffix(" 1") == true)
    }

    @Test("however many classes and types are asked for, the series are few")
    func series() throws {
        // As forward does, which lets all classes in.
        let last = ScriptedPlugin.definition(acceptsAllClasses: true) { _ in .next }
        let bench = try PluginBench(
            ". {\ntemplate ANY ANY {\nanswer \"{{ .Name }} 60 IN A x\"\n}\nerratic\n}\n",
            [TemplatePlugin.definition, last])
        for number in 0..<2_000 as Range<UInt16> {
            let type = RecordType(rawValue: 1 + number % 300)
            let question = Question(try Name(parsing: "x.a"), type, recordClass: RecordClass(rawValue: 2 + number))
            _ = try bench.send(Message(id: 7, asking: question))
        }
        let lines = String(decoding: bench.metrics.exposition(), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("coredns_template_") }
        #expect(lines.contains { $0.contains("class=\"other\"") && $0.contains("rr_failures") })
        #expect(lines.count < 300)
    }

    @Test("an alias is followed by what the server itself knows of its target")
    func alias() async throws {
        let bench = try bench(
            """
            template IN ANY foogle.com {\nanswer "foogle.com 60 IN CNAME google.com"\n}
            template IN A google.com {\nanswer "google.com 5 IN A 192.0.2.1"\n}
            """)
        #expect(try bench.ask("foogle.com", .TXT)?.answers.map(\.text) == ["foogle.com. 60 IN CNAME google.com."])
        let reply = try await bench.askOnWorker("foogle.com")
        #expect(
            reply?.answers.map(\.text) == ["foogle.com. 60 IN CNAME google.com.", "google.com. 5 IN A 192.0.2.1"])
    }

    @Test(
        "RFC 6604 §3: the code is that of the last name, unless another one or another record is said",
        arguments: [
            ("bad.test", ResponseCode.refused, 1), ("two.bad.test", .refused, 2), ("some.bad.test", .noError, 4),
            ("own.bad.test", .noError, 2), ("said.bad.test", .nameError, 1),
        ])
    func aliasCode(_ name: String, _ code: ResponseCode, _ count: Int) async throws {
        let bench = try bench(
            """
            template IN A google.com {\nanswer "google.com 5 IN A 192.0.2.1"\n}
            template IN A two.bad.test {\nanswer "{{ .Name }} CNAME a.elsewhere" "{{ .Name }} CNAME b.elsewhere"\n}
            template IN A some.bad.test {\nanswer "{{ .Name }} CNAME google.com" "{{ .Name }} CNAME b.elsewhere"
                answer "google.com 5 IN A 192.0.2.1" "google.com 9 IN A 192.0.2.2"\n}
            template IN A own.bad.test {\nanswer "{{ .Name }} CNAME b.elsewhere" "b.elsewhere A 192.0.2.1"\n}
            template IN A said.bad.test {\nanswer "{{ .Name }} CNAME b.elsewhere"\nrcode NXDOMAIN\n}
            template IN A bad.test {\nanswer "{{ .Name }} CNAME b.elsewhere"\n}
            """)
        let reply = try #require(try await bench.askOnWorker(name))
        #expect(reply.responseCode == code && reply.answers.count == count)
    }

    @Test("RFC 2181 §5: records that two lines make alike are answered once, also of what the target of an alias has")
    func once() async throws {
        let bench = try bench(
            """
            template IN A twice.test {
                answer "{{ .Name }} 60 IN A 192.0.2.1" "Twice.test. 30 IN A 192.0.2.1" "{{ .Name }} 60 IN A 192.0.2.2"
                additional "x.test 60 IN A 192.0.2.1"
                additional "x.test 60 IN A 192.0.2.1"
            }
            template IN A alias.test {
                answer "{{ .Name }} 60 IN CNAME twice.test" "twice.test 60 IN A 192.0.2.1"
            }
            """)
        let reply = try #require(try bench.ask("twice.test"))
        #expect(reply.answers.map(\.text) == ["twice.test. 60 IN A 192.0.2.1", "twice.test. 60 IN A 192.0.2.2"])
        #expect(reply.additionals.count == 1)
        let alias = try await bench.askOnWorker("alias.test")
        #expect(
            alias?.answers.map(\.data.text).sorted() == ["192.0.2.1", "192.0.2.2", "twice.test."])
    }

    @Test(
        "mistakes have CoreDNS's words",
        arguments: [
            ("template ANY ANY {\nrcode NXDOMAIN\n}", nil), ("template IN A", nil),
            ("template IN A {\nupstream\nfallthrough\n}", nil),
            ("template", "Wrong argument count or unexpected line ending after 'template'"),
            ("template IN", "Wrong argument count or unexpected line ending after 'IN'"),
            ("template XX A", "invalid query class XX"), ("template IN XX", "invalid RR class XX"),
            ("template IN A {\nrcode NOPE\n}", "unknown rcode NOPE"),
            ("template IN A {\nmatch\n}", "Wrong argument count or unexpected line ending after 'match'"),
            ("template IN A {\nother\n}", "Wrong argument count or unexpected line ending after 'other'"),
            (
                "template IN A {\nederror x\n}",
                #"error parsing extended DNS error code x, strconv.Atoi: parsing "x": invalid syntax"#
            ),
            ("template IN A {\nvar x 1\n}", "Needletail does not serve the option 'var' yet"),
            ("template IN A {\nexpr true\n}", "Needletail does not serve the option 'expr' yet"),
            (
                "template IN A {\nanswer \"{{ foo }}\"\n}",
                #"could not compile template: {{ foo }}, function "foo" not defined, in {{ foo }}"#
            ),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, TemplateConfiguration.directive, .init()) == message)
    }

    @Test("a pattern or a constant record that cannot be read is refused at start")
    func refusals() throws {
        let directive = TemplateConfiguration.directive
        let pattern = try mistake(in: "template IN A {\nmatch (\n}", directive, .init())
        #expect(pattern?.hasPrefix("could not parse regex: (, ") == true)
        let record = try mistake(in: "template IN A {\nanswer \"a.org. IN A 1.2.3\"\n}", directive, .init())
        #expect(record?.hasPrefix("could not compile template: a.org. IN A 1.2.3, it is no record: ") == true)
    }
}
