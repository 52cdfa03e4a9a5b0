import Corefile
import DNSServer
import DNSWire
import Telemetry
import Testing

@testable import Plugins

@Suite struct PrometheusPluginTests {
    private func bench(
        zones: String = "example.org . ", _ verdict: @escaping @Sendable (Query) -> Verdict
    ) throws -> PluginBench {
        try PluginBench(
            "\(zones){\nprometheus localhost:0\nerratic\n}\n",
            [PrometheusPlugin.definition, ScriptedPlugin.definition(verdict)])
    }

    private static let empty: @Sendable (Query) -> Verdict = { query in
        query.beginReply(.nameError)
        return .reply
    }

    @Test("queries are counted by zone, transport, family and type")
    func requests() throws {
        let bench = try bench(Self.empty)
        for _ in 0..<3 { _ = try bench.ask("www.example.org") }
        _ = try bench.ask("example.net", .SPF, client: "2001:db8::1", transport: .tcp)
        let name = "coredns_dns_requests_total"
        #expect(
            bench.metric(
                name + #"{family="1",proto="udp",server="dns://:53",type="A",view="",zone="example.org."}"#)?
                .hasSuffix(" 3") == true)
        #expect(
            bench.metric(name + #"{family="2",proto="tcp",server="dns://:53",type="other",view="",zone="."}"#)?
                .hasSuffix(" 1") == true)
    }

    @Test("replies are counted by code and by the plugin that made them; a failure is nobody's")
    func responses() throws {
        let bench = try bench { query in
            query.type == .A ? .fail(QueryFailure(.serverFailure)) : Self.empty(query)
        }
        _ = try bench.ask("example.org")
        _ = try bench.ask("example.org", .AAAA)
        let name = "coredns_dns_responses_total"
        #expect(
            bench.metric(
                name + #"{plugin="",rcode="SERVFAIL",server="dns://:53",view="",zone="example.org."}"#)?
                .hasSuffix(" 1") == true)
        #expect(
            bench.metric(
                name + #"{plugin="erratic",rcode="NXDOMAIN",server="dns://:53",view="",zone="example.org."}"#)?
                .hasSuffix(" 1") == true)
    }

    @Test("a code without a name is counted as RCODE and its number")
    func unnamedCode() throws {
        let bench = try bench { query in
            query.beginReply(ResponseCode(rawValue: 12))
            return .reply
        }
        _ = try bench.ask("example.org")
        #expect(
            bench.metric(
                "coredns_dns_responses_total"
                    + #"{plugin="erratic",rcode="RCODE12",server="dns://:53",view="",zone="example.org."}"#) != nil)
    }

    @Test("sizes, times and DO are counted")
    func sizes() throws {
        let bench = try bench(Self.empty)
        _ = try bench.ask("example.org", edns: EDNS(payloadSize: 1_232, dnssecOK: true))
        let labels = #"server="dns://:53",view="",zone="example.org.""#
        #expect(bench.metric("coredns_dns_do_requests_total{\(labels)}")?.hasSuffix(" 1") == true)
        #expect(bench.metric("coredns_dns_request_size_bytes_sum{proto=\"udp\",\(labels)}")?.hasSuffix(" 40") == true)
        #expect(bench.metric("coredns_dns_response_size_bytes_sum{proto=\"udp\",\(labels)}")?.hasSuffix(" 29") == true)
        #expect(bench.metric("coredns_dns_request_duration_seconds_count{\(labels)}")?.hasSuffix(" 1") == true)
    }

    @Test("silence is a query without a reply")
    func silence() throws {
        let bench = try bench { _ in .drop }
        _ = try bench.ask("example.org")
        let page = String(decoding: bench.metrics.exposition(.prometheus), as: UTF8.self)
        #expect(page.contains("coredns_dns_requests_total{"))
        #expect(!page.contains("coredns_dns_responses_total{"))
    }

    @Test("what dashboards look for is there before the first query")
    func process() throws {
        let bench = try bench(Self.empty)
        #expect(bench.metric("coredns_panics_total")?.hasSuffix(" 0") == true)
        let page = String(decoding: bench.metrics.exposition(.prometheus), as: UTF8.self)
        #expect(page.contains(#"coredns_build_info{goversion="swift"#))
    }

    @Test("/metrics is served at the address, and two blocks share it")
    func page() async throws {
        let bench = try bench(Self.empty)
        let plugin = try bench.plugin(PrometheusPlugin.self)
        try await plugin.start()
        let endpoint = bench.endpoint("localhost:0")
        let address = try #require(endpoint.boundAddress)
        let answer = try await HTTPProbe.get("/metrics", at: address, timeout: .seconds(5))
        #expect(answer.status == 200)
        #expect(answer.text.contains("text/plain; version=0.0.4"))
        #expect(answer.text.contains("\ncoredns_panics_total 0"))
        await plugin.stop()
        #expect(try await HTTPProbe.get("/metrics", at: address, timeout: .seconds(5)).status == 404)
        await endpoint.close()
    }

    @Test(
        "mistakes have CoreDNS's words, and what is not served is said",
        arguments: [
            ("prometheus", nil), ("prometheus :9153", nil), ("prometheus 127.0.0.1:9153", nil),
            ("prometheus 127.0.0.1", "address 127.0.0.1: missing port in address"),
            ("prometheus {\nruntime_metrics\n}", "Needletail does not serve the option 'runtime_metrics' yet"),
            ("prometheus {\ntls web.yml\n}", "Needletail does not serve the option 'tls' yet"),
            ("prometheus {\nother\n}", "unknown option: other"),
        ] as [(String, String?)])
    func mistakes(_ text: String, _ message: String?) throws {
        #expect(try mistake(in: text, PrometheusConfiguration.directive, .init()) == message)
    }
}
