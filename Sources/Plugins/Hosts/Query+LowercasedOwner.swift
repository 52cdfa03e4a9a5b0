import DNSServer
import DNSWire

extension Query {
    /// Appends an answer whose owner is the question's name in lower case, as CoreDNS writes the owners of its own data.
    ///
    /// Shape: the owner is a pointer to the question when that is in lower case already, else the name is written once and
    /// pointed to after that. `data` is taken as it is and uncompressed.
    /// - Parameter owner: where the name stands in the reply; 0 before the first record.
    func appendLowercasedRecord(owner: inout Int, type: RecordType, ttl: UInt32, data: Span<UInt8>) {
        if owner == 0, questionIsLowercased { owner = MessageHeader.length }
        guard owner == 0 else {
            reply.appendRecord(ownerAt: owner, type: type, ttl: ttl, data: data)
            return
        }
        owner = reply.count
        let record = reply.beginRecord(writing: name, type: type, ttl: ttl)
        reply.append(data)
        reply.endRecord(record)
    }

    /// Whether the asker wrote the name in lower case.
    var questionIsLowercased: Bool {
        let (name, message) = (self.name, self.message)
        for index in 0..<name.count where name[index] != message[MessageHeader.length + index] { return false }
        return true
    }
}
