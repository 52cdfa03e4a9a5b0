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
    /// - Throws: a value that has no text here.
    static func plain(_ value: GoValue) throws(GoTemplateError) -> String {
        try text(of: value, "v", Flags())
    }

    /// Values behind each other, with a blank between two that are no texts.
    static func print(_ values: [GoValue]) throws(GoTemplateError) -> String {
        var text = ""
        var lastIsText = true
        for (index, value) in values.enumerated() {
            let isText = if case .string = value { true } else { false }
            if index > 0, !isText, !lastIsText { text += " " }
            text += try plain(value)
            lastIsText = isText
        }
        return text
    }

    /// Values with blanks between them, and a line end.
    static func println(_ values: [GoValue]) throws(GoTemplateError) -> String {
        var texts: [String] = []
        for value in values { texts.append(try plain(value)) }
        return texts.joined(separator: " ") + "\n"
    }

    /// The text for a format and its values.
    ///
    /// What does not fit becomes a text such as `%!d(string=a)`.
    /// - Throws: a field that is too wide, a text that is too long, or a value that has no text here.
    static func text(_ format: String, _ values: [GoValue]) throws(GoTemplateError) -> String {
        var reader = GoFormatReader(format, values)
        var output = String.UnicodeScalarView()
        var length = 0
        while let scalar = reader.next() {
            guard scalar == "%" else {
                output.append(scalar)
                continue
            }
            let written = try reader.directive()
            output += written.unicodeScalars
            length += written.utf8.count
            guard length <= GoTemplate.maximumTextLength else { throw .tooLong }
        }
        return String(output) + (try reader.extra())
    }

    /// `%!d(string=a)`: a value that the verb is not for.
    static func bad(_ verb: Unicode.Scalar, _ value: GoValue, _ flags: Flags) throws(GoTemplateError) -> String {
        if case .none = value { return "%!\(verb)(<nil>)" }
        return "%!\(verb)(\(value.typeName)=\(try text(of: value, "v", flags)))"
    }

    /// A value as a verb writes it.
    ///
    /// - Throws: a value that has no text here.
    static func text(
        of value: GoValue, _ verb: Unicode.Scalar, _ flags: Flags
    ) throws(GoTemplateError) -> String {
        if verb == "T" { return pad(value.typeName, flags) }
        switch value {
        case .none, .null:
            return verb == "v" ? pad("<nil>", flags) : try bad(verb, .none, flags)
        case .bool(let flag):
            return verb == "t" || verb == "v" ? pad(flag ? "true" : "false", flags) : try bad(verb, value, flags)
        case .number(let number, let type):
            if let text = integer(number, type, verb, flags) { return text }
            return try bad(verb, value, flags)
        case .float(let number):
            if let text = float(number, verb, flags) { return text }
            return try bad(verb, value, flags)
        case .string(let text):
            if let text = string(text, verb, flags) { return text }
            return try bad(verb, value, flags)
        case .list(let items, _):
            var texts: [String] = []
            for item in items { texts.append(try text(of: item, verb, flags)) }
            return flags.sharp && verb == "v"
                ? "\(value.typeName){\(texts.joined(separator: ", "))}" : "[\(texts.joined(separator: " "))]"
        case .map(let items, _):
            var texts: [String] = []
            for key in items.keys.sorted(by: GoFunction.precedes) {
                let name = try text(of: .string(key), verb, flags)
                texts.append("\(name):\(try text(of: items[key] ?? .none, verb, flags))")
            }
            return flags.sharp && verb == "v"
                ? "\(value.typeName){\(texts.joined(separator: ", "))}" : "map[\(texts.joined(separator: " "))]"
        case .object(let object):
            guard let text = object.text else {
                throw GoTemplateError("can't print a value of type \(object.type); name a field of it")
            }
            if let text = string(text, verb, flags) { return text }
            return try bad(verb, value, flags)
        case .data:
            throw GoTemplateError("can't print the data itself; name a field such as .Name")
        }
    }

    /// `text` filled up to the width.
    static func pad(_ text: String, _ flags: Flags) -> String {
        let missing = (flags.width ?? 0) - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if flags.minus { return text + String(repeating: " ", count: missing) }
        return String(repeating: flags.zero ? "0" : " ", count: missing) + text
    }
}
