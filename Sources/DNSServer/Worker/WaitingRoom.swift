/// What is told that one of its queries has to go.
package protocol WaitingTarget: AnyObject {
    /// The query that entered with `token` has lost its place to a newer one. Called on the worker's thread.
    ///
    /// - Returns: whether it was given up; false when it was about to go on anyway.
    func giveUp(token: UInt64, worker: Worker) -> Bool
}

/// The queries of one worker that wait for something outside of it, bounded in octets.
///
/// They stand in lines, one for each thing that is waited for (a group of upstreams). When there is no room for a new one, the
/// oldest of the line that takes most has to go: whoever sent it has most probably asked again or gone away, and a line that
/// does not move can fill what others leave but never push them out.
///
/// Shape: nodes in one array, doubly linked, oldest first. Entering and leaving are O(1); making room is O(lines).
package struct WaitingRoom {
    /// A line that was opened.
    package struct Line: Equatable, Sendable {
        fileprivate let index: Int32
    }

    /// A place in a line; it is for leaving only.
    package struct Ticket: Equatable, Sendable {
        fileprivate let node: Int32
    }

    private struct Node {
        var next: Int32 = -1
        var previous: Int32 = -1
        var line: Int32 = -1
        var octets: Int32 = 0
        var token: UInt64 = 0
    }

    private struct Queue {
        var target: (any WaitingTarget)?
        var oldest: Int32 = -1
        var newest: Int32 = -1
        var octets = 0
    }

    private var nodes: ContiguousArray<Node> = []
    private var free: Int32 = -1
    private var lines: ContiguousArray<Queue> = []
    /// Octets that there is room for.
    let limit: Int
    /// Octets of all who wait.
    private(set) var octets = 0
    /// How many wait.
    private(set) var count = 0

    init(limit: Int) {
        self.limit = limit
    }

    // MARK: Lines

    /// Opens a line whose queries are `target`'s.
    mutating func open(for target: any WaitingTarget) -> Line {
        let queue = Queue(target: target)
        if let index = lines.firstIndex(where: { $0.target == nil }) {
            lines[index] = queue
            return Line(index: Int32(index))
        }
        lines.append(queue)
        return Line(index: Int32(lines.count - 1))
    }

    /// Closes a line that nobody stands in any more.
    mutating func close(_ line: Line) {
        guard lines.indices.contains(Int(line.index)), lines[Int(line.index)].oldest < 0 else { return }
        lines[Int(line.index)] = Queue()
    }

    // MARK: Places

    /// Whether somebody has to go before `more` octets can enter.
    func isFull(for more: Int) -> Bool { count > 0 && octets + more > limit }

    /// Takes the last place in `line`.
    mutating func enter(_ line: Line, token: UInt64, octets size: Int) -> Ticket {
        let index = takeNode()
        let queue = Int(line.index)
        nodes[Int(index)] = Node(
            previous: lines[queue].newest, line: line.index, octets: Int32(clamping: size), token: token)
        if lines[queue].newest >= 0 {
            nodes[Int(lines[queue].newest)].next = index
        } else {
            lines[queue].oldest = index
        }
        lines[queue].newest = index
        let added = Int(nodes[Int(index)].octets)
        lines[queue].octets += added
        octets += added
        count += 1
        return Ticket(node: index)
    }

    /// Gives a place back; once for each ticket that was not taken by ``removeOldest()``.
    mutating func leave(_ ticket: Ticket) {
        let index = ticket.node
        guard nodes.indices.contains(Int(index)), nodes[Int(index)].line >= 0 else { return }
        let node = nodes[Int(index)]
        let queue = Int(node.line)
        if node.previous >= 0 { nodes[Int(node.previous)].next = node.next } else { lines[queue].oldest = node.next }
        if node.next >= 0 {
            nodes[Int(node.next)].previous = node.previous
        } else {
            lines[queue].newest = node.previous
        }
        lines[queue].octets -= Int(node.octets)
        octets -= Int(node.octets)
        count -= 1
        nodes[Int(index)].line = -1
        nodes[Int(index)].next = free
        free = index
    }

    /// Takes out the oldest of the line that takes most, whose target is to be told.
    ///
    /// - Complexity: O(lines).
    mutating func removeOldest() -> (target: any WaitingTarget, token: UInt64)? {
        guard let queue = lines.indices.max(by: { lines[$0].octets < lines[$1].octets }), lines[queue].oldest >= 0,
            let target = lines[queue].target
        else { return nil }
        let oldest = lines[queue].oldest
        let token = nodes[Int(oldest)].token
        leave(Ticket(node: oldest))
        return (target, token)
    }

    private mutating func takeNode() -> Int32 {
        guard free >= 0 else {
            nodes.append(Node())
            return Int32(nodes.count - 1)
        }
        let index = free
        free = nodes[Int(index)].next
        return index
    }
}
