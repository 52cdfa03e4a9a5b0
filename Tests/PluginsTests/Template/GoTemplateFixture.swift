@testable import Plugins

/// Data for templates, with a field of each kind.
enum GoTemplateFixture {
    private struct Data: GoData {
        func value(of field: String) -> GoValue? { GoTemplateFixture.values[field] }

        func value(of method: String, of argument: GoValue) throws(GoTemplateError) -> GoValue? {
            method == "Meta" ? .string("<\(argument.text)>") : nil
        }
    }

    static let values: [String: GoValue] = [
        "Name": .string("www.example.org."), "Empty": .string(""), "Match": .texts(["whole", "one"]), "None": .list([]),
        "Group": .map(["a": .string("0a"), "0": .string("whole")]),
        "Question": .object(
            GoObject(
                type: "dns.Question", members: ["Qtype": .number(28, .uint16), "Name": .string("WWW.")], text: ";WWW.")),
        "OPT": .null("*dns.OPT"),
    ]

    static let fields = GoFields(sample: values, methods: ["Meta"], refused: ["Var": "is refused"])

    static func text(_ source: String) throws -> String {
        try GoTemplate(source, fields: fields).text(with: Data())
    }
}
