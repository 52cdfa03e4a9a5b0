/// `printf`, with Go's verbs for texts and whole numbers: `%s %q %v %d %x %X %o %b %c %t %%`, flags `-` and `0`, and a width.
enum GoFormat {
    /// The widest field; a record's text needs no more.
    private static let maximumWidth = 255

    private struct Verb {
        var alignsLeft = false
        var padsWithZeros = false
        var width = 0
        var letter: Character = "v"
    }

    /// The text for a format and its values.
    ///
    /// - Throws: a verb that is not known or does not fit its value, or a wrong number of values.
    static func text(_ arguments: [GoValue]) throws(GoTemplateError) -> String {
        guard case .string(let format)? = arguments.first else { throw wrong("wants a format") }
        var values = arguments.dropFirst()
        var rest = Substring(format)
        var output = ""
        while let next = rest.popFirst() {
            guard next == "%" else {
                output.append(next)
                continue
            }
            let verb = try verb(&rest)
            if verb.letter == "%" {
                output.append("%")
                continue
            }
            guard let value = values.popFirst() else { throw wrong("has too few values") }
            output += pad(try digits(value, verb), verb)
        }
        guard values.isEmpty else { throw wrong("has too many values") }
        return output
    }

    private static func wrong(_ what: String) -> GoTemplateError {
        GoTemplateError("error calling printf: \(what)")
    }

    private static func verb(_ rest: inout Substring) throws(GoTemplateError) -> Verb {
        var verb = Verb()
        while let flag = rest.first, flag == "-" || flag == "0" {
            if flag == "-" { verb.alignsLeft = true } else { verb.padsWithZeros = true }
            rest.removeFirst()
        }
        let width = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(width.count)
        if !width.isEmpty {
            guard let number = Int(width), number <= maximumWidth else { throw wrong("has too wide a field") }
            verb.width = number
        }
        guard let letter = rest.popFirst() else { throw wrong("has no verb behind %") }
        verb.letter = letter
        return verb
    }

    private static func digits(_ value: GoValue, _ verb: Verb) throws(GoTemplateError) -> String {
        switch (verb.letter, value) {
        case ("v", _), ("s", .string), ("s", .list), ("d", .number), ("t", .bool): value.text
        case ("q", .string(let text)): "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" } + "\""
        case ("x", .number(let number)): String(number, radix: 16)
        case ("X", .number(let number)): String(number, radix: 16, uppercase: true)
        case ("o", .number(let number)): String(number, radix: 8)
        case ("b", .number(let number)): String(number, radix: 2)
        case ("c", .number(let number)): try character(number)
        case ("x", .string(let text)): text.utf8.map { String($0 + 0, radix: 16).leftPadded(to: 2) }.joined()
        default: throw wrong("cannot print \(value.text) with %\(verb.letter)")
        }
    }

    private static func character(_ number: Int128) throws(GoTemplateError) -> String {
        guard let code = UInt32(exactly: number), let scalar = Unicode.Scalar(code) else {
            throw wrong("\(number) is no character")
        }
        return String(scalar)
    }

    private static func pad(_ text: String, _ verb: Verb) -> String {
        let missing = verb.width - text.count
        guard missing > 0 else { return text }
        if verb.alignsLeft { return text + String(repeating: " ", count: missing) }
        guard verb.padsWithZeros else { return String(repeating: " ", count: missing) + text }
        guard text.hasPrefix("-") else { return String(repeating: "0", count: missing) + text }
        return "-" + String(repeating: "0", count: missing) + text.dropFirst()
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
