import KubernetesClient

/// Turns what is told of a cluster's objects into the next snapshot.
///
/// Changes are taken one by one and marked; ``commit(serial:)`` works all marked ones in at once, so that a burst of changes to one
/// service costs one new view of it.
struct ClusterModel: Sendable {
    /// The kinds of objects that can be followed.
    enum Resource: Hashable, Sendable, CaseIterable {
        case services
        case endpointSlices
        case namespaces
        case pods
    }

    /// The last snapshot that was committed.
    private(set) var snapshot: ClusterSnapshot
    private let usesPodNames: Bool
    private var missing: Set<Resource>

    private var facts: [ContiguousArray<UInt8>: ServiceFacts] = [:]
    private var slices: [ObjectKey: SliceRecord] = [:]
    /// The slices of each service, by service.
    private var members: [ContiguousArray<UInt8>: ContiguousArray<SliceRecord>] = [:]
    private var dirty: Set<ContiguousArray<UInt8>> = []

    private var namespaces: NameTable<NamespaceEntry>
    private var pods: [ObjectKey: PodPlace] = [:]
    private var podCounts: [PodPlace: Int] = [:]
    private var podNamespaces = AddressIndex()
    private var hasOtherChanges = false

    /// Where a pod is: pods on the host's network share their address.
    private struct PodPlace: Hashable {
        let address: ClusterAddress
        let slot: UInt64
    }

    /// Starts without any object.
    ///
    /// - Parameters:
    ///   - expected: the kinds that will be told of; when each has been told of as a whole, the state is known.
    ///   - mask: the bits of names' hashes that are used.
    init(expecting expected: Set<Resource>, usesPodNames: Bool = false, mask: UInt64 = .max) {
        missing = expected
        self.usesPodNames = usesPodNames
        namespaces = NameTable(mask: mask)
        snapshot = ClusterSnapshot(
            services: NameTable(mask: mask), namespaces: namespaces, isSynced: expected.isEmpty)
    }

    /// Whether ``commit(serial:)`` has something to do.
    var hasChanges: Bool {
        !dirty.isEmpty || hasOtherChanges || snapshot.isSynced != missing.isEmpty
    }

    // MARK: Services

    mutating func apply(_ event: ResourceEvent<Service>) {
        switch event {
        case .replaced(let all, _):
            var gone = Set(facts.keys)
            for service in all {
                if let wire = update(service) { gone.remove(wire) }
            }
            for wire in gone { removeService(wire) }
            missing.remove(.services)
        case .added(let service), .modified(let service):
            _ = update(service)
        case .deleted(let service):
            if let wire = Self.wire(service.metadata) { removeService(wire) }
        case .bookmark:
            break
        }
    }

    private static func wire(_ metadata: ObjectMetadata) -> ContiguousArray<UInt8>? {
        WireLabel.encode(metadata.name, metadata.namespace)
    }

    private mutating func update(_ service: Service) -> ContiguousArray<UInt8>? {
        guard let wire = Self.wire(service.metadata) else { return nil }
        let next = ServiceFacts(service)
        guard facts[wire] != next else { return wire }
        facts[wire] = next
        dirty.insert(wire)
        return wire
    }

    private mutating func removeService(_ wire: ContiguousArray<UInt8>) {
        guard facts.removeValue(forKey: wire) != nil else { return }
        dirty.insert(wire)
    }

    // MARK: Slices

    mutating func apply(_ event: ResourceEvent<EndpointSlice>) {
        switch event {
        case .replaced(let all, _):
            var gone = Set(slices.keys)
            for slice in all {
                gone.remove(slice.metadata.key)
                update(slice)
            }
            for key in gone { removeSlice(key) }
            missing.remove(.endpointSlices)
        case .added(let slice), .modified(let slice):
            update(slice)
        case .deleted(let slice):
            removeSlice(slice.metadata.key)
        case .bookmark:
            break
        }
    }

    private mutating func update(_ slice: EndpointSlice) {
        let key = slice.metadata.key
        guard let next = SliceRecord(slice, usesPodNames: usesPodNames) else {
            removeSlice(key)
            return
        }
        guard slices[key] != next else { return }
        removeSlice(key)
        slices[key] = next
        members[next.service, default: []].append(next)
        dirty.insert(next.service)
    }

    private mutating func removeSlice(_ key: ObjectKey) {
        guard let former = slices.removeValue(forKey: key) else { return }
        members[former.service]?.removeAll { $0 === former }
        if members[former.service]?.isEmpty == true { members[former.service] = nil }
        dirty.insert(former.service)
    }

    // MARK: Namespaces

    mutating func apply(_ event: ResourceEvent<Namespace>) {
        switch event {
        case .replaced(let all, _):
            var gone = Set(namespaces.entries.map(\.wire))
            for namespace in all {
                guard let wire = WireLabel.encode(namespace.metadata.name) else { continue }
                gone.remove(wire)
                addNamespace(wire)
            }
            for wire in gone { removeNamespace(wire) }
            missing.remove(.namespaces)
        case .added(let namespace), .modified(let namespace):
            if let wire = WireLabel.encode(namespace.metadata.name) { addNamespace(wire) }
        case .deleted(let namespace):
            if let wire = WireLabel.encode(namespace.metadata.name) { removeNamespace(wire) }
        case .bookmark:
            break
        }
    }

    private mutating func addNamespace(_ wire: ContiguousArray<UInt8>) {
        guard namespaces.find(wire) == nil else { return }
        namespaces.insert(NamespaceEntry(wire: wire))
        hasOtherChanges = true
    }

    private mutating func removeNamespace(_ wire: ContiguousArray<UInt8>) {
        guard namespaces.find(wire) != nil else { return }
        namespaces.remove(wire)
        hasOtherChanges = true
    }

    // MARK: Pods

    mutating func apply(_ event: ResourceEvent<Pod>) {
        switch event {
        case .replaced(let all, _):
            var gone = Set(pods.keys)
            for pod in all {
                gone.remove(pod.metadata.key)
                update(pod)
            }
            for key in gone { removePod(key) }
            missing.remove(.pods)
        case .added(let pod), .modified(let pod):
            update(pod)
        case .deleted(let pod):
            removePod(pod.metadata.key)
        case .bookmark:
            break
        }
    }

    /// A pod counts by its primary address, and no longer when it is being deleted or has ended.
    private mutating func update(_ pod: Pod) {
        let key = pod.metadata.key
        guard let address = pod.podIP, !pod.metadata.isTerminating, pod.phase == .running || pod.phase == .pending,
            let namespace = WireLabel.encode(pod.metadata.namespace)
        else {
            removePod(key)
            return
        }
        let place = PodPlace(address: address, slot: namespaces.slot(of: namespace))
        guard pods[key] != place else { return }
        removePod(key)
        pods[key] = place
        podCounts[place, default: 0] += 1
        podNamespaces.insert(place.slot, for: address)
        hasOtherChanges = true
    }

    private mutating func removePod(_ key: ObjectKey) {
        guard let place = pods.removeValue(forKey: key) else { return }
        let count = (podCounts[place] ?? 1) - 1
        podCounts[place] = count == 0 ? nil : count
        if count == 0 { podNamespaces.remove(place.slot, for: place.address) }
        hasOtherChanges = true
    }

    // MARK: The next snapshot

    /// Makes the snapshot of what was told until now; nil when nothing has changed.
    ///
    /// - Parameter serial: the time in seconds since 1970.
    /// - Complexity: O(log n) for each changed service, plus its own endpoints.
    mutating func commit(serial: UInt32) -> ClusterSnapshot? {
        guard hasChanges else { return nil }
        var services = snapshot.services
        var index = snapshot.servicesByAddress
        for wire in dirty { commit(wire, &services, &index) }
        dirty.removeAll(keepingCapacity: dirty.count < 1_024)
        hasOtherChanges = false
        snapshot = ClusterSnapshot(
            services: services, namespaces: namespaces, servicesByAddress: index, podNamespaces: podNamespaces,
            serial: serial, isSynced: missing.isEmpty)
        return snapshot
    }

    private func commit(
        _ wire: ContiguousArray<UInt8>, _ services: inout NameTable<ServiceView>, _ index: inout AddressIndex
    ) {
        let former = services.find(wire)
        let facts = facts[wire]
        let endpoints = members[wire].flatMap { EndpointTable($0) }
        if facts == nil, endpoints == nil {
            services.remove(wire)
        } else {
            services.insert(ServiceView(wire: former?.wire ?? wire, facts: facts, endpoints: endpoints))
        }
        let slot = services.slot(of: wire)
        let next = services.find(wire)
        for address in former?.addresses ?? [] where next?.has(address) != true {
            let isShared = services.entries(inSlot: slot).contains { $0.has(address) }
            if !isShared { index.remove(slot, for: address) }
        }
        for address in next?.addresses ?? [] where former?.has(address) != true {
            index.insert(slot, for: address)
        }
    }
}

extension ServiceView {
    /// Cluster addresses and endpoints.
    fileprivate var addresses: [ClusterAddress] {
        (facts?.addresses.addresses ?? []) + (endpoints?.addresses.addresses ?? [])
    }

    /// Whether `address` is one of the service's cluster addresses or endpoints.
    func has(_ address: ClusterAddress) -> Bool {
        facts?.addresses.number(of: address) != nil || endpoints?.addresses.number(of: address) != nil
    }
}
