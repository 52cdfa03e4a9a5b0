import Corefile
import FuzzBodies
import NIOCore
import NIOEmbedded

@testable import Plugins

extension FuzzBody {
    /// The first octet says how the rest is cut into reads, as a client of health, ready and metrics sends it.
    ///
    /// Whatever it is, replies are whole and ours, there is at most one for each request, cutting makes no difference to them, and the
    /// connection ends.
    static let httpEndpoint = FuzzBody(name: "FuzzHTTPEndpoint") { octets in
        guard let first = octets.first else { return nil }
        let request = Array(octets.dropFirst())
        let whole = HTTPConversation(request, cutInto: 4_096)
        let parts = HTTPConversation(request, cutInto: 1 + Int(first))
        for conversation in [whole, parts] {
            if let complaint = conversation.complaint { return complaint }
            if let complaint = check(conversation.output, request) { return complaint }
        }
        // What is wrong further behind may be seen before what is right is answered.
        guard whole.output.starts(with: parts.output) || parts.output.starts(with: whole.output) else {
            return "cut into \(1 + Int(first)): \(text(parts.output)), else \(text(whole.output))"
        }
        return nil
    }

    private static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }

    /// Whether `output` is a row of whole replies.
    private static func check(_ output: [UInt8], _ request: [UInt8]) -> String? {
        var rest = output[...]
        var count = 0
        while !rest.isEmpty {
            guard let reply = HTTPReplyHead(&rest) else { return "no reply: \(text(output))" }
            let known: [Int: String] = [
                200: "OK", 400: "400 bad request\n", 404: "404 page not found\n", 405: "405 method not allowed\n",
            ]
            guard let body = known[reply.status], reply.length == body.utf8.count else { return "reply \(reply)" }
            // The reply to HEAD has no body.
            if rest.starts(with: body.utf8) { rest = rest.dropFirst(body.utf8.count) }
            count += 1
        }
        // The shortest request is a line of a method, a path and the end of the head.
        guard count <= 1 + request.count / 8, count <= HTTPLimits().requests + 1 else { return "\(count) replies" }
        return nil
    }
}

/// What one client sends, and gets.
private struct HTTPConversation {
    private(set) var output: [UInt8] = []
    private(set) var complaint: String?

    init(_ octets: [UInt8], cutInto size: Int) {
        let endpoint = HTTPEndpoint(HostPort(host: "127.0.0.1", port: 0))
        endpoint.addRoute("/health", owner: endpoint) { HTTPReply("OK") }
        let page = SharedPage(clock: { 1 }, run: { $0() }, make: { HTTPReply("OK") })
        endpoint.addRoute("/metrics", owner: endpoint, sharing: page)
        let listener = HTTPListener(HTTPLimits(), nil, for: endpoint)
        let channel = EmbeddedChannel()
        do {
            try channel.connect(to: NIOCore.SocketAddress(ipAddress: "192.0.2.1", port: 4_242)).wait()
            try listener.accept(channel)
            try talk(octets, size, channel)
        } catch {
            complaint = "\(error)"
        }
    }

    private mutating func talk(_ octets: [UInt8], _ size: Int, _ channel: EmbeddedChannel) throws {
        for start in stride(from: 0, to: octets.count, by: size) where channel.isActive {
            let part = octets[start..<min(start + size, octets.count)]
            // Errors are the channel's end, if anything.
            _ = try? channel.writeInbound(ByteBuffer(bytes: part))
            channel.embeddedEventLoop.run()
            try take(channel)
        }
        // A request that does not end, and silence, have their time.
        channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        try take(channel)
        if channel.isActive { complaint = "the connection does not end" }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private mutating func take(_ channel: EmbeddedChannel) throws {
        while let part = try channel.readOutbound(as: ByteBuffer.self) { output += part.readableBytesView }
    }
}

/// The head of a reply.
private struct HTTPReplyHead {
    let status: Int
    let length: Int

    /// Takes a head off the front; nil when there is none that is whole.
    init?(_ octets: inout ArraySlice<UInt8>) {
        guard let end = octets.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: octets[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        octets = octets[end.upperBound...]
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 3, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else { return nil }
        let lengths = lines.compactMap { line -> Int? in
            line.hasPrefix("Content-Length: ") ? Int(line.dropFirst("Content-Length: ".count)) : nil
        }
        guard lengths.count == 1 else { return nil }
        (self.status, length) = (status, lengths[0])
    }
}
