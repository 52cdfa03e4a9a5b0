import Basics

/// One parameter of an SVCB or HTTPS record: its key and its value's octets.
///
/// Source: RFC 9460 §2.1, §7, §14.3.2; RFC 9461 §5 for `dohpath`; RFC 9540 §4 for `ohttp`.
package struct SVCBParameter: Hashable, Sendable {
    package var key: UInt16
    package var value: [UInt8]

    package init(key: UInt16, value: [UInt8]) {
        self.key = key
        self.value = value
    }

    /// The key's name, or `key` and its number.
    package static func name(of key: UInt16) -> String {
        let names = [
            "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp",
        ]
        return key < names.count ? names[Int(key)] : "key\(key)"
    }

    /// `key=value`, or the key alone when the value is empty.
    ///
    /// A value that does not have the form of its key is printed as octets between quotes.
    package var text: String {
        let name = Self.name(of: key)
        guard !value.isEmpty else { return name }
        return name + "=" + (formText ?? PresentationText.quoted(value))
    }

    private var formText: String? {
        switch key {
        case 0: numbers.map { $0.map(Self.name(of:)).joined(separator: ",") }
        case 1: applicationProtocols
        case 3: numbers.flatMap { $0.count == 1 ? "\($0[0])" : nil }
        case 4: addresses(octets: 4)
        case 5: PresentationText.base64(value)
        case 6: addresses(octets: 16)
        default: nil
        }
    }

    private var numbers: [UInt16]? {
        guard value.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: value.count, by: 2).map { value.span.uint16(at: $0) }
    }

    private func addresses(octets count: Int) -> String? {
        guard value.count.isMultiple(of: count) else { return nil }
        return stride(from: 0, to: value.count, by: count)
            .compactMap { IPAddress(octets: value.span.extracting($0..<($0 + count))) }
            .map { count == 4 ? $0.description : $0.ipv6Text }
            .joined(separator: ",")
    }

    /// Strings with a length octet each; a comma in one is escaped for the list, and again for the string.
    private var applicationProtocols: String? {
        var items: [[UInt8]] = []
        var rest = value[...]
        while let length = rest.first {
            guard length > 0, rest.count > Int(length) else { return nil }
            items.append(
                rest.dropFirst().prefix(Int(length)).flatMap { $0 == 0x2C || $0 == 0x5C ? [0x5C, $0] : [$0] })
            rest = rest.dropFirst(Int(length) + 1)
        }
        return PresentationText.quoted(items.joined(separator: [0x2C]))
    }
}
