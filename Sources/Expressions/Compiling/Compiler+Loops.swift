/// A function that holds each element of a list against a predicate.
struct Loop {
    let list: Step
    let predicate: Step
    /// Where the element, its number and what has come together stand.
    let element: Int
    let index: Int
    let accumulator: Int

    /// Calls `body` with each element and what the predicate says of it, until it returns true.
    func forEach(
        isBackwards: Bool = false, _ run: ExpressionRun,
        _ body: (Int, ExpressionValue, ExpressionValue) throws(ExpressionFailure) -> Bool
    ) throws(ExpressionFailure) {
        let elements = try list(run).elements()
        for place in elements.indices {
            let place = isBackwards ? elements.count - 1 - place : place
            try run.spend()
            run.slots[element] = elements[place]
            run.slots[index] = .int(place)
            if try body(place, elements[place], try predicate(run)) { return }
        }
    }

    /// The first element that the predicate holds for, seen from one end.
    func find(isBackwards: Bool, _ run: ExpressionRun) throws(ExpressionFailure) -> (Int, ExpressionValue)? {
        var found: (Int, ExpressionValue)?
        try forEach(isBackwards: isBackwards, run) { place, element, verdict throws(ExpressionFailure) in
            guard try verdict.bool() else { return false }
            found = (place, element)
            return true
        }
        return found
    }

    /// How many elements the predicate holds for; it stops behind `limit`.
    func count(_ run: ExpressionRun, limit: Int = .max) throws(ExpressionFailure) -> Int {
        var count = 0
        try forEach(run) { _, _, verdict throws(ExpressionFailure) in
            if try verdict.bool() { count += 1 }
            return count > limit
        }
        return count
    }
}

extension Compiler {
    /// Functions whose predicate must give a bool.
    private static let tests: Set<String> = [
        "all", "any", "one", "none", "filter", "find", "findIndex", "findLast", "findLastIndex", "count",
    ]

    /// A call of a function that takes a predicate.
    mutating func loop(_ name: String, _ nodes: [Node], _ node: Node) throws(ExpressionError) -> Part {
        let kinds = Builtins.predicates[name] ?? []
        let least = name == "count" || name == "sum" ? 1 : 2
        guard nodes.count >= least, nodes.count <= kinds.count else {
            throw ExpressionError("'\(name)' takes a list and a predicate", at: node.place)
        }
        let list = try compile(nodes[0])
        guard list.type.maybeArray else {
            throw ExpressionError("'\(name)' takes a list, not \(list.type)", at: nodes[0].place)
        }
        let (element, index, accumulator) = (makeSlot(list.type.element), makeSlot(.int), makeSlot(.any))
        var slots = ["": element]
        if name == "map" || name == "reduce" { slots["index"] = index }
        if name == "reduce" { slots["acc"] = accumulator }
        let predicate = nodes.count > 1 ? try compile(nodes[1], pointers: slots) : try identity(slots, node)
        if Self.tests.contains(name), !predicate.type.maybe(.bool) {
            throw ExpressionError("the predicate must give a bool, not \(predicate.type)", at: nodes.last?.place ?? 0)
        }
        let more = nodes.count > 2 ? try compile(nodes[2]) : nil
        let loop = Loop(
            list: list.step, predicate: predicate.step, element: element.index, index: index.index,
            accumulator: accumulator.index)
        return try part(name, loop, list.type, predicate.type, more, node)
    }

    /// The element itself, where no predicate is given.
    private mutating func identity(_ slots: [String: Slot], _ node: Node) throws(ExpressionError) -> Part {
        try compile(try Node(.pointer(""), at: node.place), pointers: slots)
    }

    private func part(
        _ name: String, _ loop: Loop, _ list: ExpressionType, _ predicate: ExpressionType, _ more: Part?, _ node: Node
    ) throws(ExpressionError) -> Part {
        switch name {
        case "all": Part(.bool) { run throws(ExpressionFailure) in .bool(try Self.holds(loop, run)) }
        case "any":
            Part(.bool) { run throws(ExpressionFailure) in .bool(try loop.find(isBackwards: false, run) != nil) }
        case "none":
            Part(.bool) { run throws(ExpressionFailure) in .bool(try loop.find(isBackwards: false, run) == nil) }
        case "one": Part(.bool) { run throws(ExpressionFailure) in .bool(try loop.count(run, limit: 1) == 1) }
        case "count": Part(.int) { run throws(ExpressionFailure) in .int(try loop.count(run)) }
        case "find", "findLast":
            Part(list.element) { run throws(ExpressionFailure) in
                try loop.find(isBackwards: name == "findLast", run)?.1 ?? .null
            }
        case "findIndex", "findLastIndex":
            Part(.any) { run throws(ExpressionFailure) in
                try loop.find(isBackwards: name == "findLastIndex", run).map { .int($0.0) } ?? .null
            }
        case "filter":
            Part(list.isArray ? list : .array(.any)) { run throws(ExpressionFailure) in
                try Self.filtered(loop, run)
            }
        case "map": Part(.array(predicate)) { run throws(ExpressionFailure) in try Self.mapped(loop, run) }
        case "sum": Part(predicate) { run throws(ExpressionFailure) in try Self.sum(loop, run) }
        case "groupBy":
            Part(.map(key: .any, list.isArray ? list : .array(.any))) { run throws(ExpressionFailure) in
                try Self.grouped(loop, run)
            }
        case "sortBy": try sorted(loop, list, more, node)
        default: reduced(loop, predicate, more)
        }
    }

    private static func holds(_ loop: Loop, _ run: ExpressionRun) throws(ExpressionFailure) -> Bool {
        var holds = true
        try loop.forEach(run) { _, _, verdict throws(ExpressionFailure) in
            holds = try verdict.bool()
            return !holds
        }
        return holds
    }

    private static func filtered(_ loop: Loop, _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        var elements: [ExpressionValue] = []
        try loop.forEach(run) { _, element, verdict throws(ExpressionFailure) in
            if try verdict.bool() { elements.append(element) }
            return false
        }
        return try .list(elements, run)
    }

    private static func mapped(_ loop: Loop, _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        var elements: [ExpressionValue] = []
        try loop.forEach(run) { _, _, value throws(ExpressionFailure) in
            elements.append(value)
            return false
        }
        return try .list(elements, run)
    }

    private static func sum(_ loop: Loop, _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        var sum = ExpressionValue.int(0)
        try loop.forEach(run) { _, _, value throws(ExpressionFailure) in
            sum = try Arithmetic.sum(sum, value, run)
            return false
        }
        return sum
    }

    private static func grouped(_ loop: Loop, _ run: ExpressionRun) throws(ExpressionFailure) -> ExpressionValue {
        var (keys, groups): ([ExpressionValue], [ExpressionValue: [ExpressionValue]]) = ([], [:])
        try loop.forEach(run) { _, element, key throws(ExpressionFailure) in
            if groups[key] == nil { keys.append(key) }
            groups[key, default: []].append(element)
            return false
        }
        var map = ValueMap()
        for key in keys { try map.set(key, try .list(groups[key] ?? [], run)) }
        return .map(map)
    }

    private func sorted(
        _ loop: Loop, _ list: ExpressionType, _ order: Part?, _ node: Node
    ) throws(ExpressionError) -> Part {
        if let order, !order.type.maybe(.string) {
            throw ExpressionError("the order is a string, not \(order.type)", at: node.place)
        }
        let step = order?.step
        return Part(list) { run throws(ExpressionFailure) in
            var pairs: [(key: ExpressionValue, element: ExpressionValue)] = []
            try loop.forEach(run) { _, element, key throws(ExpressionFailure) in
                pairs.append((key, element))
                return false
            }
            return try Sorting.sorted(pairs, try step?(run), run)
        }
    }

    /// `more` is what to begin with; without it, the first element.
    private func reduced(_ loop: Loop, _ predicate: ExpressionType, _ more: Part?) -> Part {
        let first = more?.step
        return Part(predicate) { run throws(ExpressionFailure) in
            let elements = try loop.list(run).elements()
            guard first != nil || !elements.isEmpty else { throw .outOfRange }
            run.slots[loop.accumulator] = try first?(run) ?? elements[0]
            for place in (first == nil ? 1 : 0)..<elements.count {
                try run.spend()
                run.slots[loop.element] = elements[place]
                run.slots[loop.index] = .int(place)
                let value = try loop.predicate(run)
                run.slots[loop.accumulator] = value
            }
            return run.slots[loop.accumulator]
        }
    }
}

/// How lists are sorted.
enum Sorting {
    /// The elements in the order of their keys; `order` is `asc` or `desc`.
    static func sorted(
        _ pairs: [(key: ExpressionValue, element: ExpressionValue)], _ order: ExpressionValue?, _ run: ExpressionRun
    ) throws(ExpressionFailure) -> ExpressionValue {
        let isDescending: Bool
        switch try order?.string() ?? "asc" {
        case "asc": isDescending = false
        case "desc": isDescending = true
        default: throw .unreadable
        }
        // What can be compared with one can be compared with all.
        if let first = pairs.first {
            for pair in pairs { _ = try pair.key.isLess(than: first.key) }
        }
        // A sort takes about as many steps for each element as their number has binary digits.
        try run.spend(pairs.count &* (Int.bitWidth - pairs.count.leadingZeroBitCount))
        let sorted = pairs.sorted { left, right in
            (try? isDescending ? right.key.isLess(than: left.key) : left.key.isLess(than: right.key)) ?? false
        }
        return try .list(sorted.map(\.element), run)
    }
}
