import Basics

/// Addresses read from strings, and how many strings were none.
struct AddressList {
    var addresses: [IPAddress] = []
    var malformedCount = 0

    init() {}

    init(_ texts: [String]) {
        addresses.reserveCapacity(texts.count)
        for text in texts { append(text) }
    }

    mutating func append(_ text: String) {
        if let address = IPAddress(text) { addresses.append(address) } else { malformedCount += 1 }
    }

    /// Reads an array of texts.
    init(_ json: inout JSONReader) throws(APIFailure) {
        guard try json.beginArray() else { return }
        while try json.element() {
            if let address = try json.ipv4Address() {
                addresses.append(address)
                continue
            }
            guard let text = try json.string() else { throw json.fault("not a text") }
            append(text)
        }
    }
}
