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

    /// The error for a directive that CoreDNS does not have either.
    static func unknown(_ name: Token, block: Token?) -> ConfigurationError {
        ConfigurationError(
            .unknownDirective, "Unknown directive '\(QuotedText.excerpt(name.text))'", at: name,
            hint: hint(name, block: block))
    }

    private static func hint(_ name: Token, block: Token?) -> String {
        if name.isOpeningBrace { return "an opening brace must stand on the line of its directive" }
        if let former = formerNames[name.text] { return former }
        if let near = Spelling.nearest(to: name.text, among: names) { return "did you mean '\(near)'?" }
        if let block, name.text.utf8.contains(where: { ".:/".utf8.contains($0) }) {
            return "is the closing brace of the server block at \(block.place) missing?"
        }
        return "no plugin of CoreDNS has this name"
    }
}
