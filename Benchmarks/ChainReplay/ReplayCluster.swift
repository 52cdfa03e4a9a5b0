/// The cluster that is asked about.
///
/// Services of one namespace, each with an address, a port and three endpoints; every tenth is headless. One more is another name for a
/// host outside of the cluster.
struct ReplayCluster {
    static let namespace = "shop"
    static let size = 100
    static let endpointCount = 3
    private static let headlessEvery = 10

    /// The services with a ClusterIP, and those without one.
    static let addressed = (0..<size).filter { $0 % headlessEvery != 0 }
    static let headless = (0..<size).filter { $0 % headlessEvery == 0 }

    static func service(_ number: Int) -> String { "service-\(number)" }
    static func name(_ number: Int) -> String { "\(service(number)).\(namespace).svc.cluster.local." }
    static func address(_ number: Int) -> [Int] { [10, 96, number >> 8, number & 255] }

    static func endpoint(_ number: Int, _ index: Int) -> [Int] { [10, 244, number, index + 1] }

    /// The name that asks what an address belongs to.
    static func reverseName(_ address: [Int]) -> String { text(address.reversed()) + ".in-addr.arpa." }

    private static func text(_ address: [Int]) -> String { address.map(String.init).joined(separator: ".") }

    /// The service that is a name for a host outside of the cluster.
    static let alias = "alias"

    /// The cluster's objects, as `manifests` reads them.
    static let manifest =
        "apiVersion: v1\nkind: List\nitems:\n"
        + "- {apiVersion: v1, kind: Namespace, metadata: {name: \(namespace)}}\n"
        + "- {apiVersion: v1, kind: Service, metadata: {name: \(alias), namespace: \(namespace)}, "
        + "spec: {type: ExternalName, externalName: host.example.net}}\n"
        + (0..<size).map { serviceText($0) + sliceText($0) }.joined()

    private static let ports = "ports: [{name: http, port: 80, protocol: TCP}]"

    private static func serviceText(_ number: Int) -> String {
        let own = number % headlessEvery == 0 ? "None" : text(address(number))
        return "- {apiVersion: v1, kind: Service, metadata: {name: \(service(number)), namespace: \(namespace)}, "
            + "spec: {clusterIP: \(own), clusterIPs: [\(own)], \(ports)}}\n"
    }

    private static func sliceText(_ number: Int) -> String {
        let endpoints = (0..<endpointCount).map { index in
            "{addresses: [\(text(endpoint(number, index)))], conditions: {ready: true}, "
                + "targetRef: {kind: Pod, name: \(service(number))-\(index), namespace: \(namespace)}}"
        }
        return "- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, "
            + "metadata: {name: \(service(number))-slice, namespace: \(namespace), "
            + "labels: {kubernetes.io/service-name: \(service(number))}}, addressType: IPv4, \(ports), "
            + "endpoints: [\(endpoints.joined(separator: ", "))]}\n"
    }
}
