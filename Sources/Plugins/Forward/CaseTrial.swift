import DNSServer
import DNSWire

/// Asks an upstream, a few times, what it has just answered, with letters in random case, and tells whether it kept them.
///
/// Any reply in the right case that answers the question as before counts; anything else ends the trial.
final class CaseTrial: TimerTarget {
    private let upstream: Upstream
    private let worker: Worker
    private let question: Question
    private let whenDone: (CaseTrial) -> Void
    private var asked: [UInt8] = []
    private var datagram: LoneDatagram?
    private var timer: WorkerTimer?
    private var turn: UInt64 = 0
    private var rounds = 0

    private static let replyTime: UInt64 = 2_000_000_000
    private static let roundsNeeded = 3
    /// Fewer letters prove little.
    private static let lettersNeeded = 6

    /// - Parameter query: one that was answered with records.
    /// - Returns: nil when its name has too few letters.
    init?(_ upstream: Upstream, _ worker: Worker, like query: Query, whenDone: @escaping (CaseTrial) -> Void) {
        let name = query.ownedName
        let letters = name.wire.count { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        guard letters >= Self.lettersNeeded else { return nil }
        self.upstream = upstream
        self.worker = worker
        self.whenDone = whenDone
        question = Question(name, query.type)
    }

    /// Asks for the first time.
    func begin() {
        var message = Message(id: UInt16(truncatingIfNeeded: worker.secrets.next()), asking: question)
        message.flags.recursionDesired = true
        var encoded = message.encoded()
        turnCase(&encoded, by: worker.secrets.next())
        asked = encoded
        turn += 1
        do throws(SocketError) {
            datagram = try LoneDatagram(encoded, to: upstream, worker) { [unowned self] in take($0) }
        } catch {
            return end(.unknown)
        }
        timer = worker.schedule(after: Self.replyTime, self, token: turn)
    }

    private func turnCase(_ message: inout [UInt8], by mask: UInt64) {
        var octets = message.mutableSpan
        octets.turnCase(MessageHeader.length..<(octets.count - 4), by: mask)
    }

    private func take(_ event: LoneDatagram.Event) {
        guard case .reply(let reply) = event else { return end(.unknown) }
        let asked = asked
        let range = MessageHeader.length..<asked.count
        switch ReplyCheck(reply.span, to: asked.span, question: range) {
        case .reply where isAnswer(reply): succeed()
        case .reply, .otherCase, .bareRefusal: end(.notKept)
        // The real one may still come.
        case .foreign: return
        }
    }

    private func isAnswer(_ reply: [UInt8]) -> Bool {
        guard let header = MessageHeader(decoding: reply.span) else { return false }
        return header.flags.responseCode == 0 && (header.answerCount > 0 || header.flags.isTruncated)
    }

    private func succeed() {
        stopAsking()
        rounds += 1
        if rounds < Self.roundsNeeded { begin() } else { end(.kept) }
    }

    func timerFired(token: UInt64, worker: Worker) {
        if token == turn { end(.unknown) }
    }

    private func stopAsking() {
        turn += 1
        if let timer { worker.cancel(timer) }
        timer = nil
        datagram?.close(worker)
        datagram = nil
    }

    private func end(_ verdict: CaseKeeping.Verdict) {
        stopAsking()
        upstream.caseKeeping.endTrial(verdict, at: worker.now)
        whenDone(self)
    }

    /// Stops without a result.
    func stop() {
        stopAsking()
        upstream.caseKeeping.endTrial(.unknown, at: worker.now)
    }
}
