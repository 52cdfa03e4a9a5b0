extension Builtins {
    static let texts: [String: Builtin] = [
        "trim": Builtin([.string, .string], .string, atLeast: 1) { arguments, run throws(ExpressionFailure) in
            let text = try arguments[0].string()
            let characters = arguments.count > 1 ? Set(try arguments[1].string().unicodeScalars) : nil
            func goes(_ scalar: Unicode.Scalar) -> Bool {
                characters.map { $0.contains(scalar) } ?? scalar.properties.isWhitespace
            }
            try run.spend(octets: text.utf8.count * 8)
            let scalars = text.unicodeScalars
            guard let start = scalars.firstIndex(where: { !goes($0) }),
                let end = scalars.lastIndex(where: { !goes($0) })
            else { return .string("") }
            return .string(String(text[start...end]))
        },
        "trimPrefix": Builtin([.string, .string], .string, atLeast: 1) { arguments, run throws(ExpressionFailure) in
            let (text, part) = (try arguments[0].string(), arguments.count > 1 ? try arguments[1].string() : " ")
            return text.begins(with: part)
                ? try .text(text.octets(part.utf8.count..<text.utf8.count), run) : arguments[0]
        },
        "trimSuffix": Builtin([.string, .string], .string, atLeast: 1) { arguments, run throws(ExpressionFailure) in
            let (text, part) = (try arguments[0].string(), arguments.count > 1 ? try arguments[1].string() : " ")
            return text.ends(with: part)
                ? try .text(text.octets(0..<text.utf8.count - part.utf8.count), run) : arguments[0]
        },
        "upper": Builtin([.string], .string) { arguments, run throws(ExpressionFailure) in
            try .text(try arguments[0].string().uppercased(), run)
        },
        "lower": Builtin([.string], .string) { arguments, run throws(ExpressionFailure) in
            try .text(try arguments[0].string().lowercased(), run)
        },
        "split": Builtin([.string, .string, .int], .array(.string), atLeast: 2) {
            arguments, run throws(ExpressionFailure) in try split(arguments, keepsSeparator: false, run)
        },
        "splitAfter": Builtin([.string, .string, .int], .array(.string), atLeast: 2) {
            arguments, run throws(ExpressionFailure) in try split(arguments, keepsSeparator: true, run)
        },
        "replace": Builtin([.string, .string, .string, .int], .string, atLeast: 3) {
            arguments, run throws(ExpressionFailure) in
            let (text, old, new) = (try arguments[0].string(), try arguments[1].string(), try arguments[2].string())
            let limit = arguments.count > 3 ? try arguments[3].integer() : -1
            return try replace(text, old, new, limit < 0 ? .max : limit, run)
        },
        "repeat": Builtin([.string, .int], .string) { arguments, run throws(ExpressionFailure) in
            let (text, count) = (try arguments[0].string(), try arguments[1].integer())
            guard count >= 0 else { throw .outOfRange }
            let (octets, overflows) = count.multipliedReportingOverflow(by: max(text.utf8.count, 1))
            guard !overflows else { throw .tooMuchWork }
            try run.spend(octets: octets)
            return .string(String(repeating: text, count: count))
        },
        "join": Builtin([.array, .string], .string, atLeast: 1) { arguments, run throws(ExpressionFailure) in
            let glue = arguments.count > 1 ? try arguments[1].string() : ""
            var text = ""
            for (index, element) in try arguments[0].elements().enumerated() {
                let part = try element.string()
                try run.spend(octets: part.utf8.count + glue.utf8.count)
                if index > 0 { text += glue }
                text += part
            }
            return .string(text)
        },
        "indexOf": Builtin([.string, .string], .int) { arguments, run throws(ExpressionFailure) in
            let (text, part) = (try arguments[0].string(), try arguments[1].string())
            try run.spendSearch(part.utf8.count, in: text.utf8.count)
            return .int(text.firstOccurrence(of: part) ?? -1)
        },
        "lastIndexOf": Builtin([.string, .string], .int) { arguments, run throws(ExpressionFailure) in
            let (text, part) = (try arguments[0].string(), try arguments[1].string())
            try run.spendSearch(part.utf8.count, in: text.utf8.count)
            return .int(text.lastOccurrence(of: part) ?? -1)
        },
        "hasPrefix": Builtin([.string, .string], .bool) { arguments, run throws(ExpressionFailure) in
            .bool(try arguments[0].string().begins(with: try arguments[1].string()))
        },
        "hasSuffix": Builtin([.string, .string], .bool) { arguments, run throws(ExpressionFailure) in
            .bool(try arguments[0].string().ends(with: try arguments[1].string()))
        },
    ]

    private static func split(
        _ arguments: [ExpressionValue], keepsSeparator: Bool, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        let (text, separator) = (try arguments[0].string(), try arguments[1].string())
        let limit = arguments.count > 2 ? try arguments[2].integer() : -1
        guard limit != 0 else { return try .list([], run) }
        var (parts, start) = ([ExpressionValue](), 0)
        for place in try places(of: separator, in: text, limit < 0 ? .max : limit - 1, run) {
            parts.append(.string(text.octets(start..<place + (keepsSeparator ? separator.utf8.count : 0))))
            start = place + separator.utf8.count
        }
        if !(separator.isEmpty && start == text.utf8.count) {
            parts.append(.string(text.octets(start..<text.utf8.count)))
        }
        return try .list(parts, run)
    }

    private static func replace(
        _ text: String, _ old: String, _ new: String, _ limit: Int, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        guard limit > 0 else { return .string(text) }
        // An empty text stands before, between and behind all characters.
        var places = try places(of: old, in: text, limit, run)
        if old.isEmpty {
            places = Array(([0] + places + [text.utf8.count]).prefix(min(limit, places.count + 2)))
            if text.isEmpty { places = [0] }
        }
        let (added, overflows) = places.count.multipliedReportingOverflow(by: new.utf8.count)
        guard !overflows else { throw .tooMuchWork }
        try run.spend(octets: text.utf8.count + added)
        var (result, start) = ("", 0)
        for place in places {
            result += text.octets(start..<place) + new
            start = place + old.utf8.count
        }
        return .string(result + text.octets(start..<text.utf8.count))
    }

    /// Where `part` occurs, one behind the other, at most `limit` times; an empty one between all characters.
    private static func places(
        of part: String, in text: String, _ limit: Int, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> [Int] {
        try run.spendSearch(part.utf8.count, in: text.utf8.count)
        var places: [Int] = []
        if part.isEmpty {
            try run.spend(text.utf8.count)
            var place = 0
            for scalar in text.unicodeScalars.dropLast() where places.count < limit {
                place += UTF8.width(scalar)
                places.append(place)
            }
            return places
        }
        var start = 0
        while places.count < limit, let place = text.firstOccurrence(of: part, from: start) {
            places.append(place)
            start = place + part.utf8.count
        }
        try run.spend(places.count)
        return places
    }
}
