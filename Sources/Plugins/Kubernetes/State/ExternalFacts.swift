import DNSWire
import KubernetesClient

/// Where a service is reached from outside of the cluster: its external addresses, and its load balancer's.
///
/// Most services have none of it.
final class ExternalFacts: Sendable, Equatable {
    /// `spec.externalIPs` and the addresses of the load balancer.
    let addresses: AddressList
    /// The host names of the load balancer, each once, in the order of the object.
    let hostnames: [Name]

    /// Takes what `service` says; nil when it says nothing.
    init?(_ service: Service) {
        addresses = AddressList(service.externalIPs + service.loadBalancerIPs)
        var hostnames: [Name] = []
        for text in service.loadBalancerHostnames {
            guard let name = try? Name(parsing: text), !name.isRoot, !hostnames.contains(name) else { continue }
            hostnames.append(name)
        }
        self.hostnames = hostnames
        if addresses.isEmpty, hostnames.isEmpty { return nil }
    }

    /// Takes what is known; nil when that is nothing.
    init?(addresses: AddressList, hostnames: [Name]) {
        self.addresses = addresses
        self.hostnames = hostnames
        if addresses.isEmpty, hostnames.isEmpty { return nil }
    }

    static func == (left: ExternalFacts, right: ExternalFacts) -> Bool {
        left.addresses == right.addresses && left.hostnames.map(\.wire) == right.hostnames.map(\.wire)
    }
}
