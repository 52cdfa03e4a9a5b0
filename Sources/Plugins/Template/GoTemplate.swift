/// A text in the language of Go's `text/template`.
///
/// Everything is understood but complex numbers: actions, pipelines, variables, `if`, `with`, `range` with `break` and `continue`,
/// `define`, `template` and `block`, comments and trimming. What calls functions of Go values finds none in the data of a query.
struct GoTemplate: Sendable {
    indirect enum Node: Sendable {
        case text(String)
        case output(Pipeline)
        /// `if`, or `with`, which makes the condition's value the dot of its branch.
        case branches([Branch], otherwise: [Node], setsDot: Bool)
        case range(Branch, otherwise: [Node])
        /// `template NAME PIPELINE`
        case template(String, Pipeline?)
        case leave
        case nextRound
    }

    struct Branch: Sendable {
        let condition: Pipeline
        let body: [Node]
    }

    /// Commands, each of which gets the result of the one before as its last argument.
    struct Pipeline: Sendable {
        /// Names that the result is kept under, each with its dollar sign.
        var variables: [String] = []
        /// Whether they were declared before.
        var isAssignment = false
        var commands: [Command] = []
    }

    /// What is evaluated, and its arguments.
    struct Command: Sendable {
        var head: Operand
        var arguments: [Operand] = []
    }

    /// What has a value, with the fields behind it.
    struct Operand: Sendable {
        indirect enum Base: Sendable {
            case dot
            case literal(GoValue)
            case variable(String)
            case function(GoFunction)
            case group(Pipeline)
        }

        let base: Base
        /// Fields of it, the outermost first.
        var path: [String] = []
    }

    /// The longest text that a template makes, in octets: the longest record, each octet of it written as `\DDD`.
    ///
    /// `printf "%q"` doubles what it gets, and can be written behind itself as often as one likes.
    static let maximumTextLength = 4 * 65_535

    /// The text as it was written.
    let source: String
    let nodes: [Node]
    /// What `define` and `block` have named.
    let definitions: [String: [Node]]

    /// Reads a text.
    ///
    /// - Parameter fields: the fields that data has.
    /// - Throws: what is not understood, with the action it stands in and what was expected.
    init(_ source: String, fields: GoFields) throws(GoTemplateError) {
        self.source = source
        var parser = GoTemplateParser(try GoTemplateLexer.pieces(of: source), fields: fields)
        nodes = try parser.parse()
        definitions = parser.definitions
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
    /// - Throws: what could not be evaluated, became too long or took too many steps.
    func text(with data: any GoData) throws(GoTemplateError) -> String {
        var run = GoTemplateRun(definitions, data)
        return try run.text(of: nodes)
    }
}
