/// Writes values as Go prints them.
struct TextWriter {
    private(set) var text = ""
    private let run: ExpressionRun

    init(_ run: ExpressionRun) {
        self.run = run
    }

    private mutating func append(_ part: String) throws(ExpressionFailure) {
        try run.spend(octets: part.utf8.count)
        text += part
    }

    mutating func write(_ value: ExpressionValue) throws(ExpressionFailure) {
        switch value {
        case .null: try append("<nil>")
        case .bool(let value): try append("\(value)")
        case .int(let value): try append("\(value)")
        case .float(let value): try append(Self.text(value))
        case .string(let value): try append(value)
        case .bytes(let octets):
            try run.spend(octets.count)
            try append("[" + octets.map { "\($0)" }.joined(separator: " ") + "]")
        case .array(let list):
            try append("[")
            for (index, element) in list.elements.enumerated() {
                if index > 0 { try append(" ") }
                try write(element)
            }
            try append("]")
        case .map(let map):
            try append("map[")
            for (index, entry) in try map.sorted(run).enumerated() {
                if index > 0 { try append(" ") }
                try write(entry.key)
                try append(":")
                try write(entry.value)
            }
            try append("]")
        case .duration(let value): try append(Times.text(duration: value))
        case .time(let value): try append(Times.text(time: value) + " UTC")
        case .prepared: throw .wrongType
        }
    }

    /// The shortest digits that give the number back; with an exponent where the point stands outside of `plain` places.
    static func text(_ value: Double, plain: ClosedRange<Int> = -3...6) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        // Swift finds the same digits, and puts the point elsewhere.
        let parts = value.magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        var digits = String(mantissa[0]) + fraction
        let zeros = digits.prefix { $0 == "0" }.count
        digits.removeFirst(min(zeros, digits.count - 1))
        point -= min(zeros, String(mantissa[0] + fraction).count - 1)
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0" }
        if !plain.contains(point) { return sign + scientific(digits, point - 1) }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + String(digits.prefix(point)) + "." + String(digits.dropFirst(point))
    }

    private static func scientific(_ digits: String, _ exponent: Int) -> String {
        let fraction = digits.dropFirst()
        let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(digits.prefix(1))\(fraction.isEmpty ? "" : ".\(fraction)")e\(exponent < 0 ? "-" : "+")\(power)"
    }
}

extension ValueMap {
    /// The entries by their keys, where those can be compared.
    func sorted(_ run: ExpressionRun) throws(ExpressionFailure) -> [(key: ExpressionValue, value: ExpressionValue)] {
        try run.spend(count &* (Int.bitWidth - count.leadingZeroBitCount))
        return zip(keys, values).sorted { ((try? $0.0.isLess(than: $1.0)) ?? false) }.map { (key: $0.0, value: $0.1) }
    }
}
