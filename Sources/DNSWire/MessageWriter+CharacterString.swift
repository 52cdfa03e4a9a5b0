extension MessageWriter {
    /// Appends `text` as one character-string: its length, then its octets, of which 255 are written at most (RFC 1035 §3.3).
    package func append(characterString text: String) {
        let octets = Array(text.utf8.prefix(255))
        append(UInt8(octets.count))
        append(octets.span)
    }
}
