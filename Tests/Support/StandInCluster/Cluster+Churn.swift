import StandInAPIServer

/// What goes on in a cluster all day: pods become ready or not, are replaced, and now and then a service comes or goes.
extension Cluster {
    /// How many services there are at most besides those from the start.
    private static var extraServices: Int { 100 }

    /// Makes one change, which can be of two objects.
    func churn() throws(StandInError) {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<45: try changeEndpoint { $0.flip($1, $2, $3) }
        case ..<88: try changeEndpoint { $0.renew($1, $2, $3) }
        case ..<94: try churnSlice()
        default: try churnService()
        }
    }

    /// A service that was there from the start and is not kept for changes on demand.
    private func pick() -> Int {
        let number = Int.random(in: 0..<shape.services, using: &random)
        // A cluster of one service has no other.
        return shape.isReserved(number) ? min(number + 1, shape.services - 1) : number
    }

    private func changeEndpoint(
        _ change: (isolated Cluster, Int, Int, Int) -> Void
    ) throws(StandInError) {
        let number = pick()
        guard let slice = services[number].slices.indices.randomElement(using: &random),
            let endpoint = services[number].slices[slice].endpoints.indices.randomElement(using: &random)
        else { return }
        change(self, number, slice, endpoint)
        try tellSlice(number, slice)
    }

    func flip(_ number: Int, _ slice: Int, _ endpoint: Int) {
        services[number].slices[slice].endpoints[endpoint].isReady.toggle()
    }

    /// Adds a second slice to a service, or removes it.
    private func churnSlice() throws(StandInError) {
        let number = pick()
        if services[number].slices.count > 1 { return removeSlice(number, 1) }
        let endpoint = EndpointState(pod: shape.endpointsPerService, address: freshAddress())
        services[number].slices.append(SliceState(index: 1, endpoints: [endpoint]))
        try tellSlice(number, services[number].slices.count - 1)
    }

    /// Adds a service with its slice, or removes one that was added.
    private func churnService() throws(StandInError) {
        if services.count < shape.services + Self.extraServices { addService() }
        let number = Int.random(in: shape.services..<services.count, using: &random)
        services[number].exists.toggle()
        try tellService(number)
        if services[number].exists, services[number].slices.isEmpty {
            services[number].slices = [
                SliceState(index: 0, endpoints: [EndpointState(pod: 0, address: freshAddress())])
            ]
        }
        if services[number].exists { return try tellSlice(number, 0) }
        while !services[number].slices.isEmpty { removeSlice(number, 0) }
    }
}
