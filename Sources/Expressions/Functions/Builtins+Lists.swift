extension Builtins {
    static let lists: [String: Builtin] = [
        "len": Builtin([.lengthy], .int) { arguments, run throws(ExpressionFailure) in
            switch arguments[0] {
            case .string(let text):
                try run.spend(octets: text.utf8.count)
                return .int(text.unicodeScalars.count)
            case .array(let list): return .int(list.elements.count)
            case .map(let map): return .int(map.count)
            case .bytes(let octets): return .int(octets.count)
            default: throw .wrongType
            }
        },
        "first": Builtin([.array], { $0[0].element }) { arguments, _ throws(ExpressionFailure) in
            try arguments[0].elements().first ?? .null
        },
        "last": Builtin([.array], { $0[0].element }) { arguments, _ throws(ExpressionFailure) in
            try arguments[0].elements().last ?? .null
        },
        "take": Builtin([.array, .int], { $0[0] }) { arguments, run throws(ExpressionFailure) in
            let count = try arguments[1].integer()
            guard count >= 0 else { throw .outOfRange }
            return try .list(Array(try arguments[0].elements().prefix(count)), run)
        },
        "reverse": Builtin([.array], .array(.any)) { arguments, run throws(ExpressionFailure) in
            try .list(try arguments[0].elements().reversed(), run)
        },
        "uniq": Builtin([.array], .array(.any)) { arguments, run throws(ExpressionFailure) in
            var unique: [ExpressionValue] = []
            for element in try arguments[0].elements() {
                try run.spend(unique.count + 1)
                var isKnown = false
                for known in unique where try known.equals(element, run) { isKnown = true }
                if !isKnown { unique.append(element) }
            }
            return try .list(unique, run)
        },
        "concat": Builtin([.array], .array(.any), atLeast: 1, atMost: .max) {
            arguments, run throws(ExpressionFailure) in
            var elements: [ExpressionValue] = []
            for argument in arguments {
                let more = try argument.elements()
                try run.spend(more.count)
                elements += more
            }
            return try .list(elements, run)
        },
        "flatten": Builtin([.array], .array(.any)) { arguments, run throws(ExpressionFailure) in
            try .list(try flat(try arguments[0].elements(), run), run)
        },
        "sort": Builtin([.array, .string], { $0[0].isArray ? $0[0] : .array(.any) }, atLeast: 1) {
            arguments, run throws(ExpressionFailure) in
            let elements = try arguments[0].elements()
            return try Sorting.sorted(elements.map { ($0, $0) }, arguments.count > 1 ? arguments[1] : nil, run)
        },
    ]

    private static func flat(
        _ elements: [ExpressionValue], _ run: ExpressionRun
    ) throws(ExpressionFailure) -> [ExpressionValue] {
        var result: [ExpressionValue] = []
        for element in elements {
            try run.spend()
            if case .array(let list) = element {
                result += try flat(list.elements, run)
            } else {
                result.append(element)
            }
        }
        return result
    }

    static let maps: [String: Builtin] = [
        "get": Builtin([.arrayOrMap, .any], { $0[0].element }) { arguments, _ throws(ExpressionFailure) in
            switch arguments[0] {
            case .array(let list):
                let index = try arguments[1].integer()
                let place = index < 0 ? list.elements.count &+ index : index
                return list.elements.indices.contains(place) ? list.elements[place] : .null
            case .map(let map): return map[arguments[1]] ?? .null
            case .null: return .null
            default: throw .wrongType
            }
        },
        "keys": Builtin([.map], .array(.any)) { arguments, run throws(ExpressionFailure) in
            try .list(try arguments[0].map().keys, run)
        },
        "values": Builtin([.map], .array(.any)) { arguments, run throws(ExpressionFailure) in
            try .list(try arguments[0].map().values, run)
        },
        "toPairs": Builtin([.map], .array(.any)) { arguments, run throws(ExpressionFailure) in
            let map = try arguments[0].map()
            var pairs: [ExpressionValue] = []
            for (key, value) in zip(map.keys, map.values) { pairs.append(try .list([key, value], run)) }
            return try .list(pairs, run)
        },
        "fromPairs": Builtin([.array], .map(key: .any, .any)) { arguments, run throws(ExpressionFailure) in
            var map = ValueMap()
            for pair in try arguments[0].elements() {
                let pair = try pair.elements()
                guard pair.count == 2 else { throw .unreadable }
                try run.spend()
                try map.set(pair[0], pair[1])
            }
            return .map(map)
        },
    ]
}
