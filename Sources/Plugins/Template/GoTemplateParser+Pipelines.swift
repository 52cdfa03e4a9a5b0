extension GoTemplateParser {
    /// The pipeline that `words` are.
    ///
    /// - Parameter context: the word that wants it, for messages; `range` may declare two variables.
    mutating func pipeline(
        _ words: ArraySlice<Token>, for context: String
    ) throws(GoTemplateError) -> GoTemplate.Pipeline {
        var rest = words
        let pipeline = try pipeline(&rest, for: context)
        if let token = rest.first { throw GoTemplateError("unexpected '\(token.word.text)'") }
        return pipeline
    }

    /// A pipeline up to a closing parenthesis or the end.
    private mutating func pipeline(
        _ rest: inout ArraySlice<Token>, for context: String
    ) throws(GoTemplateError) -> GoTemplate.Pipeline {
        var pipeline = GoTemplate.Pipeline()
        try variables(&rest, &pipeline, for: context)
        while true {
            guard let first = rest.first, first.word != .close else {
                throw GoTemplateError(
                    pipeline.commands.isEmpty ? "missing value for \(context)" : "missing command behind '|'")
            }
            pipeline.commands.append(try command(&rest, isFirst: pipeline.commands.isEmpty))
            guard rest.first?.word == .pipe else { break }
            rest.removeFirst()
        }
        if !pipeline.isAssignment { variables += pipeline.variables }
        // The first is the data.
        guard variables.count <= Self.maximumVariables + 1 else {
            throw GoTemplateError("more than \(Self.maximumVariables) variables can be seen here")
        }
        return pipeline
    }

    /// Takes `$x :=`, `$x =` or, behind `range`, `$i, $x :=`.
    private func variables(
        _ rest: inout ArraySlice<Token>, _ pipeline: inout GoTemplate.Pipeline, for context: String
    ) throws(GoTemplateError) {
        var ahead = rest
        var names: [String] = []
        while case .variable(let name)? = ahead.first?.word {
            ahead.removeFirst()
            names.append(name)
            guard ahead.first?.word == .comma else { break }
            ahead.removeFirst()
        }
        guard let mark = ahead.popFirst()?.word, !names.isEmpty, mark == .declare || mark == .assign else {
            if names.count > 1 { throw GoTemplateError("':=' or '=' was expected behind the variables") }
            return
        }
        guard names.count <= (context == "range" ? 2 : 1) else {
            throw GoTemplateError("too many variables: one may stand here, two behind 'range'")
        }
        guard !names.contains("$") else { throw GoTemplateError("'$' is the data; it cannot be set") }
        pipeline.isAssignment = mark == .assign
        if pipeline.isAssignment { for name in names { try checkVariable(name) } }
        pipeline.variables = names
        rest = ahead
    }

    private func checkVariable(_ name: String) throws(GoTemplateError) {
        guard variables.contains(name) else {
            throw GoTemplateError("undefined variable '\(name)'; declare it with '\(name) :='")
        }
    }

    private mutating func command(
        _ rest: inout ArraySlice<Token>, isFirst: Bool
    ) throws(GoTemplateError) -> GoTemplate.Command {
        var command = GoTemplate.Command(head: try operand(&rest, isHead: true))
        while let word = rest.first?.word, word != .pipe, word != .close {
            command.arguments.append(try operand(&rest, isHead: false))
        }
        try check(command, isFirst: isFirst)
        return command
    }

    /// Checks that what is called can be called, and that what is named is there.
    private func check(_ command: GoTemplate.Command, isFirst: Bool) throws(GoTemplateError) {
        let arguments = command.arguments.count + (isFirst ? 0 : 1)
        switch command.head.base {
        case .function: return
        case .literal(.none) where arguments == 0: throw GoTemplateError("'nil' is not a command")
        case .dot, .variable:
            if isData(command.head), let name = command.head.path.first, fields.methods.contains(name) {
                guard command.head.path.count == 1, arguments == 1 else {
                    throw GoTemplateError("'.\(name)' wants one argument")
                }
                return
            }
            // Of something that is no text, the last field may be a method.
            if !command.head.path.isEmpty, !isData(command.head) { return }
        case .literal, .group: break
        }
        guard arguments == 0 else { throw GoTemplateError("can't give argument to a value that is no function") }
        try checkFields(command.head)
    }

    /// Whether the operand starts at the data itself.
    private func isData(_ operand: GoTemplate.Operand) -> Bool {
        switch operand.base {
        case .dot: dotIsData
        case .variable(let name): name == "$" && rootIsData
        default: false
        }
    }

    private func checkFields(_ operand: GoTemplate.Operand) throws(GoTemplateError) {
        if isData(operand) { try fields.check(operand.path) }
    }

    // MARK: Operands

    private mutating func operand(
        _ rest: inout ArraySlice<Token>, isHead: Bool
    ) throws(GoTemplateError) -> GoTemplate.Operand {
        guard let first = rest.popFirst() else { throw GoTemplateError("missing value for command") }
        var path: [String] = []
        let base: GoTemplate.Operand.Base
        switch first.word {
        case .dot: base = .dot
        case .field(let name): (base, path) = (.dot, [name])
        case .string(let text): base = .literal(.string(text))
        case .number(let number): base = .literal(number)
        case .variable(let name):
            try checkVariable(name)
            base = .variable(name)
        case .identifier(let name):
            if let value = constant(name) { base = value } else { base = .function(try function(name)) }
        case .open: base = .group(try group(&rest))
        default: throw GoTemplateError("unexpected '\(first.word.text)' where a value was expected")
        }
        while let next = rest.first, next.isGlued, case .field(let name) = next.word {
            rest.removeFirst()
            path.append(name)
        }
        if let next = rest.first, next.isGlued, ![.pipe, .close, .comma].contains(next.word) {
            throw GoTemplateError("unexpected '\(next.word.text)': a blank or '|' was expected before it")
        }
        let operand = GoTemplate.Operand(base: base, path: path)
        if case .literal(let value) = base, !path.isEmpty {
            throw GoTemplateError("unexpected '.\(path[0])' behind '\(value.text)', which has no fields")
        }
        if !isHead { try checkFields(operand) }
        return operand
    }

    private func constant(_ name: String) -> GoTemplate.Operand.Base? {
        switch name {
        case "true", "false": .literal(.bool(name == "true"))
        case "nil": .literal(.none)
        default: nil
        }
    }

    private func function(_ name: String) throws(GoTemplateError) -> GoFunction {
        if let function = GoFunction(rawValue: name) { return function }
        if Self.keywords.contains(name) { throw GoTemplateError("unexpected '\(name)' where a value was expected") }
        throw GoTemplateError("function \"\(name)\" not defined")
    }

    /// What follows an opening parenthesis.
    private mutating func group(_ rest: inout ArraySlice<Token>) throws(GoTemplateError) -> GoTemplate.Pipeline {
        try enter()
        defer { leave(variables.count) }
        let inner = try pipeline(&rest, for: "parenthesized pipeline")
        guard rest.popFirst()?.word == .close else { throw GoTemplateError("unclosed '(': ')' was expected") }
        return inner
    }
}
