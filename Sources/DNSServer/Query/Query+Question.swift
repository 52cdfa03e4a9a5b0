package import DNSWire

/// What few queries have, so that the others need not look at each of it.
final class QueryExtras {
    /// Values that plugins have noted on the way.
    var notes: [(label: String, value: String)] = []
    /// The questions that others stand in for now, the asker's first.
    var replacedQuestions: [ReplacedQuestion] = []
    /// What plugins keep for the way up, by their position.
    var kept: [(position: Int, state: AnyObject)] = []
}

/// A question that another one stands in for, as the asker put it.
struct ReplacedQuestion {
    /// Where in the chain the plugin stands that has replaced it.
    let position: Int
    /// Name in the asker's case, type and class: the octets of the message.
    let octets: [UInt8]
}

/// Another question in place of the asker's.
///
/// The plugin that replaces it is a ``QuestionReplacer``: those behind it, and upstreams, see the new question; the chain puts back the one
/// before when the reply comes up, so that those in front of it, and the asker, see their own.
extension Query {
    /// Asks `question` in place of the present one, for the plugins behind the one that handles this query now.
    ///
    /// - Returns: whether the message has room for it; nothing is changed else.
    package func replaceQuestion(with question: Question) -> Bool {
        let name = question.name.wire
        let octets =
            name
            + [question.type.rawValue, question.recordClass.rawValue].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        guard questionEnd > MessageHeader.length,
            length - questionRange.count + octets.count <= MessageWriter.maximumLength
        else { return false }
        madeExtras.replacedQuestions.append(ReplacedQuestion(position: position, octets: message.copy(questionRange)))
        setQuestion(octets.span)
        return true
    }

    /// The extras, made now if there are none.
    var madeExtras: QueryExtras {
        if let extras { return extras }
        let made = QueryExtras()
        extras = made
        return made
    }

    /// Keeps `state` for the way up, for the plugin that handles the query now.
    package func keep(_ state: AnyObject) {
        madeExtras.kept.append((position, state))
    }

    /// What the plugin that sees the reply now has kept; it is given back once.
    package func takeKept<State>(_ type: State.Type = State.self) -> State? {
        guard let extras, let last = extras.kept.last, last.position == position else { return nil }
        extras.kept.removeLast()
        return last.state as? State
    }

    /// Puts back the question that stood there before the plugin at `position` replaced it, in the reply as well.
    func restoreQuestion(before position: Int) {
        guard let extras, let first = extras.replacedQuestions.firstIndex(where: { $0.position >= position }) else {
            return
        }
        let (octets, end) = (extras.replacedQuestions[first].octets, questionEnd)
        extras.replacedQuestions.removeSubrange(first...)
        setQuestion(octets.span)
        if hasReply, !isDropped { restoreReply(end) }
    }

    /// The reply's records behind the present question; `end` is where the question of the reply ends.
    private func restoreReply(_ end: Int) {
        let reply = reply
        guard reply.header.questionCount == 1, reply.count >= end else { return }
        // The records' names lead into the question's, if only the case or the type is another.
        let name = MessageHeader.length..<(questionEnd - 4)
        if end == questionEnd, reply.bytes.matchesIgnoringCase(name, message, at: MessageHeader.length) {
            return reply.overwrite(message, questionRange)
        }
        rewriteReply(from: end)
    }

    /// Writes the reply anew behind the present question; the records start at `offset`.
    private func rewriteReply(from offset: Int) {
        let (old, new) = (reply, worker.scratch)
        new.begin(id: old.header.id, flags: old.header.flags)
        new.copyQuestion(message, questionRange)
        do throws(WireError) {
            var copier = RecordCopier()
            var walk = RecordWalk(old.bytes, header: old.header, offset: offset)
            while let (section, record) = try walk.next() {
                new.section = section
                try copier.copy(record, of: old.bytes, ttl: record.ttl, to: new)
            }
            new.finish()
            try old.copyMessage(new.bytes)
        } catch {
            // A record from elsewhere is damaged: there is nothing that could stand behind the asker's question.
            beginReply(.serverFailure)
        }
    }

    /// Writes the question's octets over those of the message, and takes in what they say.
    private func setQuestion(_ octets: Span<UInt8>) {
        let shift = octets.count - questionRange.count
        replaceOctets(questionRange, with: octets)
        edns = edns?.moved(by: shift)
        let end = MessageHeader.length + octets.count
        var name = nameBuffer
        name.putLowercased(message, MessageHeader.length..<(end - 4))
        nameLength = octets.count - 4
        type = RecordType(rawValue: message.uint16(at: end - 4))
        recordClass = RecordClass(rawValue: message.uint16(at: end - 2))
        questionEnd = end
    }
}
