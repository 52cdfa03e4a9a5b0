extension GoTemplateRun {
    /// The value of a pipeline, which is also kept under the names that it gives.
    mutating func value(of pipeline: GoTemplate.Pipeline, _ dot: GoValue) throws(GoTemplateError) -> GoValue {
        try enter()
        defer { leave() }
        var last: GoValue?
        for command in pipeline.commands { last = try value(of: command, dot, piped: last) }
        let value = last ?? .none
        try keep(value, pipeline)
        return value
    }

    private mutating func value(
        of command: GoTemplate.Command, _ dot: GoValue, piped: GoValue?
    ) throws(GoTemplateError) -> GoValue {
        try work.spend()
        guard case .function(let function) = command.head.base else {
            return try value(of: command.head, dot, command.arguments, piped: piped)
        }
        var value = try call(function, command.arguments, dot, piped: piped)
        for name in command.head.path { value = try member(name, of: value) }
        return value
    }

    private mutating func value(
        of operand: GoTemplate.Operand, _ dot: GoValue, _ arguments: [GoTemplate.Operand] = [], piped: GoValue? = nil
    ) throws(GoTemplateError) -> GoValue {
        var value: GoValue
        switch operand.base {
        case .dot: value = dot
        case .literal(let literal): value = literal
        case .variable(let name): value = try variable(name)
        case .group(let pipeline): value = try self.value(of: pipeline, dot)
        case .function(let function): value = try call(function, [], dot, piped: nil)
        }
        let hasArguments = !arguments.isEmpty || piped != nil
        for (index, name) in operand.path.enumerated() {
            if hasArguments, index == operand.path.count - 1 {
                return try invoke(name, of: value, arguments, dot, piped)
            }
            value = try member(name, of: value)
        }
        guard !hasArguments else { throw GoTemplateError("can't give argument to a value that is no function") }
        return value
    }

    /// Calls a method with its argument.
    private mutating func invoke(
        _ name: String, of value: GoValue, _ arguments: [GoTemplate.Operand], _ dot: GoValue, _ piped: GoValue?
    ) throws(GoTemplateError) -> GoValue {
        var values: [GoValue] = []
        for argument in arguments { values.append(try self.value(of: argument, dot)) }
        if let piped { values.append(piped) }
        if case .data = value, values.count == 1, let result = try call(name, values[0]) { return result }
        throw GoTemplateError("\(name) has arguments but cannot be invoked as function")
    }

    private mutating func call(
        _ function: GoFunction, _ operands: [GoTemplate.Operand], _ dot: GoValue, piped: GoValue?
    ) throws(GoTemplateError) -> GoValue {
        let count = operands.count + (piped == nil ? 0 : 1)
        try function.check(count)
        // These two look at no more of their arguments than they need.
        if function == .and || function == .or {
            return try firstThat(decides: function == .or, operands, dot, piped)
        }
        var arguments: [GoValue] = []
        for operand in operands { arguments.append(try value(of: operand, dot)) }
        if let piped { arguments.append(piped) }
        try work.spend(arguments.reduce(0) { $0 + $1.weight })
        let value = try function.call(arguments, work)
        if case .string(let text) = value {
            try checkLength(text)
            try work.spend(text.utf8.count)
        }
        return value
    }

    /// The first value that is as true as `decides`, else the last.
    private mutating func firstThat(
        decides: Bool, _ operands: [GoTemplate.Operand], _ dot: GoValue, _ piped: GoValue?
    ) throws(GoTemplateError) -> GoValue {
        var last = GoValue.none
        for operand in operands {
            try work.spend()
            last = try value(of: operand, dot)
            if last.isTrue == decides { return last }
        }
        return piped ?? last
    }
}
