/// What objects of a real cluster carry besides what a DNS server reads, in the sizes that it has there.
///
/// The managed fields are texts, so that they need not be written anew for every object; in JSON they are strings therefore,
/// where a real API server has objects.
enum Ballast {
    typealias Members = ObjectForms.Members

    static let namespaceFields = [
        fields("kubectl-create", "{\"f:metadata\":\(names(["f:kubernetes.io/metadata.name", "f:name", "f:team"]))}")
    ]

    static let serviceFields = [
        fields(
            "helm",
            "{\"f:metadata\":{\"f:annotations\":"
                + names(["f:meta.helm.sh/release-name", "f:meta.helm.sh/release-namespace"]) + ",\"f:labels\":"
                + names([
                    "f:app", "f:app.kubernetes.io/instance", "f:app.kubernetes.io/managed-by",
                    "f:app.kubernetes.io/version", "f:helm.sh/chart",
                ]) + "},\"f:spec\":"
                + names([
                    "f:clusterIP", "f:internalTrafficPolicy", "f:ports", "f:selector", "f:sessionAffinity", "f:type",
                ]) + "}")
    ]

    static let sliceFields = [
        fields(
            "kube-controller-manager",
            "{\"f:addressType\":{},\"f:endpoints\":{},\"f:metadata\":{\"f:annotations\":"
                + names([".", "f:endpoints.kubernetes.io/last-change-trigger-time"])
                + ",\"f:generateName\":{},\"f:labels\":"
                + names([
                    ".", "f:app", "f:endpointslice.kubernetes.io/managed-by", "f:kubernetes.io/service-name",
                ]) + ",\"f:ownerReferences\":"
                + names([".", #"k:{\"uid\":\"5f1c0a7e-9d3b-4c22-8e60-000000000001\"}"#]) + "},\"f:ports\":{}}")
    ]

    /// The annotations of a service that a chart has installed.
    static func annotations(_ name: String) -> [String: String] {
        [
            "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": "default",
            "prometheus.io/scrape": "true", "prometheus.io/port": "9090",
            "kubectl.kubernetes.io/last-applied-configuration":
                #"{"apiVersion":"v1","kind":"Service","metadata":{"annotations":{},"name":"\#(name)"},"#
                + #""spec":{"ports":[{"name":"p0","port":80,"targetPort":8080}],"selector":{"app":"\#(name)"}}}"#,
        ]
    }

    private static func fields(_ manager: String, _ owned: String) -> Members {
        [
            "manager": manager, "operation": "Update", "apiVersion": "v1", "time": "2026-03-01T09:30:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": owned,
        ]
    }

    /// An object whose members are empty objects.
    private static func names(_ names: [String]) -> String {
        "{" + names.map { "\"\($0)\":{}" }.joined(separator: ",") + "}"
    }
}
