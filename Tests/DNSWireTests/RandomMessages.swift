import Basics
import DNSWire

/// Messages with records of every type that is taken apart, drawn from a seeded source.
struct RandomMessages {
    private var random: SeededGenerator
    /// Suffixes that names share, so that there is something to compress.
    private var suffixes: [Name] = [.root]
    /// An octet that labels do not have.
    private let excluded: UInt8?

    init(seed: UInt64, excluding octet: UInt8? = nil) {
        random = SeededGenerator(seed)
        excluded = octet
    }

    static let types: [RecordType] = [
        .A, .AAAA, .CNAME, .NS, .PTR, .DNAME, .SOA, .MX, .TXT, .SPF, .HINFO, .SRV, .CAA, .NAPTR, .DS, .CDS, .DNSKEY,
        .CDNSKEY, .RRSIG, .NSEC, .SVCB, .HTTPS, .MINFO, .RP, .AFSDB, .KX, RecordType(rawValue: 65_280),
    ]

    /// A message with at most `records` records a section.
    mutating func message(records: Int = 8) -> Message {
        var flags = MessageHeader.Flags(rawValue: UInt16.random(in: 0...0xFFFF, using: &random) & 0x87B0)
        flags.opcode = .query
        flags.isTruncated = false
        flags.responseCode = UInt8.random(in: 0...5, using: &random)
        return Message(
            id: .random(in: 0...0xFFFF, using: &random), flags: flags,
            questions: [Question(name(), Self.types.randomElement(using: &random)!)], answers: section(records),
            authorities: section(records), additionals: section(records),
            edns: Bool.random(using: &random) ? edns() : nil)
    }

    private mutating func section(_ limit: Int) -> [Record] {
        (0..<Int.random(in: 0...limit, using: &random)).map { _ in
            record(Self.types.randomElement(using: &random)!)
        }
    }

    private mutating func edns() -> EDNS {
        let options: [EDNSOption] = [
            EDNSOption(.nsid, random.octets(0...8)), EDNSOption(.cookie, random.octets(8...8)),
            EDNSOption(.extendedError, [0, UInt8.random(in: 0...24, using: &random)] + Array("why".utf8)),
            EDNSOption(.padding, [UInt8](repeating: 0, count: 12)),
        ]
        return EDNS(
            payloadSize: .random(in: 512...4096, using: &random), dnssecOK: .random(using: &random),
            options: Array(options.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))))
    }

    /// A name of at most 255 octets with labels of any octets.
    mutating func name() -> Name {
        var name = suffixes.randomElement(using: &random) ?? .root
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let plain = Array("abcxyzABC019-_".utf8)
            let isOdd = Int.random(in: 0..<8, using: &random) == 0
            let label = (0..<Int.random(in: 1...(isOdd ? 63 : 10), using: &random)).map { _ in
                isOdd ? UInt8.random(in: 0...255, using: &random) : plain.randomElement(using: &random)!
            }.map { $0 == excluded ? 0x2D : $0 }
            let longer = Name(uncheckedWire: [UInt8(label.count)] + label + name.wire)
            guard longer.wire.count <= maximumNameLength else { break }
            name = longer
        }
        if suffixes.count < 40 { suffixes.append(name) }
        return name
    }

    mutating func record(_ type: RecordType) -> Record {
        Record(name(), type, ttl: .random(in: 0...0x7FFF_FFFF, using: &random), data(type))
    }

    private mutating func data(_ type: RecordType) -> RecordData {
        switch type {
        case .A: .a(IPAddress(ipv4: number()))
        case .AAAA: .aaaa(IPAddress(bits: UInt128.random(in: 0...UInt128.max, using: &random)))
        case .CNAME: .cname(name())
        case .NS: .ns(name())
        case .PTR: .ptr(name())
        case .DNAME: .dname(name())
        case .SOA:
            .soa(
                SOAData(
                    primary: name(), mailbox: name(), serial: number(), refresh: number(), retry: number(),
                    expire: number(), minimum: number()))
        case .MX: .mx(MXData(preference: number(), exchange: name()))
        case .TXT, .SPF: .txt(TXTData(strings: (0...Int.random(in: 0...3, using: &random)).map { _ in string() }))
        case .HINFO: .txt(TXTData(strings: [string(), string()]))
        default: rareData(type)
        }
    }

    private mutating func rareData(_ type: RecordType) -> RecordData {
        switch type {
        case .SRV: .srv(SRVData(priority: number(), weight: number(), port: number(), target: name()))
        case .CAA: .caa(CAAData(flags: 128, tag: "issue", value: "ca.test; \"x\""))
        case .NAPTR:
            .naptr(
                NAPTRData(
                    order: number(), preference: number(), flags: "u", services: "E2U+sip",
                    regexp: "!^.*$!sip:\\\\1@x.test!", replacement: name()))
        case .DS, .CDS:
            .ds(DSData(keyTag: number(), algorithm: 13, digestType: 2, digest: random.octets(32...32)))
        case .DNSKEY, .CDNSKEY:
            .dnskey(DNSKEYData(flags: 257, algorithm: 13, publicKey: random.octets(64...64)))
        case .RRSIG:
            .rrsig(
                RRSIGData(
                    typeCovered: .MX, algorithm: 13, labels: 2, originalTTL: number(), expiration: number(),
                    inception: number(), keyTag: number(), signer: name(), signature: random.octets(64...64)))
        case .NSEC:
            .nsec(
                NSECData(
                    next: name(),
                    types: (0...5).map { _ in
                        // libldns does not know the mnemonic of NINFO.
                        let type = RecordType(rawValue: UInt16.random(in: 1...2000, using: &random))
                        return type == .NINFO ? .A : type
                    }))
        case .SVCB, .HTTPS: .svcb(service())
        case .MINFO, .RP: .names(NamesData(names: [name(), name()]))
        case .AFSDB, .KX: .names(NamesData(preference: number(), names: [name()]))
        default: .unknown(random.octets(0...40))
        }
    }

    private mutating func service() -> SVCBData {
        let all = [
            SVCBParameter(key: 1, value: Array("\u{2}h2\u{5}h3-19".utf8)), SVCBParameter(key: 3, value: [1, 187]),
            SVCBParameter(key: 4, value: random.octets(8...8)), SVCBParameter(key: 5, value: random.octets(10...30)),
            SVCBParameter(key: 6, value: random.octets(16...16)),
        ]
        return SVCBData(
            priority: .random(in: 1...9, using: &random), target: name(),
            parameters: Array(all.shuffled(using: &random).prefix(Int.random(in: 0...5, using: &random))))
    }

    private mutating func string() -> [UInt8] {
        random.octets(0...(Int.random(in: 0..<10, using: &random) == 0 ? 255 : 20))
    }

    private mutating func number<Number: FixedWidthInteger>() -> Number {
        Number.random(in: .min ... .max, using: &random)
    }
}
