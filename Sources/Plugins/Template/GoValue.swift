/// Go's type of a whole number, as far as it shows.
enum GoInteger: String, Sendable {
    case int, int32, uint8, uint16, uint32, uint64
}

/// A value in a template, with what Go knows of its type.
enum GoValue: Sendable, Hashable {
    case string(String)
    case number(Int128, GoInteger = .int)
    case float(Double)
    case bool(Bool)
    /// A slice, and the type of its elements.
    case list([GoValue], of: String = "string")
    /// A map from texts, and the type of its values.
    case map([String: GoValue], of: String = "string")
    case object(GoObject)
    /// The data that the template is filled in from.
    case data
    /// A pointer to nothing, and its type.
    case null(String)
    /// No value at all: a key that a map does not have, or `nil`.
    case none

    /// A list of texts.
    static func texts(_ texts: [String]) -> GoValue { .list(texts.map { .string($0) }) }

    /// As an action prints it.
    var text: String {
        if case .none = self { return "<no value>" }
        return (try? GoFormat.plain(self, GoWork())) ?? ""
    }

    /// Go's name of the type.
    var typeName: String {
        switch self {
        case .string: "string"
        case .number(_, let type): type.rawValue
        case .float: "float64"
        case .bool: "bool"
        case .list(_, let type): "[]\(type)"
        case .map(_, let type): "map[string]\(type)"
        case .object(let object): object.type
        case .data: "*template.templateData"
        case .null(let type): type
        case .none: "<nil>"
        }
    }

    /// Whether `if` takes the branch: everything but nothing, what is empty, zero and false.
    var isTrue: Bool {
        switch self {
        case .string(let text): !text.isEmpty
        case .number(let number, _): number != 0
        case .float(let number): number != 0
        case .bool(let flag): flag
        case .list(let items, _): !items.isEmpty
        case .map(let items, _): !items.isEmpty
        case .object, .data: true
        case .null, .none: false
        }
    }

    /// A whole number that fits; nil for everything else.
    var index: Int? {
        guard case .number(let number, _) = self else { return nil }
        return Int(exactly: number)
    }

    /// How much there is to read, in octets or elements.
    var weight: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .list(let items, _): items.count
        case .map(let items, _): items.count
        // Its fields are compared, or its text printed.
        case .object(let object): 64 + (object.text?.utf8.count ?? 0)
        // Its digits are worked out.
        case .float: 256
        default: 1
        }
    }
}

/// A structure: its fields, and the methods that want no argument.
struct GoObject: Sendable, Hashable {
    /// Go's name of the type.
    let type: String
    let members: [String: GoValue]
    /// What its `String` method says; nil where it cannot be printed here.
    var text: String?
}

/// What is wrong with a template, or with its evaluation.
struct GoTemplateError: Error, Hashable, CustomStringConvertible {
    let description: String

    static let tooLong = GoTemplateError("the text is longer than \(GoTemplate.maximumTextLength) octets")

    init(_ description: String) {
        self.description = description
    }
}

/// The data of one evaluation.
protocol GoData {
    /// The work that is left for this data.
    var work: GoWork { get }

    /// The work that it takes to make the value of a field.
    func cost(of field: String) -> Int

    /// The value of a field; nil when there is no such field.
    func value(of field: String) -> GoValue?

    /// The value of a method with one argument; nil when there is no such method.
    ///
    /// - Throws: the argument is not of its type.
    func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue?
}

extension GoData {
    var work: GoWork { GoWork() }

    func cost(of field: String) -> Int { 0 }

    func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue? { nil }
}

/// The fields that a template may name.
struct GoFields: Sendable {
    /// All fields, with values of the types of those to come.
    let sample: [String: GoValue]
    /// Methods with one argument.
    var methods: Set<String> = []
    /// Fields that exist in CoreDNS, and why they are refused.
    var refused: [String: String] = [:]

    /// Checks a path that starts at the data.
    ///
    /// - Throws: a name that is not known.
    func check(_ path: [String]) throws(GoTemplateError) {
        guard let field = path.first else { return }
        if let reason = refused[field] { throw GoTemplateError("'.\(field)' \(reason)") }
        if methods.contains(field) { throw GoTemplateError("'.\(field)' wants one argument") }
        guard var value = sample[field] else {
            throw GoTemplateError(
                "there is no field '.\(field)'; there are: .\(sample.keys.sorted().joined(separator: ", ."))")
        }
        for name in path.dropFirst() {
            switch value {
            case .map(let items, _): value = items[name] ?? .none
            case .object(let object):
                guard let member = object.members[name] else {
                    throw GoTemplateError("there is no field '.\(path.joined(separator: "."))'")
                }
                value = member
            case .none, .null: return
            default: throw GoTemplateError("there is no field '.\(path.joined(separator: "."))'")
            }
        }
    }
}
