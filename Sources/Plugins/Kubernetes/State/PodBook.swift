import Basics
import HashTreeCollections
import KubernetesClient

/// The pods that run: which namespaces have one with an address.
struct PodBook: Sendable {
    /// Where a pod is: pods on the host's network share their address.
    struct Place: Hashable, Sendable {
        let address: IPAddress
        let slot: UInt64
    }

    private(set) var index = AddressIndex()
    private(set) var hasChanges = false
    private(set) var places: [ObjectKey: Place] = [:]
    /// The pods by their address; nil when only their namespaces matter.
    private(set) var clients: TreeDictionary<IPAddress, [PodEntry]>?
    private var counts: [Place: Int] = [:]
    private var list = ListTracker<ObjectKey>()

    /// - Parameter keepsDetails: whether names and labels of pods are to be had.
    init(keepsDetails: Bool) {
        clients = keepsDetails ? [:] : nil
    }

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
        insert(key, Place(address: address, slot: slot(namespace)), labels: pod.labels)
    }

    mutating func insert(_ key: ObjectKey, _ place: Place, labels: [String: String]) {
        guard places[key] != place || !knows(key, place.address, labels) else { return }
        remove(key)
        clients?[place.address, default: []].append(PodEntry(key: key, labels: labels))
        places[key] = place
        counts[place, default: 0] += 1
        index.insert(place.slot, for: place.address)
        hasChanges = true
    }

    private func knows(_ key: ObjectKey, _ address: IPAddress, _ labels: [String: String]) -> Bool {
        guard let clients else { return true }
        return clients[address]?.contains { $0.key == key && $0.labels == labels } == true
    }

    private mutating func remove(_ key: ObjectKey) {
        guard let place = places.removeValue(forKey: key) else { return }
        clients?[place.address]?.removeAll { $0.key == key }
        if clients?[place.address]?.isEmpty == true { clients?[place.address] = nil }
        let count = (counts[place] ?? 1) - 1
        counts[place] = count == 0 ? nil : count
        if count == 0 { index.remove(place.slot, for: place.address) }
        hasChanges = true
    }
}

/// A pod as others can be told of it.
final class PodEntry: Sendable {
    let key: ObjectKey
    let labels: [String: String]

    init(key: ObjectKey, labels: [String: String]) {
        self.key = key
        self.labels = labels
    }
}
