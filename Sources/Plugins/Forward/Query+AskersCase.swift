import DNSServer
import DNSWire

extension Query {
    /// Gives the asker's case to labels that the upstream took from the question, which it got in another.
    ///
    /// The question itself has it already, and with it all names that point there. What is left are the aliases that a DNAME record
    /// makes: their targets begin with labels of the question (RFC 6672 §3.3).
    /// - Complexity: O(1) unless the answer begins with an alias, else O(records).
    func giveAskersCase() {
        let reply = reply
        guard reply.header.answerCount > 1, beginsWithAlias, let targets = aliasTargets() else { return }
        for target in targets { giveAskersCase(toNameAt: target) }
    }

    /// Whether the first record is an alias, or has an owner other than the question's name.
    private var beginsWithAlias: Bool {
        let (reply, place) = (reply, questionRange.upperBound)
        let bytes = reply.bytes
        // A pointer to the question.
        guard place + 4 <= bytes.count, bytes.uint16(at: place) == 0xC00C else { return true }
        let type = RecordType(rawValue: bytes.uint16(at: place + 2))
        return type == .CNAME || type == .DNAME
    }

    /// Where the targets of aliases in the answer stand; nil when no DNAME record is there.
    private func aliasTargets() -> [Int]? {
        let reply = reply
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: questionRange.upperBound)
        var (targets, hasDNAME): ([Int], Bool) = ([], false)
        while let (section, record) = try? walk.next(), section == .answer {
            if record.type == .DNAME { hasDNAME = true }
            if record.type == .CNAME { targets.append(record.dataOffset) }
        }
        return hasDNAME ? targets : nil
    }

    /// Copies labels from the front of the question for as long as the name has the same ones.
    private func giveAskersCase(toNameAt start: Int) {
        let reply = reply
        var bytes = reply.mutableBytes
        let message = self.message
        var (place, own) = (start, MessageHeader.length)
        while own < questionRange.upperBound - 4, place < bytes.count {
            let length = Int(message[own])
            let end = place + 1 + length
            guard length > 0, Int(bytes[place]) == length, end <= bytes.count else { return }
            for index in 1...length where lowercased(bytes[place + index]) != lowercased(message[own + index]) {
                return
            }
            for index in 1...length { bytes[place + index] = message[own + index] }
            (place, own) = (end, own + 1 + length)
        }
    }
}
