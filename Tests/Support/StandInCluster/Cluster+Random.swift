import StandInAPIServer

/// Changes without any regard for what is usual: slices without services, endpoints in two slices, services that become something else.
extension Cluster {
    private static var mostEndpoints: Int { 20 }

    /// Makes one change, which can be of several objects.
    func changeAnything() throws(StandInError) {
        let number = Int.random(in: 0..<services.count, using: &random)
        switch Int.random(in: 0..<1000, using: &random) {
        case ..<500: try changeSomeSlice(of: number)
        case ..<650: try addOrRemoveSlice(of: number)
        case ..<720: try moveEndpoint(of: number)
        case ..<850: try toggleService(number)
        case ..<950: try transformService(number)
        case ..<990: try removeWhole(number)
        default: try toggleNamespace(number % shape.namespaces)
        }
    }

    private func changeSomeSlice(of number: Int) throws(StandInError) {
        guard let slice = services[number].slices.indices.randomElement(using: &random) else { return }
        let endpoints = services[number].slices[slice].endpoints
        let endpoint = endpoints.indices.randomElement(using: &random)
        switch (Int.random(in: 0..<4, using: &random), endpoint) {
        case (0, let endpoint?): flip(number, slice, endpoint)
        case (1, let endpoint?): renew(number, slice, endpoint)
        case (2, let endpoint?): services[number].slices[slice].endpoints.remove(at: endpoint)
        default:
            guard endpoints.count < Self.mostEndpoints else { return }
            services[number].slices[slice].endpoints.append(newEndpoint())
        }
        try tellSlice(number, slice)
    }

    private func newEndpoint() -> EndpointState {
        EndpointState(
            pod: Int.random(in: 0..<Self.mostEndpoints, using: &random), address: freshAddress(),
            isReady: Int.random(in: 0..<4, using: &random) > 0)
    }

    private func addOrRemoveSlice(of number: Int) throws(StandInError) {
        let index = Int.random(in: 0..<SliceState.limit, using: &random)
        if let place = services[number].slices.firstIndex(where: { $0.index == index }) {
            return removeSlice(number, place)
        }
        let count = Int.random(in: 0..<6, using: &random)
        services[number].slices.append(SliceState(index: index, endpoints: (0..<count).map { _ in newEndpoint() }))
        try tellSlice(number, services[number].slices.count - 1)
    }

    /// Moves an endpoint to another slice; which of the two is told first is left to chance.
    private func moveEndpoint(of number: Int) throws(StandInError) {
        let slices = services[number].slices
        guard let from = slices.indices.filter({ !slices[$0].isIPv6 }).randomElement(using: &random),
            let to = slices.indices.filter({ !slices[$0].isIPv6 && $0 != from }).randomElement(using: &random),
            let endpoint = slices[from].endpoints.last, slices[to].endpoints.count < Self.mostEndpoints
        else { return }
        services[number].slices[from].endpoints.removeLast()
        services[number].slices[to].endpoints.append(endpoint)
        let isAddedFirst = Bool.random(using: &random)
        try tellSlice(number, isAddedFirst ? to : from)
        try tellSlice(number, isAddedFirst ? from : to)
    }

    private func toggleService(_ number: Int) throws(StandInError) {
        services[number].exists.toggle()
        try tellService(number)
    }

    /// Makes another sort of service of it; its slices follow only as they change.
    private func transformService(_ number: Int) throws(StandInError) {
        guard services[number].exists else { return }
        services[number].form = ServiceState.Form.allCases.randomElement(using: &random) ?? .clusterAddress
        services[number].ports = Int.random(in: 1...2, using: &random)
        try tellService(number)
    }

    private func removeWhole(_ number: Int) throws(StandInError) {
        if services[number].exists {
            services[number].exists = false
            try tellService(number)
        }
        while !services[number].slices.isEmpty { removeSlice(number, 0) }
    }

    private func toggleNamespace(_ number: Int) throws(StandInError) {
        if absentNamespaces.remove(number) == nil { absentNamespaces.insert(number) }
        try tellNamespace(number)
    }
}
