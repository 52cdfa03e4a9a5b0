import Corefile

/// The options that say what is followed, and at which pace.
extension KubernetesConfiguration {
    /// How much may be asked of the API server at a time; nil where the client's own default holds.
    struct RequestLimits: Sendable, Hashable {
        /// Requests a second, on average.
        var rate: Double?
        /// Requests that can come at once after a pause.
        var burst: Int?
        /// Requests that wait for their reply at a time; a watch waits for its head alone.
        var inFlight: Int?
    }

    static let limitOptions: [OptionDeclaration<KubernetesConfiguration>] = [
        .init(
            "apiserver_qps", usage: "RATE", "requests to the API server a second, on average",
            defaultText: "50"
        ) { configuration, reader throws(ConfigurationError) in
            let rate = try reader.double("apiserver_qps", in: 0 ... .infinity) { limitMessage("apiserver_qps", $0) }
            try reader.finish()
            configuration.requestLimits.rate = rate > 0 ? rate : nil
        },
        limit("apiserver_burst", "requests to the API server at once after a pause", \.burst, defaultText: "100"),
        limit(
            "apiserver_max_inflight", "requests to the API server that wait for a reply at a time", \.inFlight,
            defaultText: "any number"),
    ]

    /// A limit that is a whole number; 0 is the default.
    private static func limit(
        _ name: String, _ summary: String, _ path: any WritableKeyPath<RequestLimits, Int?> & Sendable,
        defaultText: String
    ) -> OptionDeclaration<KubernetesConfiguration> {
        .init(name, usage: "N", summary, defaultText: defaultText) {
            configuration, reader throws(ConfigurationError) in
            let limit = try reader.integer(name, in: 0...Int.max) { limitMessage(name, $0) }
            try reader.finish()
            configuration.requestLimits[keyPath: path] = limit > 0 ? limit : nil
        }
    }

    private static func limitMessage(_ name: String, _ problem: ValueProblem) -> String? {
        switch problem.kind {
        case .missing: nil
        case .malformed: "invalid \(name) \(QuotedText.doubleQuoted(problem.text)): \(problem.message)"
        case .outOfRange: "\(name) must be >= 0"
        }
    }

    static let selectionOptions: [OptionDeclaration<KubernetesConfiguration>] = [
        .init(
            "namespaces", usage: "NAMESPACE...", "the namespaces to show", defaultText: "all", repetition: .adds
        ) { configuration, reader throws(ConfigurationError) in
            configuration.namespaces += try reader.remaining(atLeastOne: "NAMESPACE").map(\.text)
        },
        selector("namespace_labels", "the namespaces to show, by their labels", \.namespaceLabels) {
            "unable to parse namespace_label selector value"
        },
        selector("labels", "the services, slices and pods to show, by their labels", \.labels) {
            "unable to parse label selector value"
        },
        .init(
            "multicluster", usage: "[ZONES...]", "the zones of services that several clusters share",
            defaultText: "none"
        ) { configuration, reader throws(ConfigurationError) in
            configuration.multiclusterZones = try reader.zones(default: [])
            let served = configuration.zones.map { $0.lowercased() }
            for zone in configuration.multiclusterZones where !served.contains(zone.lowercased()) {
                let zones = configuration.zones.joined(separator: " ")
                throw reader.fail(
                    .invalidZone,
                    "is not authoritative for the multicluster zone \(zone) (authoritative zones: [\(zones)])",
                    hint: "name the zone behind `kubernetes` as well")
            }
        },
    ]

    private static func selector(
        _ name: String, _ summary: String,
        _ path: any WritableKeyPath<KubernetesConfiguration, LabelSelector?> & Sendable,
        problem: @escaping @Sendable () -> String
    ) -> OptionDeclaration<KubernetesConfiguration> {
        .init(name, usage: "SELECTOR", summary, defaultText: "all") {
            configuration, reader throws(ConfigurationError) in
            let words = try reader.remaining(atLeastOne: "SELECTOR")
            let text = words.map(\.text).joined(separator: " ")
            do throws(LabelSelector.Mistake) {
                let selector = try LabelSelector(parsing: text)
                configuration[keyPath: path] = selector.requirements.isEmpty ? nil : selector
            } catch {
                throw reader.fail(
                    .invalidValue, "\(problem()): '\(QuotedText.excerpt(text))': \(error)",
                    hint: "a selector is written like app=web or tier in (front, back),!legacy", at: words[0])
            }
        }
    }
}
