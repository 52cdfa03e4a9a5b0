import DNSWire

/// A question that the server asks by itself, and how it asks.
struct OwnQuestion {
    let type: RecordType
    var recordClass = RecordClass.IN
    let flags: MessageHeader.Flags
    /// The largest UDP reply that is welcome, in octets; nil for a question without EDNS.
    let payloadSize: UInt16?
    let dnssecOK: Bool

    /// The message that asks it of `name`.
    ///
    /// Shape: `name` in uncompressed wire form.
    func message(id: UInt16, _ name: Span<UInt8>) -> [UInt8] {
        let writer = MessageWriter()
        writer.begin(id: id, flags: flags)
        writer.append(name)
        writer.append(type.rawValue)
        writer.append(recordClass.rawValue)
        writer.header.questionCount = 1
        if let payloadSize { append(payloadSize, to: writer) }
        writer.finish()
        return writer.bytes.copy()
    }

    private func append(_ payloadSize: UInt16, to writer: MessageWriter) {
        writer.append(UInt8(0))
        writer.append(RecordType.OPT.rawValue)
        writer.append(payloadSize)
        writer.append(dnssecOK ? UInt32(0x8000) : 0)
        writer.append(UInt16(0))
        writer.header.additionalCount = 1
    }
}
