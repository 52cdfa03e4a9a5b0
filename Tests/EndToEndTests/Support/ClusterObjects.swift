/// The JSON of objects of a cluster.
enum ClusterObjects {
    static func namespace(_ name: String) -> String {
        #"{"kind":"Namespace","metadata":{"name":"\#(name)"}}"#
    }

    /// A service with the port `http`, 80; headless when its address is `None`.
    static func service(_ name: String, _ address: String, namespace: String = "shop") -> String {
        """
        {"kind":"Service","metadata":{"name":"\(name)","namespace":"\(namespace)"},"spec":{"clusterIP":"\(address)",
        "clusterIPs":["\(address)"],"ports":[{"name":"http","port":80,"protocol":"TCP"}]}}
        """
    }

    /// A slice of a service with ready endpoints; each has the host name `e` and the last part of its address.
    static func slice(
        _ name: String, of service: String, _ addresses: [String], labels: [String: String] = [:]
    ) -> String {
        let endpoints = addresses.map { address in
            let hostName = "e\(address.split(separator: ".").last ?? "")"
            return #"{"addresses":["\#(address)"],"hostname":"\#(hostName)","conditions":{"ready":true}}"#
        }
        let owner = service.isEmpty ? [:] : ["kubernetes.io/service-name": service]
        let labels = owner.merging(labels) { $1 }.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",")
        return """
            {"kind":"EndpointSlice","metadata":{"name":"\(name)","namespace":"shop","labels":{\(labels)}},
            "addressType":"IPv4","endpoints":[\(endpoints.joined(separator: ","))],
            "ports":[{"name":"http","port":80,"protocol":"TCP"}]}
            """
    }

    static func pod(_ name: String, _ address: String) -> String {
        """
        {"kind":"Pod","metadata":{"name":"\(name)","namespace":"shop"},
        "status":{"phase":"Running","podIP":"\(address)","podIPs":[{"ip":"\(address)"}]}}
        """
    }

    /// A shop: a service, a headless one with endpoints, and a pod.
    static let shop = [
        namespace("shop"), service("web", "10.96.0.80"), service("db", "None"),
        slice("db-1", of: "db", ["10.1.0.1", "10.1.0.2"]), pod("cart", "10.1.0.9"),
    ]
}
