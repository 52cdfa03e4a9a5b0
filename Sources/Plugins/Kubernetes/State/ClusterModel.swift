import KubernetesClient

/// Turns what is told of a cluster's objects into the next snapshot.
///
/// Changes are taken one by one and marked; ``commit(serial:)`` works all marked ones in at once, so that a burst of changes to one
/// service costs one new view of it. A list of all objects changes only what differs, whatever was known before.
struct ClusterModel: Sendable {
    /// The kinds of objects that can be followed.
    enum Resource: UInt8, Hashable, Sendable, CaseIterable {
        case services
        case endpointSlices
        case namespaces
        case pods
        case serviceImports
    }

    /// The last snapshot that was committed.
    private(set) var snapshot: ClusterSnapshot
    private let form: Form
    private var missing: Set<Resource>
    var services: ServiceBook
    /// What other clusters export.
    var imports: ServiceBook
    var namespaces: NamespaceBook
    var pods: PodBook
    /// Whether there is a state from before to answer from.
    var isRestored = false

    /// What of the objects is kept.
    struct Form: Hashable, Sendable {
        /// Whether endpoints without a host name are named after their pod.
        var usesPodNames = false
        /// Whether the topology zones of endpoints are kept.
        var keepsZones = false
        /// Whether services that other clusters export are kept.
        var keepsImports = false
        /// Whether names and labels of pods are kept.
        var keepsPodDetails = false

        /// What of the objects is needed for that.
        var details: ObjectDetails {
            var details: ObjectDetails = []
            if keepsPodDetails { details.insert(.labels) }
            if usesPodNames { details.insert(.targets) }
            if keepsZones { details.insert(.zones) }
            return details
        }
    }

    /// Starts without any object.
    ///
    /// - Parameters:
    ///   - expected: the kinds that will be told of; when each has been told of as a whole, the state is known.
    ///   - mask: the bits of names' hashes that are used.
    init(expecting expected: Set<Resource>, form: Form = Form(), mask: UInt64 = .max) {
        missing = expected
        self.form = form
        pods = PodBook(keepsDetails: form.keepsPodDetails)
        services = ServiceBook(mask: mask)
        imports = ServiceBook(mask: mask)
        namespaces = NamespaceBook(mask: mask)
        snapshot = ClusterSnapshot(
            services: services.table, namespaces: namespaces.table, isSynced: expected.isEmpty)
    }

    /// Whether ``commit(serial:)`` has something to do.
    var hasChanges: Bool {
        services.hasChanges || imports.hasChanges || namespaces.hasChanges || pods.hasChanges
            || snapshot.isSynced != isSynced
    }

    /// Whether all kinds of objects have been told of as a whole.
    var isComplete: Bool { missing.isEmpty }

    private var isSynced: Bool { isComplete || isRestored }

    // MARK: What is told

    mutating func apply(_ event: ResourceEvent<Service>) {
        Self.apply(event, to: &services, named: \.metadata) { ServiceFacts($0) }
        if case .listEnded = event { missing.remove(.services) }
    }

    mutating func apply(_ event: ResourceEvent<ServiceImport>) {
        Self.apply(event, to: &imports, named: \.metadata) { ServiceFacts($0) }
        if case .listEnded = event { missing.remove(.serviceImports) }
    }

    /// Tells `book` of services, or of what stands for services.
    private static func apply<Object>(
        _ event: ResourceEvent<Object>, to book: inout ServiceBook, named metadata: KeyPath<Object, ObjectMetadata>,
        _ facts: (Object) -> ServiceFacts
    ) {
        func name(_ object: Object) -> ContiguousArray<UInt8>? { wire(object[keyPath: metadata]) }
        switch event {
        case .listBegan: book.beginServices()
        case .listed(let all):
            for object in all {
                if let name = name(object) { book.list(name, facts(object)) }
            }
        case .listEnded: book.endServices()
        case .added(let object), .modified(let object):
            if let name = name(object) { book.update(name, facts(object)) }
        case .deleted(let object):
            if let name = name(object) { book.removeService(name) }
        case .bookmark: break
        }
    }

    private static func wire(_ metadata: ObjectMetadata) -> ContiguousArray<UInt8>? {
        WireLabel.encode(metadata.name, metadata.namespace)
    }

    /// - Parameter now: the time since some fixed point; see ``expire(now:)``.
    mutating func apply(_ event: ResourceEvent<EndpointSlice>, now: Duration = .zero) {
        switch event {
        case .listBegan:
            services.beginSlices()
            imports.beginSlices()
        case .listed(let all):
            for slice in all {
                services.list(slice.metadata.key, record(slice))
                imports.list(slice.metadata.key, importedRecord(slice))
            }
        case .listEnded:
            services.endSlices()
            imports.endSlices()
            missing.remove(.endpointSlices)
        case .added(let slice), .modified(let slice):
            let key = slice.metadata.key
            func mentioned() -> Set<ClusterAddress> { Set(slice.endpoints.lazy.flatMap(\.addresses)) }
            services.update(key, record(slice), mentioned: mentioned, now: now)
            guard form.keepsImports else { return }
            imports.update(key, importedRecord(slice), mentioned: mentioned, now: now)
        case .deleted(let slice):
            services.delete(slice.metadata.key, now: now)
            imports.delete(slice.metadata.key, now: now)
        case .bookmark:
            break
        }
    }

    private func record(_ slice: EndpointSlice) -> SliceRecord? {
        SliceRecord(slice, usesPodNames: form.usesPodNames, keepsZones: form.keepsZones)
    }

    private func importedRecord(_ slice: EndpointSlice) -> SliceRecord? {
        guard form.keepsImports, !slice.importedService.isEmpty else { return nil }
        return SliceRecord(
            importing: slice, service: slice.importedService, cluster: slice.sourceCluster,
            usesPodNames: form.usesPodNames)
    }

    mutating func apply(_ event: ResourceEvent<Namespace>) {
        namespaces.apply(event)
        if case .listEnded = event { missing.remove(.namespaces) }
    }

    mutating func apply(_ event: ResourceEvent<Pod>) {
        let table = namespaces.table
        pods.apply(event) { table.slot(of: $0) }
        if case .listEnded = event { missing.remove(.pods) }
    }

    // MARK: Time

    /// When ``expire(now:)`` has something to do.
    var nextExpiry: Duration? {
        guard let first = services.nextExpiry, let second = imports.nextExpiry else {
            return services.nextExpiry ?? imports.nextExpiry
        }
        return min(first, second)
    }

    /// Takes out what was only kept for a moment.
    mutating func expire(now: Duration) {
        services.expire(now: now)
        imports.expire(now: now)
    }

    // MARK: The next snapshot

    /// Makes the snapshot of what was told until now; nil when nothing has changed.
    ///
    /// - Parameter serial: the time in seconds since 1970.
    /// - Complexity: O(log n) for each changed service, plus its own endpoints.
    mutating func commit(serial: UInt32) -> ClusterSnapshot? {
        guard hasChanges else { return nil }
        let externalChanges = services.externalChanges
        services.commit()
        imports.commit()
        namespaces.commit()
        pods.commit()
        snapshot = ClusterSnapshot(
            services: services.table, namespaces: namespaces.table, imports: imports.table,
            servicesByAddress: services.index, servicesByExternalAddress: services.externalIndex,
            podNamespaces: pods.index, clients: pods.clients, serial: serial,
            externalSerial: externalSerial(serial, hasChanged: services.externalChanges != externalChanges),
            isSynced: isSynced)
        return snapshot
    }

    /// What was there from the beginning is no change, as in CoreDNS.
    private func externalSerial(_ serial: UInt32, hasChanged: Bool) -> UInt32 {
        hasChanged && snapshot.isSynced ? serial : snapshot.externalSerial
    }
}
