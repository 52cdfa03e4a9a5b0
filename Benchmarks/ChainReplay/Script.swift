import CReplayKernel
import DNSWire

/// The queries of a shape in wire form, as the played kernel delivers them.
///
/// Unchecked Sendable: nothing changes after it is made.
@safe
final class Script: @unchecked Sendable {
    let shape: Shape
    private let octets: UnsafeMutableBufferPointer<UInt8>
    private let messages: UnsafeMutableBufferPointer<replay_message>

    /// Encodes the shape's queries.
    ///
    /// - Throws: when a name of them is none.
    init(_ shape: Shape) throws {
        self.shape = shape
        let queries = shape.queries
        let encoded = try queries.map(Self.encode)
        unsafe octets = .allocate(capacity: encoded.reduce(0) { $0 + $1.count })
        unsafe messages = .allocate(capacity: queries.count)
        var start = 0
        for (index, (query, message)) in zip(queries, encoded).enumerated() {
            for (offset, octet) in message.enumerated() { unsafe octets[start + offset] = octet }
            let place = unsafe UnsafePointer(octets.baseAddress! + start)
            unsafe messages[index] = unsafe replay_message(
                octets: place, length: UInt32(message.count),
                varying: query.isVarying ? UInt32(MessageHeader.length + 1) : 0,
                response_code: UInt8(query.code.rawValue), answers: query.answers,
                truncated: query.isTruncated ? 1 : 0)
            start += message.count
        }
    }

    deinit {
        unsafe octets.deallocate()
        unsafe messages.deallocate()
    }

    /// The message of a query.
    ///
    /// - Throws: when its name is none.
    static func encode(_ query: Shape.Query) throws -> [UInt8] {
        let question = Question(try Name(parsing: query.name), query.type)
        var message = Message(id: 0, asking: question, edns: query.payloadSize.map { EDNS(payloadSize: $0) })
        message.flags.recursionDesired = true
        return message.encoded()
    }

    /// Gives the script to the played kernel; false when that is busy.
    func begin(port: Int, queries: Int, batch: Int, wasted: Int) -> Bool {
        var script = unsafe replay_script()
        unsafe script.messages = UnsafePointer(messages.baseAddress)
        unsafe script.count = UInt32(messages.count)
        unsafe script.port = UInt16(port)
        unsafe script.batch = UInt32(batch)
        unsafe script.warm_up = UInt64(shape.warmUp)
        unsafe script.measured = UInt64(queries)
        unsafe script.wasted = UInt32(wasted)
        return unsafe replay_begin(&script) == 0
    }
}
