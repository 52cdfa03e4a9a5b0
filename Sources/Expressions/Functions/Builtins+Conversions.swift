extension Builtins {
    static let conversions: [String: Builtin] = [
        "type": Builtin([.any], .string) { arguments, _ throws(ExpressionFailure) in
            switch arguments[0] {
            case .bytes: .string("array")
            case .time: .string("time.Time")
            case .duration: .string("time.Duration")
            default: .string(arguments[0].type.description)
            }
        },
        "int": Builtin([.numberOrString], .int) { arguments, _ throws(ExpressionFailure) in
            switch arguments[0] {
            case .string(let text):
                guard let value = Int(text) else { throw .unreadable }
                return .int(value)
            case .duration(let value): return .int(value)
            default: return .int(try arguments[0].integer())
            }
        },
        "float": Builtin([.numberOrString], .float) { arguments, _ throws(ExpressionFailure) in
            guard case .string(let text) = arguments[0] else { return .float(try arguments[0].number()) }
            guard text.utf8.count <= 400, let value = Double(text) else { throw .unreadable }
            return .float(value)
        },
        "string": Builtin([.any], .string) { arguments, run throws(ExpressionFailure) in
            var writer = TextWriter(run)
            try writer.write(arguments[0])
            return .string(writer.text)
        },
        "toJSON": Builtin([.any], .string) { arguments, run throws(ExpressionFailure) in
            var writer = JSONWriter(run)
            try writer.write(arguments[0], indent: 0)
            return .string(writer.text)
        },
        "fromJSON": Builtin([.string], .any) { arguments, run throws(ExpressionFailure) in
            let text = try arguments[0].string()
            try run.spend(octets: text.utf8.count * 4)
            var reader = JSONReader(text, run)
            return try reader.value()
        },
        "toBase64": Builtin([.string], .string) { arguments, run throws(ExpressionFailure) in
            let octets = Array(try arguments[0].string().utf8)
            try run.spend(octets: octets.count * 4)
            return .string(Base64.encoded(octets))
        },
        "fromBase64": Builtin([.string], .string) { arguments, run throws(ExpressionFailure) in
            let octets = Array(try arguments[0].string().utf8)
            try run.spend(octets: octets.count * 4)
            guard let decoded = Base64.decoded(octets) else { throw .unreadable }
            return .string(String(decoding: decoded, as: UTF8.self))
        },
    ]
}

/// RFC 4648 §4.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            var letters: [UInt8] = []
            for index in 0..<4 {
                letters.append(index < 3 - group.count ? UInt8(ascii: "=") : alphabet[bits & 63])
                bits >>= 6
            }
            text += letters.reversed()
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func decoded(_ text: [UInt8]) -> [UInt8]? {
        let text = text.filter { $0 != 10 && $0 != 13 }
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard text.count % 4 == 0, padding <= 2 else { return nil }
        var (octets, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for letter in text.dropLast(padding) {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return octets
    }
}
