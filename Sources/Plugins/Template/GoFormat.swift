/// `print`, `println` and `printf`, as Go's package `fmt` writes values.
enum GoFormat {
    /// What stands between `%` and its verb.
    struct Flags {
        var plus = false, minus = false, sharp = false, space = false, zero = false
        /// In characters; nil when none is given.
        var width: Int?
        var precision: Int?
    }

    /// The widest field; no text in a record is longer.
    static let maximumWidth = 65_535

    /// A value as `print` writes it.
    ///
    /// - Throws: a value that has no text here, or no work left.
    static func plain(_ value: GoValue, _ work: GoWork) throws(GoTemplateError) -> String {
        try text(of: value, "v", Flags(), work)
    }

    /// Values behind each other, with a blank between two that are no texts.
    static func print(_ values: [GoValue], _ work: GoWork) throws(GoTemplateError) -> String {
        var text = ""
        var lastIsText = true
        for (index, value) in values.enumerated() {
            let isText = if case .string = value { true } else { false }
            if index > 0, !isText, !lastIsText { text += " " }
            text += try plain(value, work)
            lastIsText = isText
        }
        return text
    }

    /// Values with blanks between them, and a line end.
    static func println(_ values: [GoValue], _ work: GoWork) throws(GoTemplateError) -> String {
        var texts: [String] = []
        for value in values { texts.append(try plain(value, work)) }
        return texts.joined(separator: " ") + "\n"
    }

    /// The text for a format and its values.
    ///
    /// What does not fit becomes a text such as `%!d(string=a)`.
    /// - Throws: a field that is too wide, a text that is too long, a value that has no text here, or no work left.
    static func text(_ format: String, _ values: [GoValue], _ work: GoWork) throws(GoTemplateError) -> String {
        var reader = GoFormatReader(format, values, work)
        var output = ""
        while let literal = reader.literal() {
            output += literal
            if reader.takes("%") { output += try reader.directive() }
            guard output.utf8.count <= GoTemplate.maximumTextLength else { throw .tooLong }
        }
        return output + (try reader.extra())
    }

    /// `%!d(string=a)`: a value that the verb is not for.
    static func bad(
        _ verb: Unicode.Scalar, _ value: GoValue, _ flags: Flags, _ work: GoWork
    ) throws(GoTemplateError) -> String {
        if case .none = value { return "%!\(verb)(<nil>)" }
        return "%!\(verb)(\(value.typeName)=\(try text(of: value, "v", flags, work)))"
    }

    /// A value as a verb writes it.
    ///
    /// - Throws: a value that has no text here, or no work left.
    static func text(
        of value: GoValue, _ verb: Unicode.Scalar, _ flags: Flags, _ work: GoWork
    ) throws(GoTemplateError) -> String {
        // Before anything is made: a field may be as wide as a record, and a list has one for each of its elements.
        try work.spend(max(flags.width ?? 0, flags.precision ?? 0) + value.weight)
        if verb == "T" { return pad(value.typeName, flags) }
        switch value {
        case .none, .null:
            return verb == "v" ? pad("<nil>", flags) : try bad(verb, .none, flags, work)
        case .bool(let flag):
            return verb == "t" || verb == "v" ? pad(flag ? "true" : "false", flags) : try bad(verb, value, flags, work)
        case .number(let number, let type):
            if let text = integer(number, type, verb, flags) { return text }
            return try bad(verb, value, flags, work)
        case .float(let number):
            if let text = float(number, verb, flags) { return text }
            return try bad(verb, value, flags, work)
        case .string(let text):
            if let text = string(text, verb, flags) { return text }
            return try bad(verb, value, flags, work)
        case .list(let items, _):
            var texts: [String] = []
            for item in items { texts.append(try text(of: item, verb, flags, work)) }
            return flags.sharp && verb == "v"
                ? "\(value.typeName){\(texts.joined(separator: ", "))}" : "[\(texts.joined(separator: " "))]"
        case .map(let items, _):
            var texts: [String] = []
            for key in try GoFunction.keys(of: items, work) {
                let name = try text(of: .string(key), verb, flags, work)
                texts.append("\(name):\(try text(of: items[key] ?? .none, verb, flags, work))")
            }
            return flags.sharp && verb == "v"
                ? "\(value.typeName){\(texts.joined(separator: ", "))}" : "map[\(texts.joined(separator: " "))]"
        case .object(let object):
            guard let text = object.text else {
                throw GoTemplateError("can't print a value of type \(object.type); name a field of it")
            }
            if let text = string(text, verb, flags) { return text }
            return try bad(verb, value, flags, work)
        case .data:
            throw GoTemplateError("can't print the data itself; name a field such as .Name")
        }
    }

    /// `text` filled up to the width.
    static func pad(_ text: String, _ flags: Flags) -> String {
        guard let width = flags.width, width > 0 else { return text }
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if flags.minus { return text + repeated(" ", missing) }
        return repeated(flags.zero ? "0" : " ", missing) + text
    }

    /// Many times the same ASCII character.
    static func repeated(_ scalar: Unicode.Scalar, _ count: Int) -> String {
        String(decoding: Array(repeating: UInt8(truncatingIfNeeded: scalar.value), count: max(0, count)), as: UTF8.self)
    }
}
