import DNSServer
import DNSWire

/// One rule: which queries it is for, and what it does to them and to their replies.
struct RewriteRule: Sendable {
    enum Action: Sendable {
        /// Asks for another name. With `restores` the name that was asked for stands in the reply again.
        case name(NamePattern, Replacement, restores: Bool)
        case type(RecordType, to: RecordType)
        case recordClass(RecordClass, to: RecordClass)
        case option(OptionRule)
        /// Changes nothing of queries for these names, but the replies.
        case reply(NamePattern)
        /// The same, of queries for all names.
        case replies
    }

    let action: Action
    /// What is done to the reply, in this order and last by the last.
    var answers: [AnswerRule] = []
    /// Whether no further rule is looked at when this one was for the query.
    var isLast = true

    /// Whether it makes questions of class IN, or of another, of some that are not.
    var isForOtherClasses: Bool {
        guard case .recordClass(let from, _) = action else { return false }
        return !from.takesInternet
    }

    /// Why a rule leads nowhere.
    struct InvalidName: Error {
        let text: [UInt8]
    }

    /// Changes `query` if the rule is for it.
    ///
    /// - Parameter text: the query's name in lower case, which is made once and changed here.
    /// - Returns: what is to be done to the reply; nil when the rule is for others.
    /// - Throws: when the name would be none.
    func apply(to query: Query, _ text: inout QuestionText) throws(InvalidName) -> [AnswerRule]? {
        switch action {
        case .name(let pattern, let replacement, let restores):
            let own = text.octets(query)
            guard let changed = pattern.replace(in: own, by: replacement) else { return nil }
            guard let name = try? Name(parsing: changed), query.replaceQuestion(with: query.question(named: name))
            else { throw InvalidName(text: changed) }
            text.forget()
            guard restores else { return answers }
            let restored = TextRule.restore(asked: text.octets(query), own: own)
            return [.name(restored), .value(restored)] + answers
        case .type(let from, let new):
            guard query.type == from else { return nil }
            return try replace(query, Question(query.askedName, new, recordClass: query.recordClass))
        case .recordClass(let from, let new):
            guard query.recordClass == from else { return nil }
            return try replace(query, Question(query.askedName, query.type, recordClass: new))
        case .option(let rule): return rule.apply(to: query)
        case .reply(let pattern): return pattern.matches(text.octets(query)) ? answers : nil
        case .replies: return answers
        }
    }

    private func replace(_ query: Query, _ question: Question) throws(InvalidName) -> [AnswerRule] {
        guard query.replaceQuestion(with: question) else { throw InvalidName(text: Name.text(of: query.name)) }
        return answers
    }
}

/// The name of a query's question as text in lower case, made when a rule first needs it.
struct QuestionText {
    private var known: [UInt8]?

    mutating func octets(_ query: Query) -> [UInt8] {
        if let known { return known }
        let text = Name.text(of: query.name)
        known = text
        return text
    }

    /// The question is another one now.
    mutating func forget() { known = nil }
}

extension Query {
    /// The name of the question in the case that it has in the message.
    fileprivate var askedName: Name {
        Name(uncheckedWire: nameAsAsked.copy())
    }

    fileprivate func question(named name: Name) -> Question { Question(name, type, recordClass: recordClass) }
}
