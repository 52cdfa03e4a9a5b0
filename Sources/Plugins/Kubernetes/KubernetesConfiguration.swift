package import Corefile

/// What a `kubernetes` block says.
package struct KubernetesConfiguration: Sendable {
    /// The zones, as in the Corefile.
    var zones: [String] = []
    var pods = AnswerPolicy.PodMode.disabled
    /// The zones whose unknown names go on to the next plugin; nil for none.
    var fallthroughZones: [String]?
    /// Units: seconds.
    var ttl = 5
    /// The namespaces that are shown; empty for all.
    var namespaces: [String] = []
    /// Which services, slices, imports and pods are followed; nil for all.
    var labels: LabelSelector?
    /// Which namespaces are followed; nil for all.
    var namespaceLabels: LabelSelector?
    /// Those of the zones whose names are of services of several clusters, as in the Corefile.
    var multiclusterZones: [String] = []
    var usesPodNames = false
    var ignoresEndpoints = false
    var isZonal = false
    var hidesEmptyServices = false
    /// How long a start waits for the cluster's state.
    var startupTimeout = Duration.seconds(5)

    // Where the cluster's state comes from: at most one of the three, else the cluster this process runs in.
    var kubeconfig: Token?
    var context: Token?
    /// The API server's URL; the first one counts.
    var endpoints: [Token] = []
    /// Certificate, key and authority for `endpoint`.
    var tls: [Token] = []
    var manifests: Token?
    var requestLimits = RequestLimits()
    /// Where the last good state is kept.
    var stateFile: Token?

    package static let directive = DirectiveDeclaration<KubernetesConfiguration>(
        name: "kubernetes", summary: "answers for the services, endpoints and pods of a cluster",
        arguments: .init(
            usage: "[ZONES...]", summary: "the zones to answer for; at least one that is not a reverse zone",
            defaultText: "the zones of the server block"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.zones = try reader.zones()
        },
        options: originOptions + limitOptions + selectionOptions + answerOptions, removed: removedOptions,
        check: { configuration, reader throws(ConfigurationError) in
            try configuration.check(reader)
        })

    private static let removedOptions = [
        "upstream": "names outside of the cluster are looked up by the server itself; remove the line",
        "resyncperiod": "changes are watched for; remove the line",
        "transfer": "it is a plugin of its own",
        "federation": "remove the block", "cidrs": "name the zones, such as 10.0.0.0/16",
    ]

    private static let originOptions: [OptionDeclaration<KubernetesConfiguration>] = [
        .init("endpoint", usage: "URL", "the API server", defaultText: "that of the cluster it runs in") {
            configuration, reader throws(ConfigurationError) in
            configuration.endpoints = try reader.remaining(atLeastOne: "URL")
        },
        .init("tls", usage: "CERT KEY CACERT", "client certificate, key and authority for `endpoint`") {
            configuration, reader throws(ConfigurationError) in
            configuration.tls = [try reader.next("CERT"), try reader.next("KEY"), try reader.next("CACERT")]
        },
        .init("kubeconfig", usage: "FILE [CONTEXT]", "access to the API server from a file") {
            configuration, reader throws(ConfigurationError) in
            configuration.kubeconfig = try reader.next("FILE")
            configuration.context = try reader.optionalNext()
        },
        .init("manifests", usage: "DIR", "objects from a folder of YAML or JSON files in place of an API server") {
            configuration, reader throws(ConfigurationError) in
            configuration.manifests = try reader.next("DIR")
        },
        .init("snapshot", usage: "FILE", "keeps the last good state in a file, to start from", defaultText: "off") {
            configuration, reader throws(ConfigurationError) in
            configuration.stateFile = try reader.next("FILE")
        },
        .duration(
            "startup_timeout", "how long a start waits for the cluster's state", \.startupTimeout,
            defaultText: "5s"
        ) { problem in
            problem.kind == .missing ? nil : "failed to parse startup_timeout: \(problem.text), \(problem.message)"
        },
    ]

    private static let answerOptions: [OptionDeclaration<KubernetesConfiguration>] = [
        .init("pods", usage: "disabled|insecure|verified", "which names of pods exist", defaultText: "disabled") {
            configuration, reader throws(ConfigurationError) in
            configuration.pods = try reader.choice("pods") { problem in
                guard problem.kind == .malformed else { return nil }
                // Two blanks, as in CoreDNS.
                return "wrong value for pods: \(problem.text),  must be one of: disabled, verified, insecure"
            }
        },
        .flag("endpoint_pod_names", "name endpoints without a host name after their pod", \.usesPodNames),
        .integer(
            "ttl", usage: "SECONDS", "the TTL of the records", \.ttl, in: 0...3600, defaultText: "5"
        ) { problem in
            problem.kind == .outOfRange ? "ttl must be in range [0, 3600]: \(problem.text)" : nil
        },
        .flag("noendpoints", "do not follow endpoints", \.ignoresEndpoints),
        .flag("zonal", "names for the endpoints of one topology zone", \.isZonal),
        .init("fallthrough", usage: "[ZONES...]", "pass unknown names on", defaultText: "off") {
            configuration, reader throws(ConfigurationError) in
            configuration.fallthroughZones = try reader.zones(default: ["."])
        },
        .init("ignore", usage: "empty_service", "hide services without ready endpoints", defaultText: "off") {
            configuration, reader throws(ConfigurationError) in
            let word = try reader.next("empty_service")
            guard word.text == "empty_service" else {
                throw reader.fail(
                    .invalidValue, "unable to parse ignore value: '\(QuotedText.excerpt(word.text))'",
                    hint: "expected: empty_service")
            }
            try reader.finish()
            configuration.hidesEmptyServices = true
        },
    ]

    private func check(_ reader: ArgumentReader) throws(ConfigurationError) {
        let origins = [kubeconfig, endpoints.first, manifests].compactMap { $0 }
        if origins.count > 1 {
            throw reader.fail(
                .conflictingOptions, "only one of kubeconfig, endpoint and manifests can be set",
                hint: "keep the one that leads to the cluster", at: origins[1])
        }
        if !namespaces.isEmpty, namespaceLabels != nil {
            throw reader.fail(
                .conflictingOptions, "namespaces and namespace_labels cannot both be set",
                hint: "keep the one that says which namespaces to show", at: reader.subject)
        }
        if isZonal, ignoresEndpoints {
            throw reader.fail(
                .conflictingOptions, "zonal requires the endpoint cache; remove noendpoints",
                hint: "names by zone are those of endpoints", at: reader.subject)
        }
        if let file = stateFile, manifests != nil {
            throw reader.fail(
                .conflictingOptions, "snapshot cannot be set with manifests",
                hint: "manifests are files already; take the line out", at: file)
        }
        if let tls = tls.first, endpoints.isEmpty {
            throw reader.fail(.conflictingOptions, "tls requires endpoint", at: tls)
        }
    }
}
