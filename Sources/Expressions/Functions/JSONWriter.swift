/// Writes values as JSON, as Go does: keys in order, two blanks a level, `<`, `>` and `&` escaped.
struct JSONWriter {
    private(set) var text = ""
    private let run: ExpressionRun

    init(_ run: ExpressionRun) {
        self.run = run
    }

    private mutating func append(_ part: String) throws(ExpressionFailure) {
        try run.spend(octets: part.utf8.count)
        text += part
    }

    mutating func write(_ value: ExpressionValue, indent: Int) throws(ExpressionFailure) {
        switch value {
        case .null: try append("null")
        case .bool(let value): try append("\(value)")
        case .int(let value), .duration(let value): try append("\(value)")
        case .float(let value):
            guard value.isFinite else { throw .unreadable }
            try append(TextWriter.text(value, plain: -5...21))
        case .string(let value): try write(value)
        case .bytes(let octets): try write(Base64.encoded(octets))
        case .time(let value): try write(Times.text(time: value, separator: "T") + "Z")
        case .array(let list):
            guard !list.elements.isEmpty else { return try append("[]") }
            try append("[")
            for (index, element) in list.elements.enumerated() {
                try breakLine(isFirst: index == 0, indent + 1)
                try write(element, indent: indent + 1)
            }
            try append("\n" + String(repeating: "  ", count: indent) + "]")
        case .map(let map): try write(map, indent: indent)
        case .prepared: throw .wrongType
        }
    }

    private mutating func write(_ map: ValueMap, indent: Int) throws(ExpressionFailure) {
        guard map.count > 0 else { return try append("{}") }
        try append("{")
        for (index, entry) in try map.sorted(run).enumerated() {
            try breakLine(isFirst: index == 0, indent + 1)
            try write(try entry.key.string())
            try append(": ")
            try write(entry.value, indent: indent + 1)
        }
        try append("\n" + String(repeating: "  ", count: indent) + "}")
    }

    private mutating func breakLine(isFirst: Bool, _ indent: Int) throws(ExpressionFailure) {
        try append((isFirst ? "\n" : ",\n") + String(repeating: "  ", count: indent))
    }

    private mutating func write(_ string: String) throws(ExpressionFailure) {
        try run.spend(octets: string.utf8.count)
        var quoted = "\""
        for scalar in string.unicodeScalars { Self.append(scalar, to: &quoted) }
        try append(quoted + "\"")
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case "\u{8}": text += "\\b"
        case "\u{C}": text += "\\f"
        case "<", ">", "&", "\u{0}"..."\u{1F}", "\u{2028}", "\u{2029}":
            let digits = String(scalar.value, radix: 16)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: text.unicodeScalars.append(scalar)
        }
    }
}
