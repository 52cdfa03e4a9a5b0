import NIOCore

/// Counts the frames that come over an HTTP/2 connection, so that a server that sends them without end is noticed.
///
/// Frames without data, of windows, pings or interim responses, cost the event loop time and tell nobody anything. So many may come
/// from the start, and so many more for each request, which is several times what the longest reply takes.
///
/// Shape: frames have nine octets of header, of which the first three are the length of what follows (RFC 9113 §4.1).
struct HTTPFrameMeter {
    /// Settings, the window of the connection, and what else a server may begin with.
    private static let atStart = 256
    /// A message of 64 KiB in frames of half a kibibyte, its head, windows and a ping or two.
    private static let perRequest = 160
    /// What a connection without many requests can have saved.
    private static let most = 32_768

    private static let headerLength = 9
    private var allowance = atStart
    /// How much of the present header has come, and the length that it says.
    private var headerOctets = 0
    private var length = 0
    /// Octets of the present frame that are to come.
    private var rest = 0

    /// A request is sent.
    mutating func addRequest() {
        allowance = min(allowance + Self.perRequest, Self.most)
    }

    /// Takes what has come.
    ///
    /// - Returns: false when there were more frames than a server has any use for.
    mutating func take(_ octets: ByteBufferView) -> Bool {
        var place = octets.startIndex
        while place < octets.endIndex {
            if rest > 0 {
                let skipped = min(rest, octets.endIndex - place)
                rest -= skipped
                place += skipped
                continue
            }
            if headerOctets < 3 { length = length << 8 | Int(octets[place]) }
            headerOctets += 1
            place += 1
            guard headerOctets == Self.headerLength else { continue }
            (rest, length, headerOctets) = (length, 0, 0)
            allowance -= 1
            if allowance < 0 { return false }
        }
        return true
    }
}

/// Holds what comes over a connection against an ``HTTPFrameMeter``, before HTTP/2 has any work with it.
final class HTTPFrameGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var meter = HTTPFrameMeter()
    private let onFlood: () -> Void

    /// - Parameter onFlood: called once, when there are too many frames; nothing more is passed on then.
    init(onFlood: @escaping () -> Void) {
        self.onFlood = onFlood
    }

    private var isFlooded = false

    func addRequest() {
        meter.addRequest()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFlooded else { return }
        guard meter.take(unwrapInboundIn(data).readableBytesView) else {
            isFlooded = true
            return onFlood()
        }
        context.fireChannelRead(data)
    }
}
