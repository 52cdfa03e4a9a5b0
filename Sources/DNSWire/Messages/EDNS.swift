/// The content of an OPT record.
///
///     NAME root   TYPE 41   CLASS payload size
///     TTL         extended code (1), version (1), DO and zeros (2)
///     RDATA       options
///
/// The flags beside DO are ignored and sent as zero. Source: RFC 6891 §6.1.
package struct EDNS: Hashable, Sendable {
    /// The largest UDP message that the sender takes, in octets.
    package var payloadSize: UInt16
    /// The upper eight bits of the response code.
    package var extendedCode: UInt8
    package var version: UInt8
    /// DO: DNSSEC records are welcome (RFC 3225).
    package var dnssecOK: Bool
    package var options: [EDNSOption]

    package init(
        payloadSize: UInt16 = 1232, extendedCode: UInt8 = 0, version: UInt8 = 0, dnssecOK: Bool = false,
        options: [EDNSOption] = []
    ) {
        self.payloadSize = payloadSize
        self.extendedCode = extendedCode
        self.version = version
        self.dnssecOK = dnssecOK
        self.options = options
    }

    /// Copies what `view` has found in `message`.
    ///
    /// - Throws: `badEDNS` when the options are not whole.
    package init(decoding message: Span<UInt8>, _ view: EDNSView) throws(WireError) {
        guard view.optionsAreWhole(in: message) else { throw .badEDNS }
        var options: [EDNSOption] = []
        var offset = view.optionsOffset
        while let option = view.nextOption(at: &offset, in: message) {
            options.append(EDNSOption(option.code, message.copy(option.range)))
        }
        self.init(
            payloadSize: view.payloadSize, extendedCode: view.extendedCode, version: view.version,
            dnssecOK: view.dnssecOK, options: options)
    }

    /// Octets of the whole OPT record.
    package var encodedLength: Int {
        11 + options.reduce(0) { $0 + 4 + $1.data.count }
    }

    /// Appends the OPT record; the writer must be in the additional section.
    package func encode(into writer: MessageWriter) {
        let ttl = UInt32(extendedCode) << 24 | UInt32(version) << 16 | (dnssecOK ? 0x8000 : 0)
        let root = Name.root
        let open = writer.beginRecord(
            owner: root.wire.span, type: .OPT, recordClass: RecordClass(rawValue: payloadSize), ttl: ttl)
        for option in options {
            let data = option.data.span.extracting(first: 0xFFFF)
            writer.append(option.code.rawValue)
            writer.append(UInt16(data.count))
            writer.append(data)
        }
        writer.endRecord(open)
    }
}

/// An option of an OPT record: its code and its octets.
package struct EDNSOption: Hashable, Sendable {
    package var code: EDNSOptionCode
    package var data: [UInt8]

    package init(_ code: EDNSOptionCode, _ data: [UInt8] = []) {
        self.code = code
        self.data = data
    }

    /// Code (2), length (2), data; of data that is too long only what fits.
    package var wire: [UInt8] {
        let data = data.prefix(0xFFFF)
        return [code.rawValue, UInt16(data.count)].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + data
    }
}
