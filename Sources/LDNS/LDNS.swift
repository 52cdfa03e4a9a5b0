/// Text and wire forms of records and messages, by libldns.
///
/// It serves where text is read or printed and as the oracle that tests hold our own codec against. It allocates for every
/// record and is not meant for the path of an ordinary query. All functions may be called from any thread.
package enum LDNS {
    /// Reads a message.
    ///
    /// libldns is lenient in places: it lets a record's data end early, so an accepted message need not be a correct one.
    /// - Throws: `LDNSError` with code `.wire`.
    package static func decode(_ wire: [UInt8]) throws(LDNSError) -> LDNSMessage {
        try LDNSBridge.decode(wire)
    }

    /// Writes a message whose records are given as text, with names compressed.
    ///
    /// - Throws: `LDNSError` for a record or name that cannot be read, or a message that is too long.
    package static func encode(_ message: LDNSMessageText) throws(LDNSError) -> [UInt8] {
        try LDNSBridge.encode(message)
    }

    /// Reads one record, which may span lines in parentheses and be followed by a comment.
    ///
    /// Directives such as `$INCLUDE` are refused.
    /// - Parameters:
    ///   - origin: what relative names end in; the root by default.
    ///   - defaultTTL: for a record without TTL, in seconds.
    ///   - takesFirst: whether what follows the record is passed over; else it is a mistake.
    /// - Throws: `LDNSError` with the place and the cause; also for no record, or more than one.
    package static func record(
        fromText text: String, origin: String = ".", defaultTTL: UInt32 = 3_600, takesFirst: Bool = false
    ) throws(LDNSError) -> LDNSRecord {
        var lexer = ZoneLexer(Array(text.utf8))
        guard let entry = try lexer.next() else {
            throw LDNSError(.syntax, "no record", line: 1, column: 1)
        }
        let first = entry.tokens.first
        guard first?.text.first != UInt8(ascii: "$") else {
            throw LDNSError(.directive, "a directive is not allowed here", at: first)
        }
        if !takesFirst, let second = try lexer.next() {
            throw LDNSError(.syntax, "more than one record", at: second.tokens.first)
        }
        var parser = try RecordParser(origin: origin, defaultTTL: defaultTTL)
        return try parser.record(from: entry)
    }

    /// The wire form of a name in text form; a relative one is taken to end at the root.
    ///
    /// - Throws: `LDNSError` with code `.syntax`.
    package static func name(fromText text: String) throws(LDNSError) -> [UInt8] {
        try LDNSBridge.name(Array(text.utf8))
    }

    /// The text form of a name in wire form, absolute, with odd bytes escaped.
    ///
    /// - Throws: `LDNSError` with code `.wire`.
    package static func text(ofName wire: [UInt8]) throws(LDNSError) -> String {
        try LDNSBridge.text(ofName: wire)
    }

    /// The number of a type mnemonic such as `MX` or `TYPE65280`, or nil.
    package static func type(named name: String) -> UInt16? {
        Mnemonic.type(Array(name.utf8)[...])
    }

    /// The mnemonic of a type, `TYPE65280` for one without.
    package static func name(ofType type: UInt16) -> String {
        LDNSBridge.name(ofType: type)
    }
}
