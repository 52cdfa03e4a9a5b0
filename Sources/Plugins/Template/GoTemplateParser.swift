/// Puts the pieces of a template together.
struct GoTemplateParser {
    private typealias Word = GoTemplateLexer.Word

    private var pieces: ArraySlice<GoTemplateLexer.Piece>
    private let fields: GoFields
    private var depth = 0

    /// How deep conditions and parentheses may be nested.
    private static let maximumDepth = 32
    private static let refused = [
        "range", "with", "define", "template", "block", "break", "continue", "call", "html", "js", "urlquery", "nil",
    ]

    init(_ pieces: [GoTemplateLexer.Piece], fields: GoFields) {
        self.pieces = pieces[...]
        self.fields = fields
    }

    /// The whole template.
    ///
    /// - Throws: what is not understood.
    mutating func parse() throws(GoTemplateError) -> [GoTemplate.Node] {
        let nodes = try list()
        guard pieces.isEmpty else { throw GoTemplateError("unexpected '\(keyword ?? "")' without an 'if' before it") }
        return nodes
    }

    /// The word that the next action begins with.
    private var keyword: String? {
        guard case .action(let words)? = pieces.first, case .identifier(let name)? = words.first else { return nil }
        return name
    }

    /// Nodes up to `else`, `end` or the end of the text.
    private mutating func list() throws(GoTemplateError) -> [GoTemplate.Node] {
        var nodes: [GoTemplate.Node] = []
        while let piece = pieces.first, keyword != "else", keyword != "end" {
            pieces.removeFirst()
            switch piece {
            case .text(let text):
                nodes.append(.text(text))
            case .action(let words):
                if words.first == .identifier("if") {
                    nodes.append(try conditional(words))
                } else {
                    nodes.append(.output(try pipeline(words)))
                }
            }
        }
        return nodes
    }

    /// What follows `{{ if condition }}`, up to its end.
    private mutating func conditional(_ words: [Word]) throws(GoTemplateError) -> GoTemplate.Node {
        try enter()
        defer { depth -= 1 }
        var branches = [(condition: try pipeline(Array(words.dropFirst())), body: try list())]
        while case .action(let words)? = pieces.popFirst() {
            if words == [.identifier("end")] { return .branches(branches, otherwise: []) }
            if words == [.identifier("else")] { return .branches(branches, otherwise: try last()) }
            guard words.starts(with: [.identifier("else"), .identifier("if")]) else {
                throw GoTemplateError("unexpected words behind 'else' or 'end'")
            }
            branches.append((try pipeline(Array(words.dropFirst(2))), try list()))
        }
        throw GoTemplateError("'if' without '{{ end }}'")
    }

    /// What follows `{{ else }}`, up to the end.
    private mutating func last() throws(GoTemplateError) -> [GoTemplate.Node] {
        let nodes = try list()
        guard case .action([.identifier("end")])? = pieces.popFirst() else {
            throw GoTemplateError("'else' without '{{ end }}'")
        }
        return nodes
    }

    private mutating func enter() throws(GoTemplateError) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw GoTemplateError("conditions or parentheses are nested too deeply")
        }
    }

    // MARK: Pipelines

    private mutating func pipeline(_ words: [Word]) throws(GoTemplateError) -> GoTemplate.Pipeline {
        var rest = words[...]
        let pipeline = try pipeline(&rest)
        guard rest.isEmpty else { throw GoTemplateError("unexpected ')'") }
        return pipeline
    }

    private mutating func pipeline(_ rest: inout ArraySlice<Word>) throws(GoTemplateError) -> GoTemplate.Pipeline {
        var commands = [try command(&rest, isFirst: true)]
        while rest.first == .pipe {
            rest.removeFirst()
            commands.append(try command(&rest, isFirst: false))
        }
        return GoTemplate.Pipeline(commands: commands)
    }

    private mutating func command(
        _ rest: inout ArraySlice<Word>, isFirst: Bool
    ) throws(GoTemplateError) -> GoTemplate.Command {
        var command = GoTemplate.Command(function: nil, operands: [])
        if case .identifier(let name)? = rest.first, name != "true", name != "false" {
            rest.removeFirst()
            command.function = try function(name)
        }
        if command.function == nil, let method = method(rest.first) {
            rest.removeFirst()
            guard let word = rest.first, word != .pipe, word != .close else {
                throw GoTemplateError("'.\(method)' wants one argument")
            }
            command.operands.append(.method(method, argument: try operand(&rest)))
        }
        while let word = rest.first, word != .pipe, word != .close {
            command.operands.append(try operand(&rest))
        }
        if command.function == nil {
            guard !command.operands.isEmpty else { throw GoTemplateError("missing value for command") }
            guard command.operands.count == 1, isFirst else {
                throw GoTemplateError("can't give argument to a value that is no function")
            }
        }
        return command
    }

    /// The method that `word` names; nil when it names none.
    private func method(_ word: Word?) -> String? {
        guard case .field(let path)? = word, path.count == 1, fields.methods.contains(path[0]) else { return nil }
        return path[0]
    }

    private func function(_ name: String) throws(GoTemplateError) -> GoFunction {
        if let function = GoFunction(rawValue: name) { return function }
        if Self.refused.contains(name) || name == "if" { throw GoTemplateError("'\(name)' is not understood here") }
        throw GoTemplateError("function \"\(name)\" not defined")
    }

    private mutating func operand(_ rest: inout ArraySlice<Word>) throws(GoTemplateError) -> GoTemplate.Operand {
        switch rest.popFirst() {
        case .string(let text):
            return .literal(.string(text))
        case .number(let number):
            return .literal(.number(number))
        case .field(let path):
            try fields.check(path)
            return .field(path: path)
        case .identifier(let name):
            if name == "true" || name == "false" { return .literal(.bool(name == "true")) }
            return .call(try function(name))
        case .open:
            return try group(&rest)
        default:
            throw GoTemplateError("missing value for command")
        }
    }

    /// What follows an opening parenthesis.
    private mutating func group(_ rest: inout ArraySlice<Word>) throws(GoTemplateError) -> GoTemplate.Operand {
        try enter()
        defer { depth -= 1 }
        let inner = try pipeline(&rest)
        guard rest.popFirst() == .close else { throw GoTemplateError("unclosed '('") }
        return .group(inner, path: [])
    }
}
