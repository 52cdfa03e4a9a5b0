/// Encodes one message at a time into a buffer of its own, which is kept for the next message.
///
/// The usual reply never gives the compressor work: owners point to the question. The buffer starts small and grows up
/// to 65,535 octets; a record that does not fit any more is left out whole and the message marked as truncated.
///
/// Shape: `bytes` is the message so far. Header counts are kept in `header` and written by ``finish()``.
///
/// Safe though it lends spans of its memory: they keep the writer, and what it outgrows stays as ``OutgrownMemory`` says. Octets that are
/// written while somebody has a span may show in it; none is ever read that is not a message's.
@safe
@usableFromInline
package final class MessageWriter {
    /// The longest message there can be: TCP gives its length in two octets.
    @inlinable package static var maximumLength: Int { 65_535 }
    /// Octets of the buffer of a message that has not grown.
    @usableFromInline package static let initialCapacity = 512

    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    /// Octets of the buffer.
    @usableFromInline package var capacity: Int
    /// How long the message may become, in octets: a record that does not fit is left out, and all behind it.
    @usableFromInline package internal(set) var limit = MessageWriter.maximumLength
    /// The lesser of the two above: up to there nothing need be looked at again.
    @usableFromInline var freeEnd: Int
    /// Octets written so far.
    @usableFromInline package var count = 0
    /// The header as it will be written.
    @usableFromInline
    package var header = MessageHeader(id: 0, flags: .init(rawValue: 0))
    /// The section that new records are counted in; it only moves on.
    @usableFromInline
    package var section = Section.answer
    @usableFromInline var hasOverflowed = false
    /// Made when a reply first needs it: most never do, and many queries are held while they wait.
    private lazy var compressor = NameCompressor()
    @usableFromInline var compressorIsCurrent = false
    /// Octets of the question section's name, whose labels the compressor learns when it is first needed.
    @usableFromInline var questionNameLength = 0
    /// Where outgrown buffers stay; nil until there is one, when nobody else keeps them.
    private var outgrown: OutgrownMemory?

    /// - Parameter outgrown: where outgrown buffers stay; they stay with the writer when it is nil.
    package init(outgrown: OutgrownMemory? = nil) {
        self.outgrown = outgrown
        unsafe base = .allocate(capacity: Self.initialCapacity)
        capacity = Self.initialCapacity
        freeEnd = capacity
    }

    deinit {
        unsafe base.deallocate()
    }

    /// The message so far.
    @inlinable package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The message so far, to be changed in place; at most one such view at a time.
    @inlinable package var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(borrow self)
        get {
            let span = unsafe MutableSpan(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The message's memory for system calls; valid until the next write.
    @inlinable @unsafe package var memory: UnsafeMutablePointer<UInt8> { unsafe base }

    // MARK: Starting and finishing

    /// Starts an empty message without a limit of its own; the header's counts are taken as zero.
    @inlinable
    package func begin(id: UInt16, flags: MessageHeader.Flags) {
        header = MessageHeader(id: id, flags: flags)
        section = .answer
        hasOverflowed = false
        compressorIsCurrent = false
        questionNameLength = 0
        count = MessageHeader.length
        limit = Self.maximumLength
        freeEnd = capacity
    }

    /// Lets the message become `octets` long, at most 65,535.
    ///
    /// What is written already stays.
    @inlinable
    package func setLimit(_ octets: Int) {
        limit = min(octets, Self.maximumLength)
        freeEnd = min(capacity, limit)
    }

    /// Whether a record did not fit: no more will.
    package var isFull: Bool { hasOverflowed }

    /// Copies the question section that stands at `range` of `message`: one name, type and class.
    @inlinable
    package func copyQuestion(_ message: Span<UInt8>, _ range: Range<Int>) {
        append(message, range)
        header.questionCount = 1
        questionNameLength = range.count &- 4
    }

    /// Takes `message` as it is, header counts included.
    ///
    /// - Throws: `truncated` without a whole header, `messageTooLong` past 65,535 octets.
    package func copyMessage(_ message: Span<UInt8>) throws(WireError) {
        guard let header = MessageHeader(decoding: message) else { throw .truncated }
        guard message.count <= Self.maximumLength else { throw .messageTooLong }
        begin(id: header.id, flags: header.flags)
        self.header = header
        section = .additional
        append(message, MessageHeader.length..<message.count)
    }

    /// Writes the header over the first twelve octets.
    @inlinable
    package func finish() {
        var bytes = mutableBytes
        bytes.put(header.id, at: 0)
        bytes.put(header.flags.rawValue, at: 2)
        bytes.put(header.questionCount, at: 4)
        bytes.put(header.answerCount, at: 6)
        bytes.put(header.authorityCount, at: 8)
        bytes.put(header.additionalCount, at: 10)
    }

    // MARK: Octets

    /// Makes room for `more` octets; false when the message would be too long.
    @inlinable @inline(__always)
    func reserve(_ more: Int) -> Bool {
        if count &+ more <= freeEnd { return !hasOverflowed }
        return grow(more)
    }

    @usableFromInline
    func grow(_ more: Int) -> Bool {
        guard !hasOverflowed, count + more <= limit else {
            hasOverflowed = true
            return false
        }
        let larger = min(max(capacity * 2, count + more), Self.maximumLength)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        unsafe memory.update(from: base, count: count)
        let outgrown = outgrown ?? OutgrownMemory()
        self.outgrown = outgrown
        unsafe outgrown.keep(base)
        unsafe base = memory
        capacity = larger
        freeEnd = min(capacity, limit)
        return true
    }

    @inlinable
    package func append(_ octet: UInt8) {
        guard reserve(1) else { return }
        unsafe base[count] = octet
        count &+= 1
    }

    @inlinable
    package func append(_ value: UInt16) {
        guard reserve(2) else { return }
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: value.bigEndian, as: UInt16.self)
        count &+= 2
    }

    @inlinable
    package func append(_ value: UInt32) {
        guard reserve(4) else { return }
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: value.bigEndian, as: UInt32.self)
        count &+= 4
    }

    /// Appends the octets of `range` of `octets`.
    @inlinable
    package func append(_ octets: Span<UInt8>, _ range: Range<Int>) {
        let part = octets.extracting(range)
        guard !part.isEmpty, reserve(part.count) else { return }
        unsafe part.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + count).update(from: start, count: source.count)
        }
        count &+= part.count
    }

    /// Writes the octets of `range` of `octets` over those that stand at the same place.
    package func overwrite(_ octets: Span<UInt8>, _ range: Range<Int>) {
        guard range.upperBound <= count else { return }
        unsafe octets.extracting(range).withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (base + range.lowerBound).update(from: start, count: source.count)
        }
    }

    /// Appends all of `octets`.
    @inlinable
    package func append(_ octets: Span<UInt8>) {
        append(octets, 0..<octets.count)
    }

    /// Appends a pointer to the name at `offset`, which must lie in the first 16,384 octets.
    @inlinable
    package func appendPointer(to offset: Int) {
        append(0xC000 | UInt16(truncatingIfNeeded: offset & 0x3FFF))
    }

    /// Appends an uncompressed name.
    ///
    /// With `compressing`, its longest suffix that already stands in the message becomes a pointer (RFC 1035 §4.1.4).
    /// Either way later names may point into it.
    package func append(name: Span<UInt8>, compressing: Bool = true) {
        prepareCompressor()
        var position = 0
        while name[position] != 0 {
            if compressing, let offset = compressor.find(name, from: position, in: bytes) {
                append(name, 0..<position)
                appendPointer(to: offset)
                return
            }
            compressor.insert(name, from: position, offset: count + position)
            position += Int(name[position]) + 1
        }
        append(name)
    }

    private func prepareCompressor() {
        guard !compressorIsCurrent else { return }
        compressorIsCurrent = true
        compressor.reset()
        guard questionNameLength > 0 else { return }
        let question = bytes.extracting(MessageHeader.length..<(MessageHeader.length + questionNameLength))
        guard Self.isUncompressed(question) else { return }
        var position = 0
        while question[position] != 0 {
            compressor.insert(question, from: position, offset: MessageHeader.length + position)
            position += Int(question[position]) + 1
        }
    }

    /// Whether the name has no pointer; one in a question leads into the header, whose octets change.
    private static func isUncompressed(_ name: Span<UInt8>) -> Bool {
        var position = 0
        while position < name.count, (1..<64).contains(name[position]) {
            position += Int(name[position]) + 1
        }
        return position == name.count - 1 && name[position] == 0
    }

    // MARK: Records

    /// Appends a whole record whose owner is the name at `owner` in this message (12 is the question) and whose data
    /// holds no compressible name.
    @inlinable
    package func appendRecord(
        ownerAt owner: Int, type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32, data: Span<UInt8>
    ) {
        let start = count
        guard reserve(12 &+ data.count) else {
            rollBack(to: start)
            return
        }
        appendPointer(to: owner)
        appendFixed(type, recordClass, ttl)
        append(UInt16(truncatingIfNeeded: data.count))
        append(data)
        countRecord()
    }

    /// Starts a record whose owner is the name at `owner` of this message; its data follows by the other calls.
    ///
    /// - Returns: what ``endRecord(_:)`` needs.
    @inlinable
    package func beginRecord(
        ownerAt owner: Int, type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32
    ) -> OpenRecord {
        let start = count
        appendPointer(to: owner)
        return beginData(start, type, recordClass, ttl)
    }

    /// Starts a record with an uncompressed owner name, which is compressed if it can be.
    package func beginRecord(
        owner: Span<UInt8>, type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32
    ) -> OpenRecord {
        let start = count
        append(name: owner)
        return beginData(start, type, recordClass, ttl)
    }

    /// Starts a record whose owner is the labels `prefix`, uncompressed and without a root label, in front of the name at `owner` of
    /// this message.
    ///
    /// - Returns: what ``endRecord(_:)`` needs.
    @inlinable
    package func beginRecord(
        prefix: Span<UInt8>, ownerAt owner: Int, type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32
    ) -> OpenRecord {
        let start = count
        append(prefix)
        appendPointer(to: owner)
        return beginData(start, type, recordClass, ttl)
    }

    /// Starts a record whose owner is `owner` as it is given, uncompressed.
    @inlinable
    package func beginRecord(
        writing owner: Span<UInt8>, type: RecordType, recordClass: RecordClass = .IN, ttl: UInt32
    ) -> OpenRecord {
        let start = count
        append(owner)
        return beginData(start, type, recordClass, ttl)
    }

    @inlinable
    func beginData(_ start: Int, _ type: RecordType, _ recordClass: RecordClass, _ ttl: UInt32) -> OpenRecord {
        appendFixed(type, recordClass, ttl)
        append(UInt16(0))
        return OpenRecord(start: start, dataOffset: count)
    }

    @inlinable
    func appendFixed(_ type: RecordType, _ recordClass: RecordClass, _ ttl: UInt32) {
        guard reserve(8) else { return }
        var bytes = UInt64(type.rawValue) << 48 | UInt64(recordClass.rawValue) << 32 | UInt64(ttl)
        bytes = bytes.bigEndian
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: bytes, as: UInt64.self)
        count &+= 8
    }

    /// Ends a record: writes the length of its data and counts it, or takes it back when it did not fit.
    @inlinable
    package func endRecord(_ record: OpenRecord) {
        let length = count &- record.dataOffset
        guard !hasOverflowed, length >= 0, length <= 0xFFFF else {
            rollBack(to: record.start)
            return
        }
        var bytes = mutableBytes
        bytes.put(UInt16(truncatingIfNeeded: length), at: record.dataOffset &- 2)
        countRecord()
    }

    /// Where a record that is being written began.
    @usableFromInline
    package struct OpenRecord: Sendable {
        @usableFromInline let start: Int
        @usableFromInline let dataOffset: Int

        @inlinable
        init(start: Int, dataOffset: Int) {
            self.start = start
            self.dataOffset = dataOffset
        }
    }

    @inlinable
    func countRecord() {
        switch section {
        case .answer: header.answerCount &+= 1
        case .authority: header.authorityCount &+= 1
        case .additional: header.additionalCount &+= 1
        }
    }

    @usableFromInline
    func rollBack(to start: Int) {
        hasOverflowed = true
        count = start
        header.flags.isTruncated = true
    }
}

extension MutableSpan<UInt8> {
    /// Writes a big-endian 16-bit number at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func put(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset &+ 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Writes a big-endian 32-bit number at `offset`.
    @inlinable @inline(__always)
    @_lifetime(self: copy self)
    package mutating func put(_ value: UInt32, at offset: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        put(UInt16(truncatingIfNeeded: value), at: offset &+ 2)
    }
}
