/// A text in the language of Go's `text/template`, of which the part is understood that records need.
///
/// Understood: text, `{{ pipelines }}` with `|`, parentheses, fields (`.Name`, `.Group.a`), strings, whole numbers, `true` and
/// `false`, the functions of ``GoFunction``, `{{ if }}`, `{{ else if }}`, `{{ else }}`, `{{ end }}`, comments, and trimming with
/// `{{-` and `-}}`. The rest of the language is refused when the text is read, with its name.
struct GoTemplate: Sendable {
    indirect enum Node: Sendable {
        case text(String)
        case output(Pipeline)
        /// The first branch whose condition is true, else the last list.
        case branches([(condition: Pipeline, body: [Node])], otherwise: [Node])
    }

    /// Commands, each of which gets the result of the one before as its last argument.
    struct Pipeline: Sendable {
        var commands: [Command]
    }

    /// An operand, or a function with its arguments.
    struct Command: Sendable {
        var function: GoFunction?
        var operands: [Operand]
    }

    indirect enum Operand: Sendable {
        case literal(GoValue)
        /// A field of the data.
        case field(path: [String])
        /// A pipeline in parentheses, and fields of its result.
        case group(Pipeline, path: [String])
        /// A function without arguments in the place of an argument.
        case call(GoFunction)
        /// A method of the data with its argument.
        case method(String, argument: Operand)
    }

    /// The longest text that a template makes, in octets: the longest record, each octet of it written as `\DDD`.
    ///
    /// `printf "%q"` doubles what it gets, and can be written behind itself as often as one likes.
    static let maximumTextLength = 4 * 65_535

    /// The text as it was written.
    let source: String
    private let nodes: [Node]

    /// Reads a text.
    ///
    /// - Parameter fields: the fields that data has, and for each whether it has fields of its own.
    /// - Throws: what is not understood.
    init(_ source: String, fields: GoFields) throws(GoTemplateError) {
        self.source = source
        var parser = GoTemplateParser(try GoTemplateLexer.pieces(of: source), fields: fields)
        nodes = try parser.parse()
    }

    /// The text itself when nothing in it depends on data.
    var constant: String? {
        var text = ""
        for node in nodes {
            guard case .text(let part) = node else { return nil }
            text += part
        }
        return text
    }

    /// The text made from `data`.
    ///
    /// - Throws: what could not be evaluated, or became too long.
    func text(with data: any GoData) throws(GoTemplateError) -> String {
        var output = ""
        try Self.write(nodes, data, to: &output)
        return output
    }

    private static func write(_ nodes: [Node], _ data: any GoData, to output: inout String) throws(GoTemplateError) {
        for node in nodes {
            switch node {
            case .text(let text):
                output += text
            case .output(let pipeline):
                output += try value(of: pipeline, data).text
            case .branches(let branches, let otherwise):
                var body = otherwise
                for branch in branches where try value(of: branch.condition, data).isTrue {
                    body = branch.body
                    break
                }
                try write(body, data, to: &output)
            }
            try checkLength(output)
        }
    }

    private static func checkLength(_ text: String) throws(GoTemplateError) {
        guard text.utf8.count <= maximumTextLength else {
            throw GoTemplateError("the text is longer than \(maximumTextLength) octets")
        }
    }

    private static func value(of pipeline: Pipeline, _ data: any GoData) throws(GoTemplateError) -> GoValue {
        var last: GoValue?
        for command in pipeline.commands {
            var arguments: [GoValue] = []
            for operand in command.operands { arguments.append(try value(of: operand, data)) }
            if let function = command.function {
                let value = try function.call(arguments + (last.map { [$0] } ?? []))
                if case .string(let text) = value { try checkLength(text) }
                last = value
            } else {
                last = arguments.first
            }
        }
        return last ?? .string("")
    }

    private static func value(of operand: Operand, _ data: any GoData) throws(GoTemplateError) -> GoValue {
        switch operand {
        case .literal(let value): value
        case .field(let path): try data.value(of: path[0]).member(path.dropFirst())
        case .group(let pipeline, let path): try value(of: pipeline, data).member(path[...])
        case .call(let function): try function.call([])
        case .method(let name, let argument): try data.value(of: name, of: value(of: argument, data))
        }
    }
}

/// What is wrong with a template, or with its evaluation.
struct GoTemplateError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// The data of one evaluation.
protocol GoData {
    /// The value of a field that ``GoFields`` has declared.
    func value(of field: String) -> GoValue

    /// The value of a method that ``GoFields`` has declared.
    ///
    /// - Throws: the argument is not of its type.
    func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue
}

extension GoData {
    func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue { .string("") }
}

/// The fields that a template may name.
struct GoFields: Sendable {
    /// For each field, what may follow: nil for nothing, an empty set for any name, else these names.
    let known: [String: Set<String>?]
    /// Methods with one argument.
    var methods: Set<String> = []
    /// Fields that exist in CoreDNS, and why they are refused.
    let refused: [String: String]

    /// Checks a path.
    ///
    /// - Throws: a name that is not known.
    func check(_ path: [String]) throws(GoTemplateError) {
        guard let field = path.first else { throw GoTemplateError("'.' alone has no text; name a field such as .Name") }
        if let reason = refused[field] { throw GoTemplateError("'.\(field)' \(reason)") }
        if methods.contains(field) { throw GoTemplateError("'.\(field)' wants one argument") }
        guard let members = known[field] else {
            throw GoTemplateError(
                "there is no field '.\(field)'; there are: .\(known.keys.sorted().joined(separator: ", ."))")
        }
        guard path.count > 1 else { return }
        guard path.count == 2, let members, members.isEmpty || members.contains(path[1]) else {
            throw GoTemplateError("there is no field '.\(path.joined(separator: "."))'")
        }
    }
}
