import Basics
import DNSWire
import FuzzBodies

@testable import Plugins

extension FuzzBody {
    /// A hosts file gives no more entries than it has words; each is found in the table, no other name is, and what is printed from the
    /// entries reads as the same ones.
    static let hosts = FuzzBody(name: "FuzzHosts") { octets in
        let zones = ZoneScope(octets.first == UInt8(ascii: "!") ? ["example.org."] : ["."])
        let file = HostsFile(octets, zones: zones, hasReverse: true)
        guard file.count <= octets.count else { return "\(file.count) entries of \(octets.count) octets" }
        let table = HostsTable(file)
        return checkEntries(file, table, zones) ?? checkReverse(file, table) ?? checkPrinted(file)
            ?? checkQuestions(octets, file, table)
    }

    private static func checkEntries(_ file: HostsFile, _ table: HostsTable, _ zones: ZoneScope) -> String? {
        for (name, addresses) in file.exact {
            guard zones.contains(name.wire.span) else { return "\(name.text) is in no zone" }
            guard let entry = table.entry(of: name.wire.span) else { return "\(name.text) is not found" }
            if let complaint = compare(entry, addresses, table) { return "\(name.text): \(complaint)" }
        }
        for (name, addresses) in file.wildcards {
            guard let below = Name(uncheckedWire: [1, 0x78, 0]).appending(name) else { continue }
            guard let entry = table.wildcard(for: below.wire.span) else { return "*.\(name.text) is not found" }
            if let complaint = compare(entry, addresses, table) { return "*.\(name.text): \(complaint)" }
        }
        return nil
    }

    private static func compare(
        _ entry: HostsTable.Entry, _ addresses: HostsFile.Addresses, _ table: HostsTable
    ) -> String? {
        guard Array(table.addresses[entry.v4]) == addresses.v4, Array(table.addresses[entry.v6]) == addresses.v6 else {
            return "other addresses in the table"
        }
        guard addresses.v4.count % 4 == 0, addresses.v6.count % 16 == 0 else { return "a part of an address" }
        return addresses.v4.isEmpty && addresses.v6.isEmpty ? "no address" : nil
    }

    /// Whoever an address stands for has that address.
    private static func checkReverse(_ file: HostsFile, _ table: HostsTable) -> String? {
        for (address, names) in file.reverse {
            guard table.names(of: address) == names else { return "other names of \(address)" }
            for name in names {
                let found = file.exact[name].map { address.isIPv4 ? $0.v4 : $0.v6 } ?? []
                guard addresses(found, address.isIPv4 ? 4 : 16).contains(address) else {
                    return "\(name.text) has it not"
                }
            }
        }
        return nil
    }

    private static func addresses(_ octets: [UInt8], _ size: Int) -> [IPAddress] {
        stride(from: 0, to: octets.count, by: size).compactMap { start in
            IPAddress(octets: octets.span.extracting(start..<(start + size)))
        }
    }

    private static func checkPrinted(_ file: HostsFile) -> String? {
        let lists = file.exact.map { ($0.key.text, $0.value) } + file.wildcards.map { (wildcard($0.key), $0.value) }
        let text = lists.flatMap { name, list in
            // In a hosts file this begins a comment.
            let name = name.replacing("#", with: "\\035")
            return (addresses(list.v4, 4) + addresses(list.v6, 16)).map { "\($0) \(name)\n" }
        }.joined()
        let again = HostsFile(Array(text.utf8), zones: ZoneScope(["."]), hasReverse: true)
        // Equal lines of the file are one entry, and counted as many.
        guard again.count <= file.count, same(again.exact, file.exact), same(again.wildcards, file.wildcards) else {
            return "printed as\n\(text)"
        }
        return nil
    }

    private static func wildcard(_ parent: Name) -> String { parent.isRoot ? "*." : "*.\(parent.text)" }

    private static func same(_ one: [Name: HostsFile.Addresses], _ other: [Name: HostsFile.Addresses]) -> Bool {
        one.count == other.count
            && one.allSatisfy { other[$0.key]?.v4 == $0.value.v4 && other[$0.key]?.v6 == $0.value.v6 }
    }

    /// The octets as names in wire form, as queries bring them: what is not in the file is not found.
    private static func checkQuestions(_ octets: [UInt8], _ file: HostsFile, _ table: HostsTable) -> String? {
        for start in stride(from: 0, to: min(octets.count, 64), by: 7) {
            guard let name = try? Name(decoding: octets.span, at: start).lowercased else { continue }
            guard (table.entry(of: name.wire.span) != nil) == (file.exact[name] != nil) else { return "\(name.text)" }
            let isBelow = name.parent.map { file.wildcards[$0] != nil } ?? false
            guard (table.wildcard(for: name.wire.span) != nil) == isBelow else { return "wildcard of \(name.text)" }
            _ = ReverseName.address(of: name.wire.span)
        }
        return nil
    }
}
