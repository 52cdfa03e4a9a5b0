import DNSServer
import DNSWire
import LinearRegex

/// What a record template can name.
struct TemplateData: GoData {
    /// The zone of the template that the name lies in.
    var zone = ""
    /// The name in lower case, as text with a final dot.
    var name = ""
    var regex = ".*"
    /// The whole match and its groups.
    var match: [String] = []
    /// The same by number and by name.
    var group: [String: GoValue] = [:]
    var recordClass = ""
    var type = ""
    /// The asker's address.
    var remote = ""
    /// The query; it is only read when its fields are named, and once.
    var message: () -> Message? = { nil }
    /// In octets; what it takes to read the query goes by it.
    var messageLength = 0
    /// What other plugins know of the query, by label.
    var metadata: (String) -> String? = { _ in nil }
    /// For all records of the reply together.
    let work = GoWork()
    private let made = Made()

    /// Values that are made when they are first named.
    private final class Made {
        var message: Message??
        var fields: [String: GoValue] = [:]
    }

    static let fields = GoFields(
        sample: {
            let question = Question(.root, .A)
            let message = Message(id: 0, asking: question)
            return [
                "Zone": .string(""), "Name": .string(""), "Regex": .string(""), "Match": .list([]), "Group": .map([:]),
                "Class": .string(""), "Type": .string(""), "Remote": .string(""),
                "Question": .object(GoObject(question)),
                "Message": .object(GoObject(message)),
            ]
        }(),
        methods: ["Meta"],
        refused: ["Var": "needs the option 'var', which is not served yet"])

    func value(of field: String) -> GoValue? {
        switch field {
        case "Zone": .string(zone)
        case "Name": .string(name)
        case "Regex": .string(regex)
        case "Match": once(field) { .texts(match) }
        case "Group": .map(group)
        case "Class": .string(recordClass)
        case "Type": .string(type)
        case "Remote": .string(remote)
        case "Question":
            once(field) { read()?.questions.first.map { .object(GoObject($0)) } ?? .null("*dns.Question") }
        case "Message": once(field) { read().map { .object(GoObject($0)) } ?? .null("*dns.Msg") }
        default: nil
        }
    }

    /// Reading a query costs 64 an octet, so that one of more than 16 KiB is not read at all; a label goes through other plugins.
    func cost(of field: String) -> Int {
        switch field {
        case "Question", "Message": made.fields[field] == nil ? 64 * messageLength : 0
        case "Meta": 256
        default: 0
        }
    }

    private func once(_ field: String, _ make: () -> GoValue) -> GoValue {
        if let value = made.fields[field] { return value }
        let value = make()
        made.fields[field] = value
        return value
    }

    private func read() -> Message? {
        if let message = made.message { return message }
        let message = message()
        made.message = .some(message)
        return message
    }

    /// `.Meta "label"`: the value of a label, empty when there is none.
    func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue? {
        guard method == "Meta" else { return nil }
        guard case .string(let label) = argument else { throw GoTemplateError("'.\(method)' wants a text") }
        return .string(metadata(label) ?? "")
    }

    /// Takes the groups of a match.
    mutating func take(_ found: RegexMatch, of regex: Regex) {
        self.regex = regex.pattern
        match = (0..<found.count).map { found[$0] ?? "" }
        for (index, text) in match.enumerated() { group["\(index)"] = .string(text) }
        for (index, name) in regex.groupNames.enumerated() {
            if let name, match.indices.contains(index) { group[name] = .string(match[index]) }
        }
    }
}
