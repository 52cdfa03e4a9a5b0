/// A set of networks: whether an address lies in one of them, and which is the longest that it lies in.
///
/// Shape: a path-compressed binary trie in one array. A node stands for a prefix; the nodes below it are longer and begin with it. IPv4 and
/// IPv6 have a root each, so that no IPv6 network, `::/0` among them, has an IPv4 address in it.
/// - Complexity: a lookup visits a node for each length at most, 33 for IPv4 and 129 for IPv6, however many networks there are. A network
///   takes two nodes at most, of 32 octets each.
package struct PrefixSet: Sendable, Hashable {
    private struct Node: Sendable, Hashable {
        /// In the sixteen bytes of an address; zero past the length.
        let bits: UInt128
        /// Indices of the nodes whose next bit is 0 and 1; 0 where there is none, since a root is below nobody.
        var zero: UInt32 = 0
        var one: UInt32 = 0
        /// 0...128.
        let length: UInt8
        /// Whether it stands for a network of the set, and not only for what two have in common.
        var isMember = false

        init(_ bits: UInt128, length: Int) {
            self.bits = length == 0 ? 0 : bits & UInt128.max << (128 - length)
            self.length = UInt8(truncatingIfNeeded: length)
        }
    }

    private static let (root4, root6) = (0, 1)

    private var nodes = [Node(IPAddress(ipv4: 0).bits, length: 96), Node(0, length: 0)]
    /// How many networks there are, each counted once.
    package private(set) var count = 0

    /// An empty set.
    package init() {}

    /// The set of some networks.
    package init(_ prefixes: some Sequence<IPPrefix>) {
        for prefix in prefixes { insert(prefix) }
    }

    package var isEmpty: Bool { count == 0 }

    /// Adds a network; adding it again has no effect.
    package mutating func insert(_ prefix: IPPrefix) {
        let (bits, length) = (prefix.address.bits, prefix.mappedLength)
        var index = prefix.isIPv4 ? Self.root4 : Self.root6
        // The node at `index` is a beginning of the prefix, or the prefix itself.
        while nodes[index].length < length {
            let side = Self.bit(Int(nodes[index].length), of: bits)
            let below = child(of: index, side)
            guard below != 0 else {
                index = append(Node(bits, length: length), below: index, side)
                break
            }
            let shared = min((bits ^ nodes[below].bits).leadingZeroBitCount, length, Int(nodes[below].length))
            if shared == nodes[below].length {
                index = below
            } else {
                index = append(Node(bits, length: shared), below: index, side)
                setChild(of: index, Self.bit(shared, of: nodes[below].bits), below)
            }
        }
        if !nodes[index].isMember { count += 1 }
        nodes[index].isMember = true
    }

    /// Whether `address` lies in one of the networks.
    package func contains(_ address: IPAddress) -> Bool {
        walk(address, endsAtFirst: true).found != nil
    }

    /// The longest of the networks that `address` lies in.
    package func longestMatch(_ address: IPAddress) -> IPPrefix? {
        walk(address, endsAtFirst: false).found.map { index in
            let node = nodes[index]
            return IPPrefix(
                IPAddress(bits: node.bits), length: Int(node.length) - (address.isIPv4 ? 96 : 0))
        }
    }

    /// Goes down to the longest network, or to the first one, that `address` lies in.
    ///
    /// - Returns: its node, and how many nodes were looked at.
    func walk(_ address: IPAddress, endsAtFirst: Bool) -> (found: Int?, visited: Int) {
        let bits = address.bits
        var index = address.isIPv4 ? Self.root4 : Self.root6
        var found: Int?
        var visited = 0
        while true {
            let node = nodes[index]
            visited += 1
            guard (bits ^ node.bits).leadingZeroBitCount >= Int(node.length) else { break }
            if node.isMember { found = index }
            guard node.length < 128, !(endsAtFirst && node.isMember) else { break }
            let next = Self.bit(Int(node.length), of: bits) ? node.one : node.zero
            guard next != 0 else { break }
            index = Int(next)
        }
        return (found, visited)
    }

    private static func bit(_ place: Int, of bits: UInt128) -> Bool {
        bits & (1 << (127 - place)) != 0
    }

    private func child(of index: Int, _ side: Bool) -> Int {
        Int(side ? nodes[index].one : nodes[index].zero)
    }

    private mutating func setChild(of index: Int, _ side: Bool, _ child: Int) {
        if side {
            nodes[index].one = UInt32(truncatingIfNeeded: child)
        } else {
            nodes[index].zero = UInt32(truncatingIfNeeded: child)
        }
    }

    private mutating func append(_ node: Node, below index: Int, _ side: Bool) -> Int {
        nodes.append(node)
        setChild(of: index, side, nodes.count - 1)
        return nodes.count - 1
    }

    /// Octets of memory.
    var memory: Int { nodes.count * MemoryLayout<Node>.stride }
}
