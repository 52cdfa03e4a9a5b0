import KubernetesClient

extension ClusterSource {
    /// Where the objects come from.
    enum Origin: Hashable, Sendable {
        case server(ClusterAccess)
        /// A folder of manifests.
        case manifests(String)

        /// What a start waits for, in CoreDNS's words where it has some.
        var awaited: String {
            switch self {
            case .server: "Kubernetes API"
            case .manifests(let folder): "the manifests in \(folder) to be read"
            }
        }

        /// What is not known as a whole when a start has waited long enough.
        var unsynced: String {
            switch self {
            case .server: "unsynced Kubernetes API"
            case .manifests(let folder): "the manifests in \(folder) not yet read as a whole"
            }
        }
    }

    /// What is followed and how it is kept; all of it decides whether two blocks can share a source.
    struct Scope: Hashable, Sendable {
        var origin: Origin
        var form: ClusterModel.Form
        var followsEndpoints: Bool
        var followsPods: Bool
        /// Which services, slices and pods are followed; nil for all.
        var labels: LabelSelector?
        /// Which namespaces are followed; nil for all.
        var namespaceLabels: LabelSelector?
        /// The pace of requests.
        var limits: RequestLimits
        /// Where the last good state is kept; nil for nowhere.
        var stateFile: String?

        /// The kinds of objects that make up the state.
        var resources: Set<ClusterModel.Resource> {
            var resources: Set<ClusterModel.Resource> = [.services, .namespaces]
            if followsEndpoints { resources.insert(.endpointSlices) }
            if followsPods { resources.insert(.pods) }
            if form.keepsImports { resources.insert(.serviceImports) }
            return resources
        }

        /// What a state on disk is of, in words; the same text means that it can be used.
        var text: String {
            var words: [String] =
                switch origin {
                case .server(let access): ["server \(access.server.authority)"]
                case .manifests(let path): ["manifests \(path)"]
                }
            words += resources.map { "\($0)" }.sorted()
            if form.usesPodNames { words.append("pod names") }
            if form.keepsZones { words.append("zones") }
            if form.keepsPodDetails { words.append("pod details") }
            if let labels { words.append("labels \(labels.text)") }
            if let namespaceLabels { words.append("namespace labels \(namespaceLabels.text)") }
            return words.joined(separator: ", ")
        }
    }
}

// The configuration has a type of the same name.
typealias ClientLimits = RequestLimits

extension KubernetesConfiguration.RequestLimits {
    /// The client's limits: its own defaults where nothing is said.
    var limits: ClientLimits {
        var limits = ClientLimits()
        if let rate { limits.qps = rate }
        if let burst { limits.burst = burst }
        if let inFlight { limits.maxInFlight = inFlight }
        return limits
    }
}
