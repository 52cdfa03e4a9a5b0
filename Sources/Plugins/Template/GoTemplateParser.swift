/// Puts the pieces of a template together.
struct GoTemplateParser {
    typealias Token = GoTemplateLexer.Token

    var pieces: ArraySlice<GoTemplateLexer.Piece>
    let fields: GoFields
    /// What `define` and `block` have named so far.
    private(set) var definitions: [String: [GoTemplate.Node]] = [:]
    /// The names of the variables that can be seen, the latest last.
    var variables = ["$"]
    /// Whether `.` and `$` are the data itself, so that fields can be checked.
    var dotIsData = true
    var rootIsData = true
    private var loops = 0
    private var depth = 0
    /// The action that was read last, as it was written.
    private var action = ""
    private var used: [String] = []

    /// How deep conditions, loops and parentheses may be nested.
    static let maximumDepth = 32
    /// How many variables may be seen at one place; each is looked for among them.
    static let maximumVariables = 256
    static let keywords: Set<String> = [
        "if", "else", "end", "with", "range", "break", "continue", "template", "define", "block",
    ]

    init(_ pieces: [GoTemplateLexer.Piece], fields: GoFields) {
        self.pieces = pieces[...]
        self.fields = fields
    }

    /// The whole template.
    ///
    /// - Throws: what is not understood, with the action.
    mutating func parse() throws(GoTemplateError) -> [GoTemplate.Node] {
        do throws(GoTemplateError) {
            let nodes = try list()
            if let name = keyword {
                _ = nextAction()
                throw GoTemplateError("unexpected '\(name)': no 'if', 'with' or 'range' is open")
            }
            for name in used where definitions[name] == nil {
                throw GoTemplateError("there is no template \(GoQuoted.quote(name)); define it with '{{ define }}'")
            }
            return nodes
        } catch {
            throw error.within(action)
        }
    }

    /// The keyword that the next action begins with, when that ends a list.
    private var keyword: String? {
        guard case .action(let words, _)? = pieces.first, case .identifier(let name)? = words.first?.word,
            name == "else" || name == "end"
        else { return nil }
        return name
    }

    /// Takes the next piece, which has to be an action.
    private mutating func nextAction() -> ArraySlice<Token>? {
        guard case .action(let words, let source)? = pieces.first else { return nil }
        pieces.removeFirst()
        action = source
        return words
    }

    /// Nodes up to `else`, `end` or the end of the text.
    private mutating func list() throws(GoTemplateError) -> [GoTemplate.Node] {
        var nodes: [GoTemplate.Node] = []
        while let piece = pieces.first, keyword == nil {
            if case .text(let text) = piece {
                pieces.removeFirst()
                nodes.append(.text(text))
            } else if let words = nextAction() {
                try statement(words, &nodes)
            }
        }
        return nodes
    }

    private mutating func statement(
        _ words: ArraySlice<Token>, _ nodes: inout [GoTemplate.Node]
    ) throws(GoTemplateError) {
        var rest = words.dropFirst()
        guard case .identifier(let name)? = words.first?.word, Self.keywords.contains(name) else {
            return nodes.append(.output(try pipeline(words, for: "command")))
        }
        switch name {
        case "if", "with": nodes.append(try branches(name, rest))
        case "range": nodes.append(try range(rest))
        case "break", "continue":
            guard loops > 0 else { throw GoTemplateError("'\(name)' outside of a 'range'") }
            try expectEnd(of: name, rest)
            nodes.append(name == "break" ? .leave : .nextRound)
        case "define":
            guard depth == 0 else { throw GoTemplateError("'define' stands inside of another block") }
            let name = try templateName("define", &rest)
            try expectEnd(of: "define", rest)
            try define(name)
        default:
            let text = try templateName(name, &rest)
            let argument = rest.isEmpty && name == "template" ? nil : try pipeline(rest, for: name)
            if name == "block" { try define(text) }
            used.append(text)
            nodes.append(.template(text, argument))
        }
    }

    func expectEnd(of name: String, _ rest: ArraySlice<Token>) throws(GoTemplateError) {
        if let token = rest.first {
            throw GoTemplateError("unexpected '\(token.word.text)' behind '\(name)': '}}' was expected")
        }
    }

    // MARK: Blocks

    /// What follows `{{ if condition }}` or `{{ with value }}`, up to its end.
    private mutating func branches(_ name: String, _ words: ArraySlice<Token>) throws(GoTemplateError)
        -> GoTemplate.Node
    {
        try enter()
        let (scope, dot) = (variables.count, dotIsData)
        defer { leave(scope) }
        var condition = try pipeline(words, for: name)
        var branches: [GoTemplate.Branch] = []
        while true {
            if name == "with" { dotIsData = false }
            branches.append(GoTemplate.Branch(condition: condition, body: try body()))
            dotIsData = dot
            guard var closing = try closing(name) else {
                return .branches(branches, otherwise: [], setsDot: name == "with")
            }
            if closing.isEmpty {
                let otherwise = try body()
                try end(name)
                return .branches(branches, otherwise: otherwise, setsDot: name == "with")
            }
            guard closing.popFirst()?.word == .identifier(name) else {
                throw GoTemplateError("'}}' or '\(name)' was expected behind 'else'")
            }
            condition = try pipeline(closing, for: name)
        }
    }

    /// What follows `{{ range values }}`, up to its end.
    private mutating func range(_ words: ArraySlice<Token>) throws(GoTemplateError) -> GoTemplate.Node {
        try enter()
        let (scope, dot) = (variables.count, dotIsData)
        defer { leave(scope) }
        let values = try pipeline(words, for: "range")
        dotIsData = false
        loops += 1
        let body = try body()
        loops -= 1
        dotIsData = dot
        let branch = GoTemplate.Branch(condition: values, body: body)
        guard let closing = try closing("range") else { return .range(branch, otherwise: []) }
        try expectEnd(of: "else", closing)
        let otherwise = try self.body()
        try end("range")
        return .range(branch, otherwise: otherwise)
    }

    /// A list whose variables are seen only in it.
    private mutating func body() throws(GoTemplateError) -> [GoTemplate.Node] {
        let scope = variables.count
        let nodes = try list()
        variables.removeSubrange(scope...)
        return nodes
    }

    /// Takes `else`, and returns what follows it; nil for `end`.
    private mutating func closing(_ name: String) throws(GoTemplateError) -> ArraySlice<Token>? {
        guard let words = nextAction() else { throw GoTemplateError("'\(name)' without '{{ end }}'") }
        if words.first?.word == .identifier("else") { return words.dropFirst() }
        try expectEnd(of: "end", words.dropFirst())
        return nil
    }

    private mutating func end(_ name: String) throws(GoTemplateError) {
        guard let rest = try closing(name) else { return }
        throw GoTemplateError(
            "unexpected 'else\(rest.first.map { " " + $0.word.text } ?? "")': '{{ end }}' was expected")
    }

    private mutating func templateName(_ name: String, _ rest: inout ArraySlice<Token>) throws(GoTemplateError)
        -> String
    {
        guard case .string(let text)? = rest.popFirst()?.word else {
            throw GoTemplateError("'\(name)' wants a name in quotes")
        }
        return text
    }

    /// What follows `{{ define "name" }}`, up to its end.
    ///
    /// It sees no variables of what is around it.
    private mutating func define(_ name: String) throws(GoTemplateError) {
        try enter()
        let outer = (variables, dotIsData, rootIsData, loops)
        (variables, dotIsData, rootIsData, loops) = (["$"], false, false, 0)
        let nodes = try list()
        guard try closing("define") == nil else { throw GoTemplateError("unexpected 'else': '{{ end }}' was expected") }
        (variables, dotIsData, rootIsData, loops) = outer
        depth -= 1
        guard definitions.updateValue(nodes, forKey: name) == nil else {
            throw GoTemplateError("template \(GoQuoted.quote(name)) is defined twice")
        }
    }

    mutating func enter() throws(GoTemplateError) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw GoTemplateError(
                "conditions, loops or parentheses are nested too deeply; \(Self.maximumDepth) levels may be")
        }
    }

    mutating func leave(_ scope: Int) {
        depth -= 1
        variables.removeSubrange(min(scope, variables.count)...)
    }
}
