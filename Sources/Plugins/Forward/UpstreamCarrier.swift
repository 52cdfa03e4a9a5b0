import NIOCore

/// How queries and replies travel over a connection that is ready.
///
/// Used on the connection's event loop only.
protocol UpstreamCarrier: AnyObject {
    /// Takes a connection into use, and tells `connection` of all that comes.
    ///
    /// - Throws: SwiftNIO's error, when it ended meanwhile.
    func begin(on channel: any Channel, for connection: UpstreamConnection) throws
    /// Whether it takes a query now.
    ///
    /// What it takes lies in buffers until the upstream reads it. While it takes none they wait at the connection, where they are
    /// counted and can be given up; ``UpstreamConnection/goOn()`` is told when it takes some again.
    var hasRoom: Bool { get }
    /// Sends a query.
    ///
    /// - Parameter id: what its reply is told under.
    func send(_ request: TCPRequest, id: UInt16)
    /// Lets go of a query that nobody waits for any more.
    func drop(_ id: UInt16)
}
