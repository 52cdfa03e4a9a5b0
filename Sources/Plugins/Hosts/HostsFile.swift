import Basics
import DNSWire

/// The entries of a hosts file: `ADDRESS NAME...`, one a line, `#` starts a comment.
///
/// A line that does not begin with an address, or names nothing in the zones, is passed over, as in CoreDNS.
struct HostsFile {
    /// The addresses of one name as octets, in the order of the file.
    struct Addresses {
        var v4: [UInt8] = []
        var v6: [UInt8] = []

        fileprivate mutating func leaveOutRepeats() {
            Self.leaveOutRepeats(&v4, width: 4)
            Self.leaveOutRepeats(&v6, width: 16)
        }

        private static func leaveOutRepeats(_ octets: inout [UInt8], width: Int) {
            guard octets.count > width else { return }
            var seen: Set<ArraySlice<UInt8>> = []
            var kept: [UInt8] = []
            for start in stride(from: 0, to: octets.count, by: width) {
                let address = octets[start..<start + width]
                if seen.insert(address).inserted { kept += address }
            }
            octets = kept
        }
    }

    /// By name in lower case.
    private(set) var exact: [Name: Addresses] = [:]
    /// `*.example.org` under the name `example.org`.
    private(set) var wildcards: [Name: Addresses] = [:]
    private(set) var reverse: [IPAddress: [Name]] = [:]
    /// Addresses of names and names of addresses together, which is what CoreDNS counts as entries.
    private(set) var count = 0

    /// No entries.
    init() {}

    /// Reads lines.
    ///
    /// - Parameter hasReverse: whether addresses shall have names.
    init(_ text: [UInt8], zones: ZoneScope, hasReverse: Bool) {
        for line in text.split(separator: 0x0A) {
            add(line.prefix { $0 != 0x23 }, zones, hasReverse)
        }
        leaveOutRepeats()
    }

    /// Leaves out what a line has said before: a record is there once (RFC 2181 §5).
    private mutating func leaveOutRepeats() {
        Self.forEachValue(of: &exact) { $0.leaveOutRepeats() }
        Self.forEachValue(of: &wildcards) { $0.leaveOutRepeats() }
        Self.forEachValue(of: &reverse) { names in
            guard names.count > 1 else { return }
            var seen: Set<Name> = []
            names.removeAll { !seen.insert($0).inserted }
        }
    }

    /// Changes values in place: a large file's table is not copied.
    private static func forEachValue<Key, Value>(of table: inout [Key: Value], _ change: (inout Value) -> Void) {
        var index = table.values.startIndex
        while index != table.values.endIndex {
            change(&table.values[index])
            table.values.formIndex(after: &index)
        }
    }

    private mutating func add(_ line: ArraySlice<UInt8>, _ zones: ZoneScope, _ hasReverse: Bool) {
        let words = line.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard let first = words.first, let address = Self.address(first) else { return }
        for word in words.dropFirst() {
            let text = String(decoding: word, as: UTF8.self)
            guard let name = try? Name(parsing: text).lowercased, zones.contains(name.wire.span) else { continue }
            if let parent = Self.wildcardParent(of: name) {
                Self.add(address, to: &wildcards[parent, default: Addresses()])
            } else {
                Self.add(address, to: &exact[name, default: Addresses()])
                if hasReverse {
                    reverse[address, default: []].append(name)
                    count += 1
                }
            }
            count += 1
        }
    }

    /// An IPv6 address may have a zone index, which says nothing here.
    static func address(_ word: ArraySlice<UInt8>) -> IPAddress? {
        IPAddress(String(decoding: word.prefix { $0 != 0x25 }, as: UTF8.self))
    }

    private static func wildcardParent(of name: Name) -> Name? {
        name.wire.starts(with: [1, 0x2A]) ? name.parent : nil
    }

    private static func add(_ address: IPAddress, to list: inout Addresses) {
        if address.isIPv4 { list.v4 += address.octets } else { list.v6 += address.octets }
    }
}
