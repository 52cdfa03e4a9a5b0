import Basics
import Corefile
import DNSServer
import DNSWire

/// Shuffles the replies of one worker in place.
///
/// Records of a set lie one behind the other, with the same owner and type. Of address records only TTL and data change
/// places: they hold no names, so that no compression pointer can go astray. Records of other owners keep their places. What the asker
/// does not take is left out before, so that no more is shuffled than is sent.
final class LoadbalanceHandler: ReplyHandler {
    private let preferred: [PreferredNetwork]
    private var random = RandomSource()
    /// Where the TTLs of the set that is being shuffled stand; used again for each set.
    private var places: [Int] = []

    init(_ preferred: [IPPrefix]) {
        self.preferred = preferred.map(PreferredNetwork.init)
    }

    func handle(_ query: Query) -> Verdict { .next }

    func finish(_ query: Query) -> ReplyVerdict {
        let reply = query.reply
        let header = reply.header
        let longest = max(header.answerCount, header.authorityCount, header.additionalCount)
        guard query.hasReply, !query.isDropped, query.responseCode == .noError, longest > 1 else { return .done }
        guard query.type != .AXFR, query.type != .IXFR else { return .done }
        query.cutReply()
        do throws(WireError) {
            if try shuffleAddresses(reply, from: query.questionEnd) { shuffleExchanges(query) }
        } catch {
            // A reply from elsewhere with a damaged record goes out as it came.
        }
        return .done
    }

    // MARK: A and AAAA

    /// Shuffles every address set.
    ///
    /// - Returns: whether a section has several MX records.
    private func shuffleAddresses(_ reply: MessageWriter, from start: Int) throws(WireError) -> Bool {
        var offset = start
        var hasExchanges = false
        for count in [reply.header.answerCount, reply.header.authorityCount, reply.header.additionalCount] {
            var set: RecordView?
            var exchanges = 0
            places.removeAll(keepingCapacity: true)
            for _ in 0..<count {
                let bytes = reply.bytes
                let record = try RecordView(decoding: bytes, at: offset)
                offset = record.end
                if record.type == .MX { exchanges += 1 }
                if let known = set, !Self.isSameSet(known, record, in: bytes) {
                    arrange(reply, dataLength: known.dataLength)
                    set = nil
                }
                guard Self.isAddress(record) else { continue }
                set = record
                places.append(record.ttlOffset)
            }
            if let set { arrange(reply, dataLength: set.dataLength) }
            hasExchanges = hasExchanges || exchanges > 1
        }
        return hasExchanges
    }

    private static func isAddress(_ record: RecordView) -> Bool {
        record.type == .A && record.dataLength == 4 || record.type == .AAAA && record.dataLength == 16
    }

    /// Whether `second`, which comes next, belongs to the set that `first` does.
    private static func isSameSet(_ first: RecordView, _ second: RecordView, in bytes: Span<UInt8>) -> Bool {
        guard first.type == second.type, first.dataLength == second.dataLength else { return false }
        // Nearly always both are the same pointer to the question, or the second one points to the first.
        let (one, other) = (first.nameOffset, second.nameOffset)
        let pointer = bytes.uint16(at: other)
        if pointer & 0xC000 == 0xC000, pointer == bytes.uint16(at: one) || Int(pointer & 0x3FFF) == one { return true }
        return hasSameName(one, other, in: bytes)
    }

    private static func hasSameName(_ one: Int, _ other: Int, in bytes: Span<UInt8>) -> Bool {
        var first = InlineArray<256, UInt8>(repeating: 0)
        var second = InlineArray<256, UInt8>(repeating: 0)
        var firstSpan = first.mutableSpan
        var secondSpan = second.mutableSpan
        guard let firstName = try? decodeName(in: bytes, at: one, into: &firstSpan),
            let secondName = try? decodeName(in: bytes, at: other, into: &secondSpan)
        else { return false }
        return namesEqual(
            firstSpan.span.extracting(0..<firstName.length), secondSpan.span.extracting(0..<secondName.length))
    }

    /// Brings the set at `places` into its order, and forgets it.
    private func arrange(_ reply: MessageWriter, dataLength: Int) {
        defer { places.removeAll(keepingCapacity: true) }
        guard places.count > 1 else { return }
        var bytes = reply.mutableBytes
        var start = 0
        for network in preferred {
            let first = start
            for index in first..<places.count
            where network.contains(bytes.span.extracting(places[index] + 6..<places[index] + 6 + dataLength)) {
                swap(&bytes, index, start, dataLength)
                start += 1
            }
            shuffle(&bytes, first..<start, dataLength)
        }
        shuffle(&bytes, start..<places.count, dataLength)
    }

    /// Source: Durstenfeld, Algorithm 235: every order is equally likely.
    private func shuffle(_ bytes: inout MutableSpan<UInt8>, _ range: Range<Int>, _ dataLength: Int) {
        guard range.count > 1 else { return }
        for index in range.dropLast() {
            swap(&bytes, index, index + random.next(below: range.upperBound - index), dataLength)
        }
    }

    /// Exchanges TTL and data of two records; the length between them is the same.
    private func swap(_ bytes: inout MutableSpan<UInt8>, _ one: Int, _ other: Int, _ dataLength: Int) {
        guard one != other else { return }
        let (first, second) = (places[one], places[other])
        bytes.exchangeWords(first, second)
        for offset in stride(from: 6, to: 6 + dataLength, by: 4) {
            bytes.exchangeWords(first + offset, second + offset)
        }
    }

    // MARK: MX

    /// Shuffles the MX records of every section.
    ///
    /// Their data holds names, so that the records are copied in their new order, the names written anew.
    private func shuffleExchanges(_ query: Query) {
        let reply = query.reply
        reply.finish()
        let message = reply.bytes.copy()
        do throws(WireError) {
            let records = try shuffledExchanges(message.span, reply.header, from: query.questionEnd)
            let header = reply.header
            reply.begin(id: header.id, flags: header.flags)
            reply.copyQuestion(message.span, query.questionRange)
            var copier = RecordCopier()
            for (section, record) in records {
                reply.section = section
                try copier.copy(record, of: message.span, ttl: record.ttl, to: reply)
            }
        } catch {
            // It was a message before, so that it can be read again.
            try? reply.copyMessage(message.span)
        }
    }

    /// The records of `message`, those of type MX in another order.
    private func shuffledExchanges(
        _ message: Span<UInt8>, _ header: MessageHeader, from offset: Int
    ) throws(WireError) -> [(section: Section, record: RecordView)] {
        var records: [(section: Section, record: RecordView)] = []
        var walk = RecordWalk(message, header: header, offset: offset)
        while let next = try walk.next() { records.append(next) }
        for section in Section.allCases {
            let places = records.indices.filter { records[$0].section == section && records[$0].record.type == .MX }
            guard places.count > 1 else { continue }
            for position in places.indices.dropLast() {
                records.swapAt(places[position], places[position + random.next(below: places.count - position)])
            }
        }
        return records
    }
}

/// A network whose addresses come first.
private struct PreferredNetwork {
    private let octets: [UInt8]
    private let length: Int

    init(_ prefix: IPPrefix) {
        octets = prefix.address.octets
        length = prefix.length
    }

    func contains(_ address: Span<UInt8>) -> Bool {
        guard address.count == octets.count else { return false }
        let whole = length / 8
        for index in 0..<whole where address[index] != octets[index] { return false }
        guard length % 8 > 0 else { return true }
        return (address[whole] ^ octets[whole]) >> UInt8(8 - length % 8) == 0
    }
}

extension MutableSpan<UInt8> {
    /// Exchanges the four octets at `one` with those at `other`.
    @inline(__always)
    @_lifetime(self: copy self)
    fileprivate mutating func exchangeWords(_ one: Int, _ other: Int) {
        precondition(one >= 0 && other >= 0 && one + 4 <= count && other + 4 <= count, "octets of the message")
        unsafe withUnsafeMutableBytes { buffer in
            let (first, second) = unsafe (
                buffer.loadUnaligned(fromByteOffset: one, as: UInt32.self),
                buffer.loadUnaligned(fromByteOffset: other, as: UInt32.self)
            )
            unsafe buffer.storeBytes(of: second, toByteOffset: one, as: UInt32.self)
            unsafe buffer.storeBytes(of: first, toByteOffset: other, as: UInt32.self)
        }
    }
}
