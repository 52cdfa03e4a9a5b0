import DNSServer
import DNSWire

/// The part of `erratic` in one worker.
///
/// A query that is delayed holds no thread: it is parked until its timer calls.
final class ErraticHandler: QueryHandler, TimerTarget {
    /// How many queries a worker delays at a time; further ones are answered at once.
    static let most = 1_024

    private struct Delayed {
        let query: Query
        let isTruncated: Bool
        let timer: WorkerTimer
    }

    private let configuration: ErraticPlugin.Configuration
    private let drop: UInt64
    /// Nanoseconds.
    private let duration: UInt64
    /// Counts a query, and gives the number of those before it.
    private let count: () -> UInt64
    private var delayed: [UInt64: Delayed] = [:]
    private var lastToken: UInt64 = 0

    init(_ configuration: ErraticPlugin.Configuration, _ count: @escaping () -> UInt64) {
        self.configuration = configuration
        self.count = count
        drop = configuration.effectiveDrop
        duration = configuration.duration > .zero ? configuration.duration.wholeNanoseconds : 0
    }

    func handle(_ query: Query) -> Verdict {
        let number = count()
        if Self.isHit(number, drop) { return .drop }
        let isTruncated = Self.isHit(number, configuration.truncate)
        guard Self.isHit(number, configuration.delay), delayed.count < Self.most else {
            return answer(query, isTruncated)
        }
        lastToken &+= 1
        let timer = query.worker.schedule(after: min(duration, query.timeLeft), self, token: lastToken)
        delayed[lastToken] = Delayed(query: query, isTruncated: isTruncated, timer: timer)
        return .parked
    }

    private static func isHit(_ number: UInt64, _ amount: UInt64) -> Bool {
        amount > 0 && number % amount == 0
    }

    func timerFired(token: UInt64, worker: Worker) {
        guard let entry = delayed.removeValue(forKey: token) else { return }
        let query = entry.query
        query.resume(query.isLate ? .fail(.deadlineExceeded) : answer(query, entry.isTruncated))
    }

    func retire(on worker: Worker) {
        let left = delayed.values
        delayed = [:]
        for entry in left {
            worker.cancel(entry.timer)
            entry.query.resume(.drop)
        }
    }

    private func answer(_ query: Query, _ isTruncated: Bool) -> Verdict {
        // 192.0.2.53 and 2001:db8::53.
        let address: [UInt8] =
            switch query.type {
            case .A: [192, 0, 2, 53]
            case .AAAA: [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [0x53]
            default: []
            }
        guard !address.isEmpty, query.recordClass.takesInternet else { return .fail(QueryFailure(.serverFailure)) }
        query.beginReply(.noError, authoritative: true)
        let reply = query.reply
        for _ in 0..<(configuration.isLarge && query.type == .A ? 30 : 1) {
            reply.appendRecord(ownerAt: MessageHeader.length, type: query.type, ttl: 0, data: address.span)
        }
        if isTruncated { reply.header.flags.isTruncated = true }
        return .reply
    }
}
