import Corefile
import Testing

@testable import Plugins

/// Each directive with a wrong word, between « and »: the error says where it stands, and names it.
@Suite("Errors at start")
struct StartErrorTests {
    @Test(
        "an error at start has the file, the line and the column of the offending word, and names it", arguments: cases)
    func places(_ marked: String) throws {
        let text = marked.contains("\n}\n") || marked.hasPrefix(".") ? marked : ". {\n    \(marked)\n}\n"
        let before = try #require(text.firstRange(of: "«")).lowerBound
        let after = try #require(text.firstRange(of: "»")).lowerBound
        let word = text[text.index(after: before)..<after]
        let lines = text[..<before].split(separator: "\n", omittingEmptySubsequences: false)
        let corefile = text.filter { $0 != "«" && $0 != "»" }
        let error = #expect(throws: ConfigurationError.self) {
            try PluginBench(corefile, PluginOrder.definitions)
        }
        guard let error else { return }
        #expect(error.file.isEmpty == false)
        #expect("\(error.line):\(error.column)" == "\(lines.count):\((lines.last?.count ?? 0) + 1)", "\(error)")
        let bare = word.filter { $0 != "\"" }
        #expect(error.message.contains(bare) || error.hint?.contains(bare) == true, "\(error)")
        for inside in ["Optional(", "Error(", "errno", "SocketAddressError", "DecodingError"] {
            #expect(!"\(error)".contains(inside), "\(error)")
        }
    }

    private static func option(_ directive: String, _ lines: String...) -> [String] {
        lines.map { ". {\n    \(directive) {\n        \($0)\n    }\n}\n" }
    }

    static let cases: [String] =
        arguments + forward + cluster + template
        + option(
            "acl a.test", "«nonsense» type A", "block «nonsense»", "block «type»", "block «type» net 10.0.0.1",
            "block type «ABC»", "block net «10.0.0.0/33»", "block type A net 10.0.0.1 «x»")
        + option(
            "cache 30", "success «x»", "success 10 «-5»", "denial «x»", "denial 10 «x»", "prefetch «x»",
            "prefetch 1 «x»",
            "prefetch 1 1m «x»", "serve_stale «x»", "serve_stale 1h «x»", "servfail «x»", "servfail «10m»",
            "disable «x»",
            "keepttl «x»", "«nonsense» 1")
        + option("bind 127.0.0.1", "except «no-such-interface»", "«nonsense»")
        + option(
            "errors", "«nonsense»", "stacktrace «x»", "consolidate «x» a", "consolidate 5m «(»",
            "consolidate 5m a «loud»")
        + option("header", "«nonsense» set aa", "response «nonsense» aa", "response set «zz»", "query set «zz»")
        + option("health", "«nonsense»", "lameduck «x»", "lameduck «-1s»")
        + option("hosts", "ttl «x»", "ttl «0»", "ttl «70000»", "reload «x»", "reload «-1s»", "no_reverse «x»")
        + option("loadbalance", "«nonsense»", "prefer «x»")
        + option("log", "class «x»", "«nonsense»")
        + option("ready", "monitor «x»", "«nonsense»")
        + option("timeouts", "read «x»", "read «0s»", "write «x»", "idle «x»", "«nonsense» 1s")

    private static let arguments = [
        "«nonsense»", "acl «a..b»", "«route53» a.test:Z1", "«max_fails» 3", "autopath «/no/such/file»",
        "bind «999.1.1.1»", "bind «no-such-interface»", "bufsize «x»", "bufsize «100»", "bufsize «99999»",
        "bufsize 1232 «1»",
        "cache «-1»", "cache 30 «a..b»", "cancel «x»", "cancel «0s»", "cancel 1s «2s»",
        "debug «x»", "errors «x»",
        "header «x»", "health «127.0.0.1:x»", "health localhost:1 «x»", "hosts /dev/null «a..b»", "k8s_external «a..b»",
        "loadbalance «x»", "log «a..b»", "loop «a..b»", "loop «a»", "metadata «a..b»", "minimal «x»",
        "multisocket «x»",
        "multisocket «0»", "multisocket 2 «3»", "prometheus «127.0.0.1:x»", "prometheus localhost:9153 «x»",
        "ready «127.0.0.1:x»",
        "ready localhost:1 «x»", "reload «x»", "reload «1s»", "reload 10s «x»", "reload 10s 1s «x»", "shed «x»",
        "whoami «x»",
    ]

    private static let forward =
        [
            "forward «a..b» 192.0.2.1", "forward . «1.1.1»", "forward . 192.0.2.1 «192.0.2.1:99999»",
            "forward . «quic://192.0.2.1»",
            "forward . «/no/such/file»",
        ]
        + option(
            "forward . 192.0.2.1", "«nonsense»", "except «a..b»", "policy «x»", "max_fails «x»", "max_concurrent «x»",
            "expire «x»",
            "read_timeout «x»", "health_check «x»", "health_check 1s «x»", "health_check 1s domain «a..b»",
            "max_connect_attempts «x»", "failover «NOPE»", "next «NOPE»", "max_age «x»", "max_idle_conns «x»",
            "force_tcp «x»",
            "prefer_udp «x»", "tls «/no/such/file»", "tls_servername «a/b»", "failfast_all_unhealthy_upstreams «x»")

    private static let cluster =
        option(
            "kubernetes cluster.local", "«nonsense»", "pods «x»", "ttl «x»", "ttl «9999»", "endpoint «x://y»",
            "labels «!!»",
            "namespace_labels «!!»", "kubeconfig «/no/such/file»", "manifests «/no/such/folder»", "startup_timeout «x»",
            "apiserver_qps «x»", "apiserver_burst «x»", "noendpoints «x»", "multicluster «a..b»", "ignore «x»",
            "zonal «x»",
            "tls «/no/such/file»", "«upstream»", "«resyncperiod» 5m")
        + option("k8s_external example.org", "«nonsense»", "apex «a..b»", "ttl «x»", "headless «x»")
        + ["kubernetes «a..b»"]

    private static let template =
        ["template «XX» A", "template IN «XX»", "template IN A «a..b»"]
        + option(
            "template IN A", "«nonsense»", "match «(»", "rcode «NOPE»", "ederror «x»", "ederror «70000»",
            "ederror 1 a «b»",
            "answer «\"{{ .Nope }}\"»", "answer «\"a.org. IN A x\"»", "fallthrough «a..b»", "«var» x 1", "«expr» true")
}
