/// A service as it is at the moment, and its slices.
struct ServiceState: Sendable {
    enum Form: Sendable, CaseIterable {
        case clusterAddress
        case headless
        case alias
    }

    let number: Int
    var form: Form
    var ports = 1
    /// Whether the Service object is there; its slices can be there without it.
    var exists = true
    var slices: [SliceState]
}

/// An EndpointSlice.
struct SliceState: Sendable {
    /// How many slices a service can have; the last of them has IPv6 addresses.
    static let limit = 3

    let index: Int
    var endpoints: [EndpointState]

    var isIPv6: Bool { index == Self.limit - 1 }
}

/// An endpoint of a slice.
struct EndpointState: Sendable {
    /// Which of the service's pods it is.
    let pod: Int
    var address: UInt32
    var isReady = true
}
