/// One record, in wire form, with its text at hand.
package struct LDNSRecord: Sendable, Hashable {
    /// *Shape*: uncompressed, with the root label, case kept.
    package var owner: [UInt8]
    package var type: UInt16
    package var `class`: UInt16
    /// *Units*: seconds.
    package var ttl: UInt32
    /// *Shape*: uncompressed, without length.
    package var rdata: [UInt8]
    /// Where a text had it, from 1; 0 for a record that came in wire form.
    package var line = 0

    package init(owner: [UInt8], type: UInt16, class: UInt16, ttl: UInt32, rdata: [UInt8], line: Int = 0) {
        self.owner = owner
        self.type = type
        self.class = `class`
        self.ttl = ttl
        self.rdata = rdata
        self.line = line
    }

    /// The owner in text form, absolute.
    package var ownerText: String {
        (try? LDNSBridge.text(ofName: owner)) ?? ""
    }

    /// The data in text form; `\# length hex` for data that has no other or does not fit its type.
    package var rdataText: String {
        LDNSBridge.rdataText(of: self)
    }

    /// `owner TTL class type data`, separated by single blanks.
    package var text: String {
        let name = LDNSBridge.name(ofType: type)
        return "\(ownerText) \(ttl) \(LDNSBridge.name(ofClass: `class`)) \(name) \(rdataText)"
    }
}
