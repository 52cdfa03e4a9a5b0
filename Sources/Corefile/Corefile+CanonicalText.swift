extension Corefile {
    /// The configuration as text: imports and environment references in place, comments and spacing gone.
    ///
    /// Two Corefiles with the same text configure the same, so its digest tells whether a reload is due. Each
    /// directive and option has a line of its own, and keys are written out in full.
    package var canonicalText: String {
        var text = ""
        for block in blocks {
            text += block.keys.map { Self.word($0.description) }.joined(separator: " ") + " {\n"
            for directive in block.directives { Self.append(directive, to: &text) }
            text += "}\n"
        }
        return text
    }

    private static func append(_ directive: Directive, to text: inout String) {
        text += "    " + line(directive.name, directive.arguments)
        if let options = directive.options {
            text += " {\n"
            for option in options {
                // A brace at the end of an option's line can change what the option means, so it stays there.
                text += "        " + line(option.name, option.arguments) + (option.closingBrace == nil ? "\n" : " ")
            }
            text += options.last?.closingBrace == nil ? "    }" : "}"
        }
        text += "\n"
    }

    private static func line(_ name: Token, _ arguments: [Token]) -> String {
        ([name] + arguments).map { word($0.text) }.joined(separator: " ")
    }

    private static func word(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text != "{" && text != "}" && text.utf8.first != UInt8(ascii: "\"")
            && !text.unicodeScalars.contains { $0 == "#" || $0 == "\r" || $0.properties.isWhitespace }
        if isPlain { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"") + "\""
    }
}
