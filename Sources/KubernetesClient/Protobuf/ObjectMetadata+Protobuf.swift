extension ObjectMetadata {
    /// Reads a message; nothing when it has no name.
    init?(_ message: ProtoObjectMeta, _ context: DecodingContext) {
        guard !message.name.isEmpty else { return nil }
        self.init(
            name: message.name, namespace: context.strings.shared(message.namespace),
            resourceVersion: message.resourceVersion, uid: message.uid, isTerminating: message.hasDeletionTimestamp)
    }
}

extension Namespace {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoNamespace, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        self.init(metadata: metadata, labels: context.keepsLabels ? message.metadata.labels : [:])
    }
}

extension Pod {
    /// Reads a message; nothing when it is no such object.
    init?(_ message: ProtoPod, _ context: DecodingContext) {
        guard let metadata = ObjectMetadata(message.metadata, context) else { return nil }
        let status = message.status
        var all = AddressList(status.podIps.map(\.ip))
        // An API server from before dual stack gives only the one address.
        if all.addresses.isEmpty, all.malformedCount == 0, !status.podIp.isEmpty { all.append(status.podIp) }
        self.init(
            metadata: metadata, podIP: IPAddress(status.podIp), podIPs: all.addresses,
            phase: Phase(spelling: status.phase), labels: context.keepsLabels ? message.metadata.labels : [:],
            malformedAddressCount: all.malformedCount)
    }
}

extension ProtoObjectMeta {
    /// The value of an annotation; what is not UTF-8 in it is replaced.
    func text(of annotation: String) -> String? {
        annotations[annotation].map { String(decoding: $0, as: UTF8.self) }
    }
}
