extension Compiler {
    /// A call of a function of the environment or of the language.
    mutating func call(
        _ name: String, _ nodes: [Node], _ isBuiltin: Bool, _ node: Node
    ) throws(ExpressionError) -> Part {
        if !isBuiltin, let index = functions.firstIndex(where: { $0.name == name }) {
            return try environment(index, nodes, node)
        }
        if let reason = Builtins.unserved[name] {
            throw ExpressionError("'\(name)' is not served: \(reason)", at: node.place)
        }
        if Builtins.predicates[name] != nil { return try loop(name, nodes, node) }
        guard let builtin = Builtins.functions[name] else {
            throw ExpressionError("unknown function '\(name)'", at: node.place)
        }
        guard builtin.counts.contains(nodes.count) else {
            throw Self.wrongCount(name, nodes.count, builtin.counts, node)
        }
        var (steps, types): ([Step], [ExpressionType]) = ([], [])
        for (index, argument) in nodes.enumerated() {
            let part = try compile(argument)
            let kind = builtin.parameters[min(index, builtin.parameters.count - 1)]
            guard kind.takes(part.type) else {
                throw ExpressionError("'\(name)' does not take \(part.type) here", at: argument.place)
            }
            steps.append(part.step)
            types.append(part.type)
        }
        let apply = builtin.call
        return Part(builtin.result(types), Self.step(steps, apply))
    }

    private static func step(_ steps: [Step], _ apply: @escaping Builtin.Body) -> Step {
        { run throws(ExpressionFailure) in
            try run.spend()
            var arguments: [ExpressionValue] = []
            arguments.reserveCapacity(steps.count)
            for step in steps { arguments.append(try step(run)) }
            return try apply(arguments, run)
        }
    }

    private static func wrongCount(
        _ name: String, _ count: Int, _ counts: ClosedRange<Int>, _ node: Node
    ) -> ExpressionError {
        let wanted =
            counts.lowerBound == counts.upperBound
            ? "\(counts.lowerBound)"
            : counts.upperBound == Int.max
                ? "\(counts.lowerBound) or more" : "\(counts.lowerBound) to \(counts.upperBound)"
        return ExpressionError("'\(name)' takes \(wanted) arguments, not \(count)", at: node.place)
    }

    private mutating func environment(_ index: Int, _ nodes: [Node], _ node: Node) throws(ExpressionError) -> Part {
        let function = functions[index]
        let wanted = function.parameters.count
        guard nodes.count == wanted else {
            throw Self.wrongCount(function.name, nodes.count, wanted...wanted, node)
        }
        var steps: [Step] = []
        for (number, argument) in nodes.enumerated() {
            var part = try compile(argument)
            let type = function.parameters[number]
            guard type == .any || part.type.maybe(type) else {
                throw ExpressionError("'\(function.name)' takes \(type) here, not \(part.type)", at: argument.place)
            }
            if let constant = part.constant, let prepare = function.prepare {
                do {
                    if let prepared = try prepare(number, constant) { part = Part(prepared) }
                } catch {
                    throw ExpressionError(error.message, at: argument.place)
                }
            }
            steps.append(part.step)
        }
        guard !steps.isEmpty else {
            return Part(function.result) { run throws(ExpressionFailure) in
                try run.spend()
                return try run.subject.value(of: index, [])
            }
        }
        return Part(
            function.result,
            Self.step(steps) { arguments, run throws(ExpressionFailure) in
                try run.subject.value(of: index, arguments)
            })
    }
}
