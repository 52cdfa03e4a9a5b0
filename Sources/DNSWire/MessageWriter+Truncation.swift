extension MessageWriter {
    /// Leaves out records from the end until the message has at most `limit` octets, and sets TC if any was left out.
    ///
    /// Whole records go, so what remains can be used; the header and a sound question always stay. A record that had
    /// not fitted into the writer is past too, and there is room for smaller ones again. Source: RFC 2181 §9, RFC 6891
    /// §6.2.3.
    ///
    /// - Complexity: O(1) when the message fits, else O(octets that stay).
    @inlinable
    package func truncate(to limit: Int) {
        guard count > limit || hasOverflowed else { return }
        leaveOutRecords(past: limit)
    }

    @usableFromInline
    func leaveOutRecords(past limit: Int) {
        finish()
        var (answers, authorities, additionals) = (0, 0, 0)
        var end = MessageHeader.length
        // The writer's own records are sound; of a copied message only the sound part is kept.
        do throws(WireError) {
            var walk = try RecordWalk(bytes)
            end = walk.offset
            while let (section, record) = try walk.next(), record.end <= limit {
                switch section {
                case .answer: answers += 1
                case .authority: authorities += 1
                case .additional: additionals += 1
                }
                end = record.end
            }
        } catch {
            if end == MessageHeader.length { header.questionCount = 0 }
        }
        cut(at: end, answers: answers, authorities: authorities, additionals: additionals)
        header.flags.isTruncated = true
    }

    /// Cuts the message behind octet `end`, with the record counts that remain.
    package func cut(at end: Int, answers: Int, authorities: Int, additionals: Int) {
        guard end <= count else { return }
        count = end
        header.answerCount = UInt16(clamping: answers)
        header.authorityCount = UInt16(clamping: authorities)
        header.additionalCount = UInt16(clamping: additionals)
        compressorIsCurrent = false
        hasOverflowed = false
    }

    /// Takes out the octets of `range`; the caller knows that no pointer leads behind it.
    package func remove(_ range: Range<Int>) {
        guard range.upperBound <= count else { return }
        unsafe (base + range.lowerBound).update(
            from: base + range.upperBound, count: count - range.upperBound)
        count -= range.count
    }
}
