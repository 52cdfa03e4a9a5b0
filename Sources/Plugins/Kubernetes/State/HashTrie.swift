import DNSServer

/// A persistent set of objects by a 64-bit hash: a copy costs nothing and stays as it is when the original changes.
///
/// Lookups count no references and touch one branch for each six bits of the hash that tell objects apart, which for 10,000 objects
/// is three. Several objects can have the same hash; who looks one up says which is meant.
///
/// Source: P. Bagwell, Ideal Hash Trees (2001).
/// - Complexity: lookup and change are O(log n).
struct HashTrie<Value: AnyObject & Sendable>: Sendable {
    private var root = Branch<Value>()
    private let hash: @Sendable (Value) -> UInt64

    /// - Parameter hash: the hash of an object, always the same for the same object.
    init(hash: @escaping @Sendable (Value) -> UInt64) {
        self.hash = hash
    }

    /// The object with `hash` that `isMeant`; it is not counted: this trie, or a copy of it, keeps it.
    ///
    /// `isMeant` is also asked of objects with other hashes.
    func find(_ hash: UInt64, where isMeant: (Value) -> Bool) -> Uncounted<Value>? {
        var branch = Uncounted(root)
        var shift: UInt64 = 0
        while shift < Branch<Value>.depth {
            switch branch.with({ $0.look(hash >> shift) }) {
            case .nothing: return nil
            case .value(let value): return value.with(isMeant) ? value : nil
            case .branch(let next): branch = next
            }
            shift &+= Branch<Value>.width
        }
        return branch.with { $0.search(isMeant) }
    }

    /// Calls `body` with every object that has `wanted` for its hash.
    func forEach(_ wanted: UInt64, _ body: (Value) -> Void) {
        _ = find(wanted) { value in
            if hash(value) == wanted { body(value) }
            return false
        }
    }

    /// Calls `body` with every object, in no order.
    func forEach(_ body: (Value) -> Void) {
        root.forEach(body)
    }

    /// Puts `value` in, in place of the one that `isFormer`, which has the same hash.
    mutating func insert(_ value: Value, replacing isFormer: (Value) -> Bool) {
        Branch.insert(value, hash(value), at: 0, into: &root, replacing: isFormer, hash: hash)
    }

    /// Takes out the object with `wanted` for its hash that `isMeant`; nothing happens when there is none.
    mutating func remove(_ wanted: UInt64, where isMeant: (Value) -> Bool) {
        guard find(wanted, where: isMeant) != nil else { return }
        root = root.removing(wanted, at: 0, where: isMeant)
    }
}

/// A branch of a ``HashTrie``: what the next six bits of the hash lead to.
///
/// Shape: one bit for each of their 64 values that leads to an object, and one for each that leads to a branch; the objects and the
/// branches in the order of their bits. Where no bits are left, the objects are those with one hash, in no order.
private final class Branch<Value: AnyObject & Sendable>: Sendable {
    /// Bits of the hash for each branch on the way.
    static var width: UInt64 { 6 }
    /// From here on there are no more bits.
    static var depth: UInt64 { 64 }

    enum Place {
        case nothing
        case value(Uncounted<Value>)
        case branch(Uncounted<Branch>)
    }

    private let valueBits: UInt64
    private let branchBits: UInt64
    private let values: UncountedObjects<Value>
    private let branches: UncountedObjects<Branch>

    init(_ valueBits: UInt64 = 0, _ values: [Value] = [], _ branchBits: UInt64 = 0, _ branches: [Branch] = []) {
        self.valueBits = valueBits
        self.branchBits = branchBits
        self.values = UncountedObjects(values)
        self.branches = UncountedObjects(branches)
    }

    // MARK: Looking

    /// What the lowest six of `bits` lead to.
    func look(_ bits: UInt64) -> Place {
        let bit = Self.bit(bits)
        if valueBits & bit != 0 { return values.with(Self.index(bit, valueBits)) { .value(Uncounted($0)) } }
        guard branchBits & bit != 0 else { return .nothing }
        return branches.with(Self.index(bit, branchBits)) { .branch(Uncounted($0)) }
    }

    /// Looks through the objects of one hash.
    func search(_ isMeant: (Value) -> Bool) -> Uncounted<Value>? {
        for index in 0..<values.count {
            if let found = values.with(index, { isMeant($0) ? Uncounted($0) : nil }) { return found }
        }
        return nil
    }

    func forEach(_ body: (Value) -> Void) {
        for index in 0..<values.count { values.with(index, body) }
        for index in 0..<branches.count { branches.with(index) { $0.forEach(body) } }
    }

    private static func bit(_ bits: UInt64) -> UInt64 { 1 << (bits & 63) }

    /// The place of the object or branch of `bit` among those of `all`.
    private static func index(_ bit: UInt64, _ all: UInt64) -> Int { (all & (bit &- 1)).nonzeroBitCount }

    // MARK: Changing

    private var valueList: [Value] { (0..<values.count).map { values[$0] } }
    private var branchList: [Branch] { (0..<branches.count).map { branches[$0] } }

    /// Puts `value` into `branch`, which is changed in place where nobody else can see it, and copied else.
    static func insert(
        _ value: Value, _ hash: UInt64, at shift: UInt64, into branch: inout Branch,
        replacing isFormer: (Value) -> Bool, hash hashOf: (Value) -> UInt64
    ) {
        let isOurs = isKnownUniquelyReferenced(&branch)
        guard shift < depth else {
            branch = branch.adding(value, replacing: isFormer)
            return
        }
        let bit = bit(hash >> shift)
        if branch.branchBits & bit != 0 {
            if !isOurs { branch = branch.copy }
            branch.branches.change(index(bit, branch.branchBits)) { child in
                insert(value, hash, at: shift + width, into: &child, replacing: isFormer, hash: hashOf)
            }
            return
        }
        let place = index(bit, branch.valueBits)
        guard branch.valueBits & bit != 0 else {
            var values = branch.valueList
            values.insert(value, at: place)
            branch = Branch(branch.valueBits | bit, values, branch.branchBits, branch.branchList)
            return
        }
        let other = branch.values[place]
        if isFormer(other) {
            if !isOurs { branch = branch.copy }
            _ = branch.values.replace(place, with: value)
        } else {
            branch = branch.splitting(bit, other, hashOf(other), value, hash, at: shift, hash: hashOf)
        }
    }

    private var copy: Branch { Branch(copying: self) }

    private init(copying other: Branch) {
        valueBits = other.valueBits
        branchBits = other.branchBits
        values = UncountedObjects(copying: other.values)
        branches = UncountedObjects(copying: other.branches)
    }

    /// This branch, which has the objects of one hash, with `value`.
    private func adding(_ value: Value, replacing isFormer: (Value) -> Bool) -> Branch {
        var values = valueList.filter { !isFormer($0) }
        values.append(value)
        return Branch(0, values)
    }

    /// A copy in which `other`, the object of `bit`, and `value` have gone one branch further down.
    private func splitting(
        _ bit: UInt64, _ other: Value, _ otherHash: UInt64, _ value: Value, _ hash: UInt64, at shift: UInt64,
        hash hashOf: (Value) -> UInt64
    ) -> Branch {
        let below = shift + Self.width
        var child = Branch(below < Self.depth ? Self.bit(otherHash >> below) : 0, [other])
        Self.insert(value, hash, at: below, into: &child, replacing: { _ in false }, hash: hashOf)
        var (values, branches) = (valueList, branchList)
        values.remove(at: Self.index(bit, valueBits))
        branches.insert(child, at: Self.index(bit, branchBits))
        return Branch(valueBits & ~bit, values, branchBits | bit, branches)
    }

    /// A copy without the object with `hash` that `isMeant`, which is there.
    func removing(_ hash: UInt64, at shift: UInt64, where isMeant: (Value) -> Bool) -> Branch {
        var (values, branches) = (valueList, branchList)
        guard shift < Self.depth else { return Branch(0, values.filter { !isMeant($0) }) }
        let bit = Self.bit(hash >> shift)
        if valueBits & bit != 0 {
            values.remove(at: Self.index(bit, valueBits))
            return Branch(valueBits & ~bit, values, branchBits, branches)
        }
        let place = Self.index(bit, branchBits)
        let child = branches[place].removing(hash, at: shift + Self.width, where: isMeant)
        guard child.values.count == 1, child.branches.count == 0 else {
            branches[place] = child
            return Branch(valueBits, values, branchBits, branches)
        }
        // A branch with one object gives way to it.
        branches.remove(at: place)
        values.insert(child.values[0], at: Self.index(bit, valueBits))
        return Branch(valueBits | bit, values, branchBits & ~bit, branches)
    }
}
