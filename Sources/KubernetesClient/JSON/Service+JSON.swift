extension Service: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(),
        "spec": [
            "type": .all, "clusterIP": .all, "clusterIPs": .all, "externalName": .all, "externalIPs": .all,
            "ports": ["name", "port", "protocol"],
        ],
        "status": ["loadBalancer": ["ingress": ["ip", "hostname"]]],
    ]

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no object") }
        self.init(metadata: ObjectMetadata(name: ""))
        var metadata: ObjectMetadata?
        while let member = try json.member() {
            switch member {
            case "metadata": metadata = try ObjectMetadata(from: &json, context)
            case "spec": try readSpec(&json)
            case "status": try readStatus(&json)
            default: try json.skip()
            }
        }
        guard let metadata else { throw json.fault("no metadata") }
        self.metadata = metadata
    }

    private mutating func readSpec(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        var (clusterIP, clusterIPs): (String?, [String]) = (nil, [])
        while let member = try json.member() {
            switch member {
            case "type": kind = Kind(try json.token())
            case "clusterIP": clusterIP = try json.string()
            case "clusterIPs": clusterIPs = try json.strings()
            case "externalName": externalName = try json.string() ?? ""
            case "externalIPs": takeExternalIPs(try json.strings())
            case "ports": ports = try Port.list(&json)
            default: try json.skip()
            }
        }
        takeClusterIPs(clusterIPs, orElse: clusterIP)
    }

    private mutating func readStatus(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            guard member == "loadBalancer" else {
                try json.skip()
                continue
            }
            guard try json.beginObject() else { continue }
            while let member = try json.member() {
                if member == "ingress" { takeIngress(try Self.ingress(&json)) } else { try json.skip() }
            }
        }
    }

    private static func ingress(
        _ json: inout JSONReader
    ) throws(APIFailure) -> [(ip: String?, hostname: String?)] {
        guard try json.beginArray() else { return [] }
        var ingress: [(ip: String?, hostname: String?)] = []
        while try json.element() {
            guard try json.beginObject() else { throw json.fault("not an object") }
            var (ip, hostname): (String?, String?)
            while let member = try json.member() {
                switch member {
                case "ip": ip = try json.string()
                case "hostname": hostname = try json.string()
                default: try json.skip()
                }
            }
            ingress.append((ip, hostname))
        }
        return ingress
    }
}

extension Service {
    /// Takes the addresses in the cluster as the API writes them: the list, or the one where there is none.
    mutating func takeClusterIPs(_ list: [String], orElse single: String?) {
        let texts = list.isEmpty ? single.map { [$0] } ?? [] : list
        isHeadless = texts.contains("None")
        let list = AddressList(texts.filter { !$0.isEmpty && $0 != "None" })
        clusterIPs = list.addresses
        malformedAddressCount += list.malformedCount
    }

    /// Takes `spec.externalIPs`.
    mutating func takeExternalIPs(_ texts: [String]) {
        let list = AddressList(texts)
        externalIPs = list.addresses
        malformedAddressCount += list.malformedCount
    }

    /// Takes `status.loadBalancer.ingress`.
    mutating func takeIngress(_ ingress: [(ip: String?, hostname: String?)]) {
        let list = AddressList(ingress.compactMap(\.ip).filter { !$0.isEmpty })
        loadBalancerIPs = list.addresses
        malformedAddressCount += list.malformedCount
        // An address makes the name beside it unneeded.
        loadBalancerHostnames = ingress.filter { $0.ip?.isEmpty != false }.compactMap(\.hostname).filter { !$0.isEmpty }
    }
}

extension Service.Port {
    /// A port as the API writes it; nothing when the number or the transport is none.
    init?(name: String, number: Int, transport: String?) {
        guard let number = UInt16(exactly: number), let transport = TransportProtocol(spelling: transport) else {
            return nil
        }
        self.init(name: name, number: number, transport: transport)
    }

    /// Reads an array of ports, those left out that are none.
    static func list(_ json: inout JSONReader) throws(APIFailure) -> [Self] {
        var ports: [Self] = []
        for form in try PortForm.list(&json) {
            guard let number = form.number else { throw json.fault("a port without a number") }
            if let port = Self(name: form.name, number: number, transport: form.transport) { ports.append(port) }
        }
        return ports
    }
}

/// A port as the API writes it.
struct PortForm {
    var name = ""
    var number: Int?
    var transport: String?

    /// Reads an array of ports.
    static func list(_ json: inout JSONReader) throws(APIFailure) -> [PortForm] {
        guard try json.beginArray() else { return [] }
        var forms: [PortForm] = []
        while try json.element() { forms.append(try PortForm(&json)) }
        return forms
    }

    private init(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("not an object") }
        while let member = try json.member() {
            switch member {
            case "name": name = try json.string() ?? ""
            case "port": number = try json.integer()
            case "protocol": transport = try json.string()
            default: try json.skip()
            }
        }
    }
}

extension Service.Kind {
    /// Reads the API's spelling.
    init(spelling: String?) {
        switch spelling {
        case "NodePort": self = .nodePort
        case "LoadBalancer": self = .loadBalancer
        case "ExternalName": self = .externalName
        default: self = .clusterIP
        }
    }

    /// Reads the API's spelling.
    fileprivate init(_ token: JSONToken?) {
        switch token {
        case .some("NodePort"): self = .nodePort
        case .some("LoadBalancer"): self = .loadBalancer
        case .some("ExternalName"): self = .externalName
        default: self = .clusterIP
        }
    }
}
