package import DNSWire
import NIOCore
import NIOPosix
import Synchronization

/// A resolver with a script in place of the world: the same answer to the same question, over UDP and TCP on 127.0.0.1.
///
/// It stands behind `forward` in tests and goes wrong on demand. A UDP reply that is longer than the asker takes is
/// sent without records and with TC set.
package final class ScriptedUpstream: Sendable {
    private struct State {
        var faults = UpstreamFaults()
        var overUDP = 0
        var overTCP = 0
        var byName: [Name: Int] = [:]
        /// What has gathered towards the next query to be dropped.
        var dropDebt = 0.0
        var channels: [any Channel] = []
    }

    private let zone: UpstreamZone
    private let state = Mutex(State())

    /// Creates an upstream that knows `zone`.
    package init(zone: UpstreamZone) {
        self.zone = zone
    }

    // MARK: Life

    /// Starts to answer on a free port of 127.0.0.1.
    ///
    /// - Returns: the port, the same for UDP and TCP.
    package func start() async throws -> Int {
        var failure: (any Error)?
        // The port that TCP gets may be taken for UDP: then another pair is tried.
        for _ in 0..<16 {
            let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .childChannelInitializer { [self] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(StreamHandler(self))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = listener.localAddress?.port ?? 0
            do {
                let datagrams = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
                    .channelInitializer { [self] channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(DatagramHandler(self))
                        }
                    }
                    .bind(host: "127.0.0.1", port: port).get()
                state.withLock { $0.channels = [listener, datagrams] }
                return port
            } catch {
                failure = error
                try await listener.close()
            }
        }
        throw failure ?? ChannelError.alreadyClosed
    }

    /// Stops answering.
    package func stop() async {
        let channels = state.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { try? await channel.close() }
    }

    // MARK: Script and record

    /// What goes wrong from now on.
    package var faults: UpstreamFaults {
        get { state.withLock { $0.faults } }
        set { state.withLock { $0.faults = newValue } }
    }

    /// How many queries have come, by transport.
    package var queryCounts: (udp: Int, tcp: Int) {
        state.withLock { ($0.overUDP, $0.overTCP) }
    }

    /// How many queries have come for a name, of whatever type.
    package func queryCount(for name: Name) -> Int {
        state.withLock { $0.byName[name] ?? 0 }
    }

    /// A reply on its way.
    struct Delivery {
        var octets: [UInt8]
        var delay: Duration
    }

    /// What goes back for the octets of a query; nil for silence.
    func delivery(for octets: [UInt8], overTCP: Bool) -> Delivery? {
        guard let query = try? Message(decoding: octets.span), query.trailingLength == 0 else { return nil }
        let (faults, isDropped) = record(query, overTCP: overTCP)
        guard !isDropped, var reply = zone.reply(to: query) else { return nil }
        if faults.hasWrongID { reply.id = ~reply.id }
        if faults.hasWrongQuestion, let other = try? Name(parsing: "elsewhere.test") {
            reply.questions = [Question(other, .A)]
        }
        let limit = overTCP ? MessageWriter.maximumLength : max(512, Int(query.edns?.payloadSize ?? 512))
        var encoded = reply.encoded()
        if encoded.count > limit {
            reply.answers = []
            reply.authorities = []
            reply.flags.isTruncated = true
            encoded = reply.encoded()
        }
        if faults.isCutShort { encoded.removeLast(encoded.count / 3) }
        return Delivery(octets: encoded, delay: faults.delay)
    }

    private func record(_ query: Message, overTCP: Bool) -> (faults: UpstreamFaults, isDropped: Bool) {
        state.withLock { state in
            if overTCP { state.overTCP += 1 } else { state.overUDP += 1 }
            if let name = query.questions.first?.name { state.byName[name, default: 0] += 1 }
            state.dropDebt += state.faults.dropShare
            guard state.dropDebt >= 1 else { return (state.faults, false) }
            state.dropDebt -= 1
            return (state.faults, true)
        }
    }
}
