/// Label names and values, in the order that the caller thinks in.
package typealias Labels = [(name: String, value: String)]

/// Labels sorted by name, with their text form.
struct LabelSet: Sendable {
    let names: [String]
    let values: [String]
    /// `a="x",b="y"`, escaped, without braces.
    let text: String

    init(_ labels: Labels) {
        let sorted = labels.sorted { $0.name < $1.name }
        names = sorted.map(\.name)
        values = sorted.map(\.value)
        var text = ""
        for (index, label) in sorted.enumerated() {
            if index > 0 { text += "," }
            text += label.name + "=\"" + Self.escape(label.value, quotes: true) + "\""
        }
        self.text = text
    }

    /// These labels and more.
    func adding(_ more: Labels) -> LabelSet {
        LabelSet(zip(names, values).map { (name: $0, value: $1) } + more)
    }

    /// Backslash, line feed and (in label values) the quote, as the exposition format writes them.
    static func escape(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || ($0 == 0x22 && quotes) }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// The spelling rules of names.
enum MetricName {
    static func isValid(_ name: String) -> Bool {
        isValid(name, colons: true)
    }

    static func isValidLabel(_ name: String) -> Bool {
        isValid(name, colons: false) && !name.hasPrefix("__")
    }

    private static func isValid(_ name: String, colons: Bool) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x5F || (colons && $0 == 0x3A) }
    }

    /// A foreign name with every byte that is not allowed turned into `_`.
    static func sanitised(_ name: String, colons: Bool = true) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let byte = scalar.isASCII ? UInt8(scalar.value) : 0
            let isAllowed = isLetter(byte) || isDigit(byte) || byte == 0x5F || (colons && byte == 0x3A)
            result.unicodeScalars.append(isAllowed ? scalar : "_")
        }
        if result.utf8.first.map(isDigit) ?? true { result = "_" + result }
        return result
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}
