import DNSWire
import Glibc
import TestSupport

/// Sets of records that are far larger than what is sent of them over UDP.
///
/// What a stranger has made for his own domain, in the cache,
/// and a headless service of thousands of endpoints. `loadbalance` is there, since it once shuffled all of them.
enum LargeSets {
    /// A name with so many addresses that the reply has nearly as many octets as any can.
    static let name = "large.example.org."
    private static let addressCount = 4_000

    /// A headless service.
    static let service = "crowd.shop.svc.large.test."
    private static let endpointCount = 5_000

    /// A headless service whose few endpoints have thousands of ports of one number.
    static let ported = "ports.shop.svc.large.test."
    private static let portCount = 2_000
    private static let portedEndpointCount = 100

    /// The server block that has both.
    static func block(port: Int, folder: String) -> String {
        let addresses = (0..<addressCount).map { "        10.1.\($0 / 250).\($0 % 250) \(name)" }
        return """
            .:\(port) {
                bind 127.0.0.1
                errors
                kubernetes large.test {
                    manifests \(folder)/large
                    startup_timeout 5m
                    ttl 30
                }
                hosts {
            \(addresses.joined(separator: "\n"))
                    fallthrough
                }
                loadbalance
                cache {
                    max_size 65535
                    disable success large.test
                }
            }

            """
    }

    /// Writes the cluster's objects.
    ///
    /// - Throws: what keeps a file from being written.
    static func writeManifest(in folder: String) throws {
        guard unsafe mkdir("\(folder)/large", 0o700) == 0 else { throw ReplayFailure("\(folder)/large cannot be made") }
        let service =
            "- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n"
            + "- {apiVersion: v1, kind: Service, metadata: {name: crowd, namespace: shop}, "
            + "spec: {clusterIP: None, clusterIPs: [None], \(ports)}}\n"
            + "- {apiVersion: v1, kind: Service, metadata: {name: ports, namespace: shop}, "
            + "spec: {clusterIP: None, clusterIPs: [None], \(ports)}}\n"
        let many = (0..<portCount).map { "{name: p\($0), port: 80, protocol: TCP}" }
        let slices =
            stride(from: 0, to: endpointCount, by: sliceSize).map { slice(of: "crowd", $0..<$0 + sliceSize, ports) }
            + [slice(of: "ports", 0..<portedEndpointCount, "ports: [\(many.joined(separator: ", "))]")]
        let list = "apiVersion: v1\nkind: List\nitems:\n" + service + slices.joined()
        try ReplayServer.write(list, to: "\(folder)/large/cluster.yaml")
    }

    static func removeManifest(in folder: String) {
        unsafe unlink("\(folder)/large/cluster.yaml")
        unsafe rmdir("\(folder)/large")
    }

    private static let ports = "ports: [{name: http, port: 80, protocol: TCP}]"
    /// As many as the API server puts into one.
    private static let sliceSize = 1_000

    private static func slice(of service: String, _ numbers: Range<Int>, _ ports: String) -> String {
        let endpoints = numbers.map { "{addresses: [10.2.\($0 / 250).\($0 % 250)], conditions: {ready: true}}" }
        return "- {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, "
            + "metadata: {name: \(service)-\(numbers.lowerBound), namespace: shop, labels: {kubernetes.io/service-name: \(service)}}, addressType: IPv4, \(ports), "
            + "endpoints: [\(endpoints.joined(separator: ", "))]}\n"
    }

    /// Asks for both over TCP, over the real network: the set is kept as a whole then.
    ///
    /// - Throws: ``ReplayFailure`` when one is missing.
    static func fill(port: Int) async throws {
        for (text, count) in [(name, addressCount), (service, 4_000)] {
            let question = Message(id: 1, asking: Question(try Name(parsing: text), .A))
            let reply = try await onThread {
                try Asking.message(question, port: port, overTCP: true, within: .seconds(60))
            }
            guard let reply, reply.answers.count >= count else { throw ReplayFailure("\(text) has too few records") }
        }
    }
}
