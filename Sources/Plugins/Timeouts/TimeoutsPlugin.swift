import Corefile
package import DNSServer

/// Sets how long the clients of connections to a server block's addresses are waited for, and how many queries each may ask.
package final class TimeoutsPlugin: Plugin, ConnectionSettingsProvider {
    package let name = "timeouts"
    package let leavesQuestionsAlone = true
    package let connectionChanges: ConnectionSettings.Changes

    /// Reads `timeouts` of a server block; of what is said several times the last counts.
    package static let definition = PluginDefinition("timeouts") { directives, context throws(ConfigurationError) in
        let configurations = try TimeoutsConfiguration.directive.readEach(
            directives, serverZones: context.block.zones, initial: TimeoutsConfiguration())
        return TimeoutsPlugin(configurations)
    }

    init(_ configurations: [TimeoutsConfiguration]) {
        connectionChanges = configurations.reduce(ConnectionSettings.Changes()) { $0.followed(by: $1.changes) }
    }
}
