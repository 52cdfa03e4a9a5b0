/// What a timer calls when its time has come.
package protocol TimerTarget: AnyObject {
    /// The timer that was scheduled with `token` is due. Called on the worker's thread.
    func timerFired(token: UInt64, worker: Worker)
}

/// A timer that was scheduled; it is for ``Worker/cancel(_:)`` only.
package struct WorkerTimer: Sendable {
    let node: Int32
    let generation: UInt32
}

/// Timers of one worker: scheduling and cancelling are O(1), whatever their number.
///
/// Shape: a ring of slots of 4 ms, each a doubly linked list of nodes in one array. A timer further away than the ring's 4 s
/// goes round as often as it must. A timer is never early, and late by at most one slot and the worker's current batch.
struct TimerWheel {
    static let tick: UInt64 = 4_000_000
    private static let slotCount = 1_024

    private struct Node {
        var next: Int32 = -1
        var previous: Int32 = -1
        var slot: Int32 = -1
        var generation: UInt32 = 0
        var dueTick: UInt64 = 0
        var token: UInt64 = 0
        var target: (any TimerTarget)?
    }

    private var nodes: ContiguousArray<Node> = []
    private var heads = ContiguousArray<Int32>(repeating: -1, count: TimerWheel.slotCount)
    /// One bit for each slot that has a timer, so that the next one is found in a few steps.
    private var occupied = InlineArray<16, UInt64>(repeating: 0)
    private var free: Int32 = -1
    private var currentTick: UInt64
    private(set) var count = 0

    init(now: UInt64) {
        currentTick = now / Self.tick
    }

    /// Nanoseconds until the next slot with a timer may be due; nil when there is no timer.
    func delay(now: UInt64) -> UInt64? {
        guard count > 0 else { return nil }
        let next = currentTick + 1
        let due = (next + UInt64(emptySlots(from: Int(next % UInt64(Self.slotCount))))) * Self.tick
        return due > now ? due - now : 0
    }

    /// How many slots are empty from the slot `start` on.
    private func emptySlots(from start: Int) -> Int {
        var word = start >> 6
        var bits = occupied[word] & (.max << UInt64(start & 63))
        for _ in 0...occupied.count {
            if bits != 0 { return ((word << 6 | bits.trailingZeroBitCount) - start) & (Self.slotCount - 1) }
            word = (word + 1) % occupied.count
            bits = occupied[word]
        }
        return 0
    }

    mutating func schedule(at due: UInt64, _ target: any TimerTarget, token: UInt64) -> WorkerTimer {
        let index = takeNode()
        nodes[Int(index)].dueTick = max(due / Self.tick + 1, currentTick + 1)
        nodes[Int(index)].token = token
        nodes[Int(index)].target = target
        link(index)
        count += 1
        return WorkerTimer(node: index, generation: nodes[Int(index)].generation)
    }

    mutating func cancel(_ timer: WorkerTimer) {
        guard
            nodes.indices.contains(Int(timer.node)), nodes[Int(timer.node)].generation == timer.generation,
            nodes[Int(timer.node)].target != nil
        else { return }
        unlink(timer.node)
        release(timer.node)
    }

    /// Takes out one timer that is due at `now`, or moves the wheel up to `now` and gives nil.
    mutating func popDue(now: UInt64) -> (target: any TimerTarget, token: UInt64)? {
        let nowTick = now / Self.tick
        // After a long pause one turn of the wheel visits every slot.
        if nowTick > currentTick + UInt64(Self.slotCount) { currentTick = nowTick - UInt64(Self.slotCount) }
        while true {
            var index = heads[Int(currentTick % UInt64(Self.slotCount))]
            while index >= 0 {
                let node = nodes[Int(index)]
                if node.dueTick <= nowTick, let target = node.target {
                    unlink(index)
                    release(index)
                    return (target, node.token)
                }
                index = node.next
            }
            guard currentTick < nowTick else { return nil }
            currentTick += 1
        }
    }

    private mutating func takeNode() -> Int32 {
        if free >= 0 {
            let index = free
            free = nodes[Int(index)].next
            return index
        }
        nodes.append(Node())
        return Int32(nodes.count - 1)
    }

    private mutating func link(_ index: Int32) {
        let slot = Int(nodes[Int(index)].dueTick % UInt64(Self.slotCount))
        nodes[Int(index)].slot = Int32(slot)
        nodes[Int(index)].previous = -1
        nodes[Int(index)].next = heads[slot]
        if heads[slot] >= 0 { nodes[Int(heads[slot])].previous = index }
        heads[slot] = index
        occupied[slot >> 6] |= 1 << UInt64(slot & 63)
    }

    private mutating func unlink(_ index: Int32) {
        let node = nodes[Int(index)]
        if node.previous >= 0 {
            nodes[Int(node.previous)].next = node.next
        } else {
            heads[Int(node.slot)] = node.next
            if node.next < 0 { occupied[Int(node.slot) >> 6] &= ~(1 << UInt64(node.slot & 63)) }
        }
        if node.next >= 0 { nodes[Int(node.next)].previous = node.previous }
    }

    private mutating func release(_ index: Int32) {
        nodes[Int(index)].target = nil
        nodes[Int(index)].generation &+= 1
        nodes[Int(index)].next = free
        free = index
        count -= 1
    }
}
