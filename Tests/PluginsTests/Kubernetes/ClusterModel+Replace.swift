import KubernetesClient

@testable import Plugins

extension ClusterModel {
    /// Tells of `all` as the present state.
    mutating func replace(with all: [Service]) {
        for event in ResourceEvent.state(all) { apply(event) }
    }

    /// Tells of `all` as the present state.
    mutating func replace(with all: [EndpointSlice]) {
        for event in ResourceEvent.state(all) { apply(event) }
    }

    /// Tells of `all` as the present state.
    mutating func replace(with all: [Namespace]) {
        for event in ResourceEvent.state(all) { apply(event) }
    }

    /// Tells of `all` as the present state.
    mutating func replace(with all: [Pod]) {
        for event in ResourceEvent.state(all) { apply(event) }
    }

    /// Tells of `all` as the present state.
    mutating func replace(with all: [ServiceImport]) {
        for event in ResourceEvent.state(all) { apply(event) }
    }
}
