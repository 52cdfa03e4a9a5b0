extension ServiceImport: JSONReadable {
    /// What is read of an object.
    static let jsonParts: JSONParts = [
        "metadata": .metadata(), "spec": ["type": .all, "ips": .all, "ports": ["name", "port", "protocol"]],
    ]

    init(from json: inout JSONReader, _ context: DecodingContext) throws(APIFailure) {
        guard try json.beginObject() else { throw json.fault("no object") }
        self.init(metadata: ObjectMetadata(name: ""))
        var metadata: ObjectMetadata?
        while let member = try json.member() {
            switch member {
            case "metadata": metadata = try ObjectMetadata(from: &json, context)
            case "spec": try readSpec(&json)
            default: try json.skip()
            }
        }
        guard let metadata else { throw json.fault("no metadata") }
        self.metadata = metadata
    }

    private mutating func readSpec(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginObject() else { return }
        while let member = try json.member() {
            switch member {
            case "type": kind = try json.string() == "Headless" ? .headless : .clusterSetIP
            case "ips":
                let list = AddressList(try json.strings())
                (addresses, malformedAddressCount) = (list.addresses, list.malformedCount)
            case "ports": ports = try Service.Port.list(&json)
            default: try json.skip()
            }
        }
    }
}
