/// One evaluation of a template.
///
/// What may be long is bounded: the text, how deep it goes, and the work.
struct GoTemplateRun {
    private let definitions: [String: [GoTemplate.Node]]
    private let data: any GoData
    /// The variables that can be seen, the latest last.
    private var variables: [(name: String, value: GoValue)] = [("$", .data)]
    private var output = ""
    private var depth = 0
    let work: GoWork

    /// How deep blocks, parentheses and templates within templates may go.
    static let maximumDepth = 64

    /// How a list of nodes ended.
    private enum Flow { case onward, leaves, nextRound }

    init(_ definitions: [String: [GoTemplate.Node]], _ data: any GoData) {
        self.definitions = definitions
        self.data = data
        work = data.work
    }

    /// The text that `nodes` make.
    ///
    /// - Throws: what could not be evaluated, became too long or took too many steps.
    mutating func text(of nodes: [GoTemplate.Node]) throws(GoTemplateError) -> String {
        _ = try write(nodes, .data)
        return output
    }

    // MARK: Nodes

    private mutating func write(_ nodes: [GoTemplate.Node], _ dot: GoValue) throws(GoTemplateError) -> Flow {
        try enter()
        defer { depth -= 1 }
        for node in nodes {
            try work.spend()
            switch node {
            case .text(let text): try write(text)
            case .output(let pipeline):
                let value = try value(of: pipeline, dot)
                if pipeline.variables.isEmpty { try write(printed(value)) }
            case .leave: return .leaves
            case .nextRound: return .nextRound
            case .template(let name, let pipeline):
                var argument = GoValue.none
                if let pipeline { argument = try value(of: pipeline, dot) }
                try fillIn(name, argument)
            case .branches(let branches, let otherwise, let setsDot):
                let flow = try choose(branches, otherwise, dot, setsDot: setsDot)
                if flow != .onward { return flow }
            case .range(let branch, let otherwise):
                let flow = try goThrough(branch, otherwise, dot)
                if flow != .onward { return flow }
            }
        }
        return .onward
    }

    private func printed(_ value: GoValue) throws(GoTemplateError) -> String {
        if case .none = value { return value.text }
        return try GoFormat.plain(value, work)
    }

    private mutating func write(_ text: String) throws(GoTemplateError) {
        output += text
        try checkLength(output)
    }

    private mutating func choose(
        _ branches: [GoTemplate.Branch], _ otherwise: [GoTemplate.Node], _ dot: GoValue, setsDot: Bool
    ) throws(GoTemplateError) -> Flow {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        for branch in branches {
            try work.spend()
            let value = try value(of: branch.condition, dot)
            if value.isTrue { return try write(branch.body, setsDot ? value : dot) }
        }
        return try write(otherwise, dot)
    }

    private mutating func fillIn(_ name: String, _ argument: GoValue) throws(GoTemplateError) {
        guard let nodes = definitions[name] else {
            throw GoTemplateError("template \(GoQuoted.quote(name)) not defined")
        }
        let outer = variables
        defer { variables = outer }
        variables = [("$", argument)]
        _ = try write(nodes, argument)
    }

    // MARK: Loops

    private mutating func goThrough(
        _ branch: GoTemplate.Branch, _ otherwise: [GoTemplate.Node], _ dot: GoValue
    ) throws(GoTemplateError) -> Flow {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        let values = try value(of: branch.condition, dot)
        var isEmpty = true
        switch values {
        case .list(let items, _):
            for (index, item) in items.enumerated() {
                isEmpty = false
                guard try round(branch, .number(Int128(index)), item) else { break }
            }
        case .map(let items, _):
            for key in try GoFunction.keys(of: items, work) {
                isEmpty = false
                guard try round(branch, .string(key), items[key] ?? .none) else { break }
            }
        case .number(let count, let type):
            guard branch.condition.variables.count < 2 else {
                throw GoTemplateError("can't use \(count) to iterate over more than one variable")
            }
            var number: Int128 = 0
            while number < count {
                isEmpty = false
                guard try round(branch, .none, .number(number, type)) else { break }
                number += 1
            }
        case .none: break
        default: throw GoTemplateError("range can't iterate over \(String(values.text.unicodeScalars.prefix(100)))")
        }
        return isEmpty ? try write(otherwise, dot) : .onward
    }

    /// Once through the body of a loop.
    ///
    /// - Returns: whether the loop goes on.
    private mutating func round(
        _ branch: GoTemplate.Branch, _ key: GoValue, _ value: GoValue
    ) throws(GoTemplateError) -> Bool {
        try work.spend()
        let names = branch.condition.variables
        if let last = names.last { try set(last, value) }
        if names.count > 1 { try set(names[0], key) }
        let scope = variables.count
        let flow = try write(branch.body, value)
        variables.removeSubrange(scope...)
        return flow != .leaves
    }

    // MARK: Variables and bounds

    func variable(_ name: String) throws(GoTemplateError) -> GoValue {
        variables[try place(of: name)].value
    }

    private mutating func set(_ name: String, _ value: GoValue) throws(GoTemplateError) {
        variables[try place(of: name)].value = value
    }

    /// Where the latest variable of that name is.
    private func place(of name: String) throws(GoTemplateError) -> Int {
        let length = name.utf8.count
        var place = variables.count - 1
        while place >= 0 {
            let other = variables[place].name.utf8
            if other.count == length, other.elementsEqual(name.utf8) { break }
            place -= 1
        }
        // What was passed over, by octets where the names are long.
        try work.spend((variables.count - place) * (1 + length / 8))
        guard place >= 0 else { throw GoTemplateError("undefined variable: \(name)") }
        return place
    }

    /// Keeps the result of a pipeline under the names that it gives.
    mutating func keep(_ value: GoValue, _ pipeline: GoTemplate.Pipeline) throws(GoTemplateError) {
        for name in pipeline.variables {
            if pipeline.isAssignment {
                try set(name, value)
            } else {
                variables.append((name, value))
            }
        }
    }

    mutating func enter() throws(GoTemplateError) {
        depth += 1
        guard depth <= Self.maximumDepth else {
            throw GoTemplateError("it goes deeper than \(Self.maximumDepth) levels")
        }
    }

    mutating func leave() { depth -= 1 }

    func checkLength(_ text: String) throws(GoTemplateError) {
        guard text.utf8.count <= GoTemplate.maximumTextLength else { throw .tooLong }
    }

    func member(_ name: String, of value: GoValue) throws(GoTemplateError) -> GoValue {
        switch value {
        case .data:
            try work.spend(data.cost(of: name))
            if let value = data.value(of: name) { return value }
        case .object(let object):
            try work.spend()
            if let value = object.members[name] { return value }
        case .map(let items, _):
            try work.spend()
            return items[name] ?? .none
        case .none: return .none
        case .null(let type): throw GoTemplateError("nil pointer evaluating \(type).\(name)")
        default: break
        }
        throw GoTemplateError("can't evaluate field \(name) in type \(value.typeName)")
    }

    /// The value of a method of the data; nil when there is no such method.
    func call(_ method: String, _ argument: GoValue) throws(GoTemplateError) -> GoValue? {
        try work.spend(argument.weight + data.cost(of: method))
        return try data.value(of: method, of: argument)
    }
}
