package import Basics

/// A Pod (`v1`), trimmed.
package struct Pod: KubernetesResource {
    /// Where the pod is in its life.
    package enum Phase: UInt8, Sendable, Hashable {
        case pending
        case running
        case succeeded
        case failed
        case unknown
    }

    package static let endpoint = ResourceEndpoint(groupPath: "/api/v1", plural: "pods", isNamespaced: true)
    package static let encodings = ResourceEncodings.protobuf(json: jsonParts, Self.init(_:_:))

    package var metadata: ObjectMetadata
    /// The pod's primary address; `nil` until it has one.
    package var podIP: IPAddress?
    /// All addresses of the pod, the primary one included.
    package var podIPs: [IPAddress]
    /// Where the pod is in its life.
    ///
    /// A missing or new phase is `unknown`.
    package var phase: Phase
    /// The pod's labels.
    package var labels: [String: String]
    package var malformedAddressCount: Int

    /// Creates a pod.
    package init(
        metadata: ObjectMetadata, podIP: IPAddress? = nil, podIPs: [IPAddress] = [], phase: Phase = .running,
        labels: [String: String] = [:], malformedAddressCount: Int = 0
    ) {
        self.metadata = metadata
        self.podIP = podIP
        self.podIPs = podIPs
        self.phase = phase
        self.labels = labels
        self.malformedAddressCount = malformedAddressCount
    }
}
