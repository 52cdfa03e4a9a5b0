import Synchronization

/// Memory for one text at a time, so that not every event of a watch needs some of its own.
final class ScratchOctets: Sendable {
    private let octets = Mutex<[UInt8]>([])

    /// The memory, empty, and no longer here.
    func take() -> [UInt8] {
        var taken = octets.withLock { octets in
            defer { octets = [] }
            return octets
        }
        taken.removeAll(keepingCapacity: true)
        return taken
    }

    /// Takes memory back.
    func giveBack(_ taken: [UInt8]) {
        octets.withLock { $0 = taken }
    }
}
