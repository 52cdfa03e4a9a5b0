/// Which parts of a JSON value are wanted.
///
/// Of an array, what is said here holds for each of its elements. Text, numbers and words are taken wherever something is wanted.
indirect enum JSONParts: Sendable, Equatable {
    /// All of it.
    case all
    /// Of objects the members with these names, and of these the parts that are said.
    case members([Member])
    /// Each element of the array by itself, and of each the parts that are said.
    case elements(JSONParts)

    /// A member of an object.
    struct Member: Sendable, Equatable {
        /// The name as it stands between its quotes.
        ///
        /// One that was written with escapes is another name.
        let name: [UInt8]
        let parts: JSONParts
    }

    /// The parts of the member with a name; nil when nothing of it is wanted.
    func member(_ name: [UInt8]) -> JSONParts? {
        switch self {
        case .all: .all
        case .members(let members):
            // Nearly all names are of another length than the one that is looked for.
            members.first { $0.name.count == name.count && $0.name == name }?.parts
        case .elements: nil
        }
    }

    /// What either of both wants.
    func merging(_ other: JSONParts) -> JSONParts {
        guard case .members(let own) = self, case .members(let others) = other else { return .all }
        let merged = own.map { member in
            guard let parts = other.member(member.name) else { return member }
            return Member(name: member.name, parts: member.parts.merging(parts))
        }
        return .members(merged + others.filter { self.member($0.name) == nil })
    }
}

extension JSONParts: ExpressibleByDictionaryLiteral {
    /// The members of an object.
    init(dictionaryLiteral members: (String, JSONParts)...) {
        self = .members(members.map { Member(name: Array($0.0.utf8), parts: $0.1) })
    }
}

extension JSONParts: ExpressibleByArrayLiteral {
    /// Members of an object that are wanted whole.
    init(arrayLiteral names: String...) {
        self = .members(names.map { Member(name: Array($0.utf8), parts: .all) })
    }
}
