import KubernetesClient

/// The pods that run: which namespaces have one with an address.
struct PodBook: Sendable {
    /// Where a pod is: pods on the host's network share their address.
    struct Place: Hashable, Sendable {
        let address: ClusterAddress
        let slot: UInt64
    }

    private(set) var index = AddressIndex()
    private(set) var hasChanges = false
    private(set) var places: [ObjectKey: Place] = [:]
    private var counts: [Place: Int] = [:]
    private var list = ListTracker<ObjectKey>()

    /// - Parameter slot: the slot of a namespace in the table of namespaces.
    mutating func apply(_ event: ResourceEvent<Pod>, slot: (ContiguousArray<UInt8>) -> UInt64) {
        switch event {
        case .listBegan:
            list.begin(places.keys)
        case .listed(let pods):
            for pod in pods {
                list.saw(pod.metadata.key)
                update(pod, slot)
            }
        case .listEnded:
            for key in list.end() { remove(key) }
        case .added(let pod), .modified(let pod):
            update(pod, slot)
        case .deleted(let pod):
            remove(pod.metadata.key)
        case .bookmark:
            break
        }
    }

    /// The changes until now are part of a snapshot.
    mutating func commit() {
        hasChanges = false
    }

    /// A pod counts by its primary address, and no longer when it is being deleted or has ended.
    private mutating func update(_ pod: Pod, _ slot: (ContiguousArray<UInt8>) -> UInt64) {
        let key = pod.metadata.key
        guard let address = pod.podIP, !pod.metadata.isTerminating, pod.phase == .running || pod.phase == .pending,
            let namespace = WireLabel.encode(pod.metadata.namespace)
        else {
            remove(key)
            return
        }
        insert(key, Place(address: address, slot: slot(namespace)))
    }

    mutating func insert(_ key: ObjectKey, _ place: Place) {
        guard places[key] != place else { return }
        remove(key)
        places[key] = place
        counts[place, default: 0] += 1
        index.insert(place.slot, for: place.address)
        hasChanges = true
    }

    private mutating func remove(_ key: ObjectKey) {
        guard let place = places.removeValue(forKey: key) else { return }
        let count = (counts[place] ?? 1) - 1
        counts[place] = count == 0 ? nil : count
        if count == 0 { index.remove(place.slot, for: place.address) }
        hasChanges = true
    }
}
