import Corefile

/// What `health` is told.
struct HealthConfiguration: Sendable {
    /// Where `/health` is answered.
    var address = HostPort(host: "", port: 8080)
    /// Where the Corefile says so.
    var place = ""
    /// How long the server goes on answering after it was asked to stop.
    var lameduck = Duration.zero

    static let directive = DirectiveDeclaration<HealthConfiguration>(
        name: "health", summary: "tells over HTTP that the process lives", oncePerBlock: false,
        arguments: .init(
            usage: "[ADDRESS]", summary: "where to listen, for all zones that use it", defaultText: ":8080"
        ) {
            configuration, reader throws(ConfigurationError) in
            if reader.upcoming != nil { configuration.address = try reader.address("ADDRESS") }
            configuration.place = reader.last.place
        },
        options: [
            .init(
                "lameduck", usage: "DURATION", "go on answering queries for this long after a stop is asked for",
                defaultText: "0s"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.lameduck = try reader.duration("lameduck", min: .zero) { problem in
                    problem.kind == .malformed
                        ? "unable to parse lameduck duration value: '\(problem.text)' : \(problem.message)" : nil
                }
            }
        ])
}
