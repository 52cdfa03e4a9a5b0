import Synchronization

/// Ports for servers that must be told theirs before they start.
///
/// They lie below the range that the kernel gives to connections, so that none is taken by chance in between.
package enum FreePort {
    private static let next = Atomic<Int>(Int.random(in: 0..<range.count))
    private static let range = 12_000..<32_000

    /// A port of 127.0.0.1 that is free for UDP and TCP; each call gives another.
    ///
    /// - Throws: ``OutOfPatience`` when a long row of ports is taken.
    package static func take() throws -> Int {
        for _ in 0..<1_000 {
            let port = range.lowerBound + next.add(1, ordering: .relaxed).oldValue % range.count
            if (try? LoopbackSocket(.datagram, occupying: port)) != nil,
                (try? LoopbackSocket(.stream, occupying: port)) != nil
            {
                return port
            }
        }
        throw OutOfPatience(description: "1,000 ports in a row are taken")
    }
}
