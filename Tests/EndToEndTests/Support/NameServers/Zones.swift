import DNSWire

/// The zones of the name servers.
enum Zones {
    static let unsigned = [types, long, one, two]

    /// Records of every type, each with the type's name in lower case as its owner; where an authority knows no text for a
    /// type, in the form of RFC 3597.
    static let types = Zone("types.example", records: typeRecords)

    /// The owners, relative to the zone, and the types of ``types``.
    static let typedNames: [(owner: String, type: RecordType)] = {
        let lines = typeRecords.split(separator: "\n").map { $0.split(separator: " ").prefix(2).map(String.init) }
        return Set(lines).compactMap { fields in RecordType(parsing: fields[1]).map { (fields[0], $0) } }
    }()

    private static let digest = "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
    private static let typeRecords = ##"""
        a A 192.0.2.1
        a A 192.0.2.2
        null TYPE10 \# 3 00FF00
        cname CNAME a
        ptr PTR host.elsewhere.example.
        hinfo HINFO "a processor" "a system"
        minfo MINFO r.types.example. e.types.example.
        mx MX 10 a.types.example.
        mx MX 20 A.Types.Example.
        txt TXT "one" "two \"quoted\" \000\255" ""
        rp RP box.types.example. txt.types.example.
        afsdb AFSDB 1 afs.types.example.
        x25 TYPE19 \# 5 0431323334
        isdn TYPE20 \# 5 0431323334
        rt RT 10 relay.types.example.
        key KEY 256 3 13 AAECAw==
        px TYPE26 \# 6 000A01610000
        gpos TYPE27 \# 6 013101320133
        aaaa AAAA 2001:db8::1
        loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 10m 10m 10m
        eid TYPE31 \# 3 010203
        nimloc TYPE32 \# 3 010203
        srv SRV 1 2 443 a.types.example.
        atma TYPE34 \# 5 0131323334
        naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.org!" .
        kx KX 10 kx.types.example.
        cert CERT PGP 0 0 AAECAw==
        dname DNAME target.types.example.
        apl APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8
        below NS ns.below
        ns.below A 127.0.0.1
        below DS 12345 13 2 \##(digest)
        sshfp SSHFP 4 2 \##(digest)
        ipseckey IPSECKEY 10 1 2 192.0.2.38 AAECAw==
        dhcid DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
        tlsa TLSA 3 1 1 \##(digest)
        smimea SMIMEA 3 1 1 \##(digest)
        hip TYPE55 \# 12 040200040102030401020304
        ninfo TYPE56 \# 4 03616263
        cds CDS 12345 13 2 \##(digest)
        cdnskey CDNSKEY 257 3 13 AAECAw==
        openpgpkey OPENPGPKEY AAECAw==
        csync CSYNC 66 3 A NS AAAA
        zonemd ZONEMD 2018031500 1 1 \##(digest)\##(digest.prefix(32))
        svcb SVCB 0 alias.types.example.
        ports SVCB 16 foo.types.example. alpn=h2,h3 mandatory=alpn,port port=8443 ipv4hint=192.0.2.1 key667=hello
        https HTTPS 1 . alpn=h2 no-default-alpn ech=AAECAw== ipv6hint=2001:db8::1
        spf SPF "v=spf1 -all"
        nid NID 10 0014:4fff:ff20:ee64
        l32 L32 10 10.1.2.0
        l64 L64 10 2001:0DB8:1140:1000
        lp LP 10 l64.types.example.
        eui48 EUI48 00-00-5e-00-53-2a
        eui64 EUI64 00-00-5e-ef-10-00-00-2a
        uri URI 10 1 "https://www.example.org/path"
        caa CAA 128 issue "ca.example.net; policy=ev"
        avc TYPE258 \# 4 03616263
        doa TYPE259 \# 10 00000000000000010100
        amtrelay TYPE260 \# 6 0A01CB007107
        ta TYPE32768 \# 36 30390D02\##(digest)
        private TYPE65280 \# 4 0A000001
        empty TYPE65281 \# 0
        """##

    /// Record sets of many sizes; the owner says how many octets a message with it has.
    static let long = Zone(
        "long.example",
        records: [
            texts("b600", count: 2), texts("b1k", count: 4), texts("b3k", count: 12), texts("b60k", count: 227),
            (0..<3_700).map { "many A 10.1.\($0 / 250).\($0 % 250)" }.joined(separator: "\n"),
        ].joined(separator: "\n"))

    /// Records of some 260 octets each.
    private static func texts(_ owner: String, count: Int) -> String {
        (0..<count).map { "\(owner) TXT \"\($0) \(String(repeating: "x", count: 245))\"" }.joined(separator: "\n")
    }

    /// Aliases lead from one of these to the other and back.
    static let one = Zone(
        "one.example",
        records: """
            host A 192.0.2.7
            www CNAME web.two.example.
            old DNAME new.two.example.
            gone CNAME none.two.example.
            bare CNAME mail.two.example.
            *.wild A 192.0.2.9
            *.alias CNAME web.two.example.
            """)
    static let two = Zone(
        "two.example",
        records: """
            web CNAME host.one.example.
            mail A 192.0.2.8
            a.new A 192.0.2.10
            """)

    static let signed = Zone("signed.example", records: secured)
    static let signedNSEC3 = Zone("signed3.example", records: secured)
    /// Signatures of the year 2020.
    static let expired = Zone("expired.example", records: secured)

    private static let secured = """
        a A 192.0.2.1
        a A 192.0.2.2
        alias CNAME a
        *.wild A 192.0.2.9
        mx MX 10 a
        below NS ns.below
        ns.below A 127.0.0.1
        """
}
