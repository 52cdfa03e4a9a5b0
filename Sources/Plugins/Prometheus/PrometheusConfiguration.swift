import Corefile

/// What `prometheus` is told.
struct PrometheusConfiguration: Sendable {
    /// Where `/metrics` is answered.
    var address = HostPort(host: "localhost", port: 9153)
    /// Where the Corefile says so.
    var place = ""

    static let directive = DirectiveDeclaration<PrometheusConfiguration>(
        name: "prometheus", summary: "counts queries and replies and serves all metrics over HTTP",
        arguments: .init(
            usage: "[ADDRESS]", summary: "where to listen, for all zones that use it", defaultText: "localhost:9153"
        ) { configuration, reader throws(ConfigurationError) in
            if reader.upcoming != nil { configuration.address = try reader.address("ADDRESS") }
            configuration.place = reader.last.place
        },
        options: [
            .init("runtime_metrics", "further figures of CoreDNS's Go runtime; not served") {
                _, reader throws(ConfigurationError) in
                throw unserved("runtime_metrics", hint: "Needletail has no Go runtime; remove the line", reader)
            },
            .init("tls", usage: "FILE", "serve over TLS; not served yet") { _, reader throws(ConfigurationError) in
                throw unserved("tls", hint: "remove the line; /metrics is served over plain HTTP", reader)
            },
        ],
        unknownOption: { "unknown option: \($0)" })

    private static func unserved(_ option: String, hint: String, _ reader: ArgumentReader) -> ConfigurationError {
        reader.fail(.unservedOption, "Needletail does not serve the option '\(option)' yet", hint: hint)
    }
}
