import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// One client's connection.
struct Connection: Sendable {
    typealias Outgoing = HTTPServerResponsePart
    typealias Channel = NIOAsyncChannel<HTTPServerRequestPart, Outgoing>

    let server: StandInAPIServer
    let channel: Channel

    /// Prepares an accepted connection.
    static func channel(_ channel: any NIOCore.Channel, tls: NIOSSLContext?) throws -> Channel {
        if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
        return try Channel(wrappingChannelSynchronously: channel)
    }

    /// Answers requests until the connection ends.
    func run() async {
        try? await channel.executeThenClose { inbound, outbound in
            var request: IncomingRequest?
            for try await part in inbound {
                switch part {
                case .head(let head): request = IncomingRequest(head)
                case .body: break
                case .end:
                    guard let complete = request else { return }
                    request = nil
                    guard try await answer(complete, outbound) else { return }
                }
            }
        }
    }

    /// Answers one request.
    ///
    /// - Returns: whether the connection can go on.
    private func answer(_ request: IncomingRequest, _ outbound: NIOAsyncChannelOutboundWriter<Outgoing>) async throws
        -> Bool
    {
        switch await server.reply(to: request) {
        case .whole(let status, let headers, let body, let encoding):
            try await write(status, headers + [("Content-Type", encoding.mediaType)], body, outbound)
            return true
        case .watch(let request, let start, let encoding):
            return try await watch(request, start: start, encoding, outbound)
        case .stream(let bytes, let end, let encoding):
            return try await stream(bytes, end, encoding, outbound)
        case .silence:
            try await untilClosed()
            return false
        case .close:
            return false
        }
    }

    private func write(
        _ status: HTTPResponseStatus, _ headers: [(String, String)], _ body: ByteBuffer,
        _ outbound: NIOAsyncChannelOutboundWriter<Outgoing>
    ) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: status)
        head.headers.add(name: "Content-Length", value: String(body.readableBytes))
        for (name, value) in headers { head.headers.add(name: name, value: value) }
        try await outbound.write(contentsOf: [.head(head), .body(.byteBuffer(body)), .end(nil)])
    }

    private func beginStream(
        _ encoding: Encoding, _ outbound: NIOAsyncChannelOutboundWriter<Outgoing>
    ) async throws {
        var head = HTTPResponseHead(version: .http1_1, status: .ok)
        let parameter = encoding == .protobuf ? ";stream=watch" : ""
        head.headers.add(name: "Content-Type", value: encoding.mediaType + parameter)
        head.headers.add(name: "Transfer-Encoding", value: "chunked")
        try await outbound.write(.head(head))
    }

    private func stream(
        _ bytes: ByteBuffer, _ end: Reply.StreamEnd, _ encoding: Encoding,
        _ outbound: NIOAsyncChannelOutboundWriter<Outgoing>
    ) async throws -> Bool {
        try await beginStream(encoding, outbound)
        try await outbound.write(.body(.byteBuffer(bytes)))
        switch end {
        case .inOrder:
            try await outbound.write(.end(nil))
            return true
        case .never:
            try await untilClosed()
            return false
        case .cut:
            return false
        }
    }

    private func watch(
        _ request: IncomingRequest, start: UInt64?, _ encoding: Encoding,
        _ outbound: NIOAsyncChannelOutboundWriter<Outgoing>
    ) async throws -> Bool {
        let (signals, continuation) = AsyncStream.makeStream(of: WatchSignal.self)
        let watcher = Watcher(
            path: request.collectionPath, selection: request.selection, encoding: encoding,
            takesBookmarks: request.query["allowWatchBookmarks"] == "true", signals: continuation)
        try await beginStream(encoding, outbound)
        let number = server.state.withLock {
            $0.store.open(watcher, from: start, sendsInitialEvents: request.query["sendInitialEvents"] == "true")
        }
        defer { server.state.withLock { $0.store.close(number) } }
        channel.channel.closeFuture.whenComplete { _ in continuation.finish() }
        let timers = timers(request, encoding, continuation)
        defer { for timer in timers { timer.cancel() } }
        for await signal in signals {
            guard case .bytes(let bytes) = signal else { return false }
            try await outbound.write(.body(.byteBuffer(bytes)))
        }
        try await outbound.write(.end(nil))
        return true
    }

    /// Ends the watch in time, and sends bookmarks.
    private func timers(
        _ request: IncomingRequest, _ encoding: Encoding, _ signals: AsyncStream<WatchSignal>.Continuation
    ) -> [Task<Void, any Error>] {
        let seconds = request.query["timeoutSeconds"].flatMap { Int($0) } ?? 1800
        let interval = server.bookmarkInterval
        let end = Task {
            try await Task.sleep(for: .seconds(seconds))
            signals.finish()
        }
        let bookmarks = Task {
            while request.query["allowWatchBookmarks"] == "true" {
                try await Task.sleep(for: interval)
                let line = server.state.withLock {
                    $0.store.collections[request.collectionPath]?.bookmark(version: $0.store.version, encoding)
                }
                if let line { signals.yield(.bytes(line)) }
            }
        }
        return [end, bookmarks]
    }

    /// Waits until the client closes the connection, or the server stops.
    private func untilClosed() async throws {
        let (closed, continuation) = AsyncStream.makeStream(of: Never.self)
        channel.channel.closeFuture.whenComplete { _ in continuation.finish() }
        for await _ in closed {}
    }
}
