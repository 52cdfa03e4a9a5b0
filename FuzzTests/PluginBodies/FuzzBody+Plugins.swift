package import FuzzBodies

extension FuzzBody {
    /// Those that need the plugins.
    package static var plugins: [FuzzBody] {
        [
            .resolverFile, .hosts, .regex, .template, .forwardCache, .httpEndpoint, .httpsUpstream, .httpFrames,
            .kubeconfig, .clusterList, .clusterEvent, .snapshot,
        ]
    }
}
