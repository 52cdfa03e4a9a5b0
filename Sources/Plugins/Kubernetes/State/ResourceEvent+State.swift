import KubernetesClient

extension ResourceEvent {
    /// The events that tell of `all` as the present state.
    static func state(_ all: [Resource]) -> [ResourceEvent] {
        [.listBegan, .listed(all), .listEnded(resourceVersion: "")]
    }
}
