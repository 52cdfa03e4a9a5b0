import DNSServer
import DNSWire

/// Changes the queries of one worker by rules, and their replies by what those rules ask for.
final class RewriteHandler: QuestionReplacer, ReplyHandler {
    private let rules: [RewriteRule]

    init(_ rules: [RewriteRule]) {
        self.rules = rules
    }

    /// What is to be done to a reply.
    private final class Pending {
        let rules: [AnswerRule]
        /// The type that was asked in the end, which aliases are followed with.
        let type: RecordType

        init(_ rules: [AnswerRule], _ type: RecordType) {
            self.rules = rules
            self.type = type
        }
    }

    func handle(_ query: Query) -> Verdict {
        // What other kinds of messages have in the place of a question is no question.
        guard query.header.flags.opcode == .query else { return .next }
        var answers: [AnswerRule] = []
        var text = QuestionText()
        for rule in rules {
            do throws(RewriteRule.InvalidName) {
                guard let more = try rule.apply(to: query, &text) else { continue }
                answers += more
            } catch {
                let text = String(decoding: error.text, as: UTF8.self)
                return .fail(QueryFailure(.serverFailure, "invalid name after rewrite: \(text)"))
            }
            if rule.isLast { break }
        }
        if !answers.isEmpty { query.keep(Pending(answers, query.type)) }
        return .next
    }

    func finish(_ query: Query) -> ReplyVerdict {
        guard let pending = query.takeKept(Pending.self), query.hasReply, !query.isDropped else { return .done }
        let alias = alias(in: query, pending.rules)
        apply(pending.rules, to: query)
        guard let alias else { return .done }
        return .wait { query in
            query.follow(await query.lookup(alias.target, pending.type, alias.recordClass), from: alias)
        }
    }

    private func apply(_ rules: [AnswerRule], to query: Query) {
        if rules.contains(where: \.isAboutRecords) {
            query.editReply { message in
                for index in message.answers.indices { message.answers[index].apply(rules) }
                for index in message.authorities.indices { message.authorities[index].apply(rules) }
                for index in message.additionals.indices { message.additionals[index].apply(rules) }
            }
        }
        for rule in rules.reversed() {
            switch rule {
            case .ttl(let range): query.mapTTLs { min(max($0, range.lowerBound), range.upperBound) }
            case .code(let old, let new): if query.responseCode == old { query.setResponseCode(new) }
            case .option(let code, let data): query.restoreReplyOption(code, data)
            case .name, .value, .alias: break
            }
        }
    }

    /// The first alias in the answer that leads elsewhere now, and its number among the aliases.
    private func alias(in query: Query, _ rules: [AnswerRule]) -> ChangedAlias? {
        let rules = rules.reversed().compactMap { if case .alias(let rule) = $0 { rule } else { nil } }
        guard !rules.isEmpty, query.reply.header.answerCount > 0 else { return nil }
        let reply = query.reply
        var walk = RecordWalk(reply.bytes, header: reply.header, offset: query.questionEnd)
        var number = 0
        while let (section, record) = try? walk.next(), section == .answer {
            guard record.type == .CNAME, let name = try? Name(decoding: reply.bytes, at: record.dataOffset) else {
                continue
            }
            for rule in rules {
                guard let target = rule.target(for: name) else { continue }
                return ChangedAlias(number: number, target: target, recordClass: record.recordClass)
            }
            number += 1
        }
        return nil
    }
}

/// An alias of a reply that leads to another name than the reply says.
private struct ChangedAlias {
    /// Which of the reply's aliases.
    let number: Int
    let target: Name
    let recordClass: RecordClass
}

extension Query {
    /// Lets the alias lead to its new target: what the server says of that takes the place of all that came behind the alias.
    fileprivate func follow(_ lookup: Lookup?, from alias: ChangedAlias) {
        guard let lookup, let found = try? Message(decoding: lookup.message.span) else { return }
        editReply { message in
            var aliases = message.answers.filter { $0.type == .CNAME }.prefix(alias.number + 1)
            guard let last = aliases.indices.last else { return }
            aliases[last].data = .cname(alias.target)
            message.answers = aliases + found.answers
            if !found.authorities.isEmpty || !found.answers.isEmpty { message.authorities = found.authorities }
            message.flags.isTruncated = lookup.flags.isTruncated
        }
        if !lookup.isUnserved { setResponseCode(lookup.responseCode) }
        if !lookup.isShareable { isShareable = false }
    }

    /// Takes the option out of the reply's OPT record, or gives it `data`.
    fileprivate func restoreReplyOption(_ code: EDNSOptionCode, _ data: [UInt8]?) {
        mapReplyOptions { option in
            guard option.code == code else { return option }
            return data.map { EDNSOption(code, $0) }
        }
    }
}
