import DNSWire
import LinearRegex

/// What is done to a reply on its way up, because a rule was for its question.
enum AnswerRule: Sendable {
    /// Of the owner of each record.
    case name(TextRule)
    /// Of the name in the data of each record that has one.
    case value(TextRule)
    /// Brings the TTL of each record into a range, in seconds.
    case ttl(ClosedRange<UInt32>)
    case code(old: ResponseCode, new: ResponseCode)
    case alias(AliasRule)
    /// Takes an EDNS option out of the reply again, or gives it the data that the query had.
    case option(EDNSOptionCode, data: [UInt8]?)

    /// Whether it needs the records of the reply.
    var isAboutRecords: Bool {
        switch self {
        case .name, .value: true
        case .ttl, .code, .alias, .option: false
        }
    }
}

/// What becomes of a name that stands in a reply.
///
/// Shape: names as text. Case does not matter but to regular expressions, which see the name as it stands.
enum TextRule: Sendable {
    case regex(Regex, Replacement)
    /// The name that was asked for in place of the one that was asked instead, with all below it.
    case restore(asked: [UInt8], own: [UInt8])
    case suffix([UInt8], by: [UInt8])

    /// The name that stands there now; nil when it is no other.
    func replace(in text: [UInt8]) -> [UInt8]? {
        switch self {
        case .regex(let regex, let replacement):
            return regex.firstMatch(in: text).map { replacement.filled(from: $0) }
        case .restore(let asked, let own):
            guard text.lowercased.ends(with: asked) else { return nil }
            let rest = text.dropLast(asked.count)
            return rest.isEmpty || rest.last == UInt8(ascii: ".") ? rest + own : nil
        case .suffix(let suffix, let replacement):
            return text.lowercased.ends(with: suffix) ? text.dropLast(suffix.count) + replacement : nil
        }
    }

    /// Changes a name; what would be no name leaves it as it is.
    func change(_ name: inout Name) {
        guard let text = replace(in: Name.text(of: name.wire.span)), let changed = try? Name(parsing: text) else {
            return
        }
        name = changed
    }
}

/// Which target of an alias is another one, which is then looked up.
struct AliasRule: Sendable {
    let pattern: NamePattern
    let replacement: Replacement

    /// The target in place of `target`; nil when it stays, or when there would be no name.
    func target(for target: Name) -> Name? {
        let lowercased = target.lowercased
        guard let text = pattern.replace(in: Name.text(of: lowercased.wire.span), by: replacement) else { return nil }
        return try? Name(parsing: text)
    }
}

extension [UInt8] {
    /// The text with ASCII letters in lower case.
    fileprivate var lowercased: [UInt8] { map { DNSWire.lowercased($0) } }
}

extension Record {
    /// Changes the owner by the rules for owners and the name in the data by those for values, the last rule first.
    mutating func apply(_ rules: [AnswerRule]) {
        for rule in rules.reversed() {
            switch rule {
            case .name(let rule): rule.change(&owner)
            case .value(let rule): data.changeName(by: rule)
            default: break
            }
        }
    }
}

extension RecordData {
    /// Changes the name that the data is about; of an SOA record that is the primary server.
    fileprivate mutating func changeName(by rule: TextRule) {
        switch self {
        case .cname(var name):
            rule.change(&name)
            self = .cname(name)
        case .dname(var name):
            rule.change(&name)
            self = .dname(name)
        case .ns(var name):
            rule.change(&name)
            self = .ns(name)
        case .ptr(var name):
            rule.change(&name)
            self = .ptr(name)
        case .mx(var data):
            rule.change(&data.exchange)
            self = .mx(data)
        case .srv(var data):
            rule.change(&data.target)
            self = .srv(data)
        case .naptr(var data):
            rule.change(&data.replacement)
            self = .naptr(data)
        case .soa(var data):
            rule.change(&data.primary)
            self = .soa(data)
        default: break
        }
    }
}
