import NIOCore

/// What a watch is told.
enum WatchSignal: Sendable {
    /// Bytes for the stream.
    case bytes(ByteBuffer)
    /// Close the connection, whatever is half written.
    case cut
}

/// A watch that is open.
struct Watcher: Sendable {
    var path: String
    var selection: Selection
    var encoding = Encoding.json
    var takesBookmarks: Bool
    var signals: AsyncStream<WatchSignal>.Continuation
}
