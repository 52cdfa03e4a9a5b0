extension GoFunction {
    /// The element of the first argument that the others lead to.
    func index(_ arguments: [GoValue]) throws(GoTemplateError) -> GoValue {
        var item = arguments[0]
        guard item != .none else { throw wrong("index of untyped nil") }
        for key in arguments.dropFirst() { item = try element(of: item, key) }
        return item
    }

    private func element(of item: GoValue, _ key: GoValue) throws(GoTemplateError) -> GoValue {
        switch item {
        case .map(let items, let type):
            guard case .string(let name) = key else {
                throw wrong(
                    key == .none
                        ? "value is nil; should be of type string" : "value has type \(key.typeName); should be string")
            }
            return items[name] ?? (type == "string" ? .string("") : .none)
        case .list(let items, _):
            return items[try position(key, below: items.count)]
        case .string(let text):
            let octets = text.utf8
            let position = try position(key, below: octets.count)
            return .number(Int128(octets[octets.index(octets.startIndex, offsetBy: position)]), .uint8)
        case .null: throw wrong("index of nil pointer")
        default: throw wrong("can't index item of type \(item.typeName)")
        }
    }

    private func position(_ key: GoValue, below count: Int) throws(GoTemplateError) -> Int {
        let index = try number(key)
        guard (0..<count).contains(index) else { throw wrong("index out of range: \(index)") }
        return index
    }

    private func number(_ key: GoValue) throws(GoTemplateError) -> Int {
        if key == .none { throw wrong("cannot index slice/array with nil") }
        guard case .number(let number, _) = key else {
            throw wrong("cannot index slice/array with type \(key.typeName)")
        }
        guard let index = Int(exactly: number) else { throw wrong("index out of range: \(number)") }
        return index
    }

    func length(of value: GoValue) throws(GoTemplateError) -> Int {
        switch value {
        case .string(let text): text.utf8.count
        case .list(let items, _): items.count
        case .map(let items, _): items.count
        case .none: throw wrong("len of untyped nil")
        case .null: throw wrong("len of nil pointer")
        default: throw wrong("len of type \(value.typeName)")
        }
    }

    /// The part of a text or a list from a number to a number; a list may have a third, its capacity.
    func slice(_ arguments: [GoValue], _ work: GoWork) throws(GoTemplateError) -> GoValue {
        let item = arguments[0]
        if item == .none { throw wrong("slice of untyped nil") }
        guard arguments.count <= 4 else { throw wrong("too many slice indexes: \(arguments.count - 1)") }
        if case .string = item, arguments.count == 4 { throw wrong("cannot 3-index slice a string") }
        switch item {
        case .string(let text):
            let octets = Array(text.utf8)
            return .string(String(decoding: octets[try bounds(arguments, octets.count)], as: UTF8.self))
        case .list(let items, let type):
            let bounds = try bounds(arguments, items.count)
            try work.spend(bounds.count * 64)
            return .list(Array(items[bounds]), of: type)
        default: throw wrong("can't slice item of type \(item.typeName)")
        }
    }

    private func bounds(_ arguments: [GoValue], _ count: Int) throws(GoTemplateError) -> Range<Int> {
        var bounds = [0, count]
        for (place, argument) in arguments.dropFirst().enumerated() {
            let index = try number(argument)
            guard (0...count).contains(index) else { throw wrong("index out of range: \(index)") }
            if place < 2 {
                bounds[place] = index
            } else if index < bounds[1] {
                throw wrong("invalid slice index: \(bounds[1]) > \(index)")
            }
        }
        guard bounds[0] <= bounds[1] else { throw wrong("invalid slice index: \(bounds[0]) > \(bounds[1])") }
        return bounds[0]..<bounds[1]
    }
}
