import CDatagram
package import DNSWire
package import Telemetry

/// One request in flight: who asked, over what, the message, and what has become of it.
///
/// Shape: `message` is the query as it came, `name` its question's name in lower case, `reply` the outgoing message. The buffers
/// belong to the query, which is pooled by its worker; nothing of it may be kept beyond the reply.
///
/// Unchecked Sendable: a query never leaves its worker's thread, also while it waits, since the worker is the executor of the
/// task that it waits in.
///
/// Safe though it lends spans of its memory: they keep the query, and its buffers change hands in two ways only. What is outgrown stays
/// until the turn ends (``OutgrownMemory``). What is exchanged with a listener's slot is filled by the next receive, which is a later turn's.
/// A span is no longer than a turn: it cannot be stored, and a query that waits is neither used for another message nor in a slot.
/// To read a query that has gone back to the pool is a mistake that ends a debug build.
@safe
package final class Query: @unchecked Sendable {
    /// How a query came.
    package enum Transport: UInt8, Sendable {
        case udp
        case tcp
    }

    /// Where a reply comes from.
    package enum ReplyOrigin: UInt8, Sendable {
        /// It is made here.
        case here
        /// An upstream: what its OPT record did not say is not said.
        case elsewhere
        /// The same, and it is signed: it goes out as it is, its OPT record included.
        case signedElsewhere
        /// It is made here, with options of its own, and its OPT record has DO whatever the asker said.
        case hereWithDNSSECOK
    }

    // What a query leads to is not counted: its worker outlives it, and its chain and blocks stay as long as a query is on its way
    // through them (``Chain/inFlight``). Counting them was a third of what a local answer cost.
    private let workerReference: Uncounted<Worker>
    private var chainReference: Uncounted<Chain>?
    private var blocksReference: Uncounted<BlockTable>?
    /// The metric slots of its worker.
    package let shard: MetricShard
    /// How it came; of one that the server itself asks (``isOwn``), how the asker came for whose sake it is asked.
    package internal(set) var transport = Transport.udp
    package internal(set) var client = SocketAddress.none
    /// The address it came to, where the listener is bound to a wildcard.
    var local = cdg_local()
    /// The address of the listener that it came to.
    var listeningAddress = SocketAddress.none
    /// When it came, in nanoseconds of the worker's clock.
    package internal(set) var arrival: UInt64 = 0
    /// When it must have an answer or have failed, in nanoseconds of the worker's clock; `.max` when it has no deadline.
    ///
    /// `cancel` sets it. A plugin that waits for something ends by then, with ``QueryFailure/deadlineExceeded``. Lookups and queries for
    /// other names have the deadline of the query that asks them, so that a body of ``Verdict/wait(_:)`` that only waits for those
    /// need not look at it.
    package var deadline = UInt64.max
    /// Whether the reply to an identical query will do.
    ///
    /// `loop` asks to see its own question come back, and would never see it if that waited for itself. A plugin that does not know
    /// everything yet says so of what it cannot find: nobody keeps that.
    package var isShareable = true
    /// Whether that an identical query has failed will do as well: what stands before this one keeps failures (RFC 9520 §3.2).
    package var sharesFailures = false

    // The message as it came.
    /// Enough for a usual query; a listener's slots have more, see ``swapInbound(with:)``.
    static let inboundCapacity = 512
    private(set) var inbound: UnsafeMutablePointer<UInt8>
    /// The largest reply buffer that is kept for later queries: larger replies are rare, and kept buffers add up.
    static let pooledReplyCapacity = 4_096
    private(set) var inboundCapacity = Query.inboundCapacity
    var length = 0
    package internal(set) var header = MessageHeader(id: 0, flags: .init(rawValue: 0))
    /// The header's flags as they came, whatever plugins have made of them since.
    package internal(set) var askedFlags = MessageHeader.Flags(rawValue: 0)
    /// The question's type.
    package internal(set) var type = RecordType.A
    /// The question's class.
    package internal(set) var recordClass = RecordClass.IN
    /// The offset behind the question section; 12 when there is no question that could be read.
    package internal(set) var questionEnd = MessageHeader.length
    /// The query's OPT record.
    package internal(set) var edns: EDNSView?

    // The question's name, lower case, wire form.
    private let nameMemory: UnsafeMutablePointer<UInt8>
    var nameLength = 0 {
        didSet { knownHash = nil }
    }
    /// The hash of the name, once somebody has asked for it.
    private var knownHash: UInt64?

    /// The reply; valid once a plugin has said so.
    package let reply: MessageWriter
    /// The reply's code, all twelve bits; ``MessageWriter/header`` has the low four.
    package var responseCode = ResponseCode.noError
    /// The EDNS options of the reply in wire form; which there are is said beside ``EDNSOptionCode/isHopByHop``.
    package var replyOptions: [UInt8] = []
    /// Where the reply comes from, and what goes with it.
    package internal(set) var replyOrigin = ReplyOrigin.here
    /// The largest reply that goes out over UDP whatever its asker takes, in octets.
    ///
    /// A query of 40 octets with a forged sender shall not bring its victim 65,000; and of more than 65,507 the kernel sends none.
    /// BIND's limit is the same.
    var datagramLimit = Query.usualDatagramLimit
    static let usualDatagramLimit = 4_096
    /// How long the connection that it came over may be idle, in tenths of a second; 0 when it came over none.
    var keepaliveTime: UInt16 = 0
    /// Whether additional records need not be written: a plugin that sees the reply takes them out.
    package var omitsAdditional = false
    /// Why there is no proper reply.
    package internal(set) var failure: QueryFailure?
    /// Whether the asker gets nothing.
    package internal(set) var isDropped = false
    /// Whether a reply, bare or not, stands in ``reply``.
    package internal(set) var hasReply = false

    // Where it is on its way.
    var position = 0
    /// A bit for each position that has left a mark there.
    private var marks: UInt64 = 0
    /// The first position that it visits on its way up; above 0 for one that only runs through a part of the chain.
    var floor = 0
    /// The index in the chain of the plugin that replied; -1 when the server itself did.
    package internal(set) var replier = -1
    /// How many lookups deep this one is.
    var depth = 0
    /// What may still be looked up for its asker; nil as long as nothing was.
    var allowance: LookupAllowance?
    /// Whether the server itself asks it, and nobody outside: it counts as no client's, and its reply is not sent.
    package internal(set) var isOwn = false
    /// Whether nothing here answers such names: no block serves it, or no plugin of its block had anything to say.
    var isUnserved = false
    /// What few queries have; made when something is put there.
    var extras: QueryExtras?
    /// Whether it lies in its worker's pool.
    var isPooled = false
    /// Whether it is one of those that its listener receives into; the listener sees itself that such a query is done.
    var isSlot = false
    var origin: (any QueryOrigin)?
    var originToken: UInt64 = 0

    init(worker: Worker) {
        workerReference = Uncounted(worker)
        shard = worker.shard
        reply = MessageWriter(outgrown: worker.outgrown)
        unsafe inbound = .allocate(capacity: Self.inboundCapacity)
        unsafe nameMemory = .allocate(capacity: 256)
        unsafe nameMemory.initialize(repeating: 0, count: 256)
    }

    deinit {
        unsafe inbound.deallocate()
        unsafe nameMemory.deallocate()
    }

    /// Whether the server was asked other questions for its sake.
    package var hasLookedUp: Bool { allowance != nil }

    /// The worker that answers it.
    package var worker: Worker { workerReference.object }

    /// The monotonic clock in nanoseconds, as its worker read it for the present batch.
    package var now: UInt64 { workerReference.with { $0.now } }

    /// Nanoseconds since it came, the clock being read now.
    package var age: UInt64 { cdg_now() &- arrival }

    /// The chain it is on its way through.
    package var chain: Chain? { chainReference?.object }

    /// Whether a query for the lower-case `name`, else the same as this one, would go through the same chain.
    package func sharesChain(with name: Name) -> Bool {
        guard let chain, let blocks else { return false }
        return blocks.leads(name.wire.span, to: chain)
    }

    /// The blocks it was routed by, which its lookups use as well.
    var blocks: BlockTable? { blocksReference?.object }

    /// The query as it came.
    package var message: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            assert(!isPooled, "a query that is on its way")
            let span = unsafe Span(_unsafeStart: UnsafePointer(inbound), count: length)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The question's name in lower case, uncompressed wire form; empty when there is no question.
    package var name: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            assert(!isPooled, "a query that is on its way")
            let span = unsafe Span(_unsafeStart: UnsafePointer(nameMemory), count: nameLength)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The question's name in the case that it has in the message, in uncompressed wire form.
    package var nameAsAsked: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = message.extracting(MessageHeader.length..<(questionEnd - 4))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The ``NameHash`` of the name, made once for all tables that it is looked up in.
    package var nameHash: UInt64 {
        if let knownHash { return knownHash }
        let hash = NameHash.hash(name)
        knownHash = hash
        return hash
    }

    /// The name's memory while a query is decoded.
    var nameBuffer: MutableSpan<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe MutableSpan(_unsafeStart: nameMemory, count: 256)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The address that the query was sent to; a lookup has none.
    package var server: SocketAddress {
        SocketAddress(local: local, port: listeningAddress.port) ?? listeningAddress
    }

    /// The question's name as an owned value; for slow paths.
    package var ownedName: Name {
        Name(uncheckedWire: name.copy())
    }

    /// The octets of the question as they came: name in the asker's case, type and class.
    package var questionRange: Range<Int> {
        MessageHeader.length..<questionEnd
    }

    /// The largest reply that the asker takes, in octets (RFC 6891 §6.2.3).
    package var askerLimit: Int {
        switch transport {
        case .udp: edns.map { max(512, Int($0.payloadSize)) } ?? 512
        case .tcp: MessageWriter.maximumLength
        }
    }

    /// The largest reply that the asker gets, in octets: over UDP ``datagramLimit`` bounds what it takes.
    package var replyLimit: Int {
        guard transport == .udp else { return askerLimit }
        guard let edns else { return 512 }
        return min(max(512, Int(edns.payloadSize)), datagramLimit)
    }

    /// Whether the asker set DO.
    package var dnssecOK: Bool { edns?.dnssecOK ?? false }

    /// A note of one bit that the plugin at the query's position leaves for itself on the way down and reads on the way up.
    package var mark: Bool {
        get { marks >> UInt64(truncatingIfNeeded: position & 63) & 1 != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: position & 63)
            marks = newValue ? marks | bit : marks & ~bit
        }
    }

    /// Makes room for a message of `size` octets.
    func reserveInbound(_ size: Int) {
        if size > inboundCapacity { growInbound(size) }
    }

    @inline(never)
    private func growInbound(_ size: Int) {
        unsafe worker.outgrown.keep(inbound)
        unsafe inbound = .allocate(capacity: size)
        inboundCapacity = size
    }

    /// Puts `octets` in place of those of `range`, which lie in the message; what is behind them moves.
    func replaceOctets(_ range: Range<Int>, with octets: Span<UInt8>) {
        let (tail, size) = (length - range.upperBound, length - range.count + octets.count)
        let old = unsafe inbound
        if size > inboundCapacity {
            reserveInbound(size)
            unsafe inbound.update(from: old, count: range.lowerBound)
        }
        let end = range.lowerBound + octets.count
        unsafe (inbound + end).update(from: old + range.upperBound, count: tail)
        for index in 0..<octets.count { unsafe inbound[range.lowerBound + index] = octets[index] }
        length = size
    }

    /// Exchanges the receive buffers, each query keeping its message: `other` is about to become a listener's slot and needs the
    /// large buffer, while this query waits and needs only what its message takes.
    func swapInbound(with other: Query) {
        other.reserveInbound(length)
        unsafe other.inbound.update(from: inbound, count: length)
        unsafe swap(&inbound, &other.inbound)
        swap(&inboundCapacity, &other.inboundCapacity)
    }

    /// Takes a copy of `message`.
    func take(_ message: Span<UInt8>) {
        reserveInbound(message.count)
        for index in 0..<message.count { unsafe inbound[index] = message[index] }
        length = message.count
    }

    /// Turns the case of letters in the question's name as the message has it, as ``MutableSpan/turnCase(_:by:)`` does; doing it again
    /// turns it back.
    package func turnCase(by mask: UInt64) {
        guard questionEnd >= MessageHeader.length + 4 else { return }
        var span = unsafe MutableSpan(_unsafeStart: inbound, count: length)
        span.turnCase(MessageHeader.length..<(questionEnd - 4), by: mask)
    }

    /// Forgets everything but the buffers.
    func reset() {
        edns = nil
        deadline = .max
        datagramLimit = Query.usualDatagramLimit
        keepaliveTime = 0
        isShareable = true
        sharesFailures = false
        questionEnd = MessageHeader.length
        nameLength = 0
        responseCode = .noError
        if !replyOptions.isEmpty { replyOptions = [] }
        omitsAdditional = false
        if failure != nil { failure = nil }
        isDropped = false
        hasReply = false
        position = 0
        marks = 0
        floor = 0
        replier = -1
        depth = 0
        isOwn = false
        isUnserved = false
        if allowance != nil { allowance = nil }
        if extras != nil { extras = nil }
    }
}

// MARK: Its way

extension Query {
    /// Sets out through `chain`, which was found in `blocks`.
    func enter(_ chain: Uncounted<Chain>, of blocks: BlockTable) {
        chainReference = chain
        blocksReference = Uncounted(blocks)
        chain.with { $0.inFlight &+= 1 }
    }

    /// It has come to the end of its chain, if it has one.
    func leave() {
        guard let chain = chainReference else { return }
        chainReference = nil
        blocksReference = nil
        chain.with { $0.inFlight &-= 1 }
    }

    /// It has run its way.
    func complete() {
        workerReference.with { $0.complete(self) }
    }

    /// It will not be done when its batch is.
    func detach() {
        workerReference.with { $0.detach(self) }
    }

    /// Runs `body`, in which it waits, as a task on its worker.
    func run(_ body: @escaping (Query) async -> Void) {
        worker.run(self, body: body)
    }

    /// Sends the query on its way again after its plugin has said ``Verdict/parked``.
    ///
    /// Called once, on the query's worker.
    package func resume(_ verdict: Verdict) {
        guard let chain = chainReference else { return }
        chain.with { $0.take(verdict, of: self) }
    }
}

/// Where a query came from and its reply goes to.
protocol QueryOrigin: AnyObject {
    /// The query has run its way: a reply stands in it, or it was dropped. Called on the worker's thread.
    func complete(_ query: Query)
}
