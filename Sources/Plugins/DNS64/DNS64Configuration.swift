import Corefile
import DNSWire

/// What `dns64` is told.
struct DNS64Configuration: Sendable {
    var prefix = TranslationPrefix.wellKnown
    /// Whether names with IPv6 addresses get translated ones all the same.
    var translatesAll = false
    /// Whether askers over IPv4 get them as well.
    var servesIPv4 = false

    static let directive = DirectiveDeclaration<DNS64Configuration>(
        name: "dns64", summary: "answers for names with IPv4 addresses alone with IPv6 addresses that lead there",
        oncePerBlock: false,
        arguments: .init(
            usage: "[PREFIX]", summary: "an IPv6 network of 32, 40, 48, 56, 64, 72, 80, 88 or 96 bits",
            defaultText: "64:ff9b::/96"
        ) { configuration, reader throws(ConfigurationError) in
            if reader.upcoming != nil { configuration.prefix = try prefix(&reader) }
        },
        options: [
            .init("prefix", usage: "PREFIX", "the same", defaultText: "64:ff9b::/96") {
                configuration, reader throws(ConfigurationError) in
                configuration.prefix = try prefix(&reader)
                try reader.finish()
            },
            .flag("translate_all", "translate also for names that have IPv6 addresses", \.translatesAll),
            .flag("allow_ipv4", "translate for askers over IPv4 as well", \.servesIPv4),
        ])

    private static func prefix(_ reader: inout ArgumentReader) throws(ConfigurationError) -> TranslationPrefix {
        let token = try reader.next("PREFIX")
        let quoted = QuotedText.doubleQuoted(token.text)
        let hint = "write it like 64:ff9b::/96"
        guard let network = IPPrefix(token.text) else {
            throw reader.fail(.invalidValue, "invalid CIDR address: \(token.text)", hint: hint)
        }
        guard !network.isIPv4 else {
            throw reader.fail(.invalidValue, "invalid netmask 32 IPv6 address: \(quoted)", hint: hint)
        }
        guard let prefix = TranslationPrefix(network.bits, length: network.length) else {
            throw reader.fail(
                .invalidValue, "invalid prefix length \(quoted)", hint: "the length is a multiple of 8 from 32 to 96")
        }
        return prefix
    }
}

/// The IPv6 network that IPv4 addresses are put into.
///
///     bits   0              length      64       72                 128
///            network        address ... zeros    address, the rest  zeros
///
/// Bits 64 to 71 are always zero. Source: RFC 6052 §2.2.
struct TranslationPrefix: Sendable, Equatable {
    private let bits: UInt128
    private let length: Int

    /// 64:ff9b::/96 (RFC 6052 §2.1).
    static let wellKnown = TranslationPrefix(uncheckedBits: 0x0064_FF9B << 96, length: 96)

    private init(uncheckedBits: UInt128, length: Int) {
        bits = uncheckedBits
        self.length = length
    }

    /// nil when no address can be put in behind `length` bits.
    init?(_ bits: UInt128, length: Int) {
        guard length % 8 == 0, (32...96).contains(length) else { return nil }
        self.init(uncheckedBits: bits, length: length)
    }

    /// The IPv6 address that stands for `address`.
    func embed(_ address: UInt32) -> IPAddress {
        var octets: [UInt8] = (0..<16).map { UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * $0)) }
        var place = length / 8
        for shift in [24, 16, 8, 0] {
            if place == 8 { place += 1 }
            octets[place] = UInt8(truncatingIfNeeded: address >> UInt32(shift))
            place += 1
        }
        return IPAddress(v6: octets.reduce(0) { $0 << 8 | UInt128($1) })
    }
}
