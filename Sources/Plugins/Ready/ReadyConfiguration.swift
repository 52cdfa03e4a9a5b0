import Corefile

/// What `ready` is told.
struct ReadyConfiguration: Sendable {
    /// How long the plugins are watched.
    enum Monitor: String, CaseIterable, Sendable {
        /// A plugin that was ready once counts as ready for good.
        case untilReady = "until-ready"
        /// Every request asks all plugins.
        case continuously
    }

    /// Where `/ready` is answered.
    var address = HostPort(host: "", port: 8181)
    /// Where the Corefile says so.
    var place = ""
    var monitor = Monitor.untilReady

    static let directive = DirectiveDeclaration<ReadyConfiguration>(
        name: "ready", summary: "tells over HTTP whether all plugins are ready to answer",
        arguments: .init(
            usage: "[ADDRESS]", summary: "where to listen, for all zones that use it", defaultText: ":8181"
        ) {
            configuration, reader throws(ConfigurationError) in
            if reader.upcoming != nil { configuration.address = try reader.address("ADDRESS") }
            configuration.place = reader.last.place
        },
        options: [
            .init(
                "monitor", usage: "until-ready|continuously",
                "whether a plugin that has been ready is asked again", defaultText: "until-ready"
            ) { configuration, reader throws(ConfigurationError) in
                configuration.monitor = try reader.choice("monitor", Monitor.self) { problem in
                    problem.kind == .malformed ? "monitor type '\(problem.text)' not supported" : nil
                }
            }
        ])
}
