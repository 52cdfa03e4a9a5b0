/// Durations in Go's notation, which Corefiles use: `1h2m3.5s`, `500ms`, `0`.
package enum GoDuration {
    /// Why a text is not a duration, in the words of Go's `time` package.
    package struct Mistake: Error, Sendable, Hashable, CustomStringConvertible {
        /// The words.
        package let description: String
    }

    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// The duration written in a text.
    ///
    /// - Throws: `Mistake` when the text is no duration or does not fit 64 bits of nanoseconds.
    package static func parse(_ text: String) throws(Mistake) -> Duration {
        let invalid = Mistake(description: "time: invalid duration \(QuotedText.doubleQuoted(text))")
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        if rest.elementsEqual("0".utf8) { return .zero }
        guard !rest.isEmpty else { throw invalid }
        var total: Int64 = 0
        while !rest.isEmpty {
            guard let (whole, fraction) = number(&rest) else { throw invalid }
            let unit = try unit(&rest, text)
            guard let value = scale(whole, fraction, unit) else { throw invalid }
            let sum = total.addingReportingOverflow(value)
            guard !sum.overflow else { throw invalid }
            total = sum.partialValue
        }
        return .nanoseconds(isNegative ? -total : total)
    }

    /// Digits with an optional fraction; `nil` when there is no digit or the number is too large.
    private static func number(_ rest: inout ArraySlice<UInt8>) -> (whole: Int64, fraction: ArraySlice<UInt8>)? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest[digits.endIndex...]
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest[fraction.endIndex...]
        }
        guard !digits.isEmpty || !fraction.isEmpty else { return nil }
        guard !digits.isEmpty else { return (0, fraction) }
        return Int64(String(decoding: digits, as: UTF8.self)).map { ($0, fraction) }
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(Mistake) -> Int64 {
        let name = rest.prefix { $0 != UInt8(ascii: ".") && !(0x30...0x39).contains($0) }
        let quoted = QuotedText.doubleQuoted(text)
        guard !name.isEmpty else { throw Mistake(description: "time: missing unit in duration \(quoted)") }
        rest = rest[name.endIndex...]
        guard let unit = units.first(where: { name.elementsEqual($0.name.utf8) }) else {
            let unknown = QuotedText.doubleQuoted(String(decoding: name, as: UTF8.self))
            throw Mistake(description: "time: unknown unit \(unknown) in duration \(quoted)")
        }
        return unit.nanoseconds
    }

    private static func scale(_ whole: Int64, _ fraction: ArraySlice<UInt8>, _ unit: Int64) -> Int64? {
        let product = whole.multipliedReportingOverflow(by: unit)
        guard !product.overflow else { return nil }
        var (part, weight) = (Double(0), Double(unit))
        for digit in fraction.prefix(18) {
            weight /= 10
            part += Double(digit - 0x30) * weight
        }
        let sum = product.partialValue.addingReportingOverflow(Int64((part + 1e-6).rounded(.down)))
        return sum.overflow ? nil : sum.partialValue
    }

    /// The duration as Go prints it: `1m30s`, `500ms`, `0s`.
    package static func print(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
        let (whole, part) = (seconds.magnitude, nanoseconds.magnitude)
        if whole == 0 {
            switch part {
            case 0: return "0s"
            case ..<1000: return "\(sign)\(part)ns"
            case ..<1_000_000: return "\(sign)\(decimal(part, per: 1000))µs"
            default: return "\(sign)\(decimal(part, per: 1_000_000))ms"
            }
        }
        var text = sign
        if whole >= 3600 { text += "\(whole / 3600)h" }
        if whole >= 60 { text += "\(whole / 60 % 60)m" }
        return text + "\(decimal(whole % 60 * 1_000_000_000 + part, per: 1_000_000_000))s"
    }

    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        guard value % unit != 0 else { return "\(value / unit)" }
        // The leading 1 keeps the zeros behind the point.
        var digits = String(value % unit + unit).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
