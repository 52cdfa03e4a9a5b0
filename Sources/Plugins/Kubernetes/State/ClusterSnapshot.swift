import Basics
import HashTreeCollections

/// One immutable picture of a cluster, ready to answer from.
///
/// Its tables are persistent: the next picture shares with this one all that did not change.
final class ClusterSnapshot: Sendable {
    let services: NameTable<ServiceView>
    let namespaces: NameTable<NamespaceEntry>
    /// The services imported from a set of clusters; empty unless `multicluster` is on.
    let imports: NameTable<ServiceView>
    /// The services that an address belongs to.
    let servicesByAddress: AddressIndex
    /// The services that an address from outside of the cluster belongs to.
    let servicesByExternalAddress: AddressIndex
    /// The namespaces that have a pod with an address; empty unless pods are followed.
    let podNamespaces: AddressIndex
    /// The pods with an address; nil unless their details are kept.
    let clients: TreeDictionary<IPAddress, [PodEntry]>?
    /// Units: seconds since 1970 at the last change.
    let serial: UInt32
    /// The same at the last change of what is reached from outside of the cluster; 0 before the first.
    let externalSerial: UInt32
    /// Whether the cluster's state is known as a whole.
    let isSynced: Bool

    init(
        services: NameTable<ServiceView> = NameTable(), namespaces: NameTable<NamespaceEntry> = NameTable(),
        imports: NameTable<ServiceView> = NameTable(),
        servicesByAddress: AddressIndex = AddressIndex(),
        servicesByExternalAddress: AddressIndex = AddressIndex(), podNamespaces: AddressIndex = AddressIndex(),
        clients: TreeDictionary<IPAddress, [PodEntry]>? = nil, serial: UInt32 = 0, externalSerial: UInt32 = 0,
        isSynced: Bool = false
    ) {
        self.services = services
        self.namespaces = namespaces
        self.imports = imports
        self.servicesByAddress = servicesByAddress
        self.servicesByExternalAddress = servicesByExternalAddress
        self.podNamespaces = podNamespaces
        self.clients = clients
        self.serial = serial
        self.externalSerial = externalSerial
        self.isSynced = isSynced
    }

    /// The services that have `address` as a cluster address or a ready endpoint.
    func services(at address: IPAddress) -> [ServiceView] {
        var found: [ServiceView] = []
        forEachService(at: address) {
            found.append($0)
            return true
        }
        return found
    }

    /// Calls `body` with each service that has `address` as a cluster address or a ready endpoint, as long as it says to go on; nothing
    /// is allocated for it.
    func forEachService(at address: IPAddress, _ body: (ServiceView) -> Bool) {
        servicesByAddress.forEachSlot(of: address) { slot in
            var goesOn = true
            services.forEachEntry(inSlot: slot) { view in
                if goesOn, view.has(address) { goesOn = body(view) }
            }
            return goesOn
        }
    }
}
