extension ProtobufSchema {
    /// The messages of the kinds that are served as protobuf, by kind.
    static let kinds: [String: ProtobufSchema] = [
        "Namespace": namespace, "Service": service, "Pod": pod, "EndpointSlice": endpointSlice,
    ]

    /// The part every object has.
    static let objectMeta = ProtobufSchema([
        "name": .init(1), "generateName": .init(2), "namespace": .init(3), "selfLink": .init(4), "uid": .init(5),
        "resourceVersion": .init(6), "generation": .init(7, .number), "creationTimestamp": .init(8, .time),
        "deletionTimestamp": .init(9, .time), "deletionGracePeriodSeconds": .init(10, .number),
        "labels": .init(11, .map), "annotations": .init(12, .map), "ownerReferences": .init(13, .message(owner)),
        "finalizers": .init(14), "managedFields": .init(17, .message(managedFields)),
    ])

    private static let owner = ProtobufSchema([
        "kind": .init(1), "name": .init(3), "uid": .init(4), "apiVersion": .init(5), "controller": .init(6, .flag),
        "blockOwnerDeletion": .init(7, .flag),
    ])

    private static let managedFields = ProtobufSchema([
        "manager": .init(1), "operation": .init(2), "apiVersion": .init(3), "time": .init(4, .time),
        "fieldsType": .init(6), "fieldsV1": .init(7, .fields), "subresource": .init(8),
    ])

    private static let namespace = ProtobufSchema([
        "metadata": .init(1, .message(objectMeta)),
        "spec": .init(2, .message(.init(["finalizers": .init(1)]))),
        "status": .init(3, .message(.init(["phase": .init(1)]))),
    ])

    // MARK: Services

    private static let service = ProtobufSchema([
        "metadata": .init(1, .message(objectMeta)), "spec": .init(2, .message(serviceSpec)),
        "status": .init(3, .message(.init(["loadBalancer": .init(1, .message(loadBalancer))]))),
    ])

    private static let serviceSpec = ProtobufSchema([
        "ports": .init(1, .message(servicePort)), "selector": .init(2, .map), "clusterIP": .init(3), "type": .init(4),
        "externalIPs": .init(5), "sessionAffinity": .init(7), "loadBalancerIP": .init(8),
        "loadBalancerSourceRanges": .init(9), "externalName": .init(10), "externalTrafficPolicy": .init(11),
        "healthCheckNodePort": .init(12, .number), "publishNotReadyAddresses": .init(13, .flag),
        "ipFamilyPolicy": .init(17), "clusterIPs": .init(18), "ipFamilies": .init(19),
        "allocateLoadBalancerNodePorts": .init(20, .flag), "loadBalancerClass": .init(21),
        "internalTrafficPolicy": .init(22), "trafficDistribution": .init(23),
    ])

    private static let servicePort = ProtobufSchema([
        "name": .init(1), "protocol": .init(2), "port": .init(3, .number), "targetPort": .init(4, .intOrString),
        "nodePort": .init(5, .number), "appProtocol": .init(6),
    ])

    private static let loadBalancer = ProtobufSchema([
        "ingress": .init(
            1, .message(.init(["ip": .init(1), "hostname": .init(2), "ipMode": .init(3)])))
    ])

    // MARK: Endpoint slices

    private static let endpointSlice = ProtobufSchema([
        "metadata": .init(1, .message(objectMeta)), "endpoints": .init(2, .message(endpoint)),
        "ports": .init(3, .message(endpointPort)), "addressType": .init(4),
    ])

    private static let endpoint = ProtobufSchema([
        "addresses": .init(1), "conditions": .init(2, .message(conditions)), "hostname": .init(3),
        "targetRef": .init(4, .message(reference)), "nodeName": .init(6), "zone": .init(7),
    ])

    private static let conditions = ProtobufSchema([
        "ready": .init(1, .flag), "serving": .init(2, .flag), "terminating": .init(3, .flag),
    ])

    private static let reference = ProtobufSchema([
        "kind": .init(1), "namespace": .init(2), "name": .init(3), "uid": .init(4), "apiVersion": .init(5),
        "resourceVersion": .init(6), "fieldPath": .init(7),
    ])

    private static let endpointPort = ProtobufSchema([
        "name": .init(1), "protocol": .init(2), "port": .init(3, .number), "appProtocol": .init(4),
    ])

    // MARK: Pods

    private static let pod = ProtobufSchema([
        "metadata": .init(1, .message(objectMeta)), "spec": .init(2, .message(podSpec)),
        "status": .init(3, .message(podStatus)),
    ])

    private static let podSpec = ProtobufSchema([
        "containers": .init(2, .message(.init(["name": .init(1), "image": .init(2)]))), "restartPolicy": .init(3),
        "dnsPolicy": .init(6), "nodeSelector": .init(7, .map), "serviceAccountName": .init(8), "nodeName": .init(10),
    ])

    private static let podStatus = ProtobufSchema([
        "phase": .init(1), "message": .init(3), "reason": .init(4), "hostIP": .init(5), "podIP": .init(6),
        "startTime": .init(7, .time), "qosClass": .init(9),
        "podIPs": .init(12, .message(.init(["ip": .init(1)]))),
    ])
}
