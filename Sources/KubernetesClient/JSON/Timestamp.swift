/// Reads the API's points in time.
enum Timestamp {
    /// Nanoseconds since 1970, UTC, of an RFC 3339 time; nothing when the text is none, or a time that 64 bits cannot tell, such as
    /// one of the year 0000 or 9999.
    ///
    /// Source: RFC 3339 §5.6. Digits beyond nanoseconds are dropped; a leap second counts as the second after it.
    static func nanoseconds(_ text: some Collection<UInt8>) -> Int64? {
        var digits = DigitReader(text)
        guard let year = digits.number(4), digits.skip("-"), let month = digits.number(2), digits.skip("-"),
            let day = digits.number(2), digits.skip("T") || digits.skip("t"), let hour = digits.number(2),
            digits.skip(":"), let minute = digits.number(2), digits.skip(":"), let second = digits.number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60,
            let fraction = digits.fraction(), let offset = digits.offset(), digits.isAtEnd
        else { return nil }
        let seconds = daysSince1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        let whole = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.partialValue.addingReportingOverflow(fraction)
        return whole.overflow || overflow ? nil : sum
    }

    /// Days in the proleptic Gregorian calendar, with years that begin in March so that leap days come last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}

/// Reads fixed-width numbers from the front of a text.
private struct DigitReader<Text: Collection<UInt8>> {
    private let text: Text
    private var place: Text.Index

    init(_ text: Text) {
        self.text = text
        place = text.startIndex
    }

    var isAtEnd: Bool { place == text.endIndex }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard !isAtEnd, UInt32(text[place]) == character.value else { return false }
        text.formIndex(after: &place)
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Nanoseconds after the full second.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        guard var value = digit() else { return nil }
        var width = 1
        while let digit = digit() {
            if width < 9 { value = value * 10 + digit }
            width += 1
        }
        while width < 9 {
            value *= 10
            width += 1
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : -1
        guard sign == 1 || skip("-"), let hours = number(2), skip(":"), let minutes = number(2) else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private mutating func digit() -> Int64? {
        guard !isAtEnd, case UInt8(ascii: "0")...UInt8(ascii: "9") = text[place] else { return nil }
        defer { text.formIndex(after: &place) }
        return Int64(text[place] - UInt8(ascii: "0"))
    }
}
