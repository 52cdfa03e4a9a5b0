import KubernetesClient

/// The namespaces that exist.
struct NamespaceBook: Sendable {
    private(set) var table: NameTable<NamespaceEntry>
    private(set) var hasChanges = false
    private var list = ListTracker<ContiguousArray<UInt8>>()

    init(mask: UInt64) {
        table = NameTable(mask: mask)
    }

    mutating func apply(_ event: ResourceEvent<Namespace>) {
        switch event {
        case .listBegan:
            list.begin(table.entries.map(\.wire))
        case .listed(let namespaces):
            for namespace in namespaces {
                guard let wire = WireLabel.encode(namespace.metadata.name) else { continue }
                list.saw(wire)
                insert(wire)
            }
        case .listEnded:
            for wire in list.end() { remove(wire) }
        case .added(let namespace), .modified(let namespace):
            if let wire = WireLabel.encode(namespace.metadata.name) { insert(wire) }
        case .deleted(let namespace):
            if let wire = WireLabel.encode(namespace.metadata.name) { remove(wire) }
        case .bookmark:
            break
        }
    }

    /// The changes until now are part of a snapshot.
    mutating func commit() {
        hasChanges = false
    }

    mutating func insert(_ wire: ContiguousArray<UInt8>) {
        guard table.find(wire) == nil else { return }
        table.insert(NamespaceEntry(wire: wire))
        hasChanges = true
    }

    private mutating func remove(_ wire: ContiguousArray<UInt8>) {
        guard table.find(wire) != nil else { return }
        table.remove(wire)
        hasChanges = true
    }
}
