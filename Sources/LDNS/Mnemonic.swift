/// Names of types and classes, and TTLs, as zone files write them.
enum Mnemonic {
    /// A class, or nil for a word that is none.
    static func `class`(_ text: ArraySlice<UInt8>) -> UInt16? {
        switch uppercased(text) {
        case "IN": 1
        case "CH": 3
        case "HS": 4
        case let word: generic(word, prefix: "CLASS")
        }
    }

    /// A type, or nil for a word that is none.
    static func type(_ text: ArraySlice<UInt8>) -> UInt16? {
        let word = uppercased(text)
        guard word.utf8.count <= 32, word.utf8.allSatisfy(isTypeCharacter) else { return nil }
        // libldns would read past the number and wrap it around.
        return word.hasPrefix("TYPE") ? generic(word, prefix: "TYPE") : LDNSBridge.type(named: word)
    }

    /// Seconds from `3600` or `1h30m`, or nil for a word that is none, or more than 2^31 - 1 (RFC 2181 §8).
    static func ttl(_ text: ArraySlice<UInt8>) -> UInt32? {
        guard text.first.map(isDigit) ?? false else { return nil }
        var total: UInt64 = 0
        var number: UInt64?
        for byte in text {
            if isDigit(byte) {
                number = (number ?? 0) * 10 + UInt64(byte - UInt8(ascii: "0"))
            } else {
                guard let value = number, let unit = seconds(ofUnit: byte) else { return nil }
                total += value * unit
                number = nil
            }
            guard total <= Int32.max, number ?? 0 <= Int32.max else { return nil }
        }
        total += number ?? 0
        return total <= Int32.max ? UInt32(total) : nil
    }

    private static func seconds(ofUnit byte: UInt8) -> UInt64? {
        switch byte | 0x20 {
        case UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3_600
        case UInt8(ascii: "d"): 86_400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
    }

    private static func generic(_ word: String, prefix: String) -> UInt16? {
        guard word.hasPrefix(prefix) else { return nil }
        let digits = word.dropFirst(prefix.count)
        return digits.utf8.allSatisfy(isDigit) ? UInt16(digits) : nil
    }

    private static func uppercased(_ text: ArraySlice<UInt8>) -> String {
        String(decoding: text, as: UTF8.self).uppercased()
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isTypeCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "-")
    }
}
