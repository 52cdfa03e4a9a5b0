/// The elements of a list, and how deep lists and maps are nested in it.
package struct ValueList: Sendable {
    /// Deeper nests are not made: what visits a value calls itself for each level.
    static let maximumDepth = 64

    package let elements: [ExpressionValue]
    let depth: Int

    package init(_ elements: [ExpressionValue]) throws(ExpressionFailure) {
        self.elements = elements
        depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
        guard depth <= Self.maximumDepth else { throw .tooDeep }
    }
}

/// A map, in the order in which its keys came.
package struct ValueMap: Sendable, Equatable {
    private(set) var keys: [ExpressionValue] = []
    private(set) var values: [ExpressionValue] = []
    private var places: [ExpressionValue: Int] = [:]
    private(set) var depth = 1

    package init() {}

    package var count: Int { keys.count }

    package subscript(key: ExpressionValue) -> ExpressionValue? {
        places[key].map { values[$0] }
    }

    /// Puts `value` under `key`.
    package mutating func set(_ key: ExpressionValue, _ value: ExpressionValue) throws(ExpressionFailure) {
        depth = max(depth, 1 + max(key.depth, value.depth))
        guard depth <= ValueList.maximumDepth else { throw .tooDeep }
        if let place = places[key] {
            values[place] = value
        } else {
            places[key] = keys.count
            keys.append(key)
            values.append(value)
        }
    }

    package static func == (left: ValueMap, right: ValueMap) -> Bool {
        left.count == right.count && left.keys.allSatisfy { left[$0] == right[$0] }
    }
}
