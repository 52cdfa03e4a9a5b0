import Foundation

/// Writes the cluster's objects as an API server tells them, with all that a DNS server has no use for.
struct ObjectForms: Sendable {
    typealias Members = [String: any Sendable]

    let shape: ClusterShape
    /// When the objects that are there from the start were created.
    private let created = "2026-03-01T09:30:00Z"

    init(_ shape: ClusterShape) {
        self.shape = shape
    }

    func namespace(_ number: Int) -> Members {
        let name = "ns-\(number)"
        let labels = ["kubernetes.io/metadata.name": name, "team": "team-\(number % 7)"]
        return [
            "metadata": metadata(name, namespace: nil, labels, Ballast.namespaceFields, uid: uid(1, number)),
            "spec": ["finalizers": ["kubernetes"]] as Members, "status": ["phase": "Active"] as Members,
        ]
    }

    // MARK: Services

    func service(_ service: ServiceState) -> Members {
        let (number, name) = (service.number, shape.name(of: service.number))
        var metadata = metadata(
            name, namespace: shape.namespace(of: number), labels(number), Ballast.serviceFields, uid: uid(2, number))
        metadata["annotations"] = Ballast.annotations(name)
        var spec: Members = [
            "selector": ["app": name, "app.kubernetes.io/instance": name], "sessionAffinity": "None",
            "internalTrafficPolicy": "Cluster", "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"],
            "ports": (0..<service.ports).map { port -> Members in
                ["name": "p\(port)", "protocol": "TCP", "port": 80 + port, "targetPort": 8080 + port]
            },
        ]
        switch service.form {
        case .alias:
            spec = ["type": "ExternalName", "externalName": "target-\(number).example.net", "sessionAffinity": "None"]
        case .headless: addresses("None", &spec)
        case .clusterAddress: addresses(shape.clusterAddress(of: number), &spec)
        }
        return ["metadata": metadata, "spec": spec, "status": ["loadBalancer": Members()] as Members]
    }

    private func addresses(_ address: String, _ spec: inout Members) {
        spec["type"] = "ClusterIP"
        spec["clusterIP"] = address
        spec["clusterIPs"] = [address]
    }

    // MARK: Slices

    func sliceName(_ number: Int, _ slice: Int) -> String { "\(shape.name(of: number))-\(slice)x7k2" }

    func slice(_ slice: SliceState, of service: ServiceState, changed: String?) -> Members {
        let number = service.number
        var labels = labels(number)
        labels["kubernetes.io/service-name"] = shape.name(of: number)
        labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
        if service.form == .headless { labels["service.kubernetes.io/headless"] = "" }
        var metadata = metadata(
            sliceName(number, slice.index), namespace: shape.namespace(of: number), labels, Ballast.sliceFields,
            uid: uid(3 + slice.index, number))
        metadata["annotations"] = ["endpoints.kubernetes.io/last-change-trigger-time": changed ?? created]
        metadata["ownerReferences"] = [
            [
                "apiVersion": "v1", "kind": "Service", "name": shape.name(of: number), "uid": uid(2, number),
                "controller": true, "blockOwnerDeletion": true,
            ] as Members
        ]
        return [
            "metadata": metadata, "addressType": slice.isIPv6 ? "IPv6" : "IPv4",
            "endpoints": slice.endpoints.map { endpoint($0, of: service, isIPv6: slice.isIPv6) },
            "ports": (0..<service.ports).map { port -> Members in
                ["name": "p\(port)", "protocol": "TCP", "port": 8080 + port]
            },
        ]
    }

    /// The host name of an endpoint: every other pod of a headless service has one.
    func hostName(_ endpoint: EndpointState, of service: ServiceState) -> String? {
        service.form == .headless && endpoint.pod % 2 == 0 ? "pod-\(endpoint.pod)" : nil
    }

    private func endpoint(_ endpoint: EndpointState, of service: ServiceState, isIPv6: Bool) -> Members {
        let number = service.number
        var members: Members = [
            "addresses": [isIPv6 ? Address.sixText(endpoint.address) : Address.text(endpoint.address)],
            "conditions": endpoint.isReady ? Self.ready : Self.notReady,
            "nodeName": "node-\(endpoint.address % 250).compute.internal", "zone": "zone-\(endpoint.address % 3)",
            "targetRef": [
                "kind": "Pod", "namespace": shape.namespace(of: number),
                "name": "\(shape.name(of: number))-6f9c8d7b5-\(endpoint.pod)", "uid": uid(9, Int(endpoint.address)),
            ] as Members,
        ]
        if let name = hostName(endpoint, of: service) { members["hostname"] = name }
        return members
    }

    private static let ready: Members = ["ready": true, "serving": true, "terminating": false]
    private static let notReady: Members = ["ready": false, "serving": false, "terminating": false]

    // MARK: What all have

    private func labels(_ number: Int) -> [String: String] {
        let name = shape.name(of: number)
        return [
            "app": name, "app.kubernetes.io/instance": name, "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/version": "1.\(number % 40).0", "helm.sh/chart": "\(name)-0.\(number % 90).2",
        ]
    }

    private func metadata(
        _ name: String, namespace: String?, _ labels: [String: String], _ fields: [Members], uid: String
    ) -> Members {
        var metadata: Members = [
            "name": name, "uid": uid, "creationTimestamp": created, "labels": labels, "managedFields": fields,
        ]
        metadata["namespace"] = namespace
        return metadata
    }

    private func uid(_ kind: Int, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "5f1c0a7e-9d3b-4c2\(kind)-8e60-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}
