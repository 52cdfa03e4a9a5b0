import DNSWire

/// A Corefile block, configured: zones, a port, and the plugins that make up its chain.
package final class ServerBlock: Sendable {
    package let identity: BlockIdentity
    /// In chain order.
    package let plugins: [any Plugin]
    /// Where it listens.
    let addresses: [SocketAddress]
    /// Where the Corefile has it; nil when no file does.
    let place: String?
    /// The addresses that `bind` says; empty when it listens at all.
    package let boundHosts: [String]
    /// The plugin that lets queries have metadata; nil when the block has none.
    let metadata: (any MetadataCollector)?
    /// How many workers shall receive its queries; nil when it does not say.
    let workerCount: Int?
    /// How connections to its addresses shall be treated otherwise than usual.
    let connectionChanges: ConnectionSettings.Changes
    /// What is counted when the block sheds load; nil when it does not.
    let shedding: SheddingCounters?

    init(identity: BlockIdentity, plugins: [any Plugin], addresses: [SocketAddress], place: String? = nil) {
        self.identity = identity
        self.place = place
        self.plugins = plugins
        self.addresses = addresses
        let all = PluginSet(plugins)
        boundHosts = all.listenAddresses ?? []
        shedding = all.all(of: (any SheddingPlugin).self).lazy.compactMap(\.shedding).first
        metadata = all.first()
        connectionChanges =
            all.first(of: (any ConnectionSettingsProvider).self)?.connectionChanges ?? ConnectionSettings.Changes()
        workerCount = all.all(of: (any WorkerCountProvider).self).lazy.compactMap(\.workerCount).first
    }

    /// The block's chain in `worker`: every plugin that has a part in answering.
    func makeChain(for worker: Worker) -> Chain {
        Chain(
            block: self,
            handlers: plugins.compactMap { plugin in
                plugin.makeHandler(for: worker).map { (plugin, $0) }
            }, predicate: PluginSet(plugins).first(of: (any QueryPredicate).self)?.makePredicate(for: worker))
    }
}

/// A plugin that says where its block listens: `bind`.
package protocol ListenAddressProvider {
    /// Literal addresses without a port.
    var listenAddresses: [String] { get }
}

/// A plugin that says how many workers receive its block's queries: `multisocket`.
package protocol WorkerCountProvider {
    /// At least 1; nil for all there are.
    var workerCount: Int? { get }
}
