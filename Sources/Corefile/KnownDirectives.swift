/// The plugins of CoreDNS 1.14.7.
package enum KnownDirectives {
    /// All names, in chain order: the order of CoreDNS's `plugin.cfg`, which the order in the Corefile does not change.
    package static let names = [
        "root", "metadata", "geoip", "cancel", "proxyproto", "quic", "grpc_server", "https", "https3", "timeouts",
        "multisocket", "reload", "nsid", "bufsize", "bind", "debug", "trace", "ready", "health", "pprof", "shed",
        "prometheus", "errors", "log", "dnstap", "local", "dns64", "any", "chaos", "loadbalance", "tsig", "rewrite",
        "autopath", "acl", "cache", "header", "dnssec", "tls", "minimal", "template", "transfer", "hosts", "route53",
        "azure", "clouddns", "k8s_external", "kubernetes", "file", "auto", "secondary", "etcd", "loop", "forward",
        "grpc", "erratic", "whoami", "on", "sign", "view", "nomad",
    ]

    /// The place of a name in the chain order; `nil` when CoreDNS has no such plugin.
    package static func position(of name: String) -> Int? { positions[name] }

    private static let positions = Dictionary(
        names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })

    /// What became of directives that CoreDNS used to have, or that people expect under another name.
    private static let formerNames = [
        "proxy": "use 'forward'", "federation": "CoreDNS removed it in 1.7.0; remove the block",
        "metrics": "use 'prometheus'", "k8s": "use 'kubernetes'", "external": "use 'k8s_external'",
        "startup": "use 'on startup'", "shutdown": "use 'on shutdown'",
    ]

    /// Plugins that are no part of CoreDNS, and that people compile into builds of their own.
    private static let externalNames = Set(
        """
        ads alias alternate amazondns blocker dnsredir docker dump fanout filter finalize git gslb ipecho ipin ipset \
        k8s_dns_chaos k8s_event k8s_gateway kubernetai kubenodes lighthouse mdns meship meshname mysql netbox nftables \
        pdsql records redis redisc rrl split tailscale unbound warnlist wgsd
        """.split(separator: " ").map(String.init))

    /// Options that stand alone on a line where a brace is missing or closed too early, by the plugin that they belong to.
    private static let options = [
        "cache": "success denial prefetch serve_stale servfail disable keepttl",
        "errors": "consolidate stacktrace",
        "forward": "except policy failover max_concurrent max_fails health_check force_tcp prefer_udp expire",
        "health": "lameduck",
        "hosts": "no_reverse",
        "k8s_external": "apex headless",
        "kubernetes": "endpoint kubeconfig namespaces pods noendpoints endpoint_pod_names",
        "log": "class",
        "template": "match answer",
    ]

    private static func owner(of option: String) -> String? {
        options.first { $0.value.split(separator: " ").contains { $0 == option } }?.key
    }

    /// The error for a directive that CoreDNS does not have either.
    static func unknown(_ name: Token, block: Token?) -> ConfigurationError {
        ConfigurationError(
            .unknownDirective, "Unknown directive '\(QuotedText.excerpt(name.text))'", at: name,
            hint: hint(name, block: block))
    }

    private static func hint(_ name: Token, block: Token?) -> String {
        if name.isOpeningBrace { return "an opening brace must stand on the line of its directive" }
        if let former = formerNames[name.text] { return former }
        if let owner = owner(of: name.text) {
            return "it is an option of '\(owner)': put it between the braces of that directive"
        }
        if name.text == "fallthrough" || name.text == "ttl" {
            return "it is an option of several plugins: put it between the braces of the one that is meant"
        }
        if externalNames.contains(name.text) {
            return "an external plugin, which some builds of CoreDNS have compiled in, and CoreDNS itself has not"
        }
        if let near = Spelling.nearest(to: name.text, among: names) { return "did you mean '\(near)'?" }
        if let block, name.text.utf8.contains(where: { ".:/".utf8.contains($0) }) {
            return "is the closing brace of the server block at \(block.place) missing?"
        }
        return "no plugin of CoreDNS has this name"
    }
}
