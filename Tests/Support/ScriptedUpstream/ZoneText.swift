import Basics
import DNSWire

/// A line of a scripted upstream's zone that is no record.
package struct ZoneTextError: Error, CustomStringConvertible {
    package let line: String
    package let problem: String

    package var description: String { "\(problem): \(line)" }
}

extension Record {
    /// Reads `OWNER TTL CLASS TYPE DATA`, all on one line, for the types that the scripts use.
    init(zoneLine line: Substring) throws(ZoneTextError) {
        let fields = line.split(separator: " ", maxSplits: 4).map(String.init)
        guard fields.count == 5, let owner = try? Name(parsing: fields[0]), let ttl = UInt32(fields[1]),
            let recordClass = RecordClass(parsing: fields[2]), let type = RecordType(parsing: fields[3])
        else { throw ZoneTextError(line: String(line), problem: "this is no record") }
        guard let data = RecordData(zoneText: fields[4], type: type) else {
            throw ZoneTextError(line: String(line), problem: "the data does not suit the type")
        }
        self.init(owner, type, recordClass: recordClass, ttl: ttl, data)
    }
}

extension RecordData {
    fileprivate init?(zoneText text: String, type: RecordType) {
        let fields = text.split(separator: " ").map(String.init)
        switch type {
        case .A, .AAAA:
            guard let address = IPAddress(text) else { return nil }
            self = type == .A ? .a(address) : .aaaa(address)
        case .CNAME, .NS, .PTR:
            guard let name = try? Name(parsing: text) else { return nil }
            self = type == .CNAME ? .cname(name) : type == .NS ? .ns(name) : .ptr(name)
        case .TXT:
            self = .txt(TXTData(strings: text.quotedParts.map { Array($0.utf8) }))
        case .CAA:
            guard fields.count == 3, let flags = UInt8(fields[0]), let value = fields[2].quotedParts.first else {
                return nil
            }
            self = .caa(CAAData(flags: flags, tag: fields[1], value: value))
        default:
            self.init(namedFields: fields, type: type)
        }
    }

    /// The types with numbers and names in their data.
    private init?(namedFields fields: [String], type: RecordType) {
        let numbers = fields.compactMap { UInt32($0) }
        let names = fields.filter { UInt32($0) == nil }.compactMap { try? Name(parsing: $0) }
        switch (type, numbers.count, names.count) {
        case (.MX, 1, 1):
            self = .mx(MXData(preference: UInt16(clamping: numbers[0]), exchange: names[0]))
        case (.SRV, 3, 1):
            self = .srv(
                SRVData(
                    priority: UInt16(clamping: numbers[0]), weight: UInt16(clamping: numbers[1]),
                    port: UInt16(clamping: numbers[2]), target: names[0]))
        case (.SOA, 5, 2):
            self = .soa(
                SOAData(
                    primary: names[0], mailbox: names[1], serial: numbers[0], refresh: numbers[1], retry: numbers[2],
                    expire: numbers[3], minimum: numbers[4]))
        default:
            return nil
        }
    }
}

extension String {
    /// What stands between pairs of quotes.
    fileprivate var quotedParts: [String] {
        split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
}
