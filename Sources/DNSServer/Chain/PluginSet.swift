/// The plugins of one server block, in chain order, which know each other by what they can do.
///
/// A capability is a protocol: ``MetadataCollector``, ``ListenAddressProvider`` and so on, and those that plugins declare for one another.
package struct PluginSet: Sendable {
    package let plugins: [any Plugin]

    package init(_ plugins: [any Plugin]) {
        self.plugins = plugins
    }

    /// The first plugin that can do this; nil when none can.
    package func first<Capability>(of capability: Capability.Type = Capability.self) -> Capability? {
        plugins.lazy.compactMap { $0 as? Capability }.first
    }

    /// All plugins that can do this.
    package func all<Capability>(of capability: Capability.Type = Capability.self) -> [Capability] {
        plugins.compactMap { $0 as? Capability }
    }

    /// The plugins in front of `plugin`.
    package func before(_ plugin: any Plugin) -> ArraySlice<any Plugin> {
        plugins.prefix { $0 !== plugin }
    }

    /// The literal addresses that the block listens at; nil when it listens everywhere.
    package var listenAddresses: [String]? { first(of: (any ListenAddressProvider).self)?.listenAddresses }
}
