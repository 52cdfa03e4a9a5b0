import KubernetesClient

/// An address of the cluster.
///
/// `DNSWire` has a type of the same name, so this file does without it.
typealias ClusterAddress = IPAddress
