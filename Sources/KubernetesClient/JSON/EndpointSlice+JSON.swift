extension EndpointSlice: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(
            labels: [
                LabelKeys.serviceName.rawValue, LabelKeys.importedService.rawValue, LabelKeys.sourceCluster.rawValue,
            ], annotations: [AnnotationKeys.lastChange.rawValue]),
        "addressType": .all, "ports": ["name", "port", "protocol"],
        "endpoints": [
            "addresses": .all, "conditions": ["ready"], "hostname": .all, "targetRef": ["kind", "name"],
            "nodeName": .all, "zone": .all,
        ],
    ]

    enum LabelKeys: String, CodingKey {
        case serviceName = "kubernetes.io/service-name"
        case importedService = "multicluster.kubernetes.io/service-name"
        case sourceCluster = "multicluster.kubernetes.io/source-cluster"
    }

    enum AnnotationKeys: String, CodingKey {
        case lastChange = "endpoints.kubernetes.io/last-change-trigger-time"
    }

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no object") }
        self.init(metadata: ObjectMetadata(name: ""), serviceName: "", addressType: .other)
        var form: MetadataForm?
        while let member = try json.member() {
            switch member {
            case "metadata":
                form = try MetadataForm(
                    from: &json, context, labels: { LabelKeys(rawValue: $0) != nil },
                    annotations: { AnnotationKeys(rawValue: $0) != nil })
            case "addressType": addressType = AddressType(spelling: try json.string())
            case "ports": ports = try PortForm.list(&json).compactMap(Port.init)
            case "endpoints": try readEndpoints(&json, context)
            default: try json.skip()
            }
        }
        guard let form else { throw json.fault("no metadata") }
        take(form, context)
        // The names of a slice of names are not addresses, so none of them counts as malformed.
        if addressType == .other { (endpoints, malformedAddressCount) = ([], 0) }
    }

    private mutating func take(_ form: MetadataForm, _ context: DecodingContext) {
        func label(_ key: LabelKeys) -> String { form.labels[key.rawValue] ?? "" }
        metadata = form.metadata
        serviceName = label(.serviceName)
        importedService = label(.importedService)
        sourceCluster = context.strings.shared(label(.sourceCluster))
        lastChangeTriggerTime = form.annotations[AnnotationKeys.lastChange.rawValue].flatMap(Timestamp.nanoseconds)
    }

    private mutating func readEndpoints(_ json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        (endpoints, malformedAddressCount) = ([], 0)
        guard try json.beginArray() else { return }
        while try json.element() { endpoints.append(try Endpoint(&json, context, &malformedAddressCount)) }
    }
}

extension EndpointSlice.Port {
    /// A port as the API writes it; nothing when the number or the transport is none.
    init?(_ form: PortForm) {
        guard let transport = TransportProtocol(spelling: form.transport) else { return nil }
        let number = form.number.map(UInt16.init(exactly:))
        if case .some(nil) = number { return nil }
        self.init(name: form.name, number: number ?? nil, transport: transport)
    }
}

extension EndpointSlice.Endpoint {
    /// - Parameter malformedCount: counts addresses that are none.
    fileprivate init(
        _ json: inout JSONReader, _ context: DecodingContext, _ malformedCount: inout Int
    ) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("not an object") }
        self.init(addresses: [])
        while let member = try json.member() {
            switch member {
            case "addresses":
                let list = try AddressList(&json)
                addresses = list.addresses
                malformedCount += list.malformedCount
            case "hostname": hostname = try json.string() ?? ""
            case "nodeName": nodeName = context.strings.shared(try json.string() ?? "")
            case "zone": zone = context.strings.shared(try json.string() ?? "")
            case "conditions": try readConditions(&json)
            case "targetRef": try readTarget(&json)
            default: try json.skip()
            }
        }
    }

    private mutating func readConditions(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            if member == "ready" { isReady = try json.bool() ?? true } else { try json.skip() }
        }
    }

    private mutating func readTarget(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            switch member {
            case "kind": targetKind = try json.string() ?? ""
            case "name": targetName = try json.string() ?? ""
            default: try json.skip()
            }
        }
    }
}

extension EndpointSlice.AddressType {
    /// Reads the API's spelling.
    init(spelling: String?) {
        switch spelling {
        case "IPv4": self = .ipv4
        case "IPv6": self = .ipv6
        default: self = .other
        }
    }
}
