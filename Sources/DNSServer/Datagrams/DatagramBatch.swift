import CDatagram
import DNSWire

/// Messages that are about to be sent on a connected socket, each with an ID of its own in place of that of its query.
///
/// The messages are not copied: their queries keep them until they are sent.
@safe
package final class MessageBatch {
    fileprivate(set) var count = 0
    let messages: UnsafeMutablePointer<cdg_message>

    /// How many one batch takes.
    package static var limit: Int { Int(CDG_BATCH) }

    package init() {
        unsafe messages = .allocate(capacity: Self.limit)
    }

    deinit {
        unsafe messages.deallocate()
    }

    /// Whether there is no room for another one.
    package var isFull: Bool { count == Self.limit }

    package func removeAll() { count = 0 }

    /// Adds the message of `query`, which has been decoded and so has an ID to be replaced.
    package func append(_ query: Query, id: UInt16) {
        guard !isFull else { return }
        unsafe (messages + count).initialize(
            to: cdg_message(
                data: query.inbound, length: UInt32(query.length),
                id: (UInt8(truncatingIfNeeded: id >> 8), UInt8(truncatingIfNeeded: id))))
        count += 1
    }
}

/// Memory that datagrams of a connected socket are received into, a batch at a time.
@safe
package final class ReceiveBatch {
    let memory: UnsafeMutablePointer<UInt8>
    let lengths: UnsafeMutablePointer<UInt32>
    static var limit: Int { Int(CDG_BATCH) }
    /// Room for the longest message there can be; the kernel gives memory only for what is written.
    static let capacity = MessageWriter.maximumLength + 1

    package init() {
        unsafe memory = .allocate(capacity: Self.capacity * Self.limit)
        unsafe lengths = .allocate(capacity: Self.limit)
        unsafe lengths.initialize(repeating: 0, count: Self.limit)
    }

    deinit {
        unsafe memory.deallocate()
        unsafe lengths.deallocate()
    }

    /// Calls `body` with the datagram `index` of those received last.
    package func with<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        precondition(index >= 0 && index < Self.limit, "a datagram of the batch")
        let length = unsafe min(Int(lengths[index]), Self.capacity)
        return unsafe body(Span(_unsafeStart: UnsafePointer(memory + index * Self.capacity), count: length))
    }

    /// How many datagrams one batch takes.
    package static var size: Int { limit }
}
