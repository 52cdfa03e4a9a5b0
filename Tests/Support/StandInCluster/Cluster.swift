import Foundation
import StandInAPIServer

/// The made-up cluster as it is at the moment; each change is told to those who watch.
actor Cluster {
    static let namespacePath = "/api/v1/namespaces"
    static let servicePath = "/api/v1/services"
    static let slicePath = "/apis/discovery.k8s.io/v1/endpointslices"
    /// How many addresses that were given up are remembered.
    private static let retiredLimit = 2000

    let shape: ClusterShape
    let forms: ObjectForms
    private let server: StandInAPIServer
    var services: [ServiceState]
    var random: SeededGenerator
    var absentNamespaces: Set<Int> = []
    /// Addresses that endpoints have given up, the last of them.
    private(set) var retired: [UInt32] = []
    /// How many changes of objects were told.
    private(set) var told = 0
    /// Whether changes are made in the background.
    private var isBusy = false
    private var laterAddresses: UInt32 = 0
    private var changesOnDemand = 0

    init(_ shape: ClusterShape, server: StandInAPIServer, seed: UInt64) {
        self.shape = shape
        self.server = server
        forms = ObjectForms(shape)
        random = SeededGenerator(seed: seed)
        services = (0..<shape.services).map { Self.service($0, shape) }
    }

    private static func service(_ number: Int, _ shape: ClusterShape) -> ServiceState {
        let first = Address.firstEndpoint + UInt32(clamping: number * shape.endpointsPerService) + 1
        let endpoints = (0..<shape.endpointsPerService).map {
            EndpointState(pod: $0, address: first + UInt32(clamping: $0))
        }
        return ServiceState(
            number: number, form: shape.isHeadless(number) ? .headless : .clusterAddress,
            slices: [SliceState(index: 0, endpoints: endpoints)])
    }

    /// Puts all objects before the API server.
    func create() throws {
        for number in 0..<shape.namespaces { try server.put(forms.namespace(number), in: Self.namespacePath) }
        for service in services {
            try server.put(forms.service(service), in: Self.servicePath)
            for slice in service.slices {
                try server.put(forms.slice(slice, of: service, changed: nil), in: Self.slicePath)
            }
        }
    }

    // MARK: On demand

    /// Gives one endpoint of a service another address.
    ///
    /// - Returns: the address, and when those who watch were told, on the monotonic clock in nanoseconds; nothing when the
    ///   service has no endpoints.
    func change(_ number: Int) throws(StandInError) -> (address: String, time: UInt64)? {
        guard services.indices.contains(number), let slice = services[number].slices.first, !slice.endpoints.isEmpty,
            !slice.isIPv6
        else { return nil }
        changesOnDemand += 1
        let place = changesOnDemand % slice.endpoints.count
        renew(number, 0, place)
        services[number].slices[0].endpoints[place].isReady = true
        let service = services[number]
        let object = forms.slice(service.slices[0], of: service, changed: Date.now.formatted(.iso8601))
        let time = MonotonicClock.now
        try server.put(object, in: Self.slicePath)
        told += 1
        return (Address.text(service.slices[0].endpoints[place].address), time)
    }

    /// Begins changes in the background.
    ///
    /// - Returns: whether none were under way.
    func claim() -> Bool {
        defer { isBusy = true }
        return !isBusy
    }

    /// Ends changes in the background.
    func release() {
        isBusy = false
    }

    // MARK: Parts of changes

    /// Gives an endpoint an address that no other has.
    func renew(_ number: Int, _ slice: Int, _ endpoint: Int) {
        retire(services[number].slices[slice].endpoints[endpoint].address)
        services[number].slices[slice].endpoints[endpoint].address = freshAddress()
    }

    func freshAddress() -> UInt32 {
        laterAddresses += 1
        return Address.later.lowerBound + laterAddresses % UInt32(Address.later.count)
    }

    private func retire(_ address: UInt32) {
        if retired.count >= 2 * Self.retiredLimit { retired.removeFirst(Self.retiredLimit) }
        retired.append(address)
    }

    func addService() {
        var service = Self.service(services.count, shape)
        service.exists = false
        services.append(service)
    }

    func tellService(_ number: Int) throws(StandInError) {
        let service = services[number]
        if service.exists {
            try server.put(forms.service(service), in: Self.servicePath)
        } else {
            server.delete(Self.servicePath, namespace: shape.namespace(of: number), name: shape.name(of: number))
        }
        told += 1
    }

    func tellSlice(_ number: Int, _ place: Int) throws(StandInError) {
        let service = services[number]
        let changed = Date.now.formatted(.iso8601)
        try server.put(forms.slice(service.slices[place], of: service, changed: changed), in: Self.slicePath)
        told += 1
    }

    func removeSlice(_ number: Int, _ place: Int) {
        let slice = services[number].slices.remove(at: place)
        for endpoint in slice.endpoints where !slice.isIPv6 { retire(endpoint.address) }
        let name = forms.sliceName(number, slice.index)
        server.delete(Self.slicePath, namespace: shape.namespace(of: number), name: name)
        told += 1
    }

    func tellNamespace(_ number: Int) throws(StandInError) {
        if absentNamespaces.contains(number) {
            server.delete(Self.namespacePath, name: "ns-\(number)")
        } else {
            try server.put(forms.namespace(number), in: Self.namespacePath)
        }
        told += 1
    }
}
