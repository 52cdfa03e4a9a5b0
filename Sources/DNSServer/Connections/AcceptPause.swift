package import NIOCore

/// Lets a listening socket rest for a moment when a connection cannot be accepted for want of files or memory.
///
/// The kernel goes on telling of the connection, so that trying again at once would only take the processor.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel

    private static let rest = TimeAmount.milliseconds(100)
    private let onPause: () -> Void
    private var isPausing = false

    /// - Parameter onPause: is called on the event loop at the beginning of each rest; it may close what is not needed.
    package init(onPause: @escaping () -> Void = {}) {
        self.onPause = onPause
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is IOError, !isPausing else { return }
        isPausing = true
        onPause()
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        // The event loop is this channel's own.
        nonisolated(unsafe) let pause = self
        context.eventLoop.scheduleTask(in: Self.rest) {
            unsafe pause.isPausing = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
