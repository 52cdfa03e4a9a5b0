import Corefile
package import DNSServer
import Logging
import Synchronization

/// Says on which addresses a server block is served, and follows the interfaces that are named.
package final class BindPlugin: Plugin, ListenAddressProvider {
    package let name = "bind"
    package let leavesQuestionsAlone = true
    package var listenAddresses: [String] { addresses.hosts }

    /// Reads `bind` of a server block.
    package static let definition = definition { NetworkInterfaces.all() }

    /// The same with another source of interfaces, for tests.
    static func definition(_ interfaces: @escaping @Sendable () -> [NetworkInterface]) -> PluginDefinition {
        PluginDefinition("bind") { directives, context throws(ConfigurationError) in
            let lines = try BindConfiguration.directive.readEach(
                directives, serverZones: context.block.zones, initial: BindConfiguration())
            return try BindPlugin(lines, interfaces, context)
        }
    }

    /// How often the interfaces are looked at.
    private static let pause = Duration.seconds(5)

    /// The interfaces that any configuration of this process has found.
    private final class KnownInterfaces: Sendable {
        let names = Mutex<Set<String>>([])
    }

    private let lines: [BindConfiguration]
    private let interfaces: @Sendable () -> [NetworkInterface]
    private let addresses: BindAddresses
    private let known: KnownInterfaces
    private let server: Server
    private let logger: Logger
    private let watch = Mutex<Task<Void, Never>?>(nil)
    /// What was said last of addresses that cannot be served, so that it is said once.
    private let complaint = Mutex("")

    private init(
        _ lines: [BindConfiguration], _ interfaces: @escaping @Sendable () -> [NetworkInterface],
        _ context: PluginContext
    ) throws(ConfigurationError) {
        self.lines = lines
        self.interfaces = interfaces
        server = context.server
        logger = context.logger(for: "bind")
        known = context.handover.object("bind") { KnownInterfaces() }
        let names = known.names.withLock { $0 }
        addresses = try BindAddresses(lines, interfaces(), known: names)
        let found = addresses.interfaces
        known.names.withLock { $0.formUnion(found) }
    }

    package func didStart() async {
        guard !addresses.interfaces.isEmpty || isWaiting else { return }
        watch.withLock { watch in
            watch = Task { [weak self] in
                while (try? await Task.sleep(for: Self.pause)) != nil {
                    guard let self else { return }
                    await look()
                }
            }
        }
    }

    /// Whether a line names an interface that is gone for the moment.
    private var isWaiting: Bool {
        let names = known.names.withLock { $0 }
        return lines.contains { ($0.hosts + $0.except).contains { names.contains($0.text) } }
    }

    /// Looks whether the interfaces have other addresses now, and has those served.
    ///
    /// Addresses that stay are not touched. Where none is left, all stays as it is until there is one.
    func look() async {
        let names = known.names.withLock { $0 }
        guard let now = try? BindAddresses(lines, interfaces(), known: names), now.hosts != addresses.hosts else {
            return
        }
        switch await server.refresh() {
        case .reloaded:
            logger.info("now on \(now.hosts.joined(separator: ", ")): the addresses of an interface have changed")
        case .failed(let reason):
            // An IPv6 address, for one, cannot be bound before the network has found it to be unique.
            guard complaint.withLock({ $0 != reason }) else { return }
            complaint.withLock { $0 = reason }
            logger.warning("the addresses of an interface have changed and cannot be served yet: \(reason)")
        }
    }

    package func stop() async {
        watch.withLock { $0 }?.cancel()
    }
}
