/// The words of a record's data, and what is needed to read them.
struct RecordData {
    let type: UInt16
    let `class`: UInt16
    let tokens: ArraySlice<ZoneToken>
    /// *Shape*: wire form.
    let origin: [UInt8]

    /// The data in wire form.
    ///
    /// - Throws: `.syntax` with the place of `token`, and libldns' explanation.
    func parse(at token: ZoneToken) throws(LDNSError) -> [UInt8] {
        do throws(LDNSError) {
            if tokens.first.map({ Array($0.text) }) == Array("\\#".utf8) {
                return try generic(tokens.dropFirst())
            }
            return try LDNSBridge.rdata(self)
        } catch {
            guard error.line == nil else { throw error }
            throw LDNSError(error.code, error.message, at: token)
        }
    }

    /// One clean line for libldns: words with single blanks between them.
    var line: [UInt8] {
        Array(tokens.map(\.text).joined(separator: [UInt8(ascii: " ")]))
    }

    /// The form for data of any type.
    ///
    /// *Source*: RFC 3597 §5. Read here, because libldns does not look at the digits.
    private func generic(_ words: ArraySlice<ZoneToken>) throws(LDNSError) -> [UInt8] {
        guard let first = words.first, let count = UInt16(first.string) else {
            throw LDNSError(.syntax, "no data length after \\#", at: words.first)
        }
        let digits = words.dropFirst().flatMap(\.text)
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard index + 1 < digits.count, let high = Self.hexDigit(digits[index]),
                let low = Self.hexDigit(digits[index + 1])
            else { throw LDNSError(.syntax, "not hexadecimal, or half a byte", at: words.dropFirst().first) }
            bytes.append(high << 4 | low)
        }
        guard bytes.count == Int(count) else {
            throw LDNSError(.syntax, "\(bytes.count) bytes instead of \(count)", at: first)
        }
        try LDNSBridge.checkRdata(bytes, type: type, class: `class`)
        return bytes
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
