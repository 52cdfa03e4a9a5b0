/// Numbers as Go writes them.
enum GoNumber {
    /// A number in a template: `7`, `-5`, `0x1F`, `017`, `0b1`, `1_000`, `1.5`, `1e3`; nil when it is none.
    ///
    /// A whole number that is too large for `int` is none either.
    static func literal(_ word: String) -> GoValue? {
        var digits = Substring(word)
        var isNegative = false
        if let sign = digits.first, sign == "+" || sign == "-" {
            isNegative = sign == "-"
            digits.removeFirst()
        }
        if let magnitude = unsigned(String(digits), base: 0) {
            guard let whole = Int128(exactly: magnitude) else { return nil }
            let number = isNegative ? -whole : whole
            return Int64(exactly: number) == nil ? nil : .number(number)
        }
        guard digits.first?.isNumber == true || digits.first == ".", digits.allSatisfy(isFloatPart) else { return nil }
        // Without a point or an exponent it is a whole number that is too large or has a wrong digit.
        guard digits.contains(where: { ".eEpP".contains($0) }) else { return nil }
        guard let number = Double(digits.filter { $0 != "_" }), number.isFinite else { return nil }
        return .float(isNegative ? -number : number)
    }

    private static func isFloatPart(_ character: Character) -> Bool {
        character.isHexDigit || ".+-_xXpP".contains(character)
    }

    /// A number without sign; with base 0 its prefix says the base, and `_` may stand between digits (`strconv.ParseUint`).
    ///
    /// - Returns: nil for what is no number; `UInt128.max` for one beyond 64 bits.
    static func unsigned(_ text: String, base: Int) -> UInt128? {
        var digits = Array(text.utf8)[...]
        var base = base
        if base == 0 {
            base = takePrefix(&digits)
            let mark = UInt8(ascii: "_")
            guard digits.last != mark else { return nil }
            // `_` may follow a prefix, but begin nothing else.
            if digits.first == mark, base == 10 { return nil }
            for (left, right) in zip(digits, digits.dropFirst()) where left == mark && right == mark { return nil }
            digits.removeAll { $0 == mark }
        }
        guard !digits.isEmpty else { return nil }
        var number: UInt128 = 0
        for octet in digits {
            guard let value = digit(octet), value < base else { return nil }
            if number <= UInt128(UInt64.max) { number = number * UInt128(base) + UInt128(value) }
        }
        return number > UInt128(UInt64.max) ? .max : number
    }

    private static func takePrefix(_ digits: inout ArraySlice<UInt8>) -> Int {
        guard digits.first == UInt8(ascii: "0"), digits.count > 1 else { return 10 }
        digits.removeFirst()
        let base: Int? =
            switch digits.first {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): 16
            case UInt8(ascii: "b"), UInt8(ascii: "B"): 2
            case UInt8(ascii: "o"), UInt8(ascii: "O"): 8
            default: nil
            }
        if base != nil { digits.removeFirst() }
        return base ?? 8
    }

    private static func digit(_ octet: UInt8) -> Int? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(octet - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(octet - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(octet - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
